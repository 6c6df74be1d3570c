"""The same elements in another shape or order: reshaping, moving axes, adding and taking away axes of size 1."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dsl.ops.dims import ONE, Dim, Shape, element_count, show_shape
from dsl.ops.inference import axis_of, normalise_axes
from dsl.ops.operation import Backward, Inference, OperationError, case, operation
from dsl.ops.parameters import Array, Axes, Axis, ShapeOf
from dsl.ops.registry import OPERATIONS
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

FAMILY = "shaping"


# -- reshape ----------------------------------------------------------------------------------------------------------


def _reshaped(call: Inference) -> TensorType:
    x, wanted = call.inputs[0], call.attributes["shape"]
    open_axes = [axis for axis, dim in enumerate(wanted) if dim == -1]
    if len(open_axes) > 1:
        raise OperationError(
            f"{call.title} can work out one size only, and {show_shape(wanted)} leaves {len(open_axes)}"
        )
    if any(dim.value is not None and dim.value < -1 for dim in wanted):
        raise OperationError(f"{call.title} is given a negative size: {show_shape(wanted)}", code="argument")
    if open_axes:
        axis = open_axes[0]
        rest = wanted[:axis] + wanted[axis + 1 :]
        wanted = (*wanted[:axis], _missing_size(call, x, wanted, rest), *wanted[axis + 1 :])
        call.attributes["shape"] = wanted
    else:
        _require_same_count(call, x, wanted)
    return TensorType(x.dtype, wanted)


def _missing_size(call: Inference, x: TensorType, wanted: Shape, rest: Shape) -> Dim:
    """The size in place of -1. Dimensions common to both shapes are taken out first, so that any of them may be sums."""
    left, divisors = list(x.shape), list[Dim]()
    for dim in rest:
        if dim in left:
            left.remove(dim)
        else:
            divisors.append(dim)
    count, divisor = element_count(left), element_count(divisors)
    found = None if divisor == 0 else count.divided_by(divisor)
    if found is None:
        total, known = element_count(x.shape), element_count(rest)
        never = total.value is not None and known.value is not None
        raise OperationError(
            f"{call.title} cannot make {show_shape(wanted)} of {x}: its {total} elements "
            f"{'do not' if never else 'do not for every size'} divide into groups of {known}",
            (0, None, f"{{name}} is {x}"),
        )
    return found


def _require_same_count(call: Inference, x: TensorType, wanted: Shape) -> None:
    """Raise OperationError where the counts differ for all sizes from 1. What depends on a size is left to the run."""
    total, count = element_count(x.shape), element_count(wanted)
    factors = (total - count).terms.values()
    if factors and (all(factor > 0 for factor in factors) or all(factor < 0 for factor in factors)):
        raise OperationError(
            f"{call.title} cannot make {show_shape(wanted)} of {x}: {total} elements are there, and {count} are needed",
            (0, None, f"{{name}} is {x}"),
            hint="one size may be -1: it is worked out from the others",
        )


def _reshape_rule(r: Backward) -> Symbol:
    return reshape(r.g, shape=r.x.shape)


@operation(
    FAMILY,
    shape=_reshaped,
    gradients=[_reshape_rule],
    formula="reshape({x}, {shape})",
    latex=r"\operatorname{{reshape}}({x}, {shape})",
    example="reshape([1, 2, 3, 4, 5, 6], [2, -1])  # [[1, 2, 3], [4, 5, 6]]",
    cases=[case((2, 6), shape=(3, 4)), case((2, 6), shape=(2, -1, 2)), case((2, 3), shape=-1), case((1,), shape=())],
)
def reshape(x: Array, shape: ShapeOf) -> Array:
    """The elements, in their order, in another shape. One size may be -1: it is worked out from the others.

    Whether the elements fit is decided before anything runs wherever the sizes allow it; where it depends on the size that
    a named dimension gets (`[batch, 8]` as `[4, 8]`), it is checked at the run.
    """
    return np.reshape(x, shape)


@operation(
    FAMILY,
    expands=True,
    formula="flatten({x})",
    latex=r"\operatorname{{flatten}}({x})",
    example="flatten([[1, 2], [3, 4]])  # [1, 2, 3, 4]",
    cases=[case((2, 3)), case((2, 3, 2), start=1), case((2, 3, 2), start=-1), case(())],
)
def flatten(x: Symbol, start: Axis = 0) -> Symbol:
    """The axes from `start` on made one; those before it are kept, such as the batch with `start=1`. A `reshape`."""
    first = axis_of(_call_of("flatten", x), start, x.type.rank) if start or x.shape else 0
    return reshape(x, shape=(*x.shape[:first], element_count(x.shape[first:])))


def _call_of(name: str, x: Symbol) -> Inference:
    """What a shape rule would see, for the checks of an operation written in terms of others."""
    return Inference(OPERATIONS[name], [x.type], {}, x.type.dtype)


# -- the order of axes ------------------------------------------------------------------------------------------------


@operation(
    FAMILY,
    expands=True,
    formula="swapaxes({x}, {axis1}, {axis2})",
    latex=r"\operatorname{{swapaxes}}({x}, {axis1}, {axis2})",
    example="swapaxes([[1, 2, 3], [4, 5, 6]], 0, 1)  # [[1, 4], [2, 5], [3, 6]]",
    cases=[case((2, 3, 4), axis1=0, axis2=-1), case((2, 3, 4), axis1=1, axis2=1)],
)
def swapaxes(x: Symbol, axis1: Axis, axis2: Axis) -> Symbol:
    """Two axes interchanged. A `transpose`."""
    call = _call_of("swapaxes", x)
    first, second = (axis_of(call, axis, x.type.rank) for axis in (axis1, axis2))
    order = list(range(x.type.rank))
    order[first], order[second] = second, first
    return OPERATIONS["transpose"](x, axes=order)


@operation(
    FAMILY,
    expands=True,
    formula="moveaxis({x}, {source}, {destination})",
    latex=r"\operatorname{{moveaxis}}({x}, {source}, {destination})",
    example="moveaxis([[[1, 2], [3, 4]]], 0, -1)  # [[[1], [2]], [[3], [4]]]",
    cases=[case((2, 3, 4), source=0, destination=-1), case((2, 3, 4), source=(0, 2), destination=(1, 0))],
)
def moveaxis(x: Symbol, source: Axes, destination: Axes) -> Symbol:
    """Axes moved to other places; the others keep their order. A `transpose`."""
    call, rank = _call_of("moveaxis", x), x.type.rank
    origins, places = _distinct_axes(call, source, rank), _distinct_axes(call, destination, rank)
    if len(origins) != len(places):
        raise OperationError(
            f"{call.title} is given {len(origins)} axes to move and {len(places)} places for them", code="argument"
        )
    order = [axis for axis in range(rank) if axis not in origins]
    for place, axis in sorted(zip(places, origins, strict=True)):
        order.insert(place, axis)
    return OPERATIONS["transpose"](x, axes=order)


def _distinct_axes(call: Inference, axes: Axes, rank: int) -> list[int]:
    """The axes counted from the front, in the given order."""
    if axes is None:
        raise OperationError(f"{call.title} needs an axis or a list of axes, not none", code="argument")
    given = (axes,) if isinstance(axes, int) else axes
    found = [axis_of(call, axis, rank) for axis in given]
    _require_distinct(call, found, given)
    return found


def _require_distinct(call: Inference, axes: Sequence[int], given: Sequence[int]) -> None:
    if len(set(axes)) != len(axes):
        raise OperationError(f"{call.title} is given an axis twice: {list(given)}", code="argument")


def _flipped(call: Inference) -> TensorType:
    normalise_axes(call)
    return call.inputs[0]


def _flip_rule(r: Backward) -> Symbol:
    return flip(r.g, axis=r.attributes["axis"])


@operation(
    FAMILY,
    shape=_flipped,
    gradients=[_flip_rule],
    formula="flip({x})",
    latex=r"\operatorname{{flip}}({x})",
    example="flip([[1, 2], [3, 4]], axis=1)  # [[2, 1], [4, 3]]",
    cases=[case((2, 3)), case((2, 3), axis=-1), case((2, 3, 2), axis=(0, 2))],
)
def flip(x: Array, axis: Axes = None) -> Any:
    """The elements in the reverse order along the axes, or along all."""
    return np.flip(x, axis=axis)


# -- axes of size 1 ---------------------------------------------------------------------------------------------------


def _expanded(call: Inference) -> TensorType:
    x, axes = call.inputs[0], call.attributes["axis"]
    if axes is None:
        raise OperationError(f"{call.title} needs an axis or a list of axes, not none", code="argument")
    given = (axes,) if isinstance(axes, int) else axes
    rank = x.rank + len(given)
    places = sorted(axis_of(call, axis, rank, None) for axis in given)
    _require_distinct(call, places, given)
    shape = list(x.shape)
    for place in places:
        shape.insert(place, ONE)
    call.attributes["axis"] = tuple(places)
    return TensorType(x.dtype, tuple(shape))


def _expand_dims_rule(r: Backward) -> Symbol:
    return squeeze(r.g, axis=r.attributes["axis"])


@operation(
    FAMILY,
    shape=_expanded,
    gradients=[_expand_dims_rule],
    formula="expand_dims({x}, {axis})",
    latex=r"\operatorname{{expand\_dims}}({x}, {axis})",
    example="expand_dims([1, 2], 1)  # [[1], [2]]",
    cases=[case((2, 3), axis=1), case((2, 3), axis=(0, -1)), case((), axis=0)],
)
def expand_dims(x: Array, axis: Axes) -> Any:
    """Axes of size 1 added; `axis` says where they are in the result."""
    assert axis is not None
    return np.expand_dims(x, axis)


def _squeezed(call: Inference) -> TensorType:
    x = call.inputs[0]
    if call.attributes["axis"] is None:
        call.attributes["axis"] = tuple(axis for axis, dim in enumerate(x.shape) if dim == ONE)
    axes = normalise_axes(call)
    for axis in axes:
        if x.shape[axis] != ONE:
            raise OperationError(
                f"{call.title} takes away axes of size 1, and axis {axis} of {x} has size {x.shape[axis]}",
                (0, axis, f"{{name}} has size {x.shape[axis]} here"),
            )
    return TensorType(x.dtype, tuple(dim for axis, dim in enumerate(x.shape) if axis not in axes))


@operation(
    FAMILY,
    shape=_squeezed,
    gradients=[lambda r: expand_dims(r.g, axis=r.attributes["axis"])],
    formula="squeeze({x})",
    latex=r"\operatorname{{squeeze}}({x})",
    example="squeeze([[1], [2]])  # [1, 2]",
    cases=[case((2, 1, 3, 1)), case((2, 1, 3, 1), axis=1), case((1, 2, 1), axis=(0, -1)), case((2, 3))],
)
def squeeze(x: Array, axis: Axes = None) -> Any:
    """The axes of size 1 taken away: those given, or all whose size is known to be 1 before anything runs."""
    return np.squeeze(x, axis=axis)


# -- repetition of whole axes -----------------------------------------------------------------------------------------


def _broadcast(call: Inference) -> TensorType:
    x, shape = call.inputs[0], call.attributes["shape"]
    added = len(shape) - x.rank
    if added < 0 or any(own not in (ONE, wide) for own, wide in zip(x.shape, shape[max(added, 0) :], strict=True)):
        raise OperationError(
            f"{call.title} cannot repeat {x} to the shape {show_shape(shape)}",
            (0, None, f"{{name}} is {x}"),
            hint="counted from the last axis, every size must be the wanted one or 1",
        )
    return TensorType(x.dtype, shape)


@operation(
    FAMILY,
    shape=_broadcast,
    gradients=[lambda r: r.g],
    formula="broadcast_to({x}, {shape})",
    latex=r"\operatorname{{broadcast}}({x}, {shape})",
    example="broadcast_to([1, 2], [2, 2])  # [[1, 2], [1, 2]]",
    cases=[case((3,), shape=(2, 3)), case((3, 1), shape=(3, 2)), case((), shape=(2, 2)), case((2, 3), shape=(2, 3))],
)
def broadcast_to(x: Array, shape: ShapeOf) -> Any:
    """The value repeated along axes of size 1 and along new leading axes, until it has the shape."""
    return np.broadcast_to(x, shape)
