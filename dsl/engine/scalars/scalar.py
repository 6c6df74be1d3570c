"""The elements that arrays are unrolled to, and what is computed from them, each value made once."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

import numpy as np

from dsl.engine.scalars.identities import shorter
from dsl.engine.scalars.zeros import is_never_negative_zero
from dsl.ops.dtypes import BOOL, F64, DType

LEAF, STATE, LITERAL = "leaf", "state", "literal"
"""The operators of values that are not computed: elements of the section's leaves and of its states, and numbers."""

_COMMUTING = frozenset({"add", "multiply"})


class Scalar:
    """One element. `operator` says how it is made of its operands.

    `value` is the number of a literal, and of an element of a leaf or a state which array it is in and where: two integers.
    `index` is its place in running order, operands before their users. `name` is what code may call it, empty where nothing
    in the program names it.
    """

    __slots__ = ("dtype", "index", "is_literal", "name", "operands", "operator", "unsigned", "value")

    def __init__(
        self, index: int, operator: str, operands: tuple[Scalar, ...], dtype: DType, value: Any = None
    ) -> None:
        self.index = index
        self.operator = operator
        self.operands = operands
        self.dtype = dtype
        self.value = value
        self.name = ""
        self.is_literal = operator == LITERAL
        """Whether it is a number written in the code."""
        self.unsigned: bool = is_never_negative_zero(self)
        """Whether it is known never to be -0.0."""

    def __repr__(self) -> str:
        what = f"{self.value}" if self.value is not None else ", ".join(f"#{one.index}" for one in self.operands)
        return f"<#{self.index} {self.name}: {self.operator}({what}) {self.dtype}>"


class Scalars:
    """All elements of a section, in running order. What is asked for twice is made once."""

    def __init__(self) -> None:
        self.all: list[Scalar] = []
        self._known: dict[object, Scalar] = {}

    def literal(self, value: Any, dtype: DType) -> Scalar:
        """A number, rounded to the type."""
        number = float(value) if dtype is F64 else _rounded(value, dtype)
        # the bits of a float tell the two zeros apart, and know a nan again
        same = struct.pack("d", number) if dtype.is_float else number
        return self._made(LITERAL, (), dtype, number, (LITERAL, dtype.name, same))

    def element(self, operator: str, array: int, place: int, dtype: DType) -> Scalar:
        """An element of a leaf or of a state, counted in C order."""
        return self._made(operator, (), dtype, (array, place), (operator, array, place))

    def apply(self, operator: str, *operands: Scalar, dtype: DType | None = None) -> Scalar:
        """An operator on elements; the result has the type of the last one unless another is given."""
        found = shorter(self, operator, operands)
        if found is not None:
            return found
        made = operands[-1].dtype if dtype is None else dtype
        alike = operands
        if operator in _COMMUTING and operands[0].index > operands[1].index:
            alike = operands[1], operands[0]
        return self._made(operator, operands, made, None, (operator, made.name, alike))

    def convert(self, value: Scalar, dtype: DType) -> Scalar:
        """The element in another type."""
        if value.dtype is dtype:
            return value
        if value.is_literal and (value.dtype is BOOL or dtype.is_float):
            return self.literal(value.value, dtype)
        return self.apply("astype", value, dtype=dtype)

    def _made(self, operator: str, operands: tuple[Scalar, ...], dtype: DType, value: Any, key: object) -> Scalar:
        found = self._known.get(key)
        if found is None:
            found = self._known[key] = Scalar(len(self.all), operator, operands, dtype, value)
            self.all.append(found)
        return found


def _rounded(value: Any, dtype: DType) -> Any:
    with np.errstate(over="ignore"):
        return np.asarray(value, dtype.numpy).item()


def needed_for(roots: Iterable[Scalar]) -> list[Scalar]:
    """The elements that these are made from, themselves included, in running order."""
    found: set[Scalar] = set(roots)
    waiting = list(found)
    while waiting:
        for operand in waiting.pop().operands:
            if operand not in found:
                found.add(operand)
                waiting.append(operand)
    return sorted(found, key=lambda one: one.index)
