"""Which operations share a kernel, and how long ones are cut; nothing here is compiled."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from fused_sections import agree, apply, kernels, leaf, section_of, without_compiler

from dsl.engine.arrays.schedule import Step
from dsl.engine.fused import budget, cutting
from dsl.engine.fused.generator import FusedGenerator
from dsl.engine.fused.grouping import group
from dsl.graph.gradient import gradients
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.lowering.lower import lower
from dsl.graph.passes.pipeline import optimise
from dsl.graph.passes.section import Section
from dsl.ops.dtypes import F32, I32


@pytest.fixture(autouse=True)
def no_compiler() -> Iterator[None]:
    with without_compiler():
        yield


def labels_of(step: Step) -> list[str]:
    return [node.label for node in step.nodes]


def network(batch: int) -> Section:
    """Two layers, a loss of classes, and all gradients."""
    graph = Graph(F32)
    x, y = leaf(graph, batch, 8), leaf(graph, batch, dtype=I32)
    w, b, v, c = leaf(graph, 8, 16), leaf(graph, 16), leaf(graph, 16, 5), leaf(graph, 5)
    hidden = apply(graph, "relu", apply(graph, "matmul", x, w) + b)
    loss = apply(graph, "cross_entropy", apply(graph, "matmul", hidden, v) + c, y)
    found = gradients(graph, loss, [w, b, v, c])
    return optimise(lower(Section(graph, [x, y, w, b, v, c], [loss, *found.values()])))


def test_a_network_is_a_kernel_between_each_two_products() -> None:
    steps = group(network(6))
    fused = [sorted(set(labels_of(step))) for step in steps if len(step.nodes) > 1]
    assert fused == [
        ["add", "maximum"],
        ["add", "divide", "exp", "log", "max", "multiply", "nll", "one_hot", "subtract", "sum"],
        ["greater", "sum", "where"],
    ]


def test_other_batches_have_the_same_kernels() -> None:
    generator = FusedGenerator()
    first, second = (set(generator.compile(network(batch), []).kernels.values()) for batch in (6, 7))
    assert first == second


def test_what_the_backward_pass_needs_is_computed_there() -> None:
    def form(graph: Graph, x: Node, w: Node) -> Node:
        hidden = apply(graph, "relu", x + 1.0)
        product = apply(graph, "matmul", hidden, w)
        return apply(graph, "where", apply(graph, "greater", hidden, 0), product, 0) * 2.0

    x = np.ones((4, 4))
    steps = group(section_of(form, x, x))
    assert [labels_of(step) for step in steps] == [["add", "maximum"], ["matmul"], ["greater", "where", "multiply"]]


def test_sums_join_the_kernel_of_what_they_add_up() -> None:
    def form(graph: Graph, x: Node) -> list[Node]:
        y = x * 2.0
        z = y + 1.0
        product = apply(graph, "matmul", z, x)
        return [product, apply(graph, "sum", z, axis=0), apply(graph, "sum", z, axis=1)]

    steps = group(section_of(form, np.ones((4, 4))))
    assert sorted(map(labels_of, steps)) == [["matmul"], ["multiply", "add", "sum", "sum"]]


def test_one_operation_alone_and_the_sum_of_a_single_row_are_numpy_calls() -> None:
    def form(graph: Graph, x: Node, y: Node) -> list[Node]:
        return [x * 2.0, apply(graph, "sum", y) / 3.0]

    assert [len(step.nodes) for step in group(section_of(form, np.ones((2, 3)), np.ones(5)))] == [1, 1, 1]


def chain(passes: int) -> Section:
    """Passes of four operations, the last ones on two inputs, with something else at both ends."""

    def form(graph: Graph, x: Node) -> Node:
        value = apply(graph, "abs", x) + 0.1
        for _ in range(passes):
            value = value - apply(graph, "square", value * 0.3) * 0.2
        return -value

    return section_of(form, np.linspace(0, 1, 7))


def test_long_chains_are_cut_at_whole_periods_and_need_few_kernels() -> None:
    plan = agree(chain(300), [np.linspace(0, 1, 7)])
    assert len(plan.kernels) > 10
    assert len(set(plan.kernels.values())) <= 3
    lengths = [len(step.nodes) for step in plan.steps]
    assert max(lengths) <= cutting.MOST_OPERATIONS
    assert sum(length % 4 == 0 for length in lengths) >= len(lengths) - 2


def test_a_kernel_has_no_more_arrays_than_a_vector_loop_can_tell_apart() -> None:
    def form(graph: Graph, x: Node, y: Node) -> list[Node]:
        return [x * float(number) + y for number in range(40)]

    plan = agree(section_of(form, np.ones(5), np.ones(5)), [np.ones(5), np.ones(5)])
    assert len(kernels(plan)) > 2
    for step in plan.steps:
        written = len(set(step.nodes) - plan.storage.streamed)
        assert written * (written - 1) // 2 + 2 * written <= cutting.MOST_CHECKS


def test_what_is_too_much_to_compile_is_left_to_numpy(monkeypatch: pytest.MonkeyPatch) -> None:
    def form(graph: Graph, x: Node, y: Node) -> list[Node]:
        often = y
        for _ in range(200):
            often = often * 0.5 + x
        return [often, apply(graph, "exp", x) - 1.0, apply(graph, "square", apply(graph, "sum", x * 3.0)) * 2.0]

    monkeypatch.setattr(budget, "MOST_COMPILED", cutting.MOST_OPERATIONS + 4 * budget.ARRAY_WEIGHT)
    arrays = [np.ones(5), np.ones(5)]
    plan = agree(section_of(form, *arrays), arrays)
    assert len(plan.kernels) >= 3
    assert len(set(plan.kernels.values())) == 1
    assert sum(len(step.nodes) == 1 for step in plan.steps) > 3


def test_loops_go_along_as_many_axes_as_lie_one_behind_the_other() -> None:
    def text(*shapes: tuple[int, ...]) -> str:
        arrays = [np.ones(shape) for shape in shapes]
        (kernel,) = agree(section_of(lambda graph, x, y: (x + y) * y, *arrays), arrays).kernels.values()
        return kernel[kernel.index("def kernel") :]

    assert text((2, 3, 4), (2, 3, 4)).count("for ") == 1
    assert text((2, 3, 4), (4,)).count("for ") == 2
    assert text((2, 3, 4), (2, 1, 1)).count("for ") == 2
    assert text((2, 3, 4), (3, 1)).count("for ") == 3
    assert text((1, 1, 1), (1, 1, 1)).count("for ") == 0
    assert text((2, 3, 4), ()).count("for ") == 1


def test_the_source_shows_the_kernels() -> None:
    plan = agree(section_of(lambda graph, x: x * 2.0 + 1.0, np.ones(3)), [np.ones(3)])
    (name,) = plan.kernels
    assert plan.source.startswith("def run(")
    assert f"def {name}(" in plan.source
