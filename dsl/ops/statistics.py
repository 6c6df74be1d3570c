"""Means and what is measured from them."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dsl.ops.axes import (
    kept,
    reduced_floating,
    require_elements,
    size,
    spread,
    unless_zero,
    unreduced_floating,
    working,
)
from dsl.ops.dims import Dim
from dsl.ops.operation import Backward, Inference, OperationError, case, operation
from dsl.ops.parameters import Array, Axes, Count, Flag
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

FAMILY = "statistics"


def _mean_type(call: Inference) -> TensorType:
    require_elements(call, 1)
    return reduced_floating(call)


def _variance_type(call: Inference) -> TensorType:
    ddof: Dim = call.attributes["ddof"]
    if ddof.value is not None:
        if ddof.value < 0:
            raise OperationError(f"`ddof` of {call.title} is {ddof}, and cannot be negative", code="argument")
        require_elements(call, ddof.value + 1)
    return reduced_floating(call)


def _mean_rule(r: Backward) -> Symbol:
    count = size(r)
    return spread(r, r.g if count == 1 else r.g / count)


@operation(
    FAMILY,
    shape=_mean_type,
    gradients=[_mean_rule],
    formula="mean({x})",
    latex=r"\operatorname{{mean}}({x})",
    example="mean([[1, 2], [3, 5]], axis=1)  # [1.5, 4]",
    cases=[case((3, 4)), case((3, 4), axis=1), case((2, 3, 4), axis=[0, 2], keepdims=True), case(())],
)
def mean(x: Array, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The mean of the elements along the axes, or of all, in a floating type."""
    return np.mean(x, axis=axis, keepdims=keepdims)


def _deviation(x: Array, axis: Axes) -> Array:
    """Deviations from the mean. The first element is subtracted first, so that they are exactly 0 for equal elements."""
    assert isinstance(axis, tuple)
    x = working(x)
    first = tuple(slice(0, 1) if at in axis else slice(None) for at in range(x.ndim))
    shifted = x - x[first] if x.size else x
    return shifted - np.mean(shifted, axis=axis, keepdims=True) if x.size else x


def _variance(x: Array, axis: Axes, ddof: int, keepdims: bool) -> Any:
    assert isinstance(axis, tuple)
    squares = np.sum(np.square(_deviation(x, axis)), axis=axis, keepdims=keepdims)
    return np.true_divide(squares, max(math.prod(x.shape[at] for at in axis) - ddof, 0))


def _deviation_rule(r: Backward) -> Symbol:
    return deviation(r.g, axis=r.attributes["axis"])


@operation(
    FAMILY,
    shape=unreduced_floating,
    gradients=[_deviation_rule],
    formula="{x} - mean({x})",
    latex=r"{x} - \overline{{{x}}}",
    example="deviation([1, 2, 6])  # [-2, -1, 3]",
    cases=[case((3, 4)), case((3, 4), axis=1), case((2, 3, 2), axis=[0, 2])],
)
def deviation(x: Array, axis: Axes = None) -> Array:
    """Each element less the mean along the axes, exactly 0 where all elements are equal."""
    return _deviation(x, axis)


def _var_rule(r: Backward) -> Symbol:
    scale = r.g * 2 / size(r, r.attributes["ddof"])
    return deviation(r.x, axis=r.attributes["axis"]) * kept(r, scale)


@operation(
    FAMILY,
    shape=_variance_type,
    gradients=[_var_rule],
    formula="var({x})",
    latex=r"\operatorname{{var}}({x})",
    example="var([1, 2, 3, 6])  # 3.5",
    cases=[
        case((3, 4)),
        case((3, 4), axis=1, ddof=1),
        case((2, 3, 4), axis=[0, 2], keepdims=True),
        case([2.0, 2.0, 2.0]),
    ],
)
def var(x: Array, axis: Axes = None, ddof: Count = 0, keepdims: Flag = False) -> Any:
    """The variance along the axes, or of all elements: the squared deviations' sum divided by their number less `ddof`."""
    return _variance(x, axis, ddof, keepdims)


def _std_rule(r: Backward) -> Symbol:
    count = size(r, r.attributes["ddof"])
    scale = unless_zero(r.y, lambda y: r.g / (y * count))
    return deviation(r.x, axis=r.attributes["axis"]) * kept(r, scale)


@operation(
    FAMILY,
    shape=_variance_type,
    gradients=[_std_rule],
    formula="sqrt(var({x}))",
    latex=r"\operatorname{{std}}({x})",
    example="std([1, 2, 3, 6])  # 1.8708",
    cases=[case((3, 4)), case((3, 4), axis=1, ddof=1), case((2, 3, 4), axis=[0, 2], keepdims=True)],
)
def std(x: Array, axis: Axes = None, ddof: Count = 0, keepdims: Flag = False) -> Any:
    """The standard deviation along the axes, or of all elements. Where all are equal the gradient is taken to be 0."""
    return np.sqrt(_variance(x, axis, ddof, keepdims))
