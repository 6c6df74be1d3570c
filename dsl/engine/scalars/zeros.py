"""The signs of zeros: where a sum has to turn -0.0 into 0.0, and where nobody could tell.

NumPy adds up from 0.0, so that no sum is -0.0; code adds the terms to each other, and 0.0 at the end. That addition is left
out where the sum cannot be -0.0, and where all that is made of it is the same for both zeros.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsl.engine.scalars.scalar import Scalar

_EVEN = frozenset({"abs", "square", "exp", "cosh", "erfc", "hypot", "log", "log2", "log10", "sign"})
"""Operators that make one and the same of both zeros, and never -0.0 of anything."""

_RELATIONS = {"equal", "not_equal", "less", "less_equal", "greater", "greater_equal"}

_BLIND = _EVEN | _RELATIONS | {"cos", "arccos", "isnan", "isinf"}
"""Operators that make one and the same of both zeros."""

_ODD = {"neg", "multiply", "sqrt", "expm1", "log1p", "sin", "tan", "arcsin", "arctan", "sinh", "tanh", "erf"}

_CARRYING = frozenset(_ODD | {"floor", "ceil", "round", "maximum", "minimum"})
"""Operators that make a zero of either sign of the other zero, and nothing else that differs."""


_INHERITING: Mapping[str, tuple[int, ...]] = {"subtract": (0,), "where": (1, 2), "maximum": (0, 1), "minimum": (0, 1)}
"""Operators that make no -0.0 where none of these operands is one."""


def is_never_negative_zero(one: Scalar) -> bool:
    """Whether it is known, from its operands, that it is not -0.0."""
    if not one.dtype.is_float or one.operator in _EVEN:
        return True
    operator, operands = one.operator, one.operands
    if operator == "add":
        return operands[0].unsigned or operands[1].unsigned
    if operator == "literal":
        return one.value != 0 or math.copysign(1, one.value) > 0
    if operator == "astype":
        return not operands[0].dtype.is_float
    heirs = _INHERITING.get(operator)
    return heirs is not None and all(operands[place].unsigned for place in heirs)


def idle_additions(needed: Sequence[Scalar], roots: Sequence[Scalar]) -> dict[Scalar, Scalar]:
    """The additions of 0.0 that make no difference to the roots, and what may stand in the place of each.

    `needed` are the elements that the roots are made from, in running order.
    """
    seen = set(roots)
    for one in reversed(needed):
        seen.update(_whose_sign_is_seen(one, one in seen))
    return {one: one.operands[0] for one in needed if _adds_nothing(one) and one not in seen}


def _adds_nothing(one: Scalar) -> bool:
    """Whether it is x + 0.0, which is x but for its sign where it is -0.0."""
    return one.operator == "add" and one.operands[1].is_literal and one.operands[1].value == 0


def _whose_sign_is_seen(one: Scalar, seen: bool) -> Iterator[Scalar]:
    """The operands for which a zero of the other sign makes a difference, where the sign of the result is seen or is not.

    Of two operands that are added it is enough that one is never -0.0: then nobody sees the sign of the other, but the one
    must stay as it is.
    """
    operands = one.operands
    match one.operator:
        case "add" | "subtract":
            if seen:
                a, b = operands
                if b.unsigned and one.operator == "add":
                    yield b
                else:
                    yield a
                    if not a.unsigned:
                        yield b
        case "where":
            if seen:
                yield from operands[1:]
        case "divide":
            if seen:
                yield operands[0]
            yield operands[1]
        case "astype":
            if seen and one.dtype.is_float:
                yield operands[0]
        case operator:
            if operator not in _BLIND and (seen or operator not in _CARRYING):
                yield from operands
