"""What lowerings are, and the steps that many of them share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod

import numpy as np

from dsl.ops.dims import ONE, Dim
from dsl.ops.dtypes import F16, F32, F64, DType
from dsl.ops.elementwise import astype
from dsl.ops.reduction import sum_
from dsl.ops.shaping import reshape
from dsl.ops.statistics import mean
from dsl.ops.symbol import Symbol

Lowering = Callable[..., Symbol | None]
"""An operation in terms of simpler ones. Called like its forward function, with nodes of a section in place of arrays.

It follows the forward function step by step, in the element types that NumPy takes, so that the values are equal to the last
bit; a result in another element type than the operation's is converted by `lower`. None keeps the operation as it is, where
NumPy's own steps cannot be followed.
"""


def of_floats(lowering: Lowering) -> Lowering:
    """The lowering where all inputs are floating; integers, on which NumPy takes other steps, keep the operation."""

    def apply(*inputs: Symbol, **attributes: object) -> Symbol | None:
        return lowering(*inputs, **attributes) if all(x.type.dtype.is_float for x in inputs) else None

    return apply


# -- element types ----------------------------------------------------------------------------------------------------


def beside_floats(x: Symbol) -> Symbol:
    """A value as NumPy takes it in arithmetic with a floating one: integers and truth values become doubles."""
    return x if x.type.dtype.is_float else astype(x, dtype=F64)


def working(x: Symbol) -> Symbol:
    """A value in the element type that `dsl.ops.axes.working` calculates in."""
    return astype(x, dtype=F32) if x.type.dtype is F16 else beside_floats(x)


# -- sizes ------------------------------------------------------------------------------------------------------------


def count(x: Symbol, axes: Sequence[int] | None = None) -> int:
    """The number of elements along some axes, or of all."""
    return prod(_size(dim) for dim in (x.shape if axes is None else [x.shape[axis] for axis in axes]))


def _size(dim: Dim) -> int:
    assert dim.value is not None, "a section's sizes are known"
    return dim.value


def with_axes(x: Symbol, axes: Sequence[int]) -> Symbol:
    """The value with axes of size 1 added; `axes` says where they are in the result, from the first to the last."""
    shape = list(x.shape)
    for axis in axes:
        shape.insert(axis, ONE)
    return reshape(x, shape=shape)


def without_axes(x: Symbol, axes: Sequence[int]) -> Symbol:
    """The value without some axes of size 1."""
    return reshape(x, shape=[dim for axis, dim in enumerate(x.shape) if axis not in axes])


# -- means ------------------------------------------------------------------------------------------------------------


def is_sum_by_count(dtype: DType, count: int) -> bool:
    """Whether NumPy's mean is the sum divided by the number of elements, both in the element type itself.

    Half precision is summed in single, by blocks; and the number, which NumPy takes as it is, may have no place in f32.
    """
    return count == 0 or dtype is F64 or (dtype is F32 and int(np.float32(count)) == count)


def average(x: Symbol, axis: tuple[int, ...] | None = None, keepdims: bool = False) -> Symbol:
    """The mean of a floating value as NumPy computes it, nan where there are no elements."""
    number = count(x, axis)
    if is_sum_by_count(x.type.dtype, number):
        return sum_(x, axis=axis, keepdims=keepdims) / number
    return mean(x, axis=axis, keepdims=keepdims)
