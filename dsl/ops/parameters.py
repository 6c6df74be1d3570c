"""What an operation's parameters are: tensors, and hyper-parameters known before anything runs.

A forward function annotates its parameters with the names below; each stands for a kind, which checks and converts the
compile-time values that programs write.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import numpy.typing as npt

from dsl.ops.dims import Dim, as_dim
from dsl.ops.dtypes import DTYPES, DType

Array = npt.NDArray[Any]
Arrays = Sequence[Array]
Integers = Array
Axis = int
Axes = int | tuple[int, ...] | None
OptionalAxis = int | None
Flag = bool
Real = float
Count = int
OptionalCount = int | None
Counts = tuple[int, ...]
Sections = int | tuple[int, ...]
Widths = int | tuple[int | tuple[int, ...], ...]
Bound = float
OptionalBound = float | None
ShapeOf = tuple[int, ...]
TypeName = DType
OptionalTypeName = DType | None
Reduction = str
Index = tuple[Any, ...]

REQUIRED: Any = inspect.Parameter.empty


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of parameter: how messages describe what it takes, and the conversion, which raises ValueError.

    `options` are its values, where these are a few words.
    """

    name: str
    expected: str
    convert: Callable[[Any], Any]
    options: tuple[str, ...] = ()


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _axis(value: Any) -> int:
    if not _is_integer(value):
        raise ValueError
    return value


def _axes(value: Any) -> int | tuple[int, ...] | None:
    if value is None or _is_integer(value):
        return value
    return tuple(map(_axis, _items(value)))


def _items(value: Any) -> list[Any]:
    if not isinstance(value, list | tuple):
        raise ValueError
    return list(cast("Sequence[Any]", value))


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueError
    return value


def _real(value: Any) -> float | int:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError
    return value


def _count(value: Any) -> Dim:
    if isinstance(value, Dim) or _is_integer(value):
        return as_dim(value)
    raise ValueError


def _counts(value: Any) -> tuple[Dim, ...]:
    return tuple(map(_count, _items(value) if isinstance(value, list | tuple) else [value]))


def _sections(value: Any) -> Dim | tuple[Dim, ...]:
    return _counts(value) if isinstance(value, list | tuple) else _count(value)


def _widths(value: Any) -> Dim | tuple[Dim | tuple[Dim, ...], ...]:
    return tuple(map(_sections, _items(value))) if isinstance(value, list | tuple) else _count(value)


def _bound(value: Any) -> Dim | float | int:
    return value if isinstance(value, Dim) else _real(value)


def _dtype(value: Any) -> DType:
    if isinstance(value, DType):
        return value
    if not isinstance(value, str) or value not in DTYPES:
        raise ValueError
    return DTYPES[value]


def _choice(*options: str) -> Callable[[Any], str]:
    def convert(value: Any) -> str:
        if value not in options:
            raise ValueError
        return value

    return convert


def _optional(convert: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return lambda value: None if value is None else convert(value)


TENSOR = Kind("tensor", "a value", lambda value: value)
INTEGERS = Kind("tensor", "integers", lambda value: value)
TENSORS = Kind("tensors", "a list of values", lambda value: value)
DTYPE = Kind("dtype", f"an element type: one of {', '.join(DTYPES)}", _optional(_dtype))

_REDUCTIONS = ("mean", "sum", "none")

KINDS: dict[str, Kind] = {
    "Array": TENSOR,
    "Symbol": TENSOR,
    "Arrays": TENSORS,
    "Integers": INTEGERS,
    "Axis": Kind("axis", "an axis: an integer", _axis),
    "OptionalAxis": Kind("axis", "an axis: an integer, or none", _optional(_axis)),
    "Axes": Kind("axes", "an axis, a list of axes, or none", _axes),
    "Flag": Kind("flag", "true or false", _flag),
    "Real": Kind("real", "a number known before the program runs", _real),
    "Count": Kind("count", "an integer or a dimension", _count),
    "OptionalCount": Kind("count", "an integer or a dimension, or none", _optional(_count)),
    "Counts": Kind("counts", "an integer, a dimension, or a list of them", _counts),
    "Sections": Kind("sections", "a number of parts, or a list of the places to cut at", _sections),
    "Widths": Kind("widths", "a width, a pair [before, after], or a list of one pair an axis", _widths),
    "Bound": Kind("bound", "a number or a dimension", _bound),
    "OptionalBound": Kind("bound", "a number or a dimension, or none", _optional(_bound)),
    "ShapeOf": Kind("shape", "a shape: a list of integers and dimensions", _counts),
    "TypeName": DTYPE,
    "OptionalTypeName": DTYPE,
    "Reduction": Kind("choice", 'one of "mean", "sum", "none"', _choice(*_REDUCTIONS), _REDUCTIONS),
    "Index": Kind("index", "an index", lambda value: value),
}


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of an operation; `default` is REQUIRED where the call must give it."""

    name: str
    kind: Kind
    default: Any
    keyword_only: bool

    @property
    def is_tensor(self) -> bool:
        """Whether values of the graph are given here, and not compile-time ones."""
        return self.kind.name in ("tensor", "tensors")

    def __str__(self) -> str:
        return self.name if self.default is REQUIRED else f"{self.name}={spell(self.default)}"


def spell(value: Any) -> str:
    """A compile-time value as a program writes it."""
    match value:
        case None | True | False:
            return str(value).lower()
        case str():
            escaped = value.replace("\\", "\\\\").replace('"', '\\"')
            return f'"{escaped}"'
        case list() | tuple():
            return f"[{', '.join(map(spell, cast('Sequence[Any]', value)))}]"
        case np.ndarray():
            return spell(cast(Any, value).tolist())
        case _:
            return str(value)


def read_parameters(signature: inspect.Signature) -> tuple[Parameter, ...]:
    """The parameters that a forward function declares by its annotations."""
    return tuple(
        Parameter(
            parameter.name.rstrip("_"),
            KINDS[parameter.annotation],
            parameter.default,
            parameter.kind is inspect.Parameter.KEYWORD_ONLY,
        )
        for parameter in signature.parameters.values()
    )
