"""Algebra on single elements that changes no bit of a result, infinities, nan and the signs of zeros included."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

from dsl.ops.dtypes import BOOL, F32

if TYPE_CHECKING:
    from dsl.engine.scalars.scalar import Scalar, Scalars


def shorter(scalars: Scalars, operator: str, operands: Sequence[Scalar]) -> Scalar | None:
    """What an operator on these operands can be replaced by at less cost, None where nothing is known."""
    if operator in _PLAIN and operands[0] is not operands[1]:
        for one in operands:
            if one.operator in _TELLING:
                break
        else:
            return None
    rule = _RULES.get(operator)
    return rule(scalars, *operands) if rule else None


_PLAIN, _TELLING = frozenset({"add", "subtract", "multiply"}), frozenset({"literal", "neg"})
"""Most of all operators, and without which among their two different operands nothing is known of them."""


def _is(value: Scalar, number: float) -> bool:
    """Whether this is the literal, of the same sign."""
    return value.is_literal and value.value == number and math.copysign(1, value.value) == math.copysign(1, number)


def _is_negation(value: Scalar) -> bool:
    return value.operator == "neg"


def _add(scalars: Scalars, a: Scalar, b: Scalar) -> Scalar | None:
    for value, other in ((a, b), (b, a)):
        if _is(other, -0.0) or (_is(other, 0.0) and value.unsigned):
            return value
        if _is_negation(other):
            return scalars.apply("subtract", value, other.operands[0])
    return None


def _subtract(scalars: Scalars, a: Scalar, b: Scalar) -> Scalar | None:
    if _is(b, 0.0):
        return a
    return scalars.apply("add", a, b.operands[0]) if _is_negation(b) else None


def _multiply(scalars: Scalars, a: Scalar, b: Scalar) -> Scalar | None:
    for value, other in ((a, b), (b, a)):
        if _is(other, 1):
            return value
        if _is(other, -1):
            return scalars.apply("neg", value)
    if a is b:
        return scalars.apply("square", a)
    if _is_negation(a) and _is_negation(b):
        return scalars.apply("multiply", a.operands[0], b.operands[0])
    return None


def _divide(scalars: Scalars, a: Scalar, b: Scalar) -> Scalar | None:
    if _is(b, 1):
        return a
    if b.is_literal and _has_exact_reciprocal(b):
        return scalars.apply("multiply", a, scalars.literal(1 / b.value, b.dtype))
    return None


def _has_exact_reciprocal(divisor: Scalar) -> bool:
    """Whether it is a power of two, far enough from the ends of the type that its reciprocal is one too."""
    fraction, exponent = math.frexp(divisor.value)
    return abs(fraction) == 0.5 and abs(exponent) < (120 if divisor.dtype is F32 else 1000)


def _neg(scalars: Scalars, a: Scalar) -> Scalar | None:
    return a.operands[0] if _is_negation(a) else None


def _where(scalars: Scalars, condition: Scalar, a: Scalar, b: Scalar) -> Scalar | None:
    if a is b:
        return a
    return (a if condition.value else b) if condition.is_literal else None


def _maximum(scalars: Scalars, a: Scalar, b: Scalar) -> Scalar | None:
    """A number on one side leaves only the other to be asked for nan. Of equal values NumPy takes the second."""
    if _is_number(b):
        return scalars.apply("where", _compared(scalars, "less_equal", a, b), b, a)
    return scalars.apply("where", _compared(scalars, "greater", a, b), a, b) if _is_number(a) else None


def _minimum(scalars: Scalars, a: Scalar, b: Scalar) -> Scalar | None:
    if _is_number(b):
        return scalars.apply("where", _compared(scalars, "greater_equal", a, b), b, a)
    return scalars.apply("where", _compared(scalars, "less", a, b), a, b) if _is_number(a) else None


def _is_number(value: Scalar) -> bool:
    return value.is_literal and not math.isnan(value.value)


def _compared(scalars: Scalars, operator: str, a: Scalar, b: Scalar) -> Scalar:
    return scalars.apply(operator, a, b, dtype=BOOL)


_RULES: Mapping[str, Callable[..., Scalar | None]] = {
    "add": _add,
    "subtract": _subtract,
    "multiply": _multiply,
    "divide": _divide,
    "neg": _neg,
    "where": _where,
    "maximum": _maximum,
    "minimum": _minimum,
}
