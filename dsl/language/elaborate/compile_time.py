"""Arithmetic on what is known at compile time: numbers, truth values, strings and dimensions.

Arrays known at compile time are computed by the operations themselves, as `apply` has it.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from math import prod
from typing import Any

import numpy as np

from dsl.language.elaborate.values import describe, is_list
from dsl.ops.dims import Dim, as_dim
from dsl.ops.parameters import Array
from dsl.source.diagnostic import Label, ProgramError, fail
from dsl.source.text import Span

_NUMBERS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "**": lambda a, b: a**b,
    "%": operator.mod,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_LARGEST_EXPONENT = 10_000
_LARGEST_DIMENSION_POWER = 16


def unary(symbol: str, value: Any, span: Span) -> Any:
    """`-x`, `+x`, `not x` of a compile-time value. Raises ProgramError."""
    if symbol == "not":
        if not isinstance(value, bool):
            raise fail("type", f"`not` needs true or false, not {describe(value)}", span)
        return not value
    if isinstance(value, bool) or not isinstance(value, int | float | Dim):
        raise fail("type", f"`{symbol}` needs a number, not {describe(value)}", span)
    return -value if symbol == "-" else value


def binary(symbol: str, left: Any, right: Any, span: Span) -> Any:
    """`left symbol right` of compile-time values. Raises ProgramError."""
    if symbol in ("and", "or"):
        return _logical(symbol, left, right, span)
    if isinstance(left, Dim) or isinstance(right, Dim):
        return _dimensions(symbol, left, right, span)
    if symbol in ("==", "!=") and _plain(left) and _plain(right):
        return (left == right) is (symbol == "==")
    if not (_numeric(left) and _numeric(right)):
        if symbol == "+" and isinstance(left, str) and isinstance(right, str):
            return left + right
        wrong = right if _numeric(left) else left
        raise fail("type", f"`{symbol}` needs numbers, not {describe(wrong)}", span)
    try:
        return _arithmetic(symbol, left, right)
    except ZeroDivisionError:
        raise fail(
            "value", "division by zero, in a number that has to be known before the program runs", span
        ) from None
    except OverflowError:
        raise fail("value", f"`{span.quoted('this')}` is too large a number", span) from None
    except ValueError:
        raise fail("value", f"`{span.quoted('this')}` is not a real number", span) from None


def is_array(value: Any) -> bool:
    """Whether a compile-time value has elements, so that arithmetic on it is for the operations."""
    return isinstance(value, np.ndarray | list | tuple)


def as_array(value: Any) -> Any:
    """A list of numbers as an array; anything else as it is."""
    if not is_list(value):
        return value
    try:
        array: Array = np.asarray(value)
    except ValueError:
        return value
    return array if array.dtype.kind in "biuf" else value


def _arithmetic(symbol: str, left: Any, right: Any) -> Any:
    if symbol == "/":
        exact = isinstance(left, int) and isinstance(right, int) and right != 0 and left % right == 0
        return left // right if exact else left / right
    if symbol == "**" and isinstance(left, int) and isinstance(right, int) and right > _LARGEST_EXPONENT:
        raise OverflowError
    result = _NUMBERS[symbol](left, right)
    if isinstance(result, complex):
        raise ValueError
    return result


def _plain(value: Any) -> bool:
    return isinstance(value, bool | int | float | str) or value is None


def _numeric(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _logical(symbol: str, left: Any, right: Any, span: Span) -> bool:
    for value in (left, right):
        if not isinstance(value, bool):
            raise fail("type", f"`{symbol}` needs true or false, not {describe(value)}", span)
    return (left and right) if symbol == "and" else (left or right)


def _dimensions(symbol: str, left: Any, right: Any, span: Span) -> Any:
    """Dimensions add, subtract and multiply with integers; they compare where the answer is the same for every size."""
    for value in (left, right):
        if not isinstance(value, Dim) and (isinstance(value, bool) or not isinstance(value, int)):
            raise fail("type", f"`{symbol}` cannot combine a dimension with {describe(value)}", span)
    a, b = as_dim(left), as_dim(right)
    match symbol:
        case "+":
            result: Dim | None = a + b
        case "-":
            result = a - b
        case "*":
            result = a * b
        case "/":
            result = a.divided_by(b)
        case "**" if b.value is not None and 0 <= b.value <= _LARGEST_DIMENSION_POWER:
            result = prod([a] * b.value, start=as_dim(1))
        case "==" | "!=" if a == b or (a - b).value is not None:
            return (a == b) is (symbol == "==")
        case _:
            result = None
    if result is None:
        raise _unknown_size(symbol, a, b, span)
    return known(result)


def _unknown_size(symbol: str, a: Dim, b: Dim, span: Span) -> ProgramError:
    name = sorted(a.names | b.names)[0]
    places = dict.fromkeys((str(dim), dim.origin) for dim in (a, b) if dim.origin and dim.names)
    labels = [Label(origin, f"`{dim}` is declared here") for dim, origin in places if origin]
    hint = f"give `{name}` a size: `dim {name} = 64`"
    if symbol == "/" and b.value:
        problem = f"`{a}` divided by {b} is no whole number for every `{name}`"
        return fail(
            "value", problem, span, labels=labels, hint=f"{hint}; or name the quotient with `dim`, and multiply"
        )
    return fail("value", f"`{a} {symbol} {b}` is not known before data arrives", span, labels=labels, hint=hint)


def known(dim: Dim) -> int | Dim:
    """The integer, for a dimension of known size."""
    return dim if dim.value is None else dim.value
