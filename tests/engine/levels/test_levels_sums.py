"""Sums, by `sum` and by chains of additions, in the order of the reference engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes
from level_sections import Array, agree, compiled, leaf

from dsl.graph.gradient import DifferentiableGraph, gradients
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, specialise
from dsl.ops.dtypes import DTYPES, F64
from dsl.ops.registry import OPERATIONS as OPS


def values(shape: tuple[int, ...], dtype: str) -> Array:
    """Numbers of very different size, so that each order of additions rounds in its own way."""
    rng = np.random.default_rng(len(shape))
    numbers = rng.normal(size=shape) * 10 ** rng.uniform(-3, 3, shape)
    return (numbers > 0) if dtype == "bool" else numbers.astype(DTYPES[dtype].numpy)


@pytest.mark.parametrize("dtype", ["f16", "f32", "f64", "i32", "i64", "bool"])
def test_sums_along_any_axes(dtype: str) -> None:
    @settings(max_examples=25, deadline=None)
    @given(array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=12), st.data())
    def check(shape: tuple[int, ...], data: st.DataObject) -> None:
        axes = data.draw(st.lists(st.integers(0, len(shape) - 1), unique=True)) if shape else []
        graph = Graph()
        x = leaf(graph, DTYPES[dtype], *shape)
        result = OPS["sum"](x, axis=tuple(axes), keepdims=data.draw(st.booleans()))
        agree(specialise(graph, [x], [result]), [values(shape, dtype)])

    check()


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("shape", [(1000,), (7,), (300, 1), (1, 300), (2, 300), (300, 2), (40, 30, 5)])
@pytest.mark.parametrize("zero", [False, True])
def test_long_sums(shape: tuple[int, ...], dtype: str, zero: bool) -> None:
    """Zeros that are all negative add up to 0, as NumPy has it."""
    graph = Graph()
    x = leaf(graph, DTYPES[dtype], *shape)
    results = [OPS["sum"](x, axis=axes) for axes in [None, (0,), (len(shape) - 1,)]]
    agree(specialise(graph, [x], results), [np.full_like(values(shape, dtype), -0.0) if zero else values(shape, dtype)])


def chains(lengths: list[int], dtype: str, backwards: bool) -> tuple[Section, list[Array]]:
    """For each length the sum of so many numbers, one after the other, in a section by itself."""
    graph = Graph(DTYPES[dtype])
    x = leaf(graph, DTYPES[dtype], sum(lengths))
    results: list[Node] = []
    at = 0
    for length in lengths:
        terms: list[Any] = [OPS["getitem"](x, index=(place,)) for place in range(at, at + length)]
        total = terms[0]
        for term in terms[1:]:
            total = term + total if backwards else total + term
        results.append(OPS["sin"](total))
        at += length
    return specialise(graph, [x], results), [values((sum(lengths),), dtype)]


LENGTHS = [[2], [3], [5], [40], [3, 3], [9, 9], [40, 40], [2, 3, 4], [9, 3, 9, 2], [40, 3, 40, 39, 2, 2], [1000]]


@pytest.mark.parametrize("dtype", ["f16", "f32", "f64", "i64"])
@pytest.mark.parametrize("lengths", LENGTHS, ids=str)
def test_chains(lengths: list[int], dtype: str) -> None:
    for backwards in (False, True):
        section, arguments = chains(lengths, dtype, backwards)
        agree(section, arguments)
        agree(section, [np.full_like(arguments[0], -0.0)])


def test_many_chains() -> None:
    lengths = np.random.default_rng(0).integers(2, 60, 200).tolist() + [8] * 200 + [2] * 200
    section, arguments = chains(lengths, "f64", False)
    agree(section, arguments)


def test_trees_and_doubled_terms() -> None:
    graph = Graph(F64)
    x: list[Any] = [leaf(graph, F64) for _ in range(8)]
    tree = ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]))
    doubled = x[0] + x[1]
    doubled = doubled + doubled
    same = x[2] + x[2] + x[2] + x[2]
    shared = x[3] + x[4] + x[5]
    results = [tree, doubled + doubled, same, shared, shared + x[6] + x[7], OPS["sin"](shared)]
    agree(specialise(graph, x, results), [np.asarray(value) for value in values((8,), "f64")])


def test_a_parameter_used_3_000_times_is_one_sum() -> None:
    graph = DifferentiableGraph(F64)
    w, x = leaf(graph, F64), leaf(graph, F64, 3_000)
    parts: list[Any] = [OPS["getitem"](x, index=(place,)) * w for place in range(3_000)]
    loss: Any = parts[0]
    for part in parts[1:]:
        loss = loss + part
    found = gradients(graph, loss, [w])
    section = specialise(graph, [w, x], [loss, found[w]])
    assert len(compiled(section).source.splitlines()) < 20
    agree(section, [np.asarray(0.7), values((3_000,), "f64")], runs=1)
