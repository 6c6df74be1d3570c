"""The graph under construction and complete: its nodes in an order in which every input precedes its users."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, cast

import numpy as np

from dsl.graph.node import Initial, Node
from dsl.graph.scope import Scope
from dsl.ops.dims import Dim
from dsl.ops.dtypes import F32, I64, DType, literal_dtype, of_array, promote
from dsl.ops.operation import Inference, Operation
from dsl.ops.parameters import Array
from dsl.ops.registry import OPERATIONS, load
from dsl.ops.symbol import Number, Symbol
from dsl.ops.types import TensorType
from dsl.source.text import Span


class Graph:
    """Nodes in running order, and the names by which a program knows them.

    A node can only be made from nodes that are there, so the list is a topological order and the graph has no cycle.
    `span`, `backward_of` and `scope` are given to the nodes being made.
    """

    def __init__(self, default_float: DType = F32) -> None:
        load()
        self.nodes: list[Node] = []
        self.names: dict[str, Node] = {}
        self.default_float = default_float
        self.span: Span | None = None
        self.backward_of: Node | None = None
        self.scope: Scope | None = None
        self._counts: dict[str, int] = {}

    # -- leaves ---------------------------------------------------------------------------------------------------------

    def placeholder(self, type: TensorType, default: Array | None = None) -> Node:
        """A value that is fed, or has a default."""
        return self._add(Node(self, 0, "placeholder", type, value=default, span=self.span))

    def parameter(self, type: TensorType, initial: Initial) -> Node:
        """A trainable value."""
        return self._add(Node(self, 0, "parameter", type, value=initial, span=self.span))

    def constant(self, value: Number | Array, dtype: DType | None = None) -> Node:
        """A number or an array written in the program (or by a gradient rule)."""
        dtype = dtype or self._natural_type(value)
        with np.errstate(over="ignore"):  # a number too large for the type is infinite, as in IEEE's arithmetic
            array = np.asarray(value, dtype.numpy)
        shape = tuple(map(Dim.fixed, array.shape)) if array.shape else ()
        node = Node(
            self, 0, "constant", TensorType(dtype, shape), value=array, span=self.span, backward_of=self.backward_of
        )
        return self._add(node)

    def _natural_type(self, value: Number | Array) -> DType:
        """The element type of a number or an array that stands alone."""
        if isinstance(value, np.ndarray):
            return of_array(value, self.default_float)
        return literal_dtype(value, None, self.default_float)

    def size(self, dim: Dim, like: Symbol) -> Symbol | int:
        """A dimension as a value: an integer when it is known, else a node in the element type of `like`."""
        if dim.value is not None:
            return dim.value
        return self.apply(OPERATIONS["dimension"], (), {"size": dim, "dtype": like.type.dtype})

    # -- operations -----------------------------------------------------------------------------------------------------

    def apply(
        self, operation: Operation, inputs: Sequence[Symbol | Number | Array], attributes: Mapping[str, Any]
    ) -> Node:
        """Add an operation on nodes, bare numbers and arrays. Raises OperationError when they do not fit."""
        nodes = self._as_nodes(operation, inputs)
        filled = operation.fill(attributes)
        if operation.expansion is not None:
            made: Any = operation.expansion(*nodes, **filled)  # several nodes where the operation has several results
            return made
        assert operation.infer is not None
        call = Inference(operation, [node.type for node in nodes], filled, self.default_float)
        type = operation.infer(call)
        return self._add(
            Node(
                self,
                0,
                "operation",
                type,
                operation=operation,
                inputs=nodes,
                attributes=call.attributes,
                span=self.span,
                backward_of=self.backward_of,
            )
        )

    def _as_nodes(self, operation: Operation, inputs: Sequence[Symbol | Number | Array]) -> tuple[Node, ...]:
        if all(isinstance(value, Node) for value in inputs):
            return tuple(inputs)  # pyright: ignore[reportReturnType]
        beside: DType | None = None
        for position, value in enumerate(inputs):
            if isinstance(value, np.ndarray):
                dtype = of_array(value, self.default_float)
            elif isinstance(value, Node):
                dtype = value.type.dtype
            else:
                continue
            if not operation.takes_integers(position):
                beside = dtype if beside is None else promote(beside, dtype)
        return tuple(self._as_node(operation, position, value, beside) for position, value in enumerate(inputs))

    def _as_node(self, operation: Operation, position: int, value: Any, beside: DType | None) -> Node:
        if isinstance(value, Node):
            return value
        if isinstance(value, np.ndarray):
            return self.constant(cast(Array, value))
        if operation.takes_integers(position):
            return self.constant(value, I64 if isinstance(value, int) else self.default_float)
        return self.constant(value, literal_dtype(value, beside, self.default_float))

    def _add(self, node: Node) -> Node:
        node.index, node.scope = len(self.nodes), self.scope
        self.nodes.append(node)
        return node

    @contextmanager
    def making(self, span: Span | None, backward_of: Node | None = None) -> Generator[None]:
        """Give the nodes made inside this place in the program, and this forward node they serve."""
        before = self.span, self.backward_of
        self.span, self.backward_of = span, backward_of
        try:
            yield
        finally:
            self.span, self.backward_of = before

    # -- names ----------------------------------------------------------------------------------------------------------

    def name(self, node: Node, path: str) -> str:
        """Call a node by this path, or by the path with the next free number when it is taken: `h`, `h_2`."""
        if node.name:
            self.names.pop(node.name, None)
        node.name = free = self.free_path(path)
        self.names[free] = node
        return free

    def free_path(self, path: str) -> str:
        """The path itself, or the path with the first number that makes it a new one."""
        if path not in self.names:
            return path
        count = self._counts.get(path, 1) + 1
        while f"{path}_{count}" in self.names:
            count += 1
        self._counts[path] = count
        return f"{path}_{count}"

    # -- readers --------------------------------------------------------------------------------------------------------

    def ancestors(self, targets: Iterable[Node]) -> list[Node]:
        """The nodes that these depend on, themselves included, in running order."""
        needed = bytearray(len(self.nodes))
        last = -1
        for node in targets:
            needed[node.index] = 1
            last = max(last, node.index)
        for index in range(last, -1, -1):
            if needed[index]:
                for source in self.nodes[index].inputs:
                    needed[source.index] = 1
        return [node for node in self.nodes[: last + 1] if needed[node.index]]

    @property
    def parameters(self) -> list[Node]:
        """The trainable nodes."""
        return [node for node in self.nodes if node.kind == "parameter"]

    @property
    def placeholders(self) -> list[Node]:
        """The fed nodes."""
        return [node for node in self.nodes if node.kind == "placeholder"]
