"""What update rules are written in: values with the operators of arithmetic, and a few functions.

An update is a formula on one parameter, its gradient and its state, element by element. It is the same formula on NumPy
arrays, which the reference training loop uses, and on symbols of a graph, from which a plan can be compiled.
"""

from __future__ import annotations

from typing import Any, Protocol, Self, TypeVar

import numpy as np

from dsl.ops.registry import OPERATIONS
from dsl.ops.symbol import Symbol


class Field(Protocol):
    """An array or a symbol: values of one shape, added and multiplied element by element, or by a number."""

    def __add__(self, other: Self | float, /) -> Self: ...
    def __radd__(self, other: float, /) -> Self: ...
    def __sub__(self, other: Self | float, /) -> Self: ...
    def __mul__(self, other: Self | float, /) -> Self: ...
    def __rmul__(self, other: float, /) -> Self: ...
    def __truediv__(self, other: Self | float, /) -> Self: ...


F = TypeVar("F", bound=Field)


def sqrt(x: F) -> F:
    """The square root."""
    return _apply("sqrt", np.sqrt, x)


def sign(x: F) -> F:
    """-1, 0 or 1."""
    return _apply("sign", np.sign, x)


def maximum(a: F, b: F | float) -> F:
    """The larger of two values."""
    return _apply("maximum", np.maximum, a, b)


def _apply(name: str, function: Any, *values: Any) -> Any:
    if any(isinstance(value, Symbol) for value in values):
        return OPERATIONS[name](*values)
    return function(*values)
