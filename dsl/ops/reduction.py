"""Reductions: one value from all elements along some axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dsl.ops.arithmetic import maximum
from dsl.ops.axes import (
    kept,
    reduced,
    reduced_floating,
    reduced_numeric,
    require_elements,
    spread,
    unless_zero,
    unreduced_floating,
    working,
)
from dsl.ops.comparison import equal, where
from dsl.ops.creation import eye, zeros
from dsl.ops.dims import element_count
from dsl.ops.dtypes import BOOL, I64
from dsl.ops.elementwise import abs_, astype, exp, sign
from dsl.ops.inference import normalise_axis, reduced_shape
from dsl.ops.operation import Backward, Inference, OperationError, case, operation
from dsl.ops.parameters import Array, Axes, Flag, OptionalAxis, Real
from dsl.ops.shaping import expand_dims, moveaxis, reshape
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

FAMILY = "reduction"

# -- sums and products ------------------------------------------------------------------------------------------------


@operation(
    FAMILY,
    shape=reduced_numeric,
    gradients=[lambda r: spread(r, r.g)],
    formula="sum({x})",
    latex=r"\sum {x}",
    example="sum([[1, 2], [3, 4]], axis=0)  # [4, 6]",
    cases=[case((3, 4)), case((3, 4), axis=0), case((2, 3, 4), axis=[0, -1], keepdims=True), case(())],
)
def sum_(x: Array, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The sum of the elements along the axes, or of all; truth values count as 0 and 1."""
    return np.sum(x, axis=axis, keepdims=keepdims)


def _prod_rule(r: Backward) -> Symbol:
    axes = r.attributes["axis"]
    return kept(r, r.g) * prod_others(r.x, axis=axes) if axes else r.g


