"""A node: an operation with its ordered inputs, or a leaf whose value comes from outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from dsl.graph.scope import Scope
from dsl.ops.operation import Operation
from dsl.ops.symbol import Builder, Symbol
from dsl.ops.types import TensorType
from dsl.source.text import Span

Kind = Literal["placeholder", "parameter", "constant", "operation"]


class Initial(Protocol):
    """The first value of a parameter."""

    def __call__(self, shape: tuple[int, ...], dtype: np.dtype[Any], rng: np.random.Generator) -> npt.NDArray[Any]:
        """A new array of this shape and element type."""
        ...


class Node(Symbol):
    """One value of the program.

    `index` is its place in the graph, where inputs come before their users. `value` is what a leaf brings with it: a
    constant's array, a placeholder's default (or None), a parameter's `Initial`. `backward_of` is the forward node whose
    gradient rule made this one, None in the forward half. `scope` is the call of a layer or a function that made it.
    """

    __slots__ = (
        "attributes",
        "backward_of",
        "documentation",
        "index",
        "inputs",
        "kind",
        "name",
        "operation",
        "scope",
        "span",
        "value",
    )

    def __init__(
        self,
        builder: Builder,
        index: int,
        kind: Kind,
        type: TensorType,
        *,
        operation: Operation | None = None,
        inputs: tuple[Node, ...] = (),
        attributes: Mapping[str, Any] | None = None,
        value: Any = None,
        span: Span | None = None,
        backward_of: Node | None = None,
    ) -> None:
        self.builder = builder
        self.index = index
        self.kind: Kind = kind
        self.type = type
        self.operation = operation
        self.inputs = inputs
        self.attributes: Mapping[str, Any] = attributes or {}
        self.value = value
        self.span = span
        self.backward_of = backward_of
        self.scope: Scope | None = None
        self.name = ""
        self.documentation = ""

    @property
    def label(self) -> str:
        """The operation's name, or the kind of the leaf."""
        return self.operation.name if self.operation else self.kind

    @property
    def literal(self) -> npt.NDArray[Any] | None:
        """The value of a constant, None of every other node."""
        return self.value if self.kind == "constant" else None

    def __repr__(self) -> str:
        return f"<{self.name or f'#{self.index}'}: {self.label} {self.type}>"
