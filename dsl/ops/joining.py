"""Several values made one, one made several, and values repeated and padded."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from dsl.ops.creation import require_representable
from dsl.ops.dims import ONE, Dim, Shape, as_dim, element_count
from dsl.ops.inference import axis_of, normalise_axis, promoted, same_shapes
from dsl.ops.operation import Backward, Inference, OperationError, case, operation
from dsl.ops.parameters import Array, Arrays, Axis, Count, Counts, OptionalAxis, Real, Sections, Widths
from dsl.ops.registry import OPERATIONS
from dsl.ops.shaping import reshape
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

FAMILY = "joining"


def _part(x: Symbol, axis: int, start: Dim, stop: Dim | None) -> Symbol:
    """The stretch of `x` between two places of an axis."""
    return OPERATIONS["getitem"](x, index=(*[slice(None)] * axis, slice(start, stop)))


def _require_natural(call: Inference, name: str, dims: Sequence[Dim]) -> None:
    for dim in dims:
        if dim.value is not None and dim.value < 0:
            raise OperationError(f"`{name}` of {call.title} is {dim}, and cannot be negative", code="argument")


# -- several made one -------------------------------------------------------------------------------------------------


def _require_values(call: Inference) -> None:
    if not call.inputs:
        raise OperationError(f"{call.title} needs at least one value in its list", code="argument")


def _concatenated(call: Inference) -> TensorType:
    _require_values(call)
    first = call.inputs[0]
    if not first.rank:
        raise OperationError(
            f"{call.title} joins values along an axis, and got {first}, a scalar",
            (0, None, "{name} is a scalar"),
            hint="`stack` makes a vector of scalars",
        )
    axis = normalise_axis(call)
    for index, other in enumerate(call.inputs[1:], 1):
        _require_joinable(call, axis, index, other)
    size = sum((other.shape[axis] for other in call.inputs[1:]), first.shape[axis])
    return TensorType(promoted(call), (*first.shape[:axis], size, *first.shape[axis + 1 :]))


def _require_joinable(call: Inference, axis: int, index: int, other: TensorType) -> None:
    first = call.inputs[0]
    if other.rank != first.rank:
        raise OperationError(
            f"{call.title} needs values with as many axes each, and got {first} and {other}",
            (0, None, f"{{name}} is {first}"),
            (index, None, f"{{name}} is {other}"),
        )
    for at, (own, dim) in enumerate(zip(first.shape, other.shape, strict=True)):
        if at != axis and own != dim:
            raise OperationError(
                f"{call.title} along axis {axis} cannot join {first} and {other}: "
                f"axis {at} is {own} in one and {dim} in the other",
                (0, at, f"{{name}} has size {own} here"),
                (index, at, f"{{name}} has size {dim} here"),
                hint="all sizes but that of the joined axis must be equal",
            )


def _concatenate_rule(r: Backward) -> Symbol:
    axis: int = r.attributes["axis"]
    sizes = [value.shape[axis] for value in r.inputs[: r.index + 1]]
    start = sum(sizes[:-1], Dim.fixed(0))
    return _part(r.g, axis, start, start + sizes[-1])


@operation(
    FAMILY,
    shape=_concatenated,
    gradients=[_concatenate_rule],
    formula="concatenate({values})",
    latex=r"\operatorname{{concatenate}}({values})",
    example="concatenate([[1, 2], [3]])  # [1, 2, 3]",
    cases=[case((2, 3), (1, 3), (4, 3)), case((2, 3), (2, 1), axis=-1), case((3,))],
)
def concatenate(values: Arrays, axis: Axis = 0) -> Any:
    """A list of values joined along an axis that they all have. All other sizes must be equal."""
    return np.concatenate(values, axis)


def _stacked(call: Inference) -> TensorType:
    _require_values(call)
    for index in range(1, len(call.inputs)):
        same_shapes(call, 0, index)
    shape = call.inputs[0].shape
    axis = axis_of(call, call.attributes["axis"], len(shape) + 1, None)
    call.attributes["axis"] = axis
    return TensorType(promoted(call), (*shape[:axis], Dim.fixed(len(call.inputs)), *shape[axis:]))


def _stack_rule(r: Backward) -> Symbol:
    return OPERATIONS["getitem"](r.g, index=(*[slice(None)] * r.attributes["axis"], r.index))


@operation(
    FAMILY,
    shape=_stacked,
    gradients=[_stack_rule],
    formula="stack({values})",
    latex=r"\operatorname{{stack}}({values})",
    example="stack([[1, 2], [3, 4]], axis=1)  # [[1, 3], [2, 4]]",
    cases=[case((2, 3), (2, 3)), case((2, 3), (2, 3), (2, 3), axis=-1), case((), ())],
)
def stack(values: Arrays, axis: Axis = 0) -> Any:
    """A list of values of one shape joined along a new axis; `axis` says where it is in the result."""
    return np.stack(values, axis)


# -- one made several -------------------------------------------------------------------------------------------------


@operation(
    FAMILY,
    expands=True,
    formula="split({x}, {sections})",
    latex=r"\operatorname{{split}}({x}, {sections})",
    example="split([1, 2, 3, 4], 2)  # ([1, 2], [3, 4])",
    cases=[case((6, 2), sections=3), case((5, 2), sections=(1, 3)), case((2, 4), sections=2, axis=-1)],
)
def split(x: Symbol, sections: Sections, axis: Axis = 0) -> tuple[Symbol, ...]:
    """The parts of a value along an axis: so many equal ones, or cut at the given places. Slices of it."""
    call = Inference(OPERATIONS["split"], [x.type], {"axis": axis}, x.type.dtype)
    axis = normalise_axis(call)
    size = x.shape[axis]
    if isinstance(sections, tuple):
        bounds = _cuts(call, axis, size, [as_dim(place) for place in sections])
    else:
        bounds = _equal_cuts(call, axis, size, as_dim(sections))
    return tuple(_part(x, axis, start, stop) for start, stop in pairwise(bounds))


def _equal_cuts(call: Inference, axis: int, size: Dim, parts: Dim) -> list[Dim]:
    if parts.value is None or parts.value < 1:
        raise OperationError(
            f"{call.title} needs a number of parts that is known and at least 1, not {parts}", code="argument"
        )
    step = size.divided_by(parts)
    if step is None:
        raise OperationError(
            f"{call.title} cannot divide axis {axis} of {call.inputs[0]} into {parts} equal parts: its size is {size}",
            (0, axis, f"{{name}} has size {size} here"),
            hint="a list says where to cut: `split(x, [2, 5])`",
        )
    return [step * number for number in range(parts.value + 1)]


def _cuts(call: Inference, axis: int, size: Dim, places: Sequence[Dim]) -> list[Dim]:
    """The places between 0 and the size; negative ones count from the end."""
    cuts = [place + size if place.value is not None and place.value < 0 else place for place in places]
    bounds = [Dim.fixed(0), *cuts, size]
    for before, after in pairwise(bounds):
        step = (after - before).value
        if step is not None and step < 0:
            raise OperationError(
                f"{call.title} cannot cut axis {axis} of {call.inputs[0]}, whose size is {size}, at {list(places)}",
                (0, axis, f"{{name}} has size {size} here"),
                hint="the places go up, from 0 to the size of the axis",
            )
    return bounds


# -- repetition -------------------------------------------------------------------------------------------------------


def _tiled(call: Inference) -> TensorType:
    x, reps = call.inputs[0], call.attributes["reps"]
    _require_natural(call, "reps", reps)
    rank = max(x.rank, len(reps))
    reps = (ONE,) * (rank - len(reps)) + reps
    call.attributes["reps"] = reps
    own = (ONE,) * (rank - x.rank) + x.shape
    return TensorType(x.dtype, tuple(dim * times for dim, times in zip(own, reps, strict=True)))


def _tile_rule(r: Backward) -> Symbol:
    """Each axis is taken apart into the repetitions and the original, and summed over the repetitions."""
    reps: Shape = r.attributes["reps"]
    own = (ONE,) * (len(reps) - r.x.type.rank) + r.x.shape
    pairs = [dim for pair in zip(reps, own, strict=True) for dim in pair]
    total = OPERATIONS["sum"](reshape(r.g, shape=pairs), axis=tuple(range(0, len(pairs), 2)))
    return total if own == r.x.shape else reshape(total, shape=r.x.shape)


@operation(
    FAMILY,
    shape=_tiled,
    gradients=[_tile_rule],
    formula="tile({x}, {reps})",
    latex=r"\operatorname{{tile}}({x}, {reps})",
    example="tile([1, 2], 2)  # [1, 2, 1, 2]",
    cases=[case((3,), reps=2), case((2, 3), reps=(2, 1)), case((2,), reps=(3, 2)), case((2, 3), reps=2)],
)
def tile(x: Array, reps: Counts) -> Any:
    """The whole value repeated along each axis, `reps` times, counted from the last axis as in NumPy."""
    return np.tile(x, reps)


def _repeated(call: Inference) -> TensorType:
    x, repeats = call.inputs[0], call.attributes["repeats"]
    _require_natural(call, "repeats", [repeats])
    if call.attributes["axis"] is None:
        return TensorType(x.dtype, (element_count(x.shape) * repeats,))
    axis = normalise_axis(call)
    return TensorType(x.dtype, (*x.shape[:axis], x.shape[axis] * repeats, *x.shape[axis + 1 :]))


def _repeat_rule(r: Backward) -> Symbol:
    """The repetitions of an element lie beside each other: they become an axis of their own and are summed."""
    axis, repeats = r.attributes["axis"], r.attributes["repeats"]
    own = (element_count(r.x.shape),) if axis is None else r.x.shape
    after = (axis or 0) + 1
    total = OPERATIONS["sum"](reshape(r.g, shape=(*own[:after], repeats, *own[after:])), axis=after)
    return total if own == r.x.shape else reshape(total, shape=r.x.shape)


@operation(
    FAMILY,
    shape=_repeated,
    gradients=[_repeat_rule],
    formula="repeat({x}, {repeats})",
    latex=r"\operatorname{{repeat}}({x}, {repeats})",
    example="repeat([1, 2], 2)  # [1, 1, 2, 2]",
    cases=[
        case((2, 3), repeats=2),
        case((2, 3), repeats=3, axis=0),
        case((2, 3), repeats=2, axis=-1),
        case((), repeats=2),
    ],
)
def repeat(x: Array, repeats: Count, axis: OptionalAxis = None) -> Any:
    """Each element repeated so many times along the axis, or in the flattened value."""
    return np.repeat(x, repeats, axis)


# -- padding ----------------------------------------------------------------------------------------------------------


def _padded(call: Inference) -> TensorType:
    x = call.inputs[0]
    widths = _pairs(call, x.rank, call.attributes["pad_width"])
    _require_natural(call, "pad_width", [dim for pair in widths for dim in pair])
    require_representable(call, "constant_values", x.dtype)
    call.attributes["pad_width"] = widths
    return TensorType(
        x.dtype, tuple(dim + before + after for dim, (before, after) in zip(x.shape, widths, strict=True))
    )


def _is_pair(widths: Any) -> bool:
    match widths:
        case (Dim(), Dim()):
            return True
        case _:
            return False


def _pairs(call: Inference, rank: int, widths: Any) -> tuple[tuple[Dim, Dim], ...]:
    """One pair an axis, from a width for all, a pair for all, or a list of pairs."""
    if isinstance(widths, Dim):
        return ((widths, widths),) * rank
    if _is_pair(widths):
        return (widths,) * rank
    if len(widths) == rank and all(map(_is_pair, widths)):
        return widths
    raise OperationError(
        f"`pad_width` of {call.title} for {call.inputs[0]} is one width, a pair [before, after], or a list of {rank} pairs",
        (0, None, f"{{name}} is {call.inputs[0]}"),
        code="argument",
    )


def _pad_rule(r: Backward) -> Symbol:
    pairs = zip(r.x.shape, r.attributes["pad_width"], strict=True)
    return OPERATIONS["getitem"](r.g, index=tuple(slice(before, before + dim) for dim, (before, _) in pairs))


@operation(
    FAMILY,
    shape=_padded,
    gradients=[_pad_rule],
    formula="pad({x}, {pad_width})",
    latex=r"\operatorname{{pad}}({x}, {pad_width})",
    example="pad([1, 2], [1, 2])  # [0, 1, 2, 0, 0]",
    cases=[
        case((2, 3), pad_width=1),
        case((2, 3), pad_width=(0, 2), constant_values=1.5),
        case((2, 3), pad_width=((1, 0), (2, 3))),
        case((), pad_width=1),
    ],
)
def pad(x: Array, pad_width: Widths, constant_values: Real = 0) -> Any:
    """A constant added around the value: as wide on every side, or `[before, after]`, or one such pair an axis."""
    # NumPy takes no empty list of pairs
    return np.pad(x, pad_width, constant_values=constant_values) if x.ndim else x
