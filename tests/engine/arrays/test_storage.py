"""Memory is shared only by values that never live at the same time, and states change only when nothing reads them any more."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compiled import check, compile_results, run_states
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.engine.arrays.arena import ALIGNMENT, Arena
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section
from dsl.ops.dims import as_shape
from dsl.ops.dtypes import F32, F64
from dsl.ops.registry import OPERATIONS
from dsl.ops.types import TensorType

Array = np.ndarray[Any, Any]


def apply(graph: Graph, name: str, *inputs: Any, **attributes: Any) -> Node:
    return graph.apply(OPERATIONS[name], inputs, attributes)


def leaf(graph: Graph, *shape: int) -> Node:
    return graph.placeholder(TensorType(graph.default_float, as_shape(shape)))


FORMS: list[Any] = [
    lambda g, a, b: apply(g, "add", a, b),
    lambda g, a, b: apply(g, "multiply", a, b),
    lambda g, a, b: apply(g, "tanh", a),
    lambda g, a, b: apply(g, "transpose", a),
    lambda g, a, b: apply(g, "reshape", apply(g, "transpose", a), shape=(3, 3)),
    lambda g, a, b: apply(g, "flip", a, axis=0),
    lambda g, a, b: apply(g, "getitem", apply(g, "concatenate", a, b, axis=0), index=(slice(2, 5),)),
    lambda g, a, b: apply(g, "getitem", apply(g, "concatenate", a, apply(g, "tanh", b), axis=1), index=(..., slice(3))),
    lambda g, a, b: apply(g, "matmul", a, b),
    lambda g, a, b: apply(g, "add", a, apply(g, "sum", b, axis=0)),
    lambda g, a, b: apply(g, "broadcast_to", apply(g, "getitem", a, index=(0,)), shape=(3, 3)),
    lambda g, a, b: apply(g, "where", apply(g, "greater", a, b), a, 0),
    lambda g, a, b: apply(g, "unslice", apply(g, "getitem", a, index=(1,)), shape=(3, 3), index=(2,)),
    lambda g, a, b: apply(g, "softmax", a, axis=1),
]
CHOICES = st.lists(st.tuples(st.integers(0, len(FORMS) - 1), st.integers(0, 99), st.integers(0, 99)), max_size=14)


def grow(graph: Graph, nodes: list[Node], choices: list[tuple[int, int, int]]) -> list[Node]:
    """More nodes of 3 by 3 elements on those that are there."""
    nodes = list(nodes)
    for form, left, right in choices:
        nodes.append(FORMS[form](graph, nodes[-1 - left % len(nodes)], nodes[-1 - right % len(nodes)]))
    return nodes


@settings(max_examples=300, deadline=None)
@given(CHOICES, st.lists(st.integers(0, 99), min_size=1, max_size=3))
def test_random_graphs_have_the_values_of_the_reference(choices: list[tuple[int, int, int]], wanted: list[int]) -> None:
    graph, rng = Graph(F64), np.random.default_rng(0)
    leaves = [leaf(graph, 3, 3), leaf(graph, 3, 3)]
    nodes = grow(graph, leaves, choices)
    values = {node: rng.standard_normal((3, 3)) for node in leaves}
    check(graph, values, [nodes[-1 - place % len(nodes)] for place in wanted])


@settings(max_examples=300, deadline=None)
@given(CHOICES, st.lists(st.integers(0, 99), min_size=4, max_size=4))
def test_random_updates_of_states(choices: list[tuple[int, int, int]], chosen: list[int]) -> None:
    graph, rng = Graph(F64), np.random.default_rng(1)
    given_, *states = [leaf(graph, 3, 3) for _ in range(4)]
    nodes = grow(graph, [given_, *states], choices)
    *updates, result = [nodes[-1 - place % len(nodes)] for place in chosen]
    values = {node: rng.standard_normal((3, 3)) for node in states}
    run_states(Section(graph, [given_], [result], states, updates), values, [rng.standard_normal((3, 3))])


@pytest.mark.parametrize("rows", [5, 70_001])
def test_an_update_is_written_into_its_state(rows: int) -> None:
    graph, rng = Graph(F32), np.random.default_rng(2)
    vector, mean, gradient = leaf(graph, rows), leaf(graph, rows), leaf(graph, rows)
    following = apply(graph, "add", apply(graph, "multiply", mean, 0.9), apply(graph, "multiply", gradient, 0.1))
    moved = apply(graph, "subtract", vector, apply(graph, "multiply", following, 0.5))
    section = Section(graph, [gradient], [apply(graph, "sum", gradient)], [vector, mean], [moved, following])
    values = {node: rng.standard_normal(rows).astype("f") for node in (vector, mean)}
    run_states(section, values, [rng.standard_normal(rows).astype("f")])


def test_states_that_change_places() -> None:
    graph, rng = Graph(F64), np.random.default_rng(3)
    a, b, c = leaf(graph, 4), leaf(graph, 4), leaf(graph, 4)
    section = Section(graph, [], [apply(graph, "reshape", a, shape=(2, 2))], [a, b, c], [b, c, a])
    run_states(section, {node: rng.standard_normal(4) for node in (a, b, c)})


def test_a_state_that_is_read_back_to_front_in_its_own_update() -> None:
    graph = Graph(F32)
    state = leaf(graph, 200_000)
    update = apply(graph, "add", state, apply(graph, "flip", state, axis=0))
    run_states(Section(graph, [], [update], [state], [update]), {state: np.arange(200_000, dtype="f")})


def test_a_state_that_is_read_by_the_parts_of_its_own_update() -> None:
    graph = Graph(F64)
    state = leaf(graph, 4)
    halves = [apply(graph, "getitem", state, index=(part,)) for part in (slice(2, 4), slice(0, 2))]
    update = apply(graph, "concatenate", *[apply(graph, "tanh", half) for half in halves], axis=0)
    result = apply(graph, "sum", update)
    run_states(Section(graph, [], [result], [state], [update]), {state: np.arange(4.0)})


def test_gradients_are_computed_where_they_are_concatenated() -> None:
    graph = Graph(F64)
    x, y = leaf(graph, 4, 3), leaf(graph, 3)
    parts = [apply(graph, "tanh", x), apply(graph, "exp", y)]
    whole = apply(graph, "concatenate", *[apply(graph, "reshape", part, shape=-1) for part in parts], axis=0)
    plan = check(graph, {x: np.ones((4, 3)), y: np.ones(3)}, [whole])
    assert plan.source.count("copy(") == 0


def test_a_chain_needs_the_memory_of_one_value() -> None:
    graph = Graph(F64)
    x = node = leaf(graph, 1000)
    for _ in range(50):
        node = apply(graph, "tanh", apply(graph, "multiply", node, 0.5))
    plan = compile_results(graph, {x: np.ones(1000)}, [node])
    assert plan.storage.nbytes <= 8064


def test_a_transpose_before_a_product_is_no_copy() -> None:
    graph = Graph(F64)
    x, w = leaf(graph, 5, 4), leaf(graph, 5, 3)
    product = apply(graph, "matmul", apply(graph, "transpose", x), w)
    plan = check(graph, {x: np.ones((5, 4)), w: np.ones((5, 3))}, [product])
    assert "copy" not in plan.source


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 500), st.integers(0, 9)), max_size=60))
def test_blocks_of_the_arena_never_overlap(requests: list[tuple[int, int]]) -> None:
    arena = Arena()
    held: list[tuple[int, int]] = []
    for size, freed in requests:
        offset = arena.take(size)
        assert offset % ALIGNMENT == 0
        assert offset + size <= arena.size
        assert all(offset >= other + length or other >= offset + size for other, length in held)
        held.append((offset, size))
        if freed < len(held) and freed % 2:
            arena.give_back(*held.pop(freed))
    for offset, size in held:
        arena.give_back(offset, size)
    before = arena.size
    if before:
        assert arena.take(before) == 0
        assert arena.size == before
