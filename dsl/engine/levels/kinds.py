"""What the numbers of a group have in common: how they are computed, and of what."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from dsl.engine.levels.powers import power_of_pairs, power_of_vectors
from dsl.engine.ufuncs import ARITHMETIC, LOGIC, RELATIONS
from dsl.ops.dtypes import DType
from dsl.ops.operation import Operation
from dsl.ops.parameters import Array

Call = Literal["into", "choice", "plain"]
"""How a function is called: with the place for its result, as a choice between two values, or for a new array."""


@dataclass(frozen=True, eq=False, slots=True)
class Kind:
    """A way to compute a number, by a name for the reader, and the element type of the result."""

    name: str
    dtype: DType


@dataclass(frozen=True, eq=False, slots=True)
class Given(Kind):
    """A number that is there when a run begins: of a leaf, of a state, or a constant."""


@dataclass(frozen=True, eq=False, slots=True)
class Elementwise(Kind):
    """A function of as many numbers as `takes` has element types.

    `number` is the operand, if any, that is the same number for all of this kind, and has to be given as one.
    """

    takes: tuple[DType, ...]
    function: Callable[..., Any]
    call: Call
    number: int | None = None

    @property
    def is_exact(self) -> bool:
        """Whether operands may lie in any steps.

        For functions that are not rounded correctly NumPy has several algorithms. Single numbers, and operands that follow
        each other, get the same one; operands in other steps may get another.
        """
        return self.call == "choice" or (self.call == "into" and self.function in EXACT)


@dataclass(frozen=True, eq=False, slots=True)
class Total(Kind):
    """A sum of several numbers of the same type, added one after the other.

    It starts from `start`: -0.0 where the first number itself begins a chain of additions, 0.0 where NumPy's `sum` adds.
    """

    start: float
    filler: int
    """An element that can be added at the end of a sum and changes nothing, the constant -0.0."""


@dataclass(frozen=True, eq=False, slots=True)
class RowSum(Kind):
    """A sum of `length` numbers of the same type in the order in which NumPy sums a contiguous row."""

    length: int


@dataclass(frozen=True, eq=False, slots=True)
class Whole(Kind):
    """An operation on whole arrays, which gives all numbers of its result together."""

    function: Callable[..., Any]
    takes: tuple[DType, ...]
    shapes: tuple[tuple[int, ...], ...]
    shape: tuple[int, ...]


UFUNCS: Mapping[str, np.ufunc] = {**ARITHMETIC, "reciprocal": np.reciprocal, **RELATIONS, **LOGIC}
"""The operations that are one ufunc, where all operands are of one floating type, or truth values for those of logic."""

EXACT = frozenset(
    {
        np.add,
        np.subtract,
        np.multiply,
        np.true_divide,
        np.maximum,
        np.minimum,
        np.negative,
        np.absolute,
        np.sign,
        np.floor,
        np.ceil,
        np.rint,
        np.isnan,
        np.isinf,
        np.sqrt,
        np.square,
        np.reciprocal,
        np.equal,
        np.not_equal,
        np.less,
        np.less_equal,
        np.greater,
        np.greater_equal,
        np.logical_and,
        np.logical_or,
        np.logical_not,
    }
)
"""The ufuncs whose results are rounded correctly, or not rounded."""


def elementwise(
    operation: Operation, attributes: Mapping[str, Any], dtype: DType, takes: Sequence[DType]
) -> Elementwise:
    """The kind of an elementwise operation; any but the ones known here is computed by its own forward function."""
    name, operands = operation.name, tuple(takes)
    alike = all(taken is operands[0] for taken in operands)
    ufunc = UFUNCS.get(name)
    if ufunc is not None and alike and (operands[0].is_float or name in LOGIC):
        return Elementwise(name, dtype, operands, ufunc, "into")
    if name == "where" and operands[1] is operands[2] is dtype:
        return Elementwise(name, dtype, operands, np.putmask, "choice")
    return Elementwise(name, dtype, operands, bound(operation, attributes), "plain")


def addition(dtype: DType) -> Elementwise:
    """The kind of the sum of two numbers of a type."""
    return Elementwise("add", dtype, (dtype, dtype), np.add, "into")


def power(operation: Operation, dtype: DType, takes: Sequence[DType], *, single: bool, known: bool) -> Elementwise:
    """The kind of a floating power, whose exponent is `single`, one for many bases, and maybe `known` before the run."""
    operands = tuple(takes)
    if not known:
        return Elementwise("power", dtype, operands, power_of_pairs if single else power_of_vectors, "plain")
    if operands[0] is operands[1] is dtype:
        return Elementwise("power", dtype, operands, np.power, "into", number=1)
    return Elementwise("power", dtype, operands, bound(operation, {}), "plain", number=1)


def bound(operation: Operation, attributes: Mapping[str, Any]) -> Callable[..., Any]:
    """The forward function of an operation with its attributes."""
    forward = operation.forward
    assert forward is not None
    if not attributes:
        return forward

    def apply(*arrays: Array) -> Any:
        return forward(*arrays, **attributes)

    return apply
