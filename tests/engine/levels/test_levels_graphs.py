"""Graphs of scalars at random, with their gradients: the level generator gives the bits of the reference engine."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from level_sections import agree, compiled, leaf

from dsl.graph.gradient import DifferentiableGraph, gradients
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, specialise
from dsl.ops.dtypes import DTYPES, DType
from dsl.ops.registry import OPERATIONS as OPS

UNARY = ["sin", "tanh", "exp", "log", "sqrt", "neg", "abs", "square", "reciprocal", "relu", "sigmoid", "expm1", "floor"]
BINARY = ["add", "add", "add", "multiply", "multiply", "subtract", "divide", "maximum", "minimum", "power", "hypot"]
NUMBERS = st.floats(-3, 3, allow_nan=False).map(lambda number: round(number, 2))


@st.composite
def sections(draw: st.DrawFn, dtype: DType) -> Section:
    """A graph of scalars, its gradient with respect to all of its leaves, and a vector of some nodes."""
    graph = DifferentiableGraph(dtype)
    leaves = [leaf(graph, dtype) for _ in range(draw(st.integers(1, 4)))]
    nodes: list[Any] = list(leaves)
    for _ in range(draw(st.integers(1, 60))):
        near = draw(st.sampled_from([3, 1000]))
        one, other = (draw(st.sampled_from(nodes[-near:])) for _ in range(2))
        match draw(st.integers(0, 5)):
            case 0 | 1:
                nodes.append(OPS[draw(st.sampled_from(UNARY))](one))
            case 2 | 3:
                nodes.append(OPS[draw(st.sampled_from(BINARY))](one, other))
            case 4:
                number = draw(NUMBERS)
                nodes.append(OPS[draw(st.sampled_from(BINARY))](*draw(st.permutations([one, number]))))
            case _:
                nodes.append(OPS["where"](OPS["less"](one, other), one, draw(st.sampled_from([other, 0.0]))))
    loss = nodes[-1]
    for node in draw(st.lists(st.sampled_from(nodes), max_size=6)):
        loss = loss + node
    found = gradients(graph, loss, leaves)
    vector = OPS["stack"](*draw(st.lists(st.sampled_from(nodes), min_size=1, max_size=5)))
    return specialise(graph, leaves, [loss, vector, *found.values()])


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_random_graphs(dtype: str) -> None:
    @settings(max_examples=40, deadline=None)
    @given(st.data())
    def check(data: st.DataObject) -> None:
        section = data.draw(sections(DTYPES[dtype]))
        seed = data.draw(st.integers(0, 100))
        values = np.random.default_rng(seed).normal(size=len(section.leaves)).astype(dtype.replace("f", "float"))
        agree(section, [np.asarray(value) for value in values])

    check()


def unrolled(count: int, dtype: DType, near: int, seed: int) -> tuple[Section, list[np.ndarray[Any, Any]]]:
    """A wide graph of scalars over the parts of one vector, and the gradient with respect to the vector."""
    rng = np.random.default_rng(seed)
    graph = DifferentiableGraph(dtype)
    vector = leaf(graph, dtype, 50)
    nodes: list[Node] = [OPS["getitem"](vector, index=(place,)) for place in range(50)]
    for name in rng.choice(["add", "multiply", "tanh", "sin", "subtract", "maximum"], count):
        one, other = (nodes[place] for place in rng.integers(max(0, len(nodes) - near), len(nodes), 2))
        made: Any = OPS[name](one, other) if OPS[name].tensor_count == 2 else OPS[name](one)
        nodes.append(made)
    loss: Any = OPS["mean"](OPS["stack"](*nodes[-200:]))
    (found,) = gradients(graph, loss, [vector]).values()
    return specialise(graph, [vector], [loss, found]), [rng.normal(size=50).astype(dtype.numpy)]


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("near", [40, 100_000])
def test_thousands_of_scalars(near: int, dtype: str) -> None:
    section, arguments = unrolled(1500, DTYPES[dtype], near, 4)
    agree(section, arguments)


def test_few_calls() -> None:
    """8,000 scalars and their gradient are a few hundred calls; with a call for each it would be 30,000."""
    section, _ = unrolled(8_000, DTYPES["f64"], 100_000, 1)
    assert len(compiled(section).source.splitlines()) < 500


def test_equal_numbers_of_all_types() -> None:
    graph = DifferentiableGraph(DTYPES["f32"])
    single, double, count = leaf(graph, DTYPES["f32"]), leaf(graph, DTYPES["f64"]), leaf(graph, DTYPES["i64"])
    mixed: Any = OPS["multiply"](single, double)
    truth: Any = OPS["logical_or"](OPS["less"](single, count), OPS["equal"](mixed, double))
    results = [mixed, truth, OPS["astype"](mixed, dtype="i32"), OPS["add"](count, count), OPS["add"](truth, truth)]
    results += [OPS["where"](truth, single, double), OPS["power"](count, 3), OPS["power"](count, double), single + 1]
    agree(specialise(graph, [single, double, count], results), [np.float32(0.3), np.float64(0.7), np.int64(5)])
