"""Elementwise operations in terms of simpler ones."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.graph.passes.lowering.steps import Lowering, beside_floats, of_floats
from dsl.ops.arithmetic import maximum, minimum
from dsl.ops.comparison import equal, logical_and, where
from dsl.ops.elementwise import isnan, reciprocal, sqrt
from dsl.ops.symbol import Symbol


def rsqrt(x: Symbol) -> Symbol:
    """1 / sqrt(x)."""
    return reciprocal(sqrt(x))


def clip(x: Symbol, low: Symbol, high: Symbol) -> Symbol:
    """The smaller of the upper bound and of the larger of value and lower bound."""
    values = (x, low, high)
    if any(value.type.dtype.is_float for value in values):
        x, low, high = map(beside_floats, values)
    return minimum(maximum(x, low), high)


def unless_masked(x: Symbol, gradient: Symbol) -> Symbol:
    """x, and 0 where it is nan though the gradient is exactly 0."""
    return where(logical_and(equal(gradient, 0), isnan(x)), 0, x)


ELEMENTWISE: Mapping[str, Lowering] = {
    "clip": clip,
    "rsqrt": of_floats(rsqrt),
    "unless_masked": of_floats(unless_masked),
}