@operation(
    FAMILY,
    shape=reduced_numeric,
    gradients=[_prod_rule],
    formula="prod({x})",
    latex=r"\prod {x}",
    example="prod([[1, 2], [3, 4]], axis=1)  # [2, 12]",
    cases=[
        case((3, 4), axis=1),
        case((2, 3), keepdims=True),
        case((2, 3, 2), axis=[0, 2]),
        case([[0.0, 2.0, 3.0], [0.0, 0.0, 5.0], [4.0, 0.5, -1.0]], axis=-1),
        case(()),
    ],
)
def prod(x: Array, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The product of the elements along the axes, or of all. Its derivatives are right where elements are 0."""
    return np.prod(x, axis=axis, keepdims=keepdims)


def _prod_others_rule(r: Backward) -> Symbol:
    """With P_i = prod_{j != i} x_j, the derivative of P_i by x_k is the product of all but i and k, and 0 for i = k.

    Row i of an [n, n] table holds the x_j with a 1 in place of x_i.
    """
    axes = r.attributes["axis"]
    if not axes:
        return zeros.within(r.x.builder, shape=r.x.shape, dtype=r.x.type.dtype)
    last = tuple(range(-len(axes), 0))
    moved = moveaxis(r.x, source=axes, destination=last)
    lead, count = moved.shape[: -len(axes)], element_count(moved.shape[-len(axes) :])
    x = reshape(moved, shape=(*lead, count))
    g = reshape(moveaxis(r.g, source=axes, destination=last), shape=(*lead, count))
    diagonal = eye.within(r.x.builder, n=count, dtype=BOOL)
    others = prod_others(where(diagonal, 1, expand_dims(x, axis=-2)), axis=-1)
    parts = where(diagonal, 0, expand_dims(g, axis=-1) * others)
    return moveaxis(reshape(sum_(parts, axis=-2), shape=moved.shape), source=last, destination=axes)


@operation(
    FAMILY,
    shape=unreduced_floating,
    gradients=[_prod_others_rule],
    formula="prod_others({x})",
    latex=r"\prod_{{j \neq i}} {x}_j",
    example="prod_others([2, 3, 4])  # [12, 8, 6]",
    cases=[
        case((3, 4), axis=1),
        case((2, 3)),
        case((2, 3, 2), axis=[0, 2]),
        case([0.0, 2.0, 0.0, 3.0], axis=0),
        case(()),
    ],
)
def prod_others(x: Array, axis: Axes = None) -> Array:
    """For each element the product of all others along the axes: the derivative of `prod`, with no division."""
    assert isinstance(axis, tuple)
    last = tuple(range(-len(axis), 0))
    moved = np.moveaxis(x, axis, last)
    lead = x.ndim - len(axis)
    flat = np.reshape(moved, (*moved.shape[:lead], math.prod(moved.shape[lead:])))
    before, after = np.ones_like(flat), np.ones_like(flat)
    np.cumprod(flat[..., :-1], axis=-1, out=before[..., 1:])
    np.cumprod(flat[..., :0:-1], axis=-1, out=after[..., -2::-1])
    return np.moveaxis(np.reshape(before * after, moved.shape), last, axis)


# -- the largest and the smallest -------------------------------------------------------------------------------------


def _extreme_type(call: Inference) -> TensorType:
    require_elements(call, 1)
    return reduced(call, call.inputs[0].dtype)


def _shared(r: Backward, magnitude: Symbol) -> Symbol:
    """The gradient for the elements equal to the result, in equal parts; 0 for the others."""
    picked = astype(equal(magnitude, kept(r, r.y)), dtype=r.x.type.dtype)
    return picked * (kept(r, r.g) / sum_(picked, axis=r.attributes["axis"], keepdims=True))


_EXTREME_CASES = [case((3, 4)), case((3, 4), axis=0), case((2, 3, 4), axis=[0, -1], keepdims=True), case(())]


@operation(
    FAMILY,
    shape=_extreme_type,
    gradients=[lambda r: _shared(r, r.x)],
    formula="max({x})",
    latex=r"\max({x})",
    example="max([[1, 5], [3, 2]], axis=1)  # [5, 3]",
    selects=True,
    cases=_EXTREME_CASES,
)
def max_(x: Array, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The largest element along the axes, or of all. Equal ones share the gradient equally."""
    return np.max(x, axis=axis, keepdims=keepdims)


@operation(
    FAMILY,
    shape=_extreme_type,
    gradients=[lambda r: _shared(r, r.x)],
    formula="min({x})",
    latex=r"\min({x})",
    example="min([[1, 5], [3, 2]], axis=1)  # [1, 2]",
    selects=True,
    cases=_EXTREME_CASES,
)
def min_(x: Array, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The smallest element along the axes, or of all. Equal ones share the gradient equally."""
    return np.min(x, axis=axis, keepdims=keepdims)


def _position_type(call: Inference) -> TensorType:
    x = call.inputs[0]
    axes = tuple(range(x.rank)) if call.attributes["axis"] is None else (normalise_axis(call),)
    if element_count(x.shape[axis] for axis in axes) == 0:
        raise OperationError(
            f"{call.title} needs at least one element, and {x} has none", (0, None, f"{{name}} is {x}")
        )
    return TensorType(I64, reduced_shape(x.shape, axes, call.attributes["keepdims"]))


_POSITION_CASES = [case((3, 4)), case((3, 4), axis=-1), case((3, 4), axis=0, keepdims=True)]


@operation(
    FAMILY,
    shape=_position_type,
    formula="argmax({x})",
    latex=r"\operatorname{{arg\,max}}({x})",
    example="argmax([[1, 5], [3, 2]], axis=1)  # [1, 0]",
    cases=_POSITION_CASES,
)
def argmax(x: Array, axis: OptionalAxis = None, keepdims: Flag = False) -> Any:
    """The place of the first largest element along the axis, or in the flattened value."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@operation(
    FAMILY,
    shape=_position_type,
    formula="argmin({x})",
    latex=r"\operatorname{{arg\,min}}({x})",
    example="argmin([[1, 5], [3, 2]], axis=1)  # [0, 1]",
    cases=_POSITION_CASES,
)
def argmin(x: Array, axis: OptionalAxis = None, keepdims: Flag = False) -> Any:
    """The place of the first smallest element along the axis, or in the flattened value."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


# -- truth ------------------------------------------------------------------------------------------------------------


def _truth_type(call: Inference) -> TensorType:
    return reduced(call, BOOL)


_TRUTH_CASES = [case((3, 4)), case((3, 4), axis=0), case((2, 3, 4), axis=[0, -1], keepdims=True)]


@operation(
    FAMILY,
    shape=_truth_type,
    formula="any({x})",
    latex=r"\bigvee {x}",
    example="any([[false, true], [false, false]], axis=1)  # [true, false]",
    cases=_TRUTH_CASES,
)
def any_(x: Array, axis: Axes = None, keepdims: Flag = False) -> Any:
    """Whether any element along the axes, or of all, is true; a number is true where it is not 0."""
    return np.any(x, axis=axis, keepdims=keepdims)


@operation(
    FAMILY,
    shape=_truth_type,
    formula="all({x})",
    latex=r"\bigwedge {x}",
    example="all([[false, true], [true, true]], axis=1)  # [false, true]",
    cases=_TRUTH_CASES,
)
def all_(x: Array, axis: Axes = None, keepdims: Flag = False) -> Any:
    """Whether all elements along the axes are true; a number is true where it is not 0."""
    return np.all(x, axis=axis, keepdims=keepdims)


# -- logsumexp and norms ----------------------------------------------------------------------------------------------


def _logsumexp_rule(r: Backward) -> Symbol:
    """`exp(x - y)`, divided by its sum, which is 1 but for the rounding of a large `y`.

    Where every element is -inf so is `y`, and 0 in its place makes the gradient 0; there the sum is 0 too.
    """
    y = where(equal(r.y, -math.inf), 0, r.y)
    weights = exp(r.x - kept(r, y))
    total = sum_(weights, axis=r.attributes["axis"], keepdims=True)
    return kept(r, r.g) * (weights / maximum(total, 1e-7))


@operation(
    FAMILY,
    shape=reduced_floating,
    gradients=[_logsumexp_rule],
    formula="log(sum(exp({x})))",
    latex=r"\log \sum e^{{{x}}}",
    example="logsumexp([1000, 1000])  # 1000.6931",
    cases=[case((3, 4)), case((3, 4), axis=1), case((2, 3, 4), axis=[0, 2], keepdims=True), case(())],
)
def logsumexp(x: Array, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The logarithm of the sum of exponentials, without overflow: the largest element is taken out first."""
    x = working(x)
    largest = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    largest = np.where(np.isfinite(largest), largest, 0)
    total = np.log(np.sum(np.exp(x - largest), axis=axis, keepdims=True)) + largest
    return total if keepdims else np.squeeze(total, axis=axis)


def _norm_type(call: Inference) -> TensorType:
    order = call.attributes["ord"]
    if order not in (1, 2, math.inf):
        raise OperationError(f"`ord` of {call.title} must be 1, 2 or infinity, not {order}", code="argument")
    return reduced_floating(call)


def _norm_rule(r: Backward) -> Symbol:
    order = r.attributes["ord"]
    if order == 2:
        return r.x * kept(r, unless_zero(r.y, lambda y: r.g / y))
    return sign(r.x) * (kept(r, r.g) if order == 1 else _shared(r, abs_(r.x)))


@operation(
    FAMILY,
    shape=_norm_type,
    gradients=[_norm_rule],
    formula="norm({x})",
    latex=r"\left\lVert {x} \right\rVert",
    example="norm([3, 4])  # 5",
    domain="nonzero",
    cases=[
        case((3, 4)),
        case((3, 4), axis=1),
        case((3, 4), ord=1, axis=0),
        case((2, 3, 4), ord=math.inf, axis=[0, 2], keepdims=True),
    ],
)
def norm(x: Array, ord: Real = 2, axis: Axes = None, keepdims: Flag = False) -> Any:
    """The length of the vector along the axes, or of all elements as one vector.

    `ord` 2 is the root of the squares' sum, 1 the sum of magnitudes, infinity the largest magnitude. The gradient at 0 is
    taken to be 0.
    """
    x = working(x)
    if ord == 2:
        return np.sqrt(np.sum(np.square(x), axis=axis, keepdims=keepdims))
    if ord == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    return np.max(np.abs(x), axis=axis, keepdims=keepdims, initial=0)
