"""A graph of a few operations on arrays, run by the reference engine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dsl.engine.reference import ReferenceEngine
from dsl.graph.gradient import DifferentiableGraph, gradients
from dsl.graph.node import Node
from dsl.ops.dims import Dim, as_shape
from dsl.ops.dtypes import BOOL, F64, I64, DType
from dsl.ops.operation import OperationError
from dsl.ops.registry import OPERATIONS
from dsl.ops.types import TensorType


class SmallGraph:
    """Operations are called by name; numbers and lists among the inputs become constants as in a program."""

    def __init__(self, default_float: DType = F64) -> None:
        self.graph = DifferentiableGraph(default_float)
        self.values: dict[Node, Any] = {}
        self.sizes: dict[str, int] = {}

    def input(self, value: Any, dims: Sequence[int | str] | None = None) -> Node:
        """A placeholder with its value. `dims` declares the shape, a name for each dimension that is not known."""
        array = np.asarray(value)
        dtype = {"b": BOOL, "i": I64, "f": self.graph.default_float}[array.dtype.kind]
        declared = [Dim.named(dim) if isinstance(dim, str) else dim for dim in dims or array.shape]
        self.sizes.update(
            (dim, size) for dim, size in zip(dims or (), array.shape, strict=False) if isinstance(dim, str)
        )
        node = self.graph.placeholder(TensorType(dtype, as_shape(declared)))
        self.values[node] = array.astype(dtype.numpy)
        return node

    def call(self, name: str, *inputs: Any, **attributes: Any) -> Node:
        given = [np.asarray(value) if isinstance(value, list) else value for value in inputs]
        return self.graph.apply(OPERATIONS[name], given, attributes)

    def gradient(self, of: Node, *wrt: Node) -> list[Node]:
        found = gradients(self.graph, of, wrt)
        return [found[node] for node in wrt]

    def run(self, *nodes: Node) -> list[Any]:
        """The values, each of the shape and the element type that were inferred for it."""
        found = ReferenceEngine(self.graph, nodes).run(self.values, self.sizes)
        for node in nodes:
            assert found[node].dtype == node.type.dtype.numpy
            assert found[node].shape == tuple(dim.evaluate(self.sizes) for dim in node.shape)
        return [found[node] for node in nodes]


def rejection(name: str, *types: tuple[DType, Sequence[int | str]], **attributes: Any) -> OperationError:
    """The error of an operation that does not take inputs of these types."""
    graph = DifferentiableGraph(F64)
    nodes = [
        graph.placeholder(TensorType(dtype, as_shape(Dim.named(dim) if isinstance(dim, str) else dim for dim in dims)))
        for dtype, dims in types
    ]
    try:
        graph.apply(OPERATIONS[name], nodes, attributes)
    except OperationError as error:
        return error
    raise AssertionError(f"{name} took {types}")
