"""NumPy calls at the edges: products of single elements and in parts of a whole, labels of no classes."""

from __future__ import annotations

import numpy as np
import pytest
from compiled import check

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dims import as_shape
from dsl.ops.dtypes import F64, I64, DType
from dsl.ops.registry import OPERATIONS
from dsl.ops.types import TensorType


def leaf(graph: Graph, *shape: int, dtype: DType = F64) -> Node:
    return graph.placeholder(TensorType(dtype, as_shape(shape)))


@pytest.mark.parametrize("shapes", [((1, 1), (1, 5)), ((5, 1), (1, 1)), ((1,), (1, 5)), ((5, 1), (1,)), ((1,), (1,))])
def test_nothing_times_infinity_is_nan_in_products_of_a_single_element(shapes: tuple[tuple[int, ...], ...]) -> None:
    for first, second in ((0.0, np.inf), (np.inf, 0.0)):
        graph = Graph(F64)
        values = {
            leaf(graph, *shape): np.full(shape, value) for shape, value in zip(shapes, (first, second), strict=True)
        }
        plan = check(graph, values, [graph.apply(OPERATIONS["matmul"], list(values), {})])
        assert np.isnan(plan.run(list(values.values()))[0]).all()


@pytest.mark.parametrize("axis", [0, 1])
def test_large_products_are_parts_of_a_concatenation(axis: int) -> None:
    graph, rng = Graph(F64), np.random.default_rng(0)
    x, y = leaf(graph, 70, 70), leaf(graph, 70, 70)
    parts = [graph.apply(OPERATIONS["matmul"], pair, {}) for pair in ((x, y), (y, x))]
    whole = graph.apply(OPERATIONS["concatenate"], parts, {"axis": axis})
    plan = check(graph, {node: rng.integers(-9, 9, (70, 70)).astype(float) for node in (x, y)}, [whole])
    assert "copy(" not in plan.source


def test_labels_of_no_classes() -> None:
    graph = Graph(F64)
    rows, labels = leaf(graph, 0, 0), leaf(graph, 0, dtype=I64)
    loss = graph.apply(OPERATIONS["nll"], [rows, labels], {"reduction": "none"})
    check(graph, {rows: np.zeros((0, 0)), labels: np.zeros(0, np.int64)}, [loss])
