"""What an expression can stand for while a program is elaborated.

A value is a node of the graph, or something known at compile time: a number, a truth value, a string, a list, an array, a
dimension, an element type, none; or a layer that waits for its input.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeGuard

import numpy as np

from dsl.graph.node import Node
from dsl.language import syntax
from dsl.ops.dims import Dim
from dsl.ops.dtypes import DTYPES, DType
from dsl.ops.parameters import Array, spell

if TYPE_CHECKING:
    from dsl.language.elaborate.scope import Frame


class _Marker:
    def __init__(self, name: str) -> None:
        self.name = name

    def __repr__(self) -> str:
        return self.name


POISON = _Marker("POISON")
"""What a name stands for whose own statement is wrong: whatever uses it is passed over in silence."""
PENDING = _Marker("PENDING")
"""Not found at once: evaluation takes more than a look."""

BUILTINS: dict[str, Any] = {
    "true": True,
    "false": False,
    "none": None,
    "None": None,
    "pi": float(np.pi),
    "inf": float("inf"),
    "nan": float("nan"),
    **DTYPES,
}
"""Values that every program starts with; a program may take their names for its own."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A function or a layer, and the frame of the file it stands in."""

    statement: syntax.FunctionStatement | syntax.LayerStatement
    home: Frame
    documentation: str = ""

    @property
    def name(self) -> str:
        """The name it is called by."""
        return self.statement.name.id

    @property
    def kind(self) -> str:
        """What it is, for messages."""
        return "layer" if self.is_layer else "function"

    @property
    def is_layer(self) -> bool:
        """Whether it owns parameters."""
        return isinstance(self.statement, syntax.LayerStatement)


@dataclass(slots=True)
class LayerInstance:
    """A layer with its options: made once, applied as often as one likes, always with the same parameters.

    `path` is given by the name it is bound to or by its first use; `members` are its parameters and inner layers by path.
    """

    definition: Definition
    options: dict[str, Any]
    span: syntax.Span
    path: str = ""
    members: dict[str, Any] = field(default_factory=dict[str, Any])
    applied: bool = False
    """Whether it has been given a value."""
    made_by_itself: bool = False
    """Whether its own definition made it, in a call that was under way then."""


@dataclass(frozen=True, slots=True)
class DataName:
    """The name of a `data` block, or of a part of it: `digits`, `digits.train`."""

    name: str
    part: str = ""

    def __str__(self) -> str:
        return f"{self.name}.{self.part}" if self.part else self.name


def is_list(value: Any) -> TypeGuard[list[Any]]:
    """Whether a value is a list of any values."""
    return isinstance(value, list)


def is_sequence(value: Any) -> TypeGuard[list[Any] | tuple[Any, ...]]:
    """Whether a value is a list, or the several results of a call."""
    return isinstance(value, list | tuple)


def is_ndarray(value: Any) -> TypeGuard[Array]:
    """Whether a value is an array known at compile time."""
    return isinstance(value, np.ndarray)


def is_compile_time(value: Any) -> bool:
    """Whether a value is known before the program runs."""
    if is_sequence(value):
        return all(map(is_compile_time, value))
    return not isinstance(value, Node | LayerInstance | Definition | DataName)


def describe(value: Any) -> str:
    """A value in a few words, for messages."""
    match value:
        case Node():
            return f"a value of type {value.type}"
        case LayerInstance():
            return f"the layer `{value.definition.name}`, not yet applied"
        case Definition():
            return f"the {value.kind} `{value.name}`"
        case DataName():
            return f"the data set `{value}`"
        case bool() | None:
            return f"`{spell(value)}`"
        case int() | float():
            return f"the number {value}"
        case str():
            return f"the string {spell(value)}"
        case _ if is_list(value):
            return "a list" if value else "an empty list"
        case _ if is_sequence(value):
            return f"{len(value)} results"
        case _ if is_ndarray(value):
            return f"an array of shape {list(value.shape)}"
        case Dim():
            return f"the dimension `{value}`"
        case DType():
            return f"the element type `{value}`"
        case _:
            return "something else"
