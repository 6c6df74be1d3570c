"""Memory that kernels share: what is read in every row, labels and states stay as they are until nothing needs them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from fused_sections import agree, apply, assert_near, kernels, leaf, section_of, without_compiler

from dsl.engine.fused.generator import FusedGenerator
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section
from dsl.ops.dtypes import F32, F64, I32, I64


@pytest.fixture(autouse=True)
def no_compiler() -> Iterator[None]:
    with without_compiler():
        yield


def test_a_vector_that_every_row_reads_is_not_written_over_row_by_row() -> None:
    def form(graph: Graph, matrix: Node, x: Node) -> Node:
        vector = apply(graph, "matmul", matrix, x)
        return apply(graph, "sum", matrix * vector, axis=-1) + vector

    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal((4, 4)), rng.standard_normal(4)]
    plan = agree(section_of(form, *arrays), arrays, same=assert_near)
    assert kernels(plan) == [["add", "multiply", "sum"]]


def test_a_row_that_is_only_reduced_is_written_over() -> None:
    def form(graph: Graph, x: Node) -> Node:
        product = apply(graph, "matmul", x, x)
        return product - apply(graph, "max", product, axis=-1, keepdims=True)

    x = np.arange(16.0).reshape(4, 4)
    plan = agree(section_of(form, x), [x])
    assert plan.storage.nbytes == x.nbytes


def test_labels_that_are_computed_are_looked_at_before_they_are_written_over() -> None:
    def form(graph: Graph, x: Node, given: Node) -> list[Node]:
        labels, wide = apply(graph, "astype", given, dtype=I32), x * 2.0
        positive = apply(graph, "greater", apply(graph, "max", wide, axis=-1), 0)
        marked = apply(graph, "one_hot", labels, classes=5, dtype=F64) * wide
        return [marked, labels + apply(graph, "astype", positive, dtype=I32)]

    x, labels = np.ones((4, 5)), np.array([0.0, 1, 4, 2])
    plan = agree(section_of(form, x, labels), [x, labels])
    assert len(kernels(plan)) == 1
    with pytest.raises(IndexError, match=r"label -1 at .1. is out of range"):
        plan.run([x, np.array([0.0, -1, 4, 2])])


def test_a_run_with_a_wrong_label_leaves_the_states_alone() -> None:
    graph = Graph(F32)
    labels, scores = leaf(graph, 3, dtype=I64), leaf(graph, 3, 4)
    slope = apply(graph, "exp", scores) - apply(graph, "one_hot", labels, classes=4, dtype=F32)
    section = Section(graph, [labels], [], [scores], [scores - slope * 0.1])
    state = np.zeros((3, 4), np.float32)
    plan = FusedGenerator().compile(section, [state])
    assert len(kernels(plan)) == 1
    with pytest.raises(IndexError, match="out of range: there are 4 classes"):
        plan.run([np.array([0, 4, 1])])
    np.testing.assert_array_equal(state, 0)
    agree(section, [np.array([0, 3, 1])], [state])


def test_an_integer_is_not_taken_for_the_float_nearest_to_it() -> None:
    def form(graph: Graph, x: Node, i: Node) -> list[Node]:
        odd = graph.constant(2**53 + 1, I64)
        return [x * float(2**53), i + odd, x + apply(graph, "astype", i + odd, dtype=F64)]

    arrays = [np.ones(3), np.arange(3)]
    plan = agree(section_of(form, *arrays), arrays)
    assert len(kernels(plan)) == 1
