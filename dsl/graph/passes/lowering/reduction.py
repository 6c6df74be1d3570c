"""Means, variances, norms and the logarithm of summed exponentials in terms of sums and extremes."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.graph.passes.lowering.steps import (
    Lowering,
    average,
    beside_floats,
    count,
    is_sum_by_count,
    without_axes,
    working,
)
from dsl.ops.comparison import where
from dsl.ops.dtypes import DType
from dsl.ops.elementwise import abs_, exp, isinf, log, sqrt, square
from dsl.ops.indexing import getitem
from dsl.ops.reduction import max_, sum_
from dsl.ops.slicing import WHOLE
from dsl.ops.symbol import Symbol

Axes = tuple[int, ...]


def mean(x: Symbol, axis: Axes, keepdims: bool) -> Symbol | None:
    """sum(x) / count, of integers in double precision."""
    number = count(x, axis)
    if x.type.dtype.is_float:
        return average(x, axis, keepdims) if is_sum_by_count(x.type.dtype, number) else None
    return average(beside_floats(x), axis, keepdims) if _adds_exactly(x.type.dtype, number) else None


def _adds_exactly(dtype: DType, number: int) -> bool:
    """Whether doubles hold every sum of so many integers of a type, so that the order of additions does not matter."""
    return number * 2 ** (dtype.bits - 1) <= 2**53


def deviation(x: Symbol, axis: Axes) -> Symbol | None:
    """x - mean(x), from differences to the first element; a value without elements keeps the operation."""
    return _deviation(working(x), axis) if count(x) else None


def _deviation(x: Symbol, axis: Axes) -> Symbol:
    first = tuple(slice(0, 1) if at in axis else WHOLE for at in range(x.type.rank))
    differences = x - getitem(x, index=first)
    return differences - average(differences, axis, keepdims=True)


def var(x: Symbol, axis: Axes, ddof: int, keepdims: bool) -> Symbol | None:
    """The squared deviations' sum divided by their number less `ddof`; a value without elements keeps the operation."""
    if not count(x):
        return None
    squares = sum_(square(_deviation(working(x), axis)), axis=axis, keepdims=keepdims)
    return squares / max(count(x, axis) - ddof, 0)


def std(x: Symbol, axis: Axes, ddof: int, keepdims: bool) -> Symbol | None:
    """The root of `var`."""
    variance = var(x, axis, ddof, keepdims)
    return None if variance is None else sqrt(variance)


def logsumexp(x: Symbol, axis: Axes, keepdims: bool) -> Symbol | None:
    """log(sum(exp(x - largest))) + largest; axes without elements keep the operation, since `max` needs one."""
    if not count(x, axis):
        return None
    x = working(x)
    largest = max_(x, axis=axis, keepdims=True)
    largest = where(isinf(largest), 0, largest)  # a nan makes the result nan, taken out or not
    total = log(sum_(exp(x - largest), axis=axis, keepdims=True)) + largest
    return total if keepdims else without_axes(total, axis)


def norm(x: Symbol, ord: float, axis: Axes, keepdims: bool) -> Symbol | None:
    """The root of the squares' sum, the sum of magnitudes, or the largest one, where there is one."""
    x = working(x)
    if ord == 2:
        return sqrt(sum_(square(x), axis=axis, keepdims=keepdims))
    if ord == 1:
        return sum_(abs_(x), axis=axis, keepdims=keepdims)
    return max_(abs_(x), axis=axis, keepdims=keepdims) if count(x, axis) else None


REDUCTIONS: Mapping[str, Lowering] = {
    "mean": mean,
    "deviation": deviation,
    "var": var,
    "std": std,
    "logsumexp": logsumexp,
    "norm": norm,
}
