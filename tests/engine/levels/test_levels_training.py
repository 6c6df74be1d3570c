"""Training steps by the level generator: states that change in place, and many steps in one call."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from level_sections import Array, agree, compiled, expected, leaf, same_bits, step

from dsl.graph.gradient import DifferentiableGraph, gradients
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section
from dsl.ops.dtypes import DTYPES, F64, DType
from dsl.ops.registry import OPERATIONS as OPS


def net(widths: list[int], dtype: DType, adam: bool = False) -> Section:
    """A dense net written out in scalars, as a training step: parameters in one vector, their gradients in another."""
    graph = DifferentiableGraph(dtype)
    total = sum(inputs * outputs + outputs for inputs, outputs in pairwise(widths))
    vector, rate = leaf(graph, dtype, total), leaf(graph, dtype)
    x, wanted = leaf(graph, dtype, widths[0]), leaf(graph, dtype, widths[-1])
    parameters: list[Any] = [
        OPS["reshape"](OPS["getitem"](vector, index=(slice(place, place + 1),)), shape=()) for place in range(total)
    ]
    values: list[Any] = [OPS["getitem"](x, index=(place,)) for place in range(widths[0])]
    left = iter(parameters)
    for number, outputs in enumerate(widths[1:], 2):
        following: list[Any] = []
        for _ in range(outputs):
            total_ = next(left)
            for value in values:
                total_ = total_ + next(left) * value
            following.append(OPS["tanh"](total_) if number < len(widths) else total_)
        values = following
    errors: list[Any] = [OPS["square"](v - OPS["getitem"](wanted, index=(i,))) for i, v in enumerate(values)]
    loss: Any = OPS["mean"](OPS["concatenate"](*[OPS["reshape"](error, shape=1) for error in errors]))
    found = gradients(graph, loss, parameters)
    slopes: Any = OPS["concatenate"](*[OPS["reshape"](found[node], shape=-1) for node in parameters])
    if not adam:
        return step(graph, [x, wanted, rate], [vector], [loss], [vector - rate * slopes])
    first, second = leaf(graph, dtype, total), leaf(graph, dtype, total)
    mean: Any = first * 0.9 + slopes * 0.1
    square: Any = second * 0.999 + slopes * slopes * 0.001
    updates: list[Node] = [vector - rate * mean / (OPS["sqrt"](square) + 1e-8), mean, square]
    return step(graph, [x, wanted, rate], [vector, first, second], [loss], updates)


def data(section: Section, seed: int = 0) -> tuple[list[Array], list[Array]]:
    rng = np.random.default_rng(seed)

    def value(node: Node, scale: float) -> Array:
        shape = tuple(dim.value or 0 for dim in node.shape)
        return np.asarray(rng.normal(size=shape) * scale, node.type.dtype.numpy)

    states = [value(node, 0.3) for node in section.states]
    return [*(value(node, 1) for node in section.leaves[:-1]), np.asarray(0.05, section.states[0].type.dtype.numpy)], [
        states[0],
        *map(np.abs, states[1:]),
    ]


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("adam", [False, True])
@pytest.mark.parametrize("widths", [[3, 2, 1], [20, 70, 5], [66, 9, 2]], ids=str)
def test_steps_of_a_net(widths: list[int], adam: bool, dtype: str) -> None:
    section = net(widths, DTYPES[dtype], adam)
    agree(section, *data(section), runs=3)


def test_a_net_needs_next_to_no_copies() -> None:
    """Products of a layer are read where they lie, as rows and columns."""
    section = net([40, 66, 20, 3], F64)
    source = compiled(section, data(section)[1]).source
    assert len(source.splitlines()) < 60
    assert source.count("take_") < 10


@pytest.mark.parametrize("dtype", ["f32", "f64"])
def test_repeat_is_the_same_as_single_runs(dtype: str) -> None:
    section = net([4, 5, 2], DTYPES[dtype])
    arguments, states = data(section)
    rates = np.array([[0.1], [0.05], [0.025], [0.3]])
    mine, others = [[state.copy() for state in states] for _ in range(2)]
    losses = compiled(section, mine).repeat(4, arguments[:-1], rates)
    single = compiled(section, others)
    for loss, rate in zip(losses, rates, strict=True):
        assert loss == single.run([*arguments[:-1], np.asarray(rate[0], dtype.replace("f", "float"))])[0]
    same_bits(mine[0], others[0])


def test_repeat_with_one_row_for_all() -> None:
    section = net([4, 5, 2], F64)
    arguments, states = data(section)
    own = [state.copy() for state in states]
    losses = compiled(section, own).repeat(3, arguments[:-1], np.array([[0.05]]))
    for loss in losses:
        results, states = expected(section, arguments, states)
        assert loss == results[0]
    same_bits(own[0], states[0])
    assert len(compiled(section, own).repeat(0, arguments[:-1], np.array([[0.05]]))) == 0


def test_a_state_may_be_changed_between_runs_and_lie_anywhere() -> None:
    section = net([4, 5, 2], F64)
    arguments, states = data(section)
    around = np.zeros((2, len(states[0])), order="F")
    own = around[1]
    plan = compiled(section, [own])
    for seed in (1, 2):
        own[...] = data(section, seed)[1][0]
        results, following = expected(section, arguments, [own.copy()])
        same_bits(plan.run(arguments)[0], results[0])
        same_bits(own, following[0])
    assert not around[0].any()


def test_states_that_trade_places_and_stay() -> None:
    """The next values of states are those from before the run, whichever is stored first."""
    graph = Graph(F64)
    one, other, third = (leaf(graph, F64, 300) for _ in range(3))
    turned = OPS["flip"](third)
    section = step(graph, [], [one, other, third], [OPS["sum"](one)], [other, one, turned])
    rng = np.random.default_rng(0)
    agree(section, [], [rng.normal(size=300) for _ in range(3)], runs=3)


def test_next_values_from_all_over() -> None:
    """Parts of a state in steps, turned around, repeated and scattered."""
    graph = Graph(F64)
    state, x = leaf(graph, F64, 2000), leaf(graph, F64, 20, 30)
    places = np.random.default_rng(0).permutation(500)
    parts = [
        OPS["getitem"](state, index=(slice(0, 1000, 2),)),
        OPS["reshape"](OPS["transpose"](OPS["sin"](x)), shape=-1),
        OPS["take"](state, graph.constant(places)),
        OPS["broadcast_to"](OPS["getitem"](state, index=(7,)), shape=(400,)),
    ]
    whole = OPS["concatenate"](*parts)
    section = step(graph, [x], [state], [whole], [whole])
    rng = np.random.default_rng(1)
    agree(section, [rng.normal(size=(20, 30))], [rng.normal(size=2000)], runs=3)
