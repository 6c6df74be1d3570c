"""What tests of operations share: the value and the derivatives of a function of nodes, as the reference engine has them."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest

from dsl.engine.reference import ReferenceEngine
from dsl.graph.gradient import gradients
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dims import as_shape
from dsl.ops.dtypes import DTYPES, DType
from dsl.ops.registry import OPERATIONS
from dsl.ops.types import TensorType

Function = Callable[..., Any]


def _placed(inputs: Sequence[Any], dtype: DType) -> tuple[Graph, dict[Node, np.ndarray]]:
    """A graph with a placeholder for each input; floats take `dtype`, integers and truth values keep their own type."""
    graph = Graph(dtype)
    values: dict[Node, np.ndarray] = {}
    for value in inputs:
        array = np.asarray(value)
        if array.dtype.kind == "f":
            array = array.astype(dtype.numpy)
        own = next(known for known in DTYPES.values() if known.numpy == array.dtype)
        values[graph.placeholder(TensorType(own, as_shape(array.shape)))] = array
    return graph, values


def _total(node: Node) -> Node:
    return OPERATIONS["sum"](node) if node.shape else node


@pytest.fixture
def node_of() -> Callable[..., tuple[Node, np.ndarray]]:
    """The node that a function makes of some inputs, and its value."""

    def run(function: Function, *inputs: Any, dtype: str = "f64") -> tuple[Node, np.ndarray]:
        graph, values = _placed(inputs, DTYPES[dtype])
        node = function(*values)
        return node, ReferenceEngine(graph, [node]).run(values)[node]

    return run


@pytest.fixture
def value_of(node_of: Callable[..., tuple[Node, np.ndarray]]) -> Callable[..., np.ndarray]:
    """The value of a function of nodes."""

    def run(function: Function, *inputs: Any, dtype: str = "f64") -> np.ndarray:
        return node_of(function, *inputs, dtype=dtype)[1]

    return run


@pytest.fixture
def derivative_of() -> Callable[..., Any]:
    """The gradient, of some order, of the sum of a function with respect to its floating inputs, together or the only one."""

    def run(function: Function, *inputs: Any, dtype: str = "f64", order: int = 1) -> Any:
        graph, values = _placed(inputs, DTYPES[dtype])
        subjects = [node for node in values if node.type.dtype.is_float]
        scalar = _total(function(*values))
        found: dict[Node, Node] = {}
        for _ in range(order):
            found = gradients(graph, scalar, subjects)
            if not found:
                break
            totals = list(map(_total, found.values()))
            scalar = totals[0]
            for total in totals[1:]:
                scalar = scalar + total
        computed = ReferenceEngine(graph, list(found.values())).run(values)
        made = [computed[found[node]] if node in found else np.zeros_like(values[node]) for node in subjects]
        return made[0] if len(made) == 1 else made

    return run
