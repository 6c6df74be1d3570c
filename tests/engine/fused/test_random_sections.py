"""Random sections as kernels, run as plain Python: broadcasting, views, reductions, labels and states of all shapes."""

from __future__ import annotations

import random
from typing import Any

import numpy as np
import pytest
from fused_sections import agree, apply, assert_near, kernels, leaf, without_compiler
from hypothesis import given, settings
from hypothesis import strategies as st

from dsl.engine.fused import cutting
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, element_total, sizes
from dsl.ops.dtypes import F32, F64, I32, DType
from dsl.ops.operation import OperationError

SHAPES = [(3, 4), (4,), (3, 1), (1, 4), (), (2, 3, 4), (2, 1, 4), (4, 4), (3,), (2, 3, 1)]
LABELS = [(3,), (2, 3), ()]
MOST_ELEMENTS = 200

Form = Any

FORMS: list[Form] = [
    *(lambda g, a, b, name=name: apply(g, name, a) for name in ("neg", "exp", "tanh", "abs", "square")),
    *(lambda g, a, b, name=name: apply(g, name, a, b) for name in ("add", "subtract", "multiply", "maximum", "add")),
    lambda g, a, b: a * 0.3,
    lambda g, a, b: apply(g, "where", apply(g, "greater", a, b), a, 0),
    lambda g, a, b: apply(g, "clip", a, -0.5, 0.7),
    lambda g, a, b: apply(g, "transpose", a),
    lambda g, a, b: apply(g, "reshape", a, shape=-1),
    lambda g, a, b: apply(g, "getitem", a, index=(slice(0, 1),)),
    lambda g, a, b: apply(g, "getitem", a, index=(..., slice(None, None, 2))),
    lambda g, a, b: apply(g, "sum", a, axis=-1),
    lambda g, a, b: apply(g, "sum", a, axis=-1, keepdims=True),
    lambda g, a, b: apply(g, "max", a, axis=-1, keepdims=True),
    lambda g, a, b: apply(g, "sum", a, axis=tuple(range(len(sizes(a)) - 1))),
    lambda g, a, b: apply(g, "sum", a),
    lambda g, a, b: apply(g, "softmax", a, axis=-1),
    lambda g, a, b: apply(g, "broadcast_to", a, shape=(2, *sizes(a))),
    lambda g, a, b: apply(g, "matmul", a, apply(g, "transpose", a)),
    lambda g, a, b: apply(g, "matmul", a, b),
    lambda g, a, b: apply(g, "concatenate", a, a * 2.0, axis=-1),
]
LABELLED: list[Form] = [
    lambda g, a, labels: apply(
        g, "nll", apply(g, "broadcast_to", a, shape=(*sizes(labels), 4)), labels, reduction="none"
    ),
    lambda g, a, labels: apply(g, "one_hot", labels, classes=4, dtype=g.default_float),
]


def grow(graph: Graph, nodes: list[Node], labels: list[Node], count: int, chance: random.Random) -> list[Node]:
    """More values on those that are there, mostly on the last ones; what the shapes do not allow is left out."""
    nodes = list(nodes)
    for _ in range(count):
        first, second = (chance.choice(nodes[-6:] if chance.random() < 0.7 else nodes) for _ in range(2))
        try:
            if chance.random() < 0.1:
                made = chance.choice(LABELLED)(graph, first, chance.choice(labels))
            else:
                made = chance.choice(FORMS)(graph, first, second)
        except OperationError:
            continue
        if element_total(made) <= MOST_ELEMENTS:
            nodes.append(made)
    return nodes


@pytest.mark.parametrize("most", [cutting.MOST_OPERATIONS, 4])
@settings(max_examples=300, deadline=None)
@given(st.integers(0, 2**32), st.integers(5, 60), st.sampled_from([F32, F64]))
def test_random_sections_have_the_values_of_the_reference(most: int, seed: int, count: int, dtype: DType) -> None:
    chance, rng, graph = random.Random(seed), np.random.default_rng(seed), Graph(dtype)
    leaves = [leaf(graph, *shape) for shape in chance.sample(SHAPES, 3)]
    states = [leaf(graph, *shape) for shape in chance.sample(SHAPES, 2)]
    labels = [leaf(graph, *shape, dtype=I32) for shape in LABELS]
    nodes = grow(graph, [*leaves, *states], labels, count, chance)
    updates = [chance.choice([node for node in nodes if node.type == state.type]) for state in states]
    results = [chance.choice(nodes[-6:]) for _ in range(2)]
    section = Section(graph, [*leaves, *labels], results, states, updates)
    arrays = [np.array(rng.uniform(-1, 1, sizes(node)), dtype.numpy) for node in [*leaves, *states]]
    classes = [np.array(rng.integers(0, 4, sizes(node)), np.int32) for node in labels]

    def near(found: Any, expected: Any) -> None:
        if np.isfinite(expected).all() and np.abs(expected).max(initial=0.0) < 1e6:
            assert_near(found, expected, 1024)

    with without_compiler(), pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
        patch.setattr(cutting, "MOST_OPERATIONS", most)
        plan = agree(section, [*arrays[: len(leaves)], *classes], arrays[len(leaves) :], same=near)
    assert all(len(names) <= max(most, 2) for names in kernels(plan))
