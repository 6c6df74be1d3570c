"""Shape rules that many operations share, and what they are made of."""

from __future__ import annotations

from collections.abc import Sequence

from dsl.ops.dims import ONE, Dim, Shape, show_shape
from dsl.ops.dtypes import BOOL, I64, DType, promote
from dsl.ops.operation import Inference, OperationError, ShapeRule
from dsl.ops.types import TensorType


def broadcast(call: Inference, inputs: Sequence[int] | None = None) -> Shape:
    """The shape that the inputs (all, or those listed) have together by NumPy's broadcasting."""
    chosen = range(len(call.inputs)) if inputs is None else inputs
    shape: Shape = ()
    fixed_by: list[int] = []
    for index in chosen:
        other = call.inputs[index].shape
        if other is shape or not other or other == shape:
            continue
        if not shape:
            shape, fixed_by = other, [index] * len(other)
            continue
        shape, fixed_by = _broadcast_pair(call, shape, fixed_by, other, index)
    return shape


def _broadcast_pair(
    call: Inference, left: Shape, fixed_by: list[int], right: Shape, index: int
) -> tuple[Shape, list[int]]:
    dims: list[Dim] = []
    by: list[int] = []
    for back in range(1, max(len(left), len(right)) + 1):
        a = left[-back] if back <= len(left) else ONE
        b = right[-back] if back <= len(right) else ONE
        if b == ONE or a == b:
            dims.append(a)
            by.append(fixed_by[-back] if back <= len(left) else index)
        elif a == ONE:
            dims.append(b)
            by.append(index)
        else:
            owner = fixed_by[-back]
            raise OperationError(
                f"{call.title} cannot combine {call.inputs[owner]} with {call.inputs[index]}: "
                f"{_axis_from_end(back)} is {a} in one and {b} in the other",
                (owner, len(call.inputs[owner].shape) - back, f"{{name}} has size {a} here"),
                (index, len(right) - back, f"{{name}} has size {b} here"),
                hint="two sizes go together when they are equal or one of them is 1, counted from the last axis",
            )
    return tuple(reversed(dims)), list(reversed(by))


def _axis_from_end(back: int) -> str:
    return "the last axis" if back == 1 else f"axis -{back}"


def promoted(call: Inference, inputs: Sequence[int] | None = None) -> DType:
    """The element type that the inputs (all, or those listed) have together."""
    types = call.inputs if inputs is None else [call.inputs[index] for index in inputs]
    dtype = types[0].dtype
    for other in types[1:]:
        dtype = promote(dtype, other.dtype)
    return dtype


def floating(call: Inference, inputs: Sequence[int] | None = None) -> DType:
    """The element type of the inputs together, or the program's floating type where they hold integers."""
    dtype = promoted(call, inputs)
    return dtype if dtype.is_float else call.default_float


def numeric(call: Inference, inputs: Sequence[int] | None = None) -> DType:
    """The element type of the inputs (all, or those listed), where truth values count as the integers 0 and 1."""
    dtype = promoted(call, inputs)
    return I64 if dtype is BOOL else dtype


def elementwise_same(call: Inference) -> TensorType:
    """The broadcast shape, in the promoted element type."""
    return TensorType(numeric(call), broadcast(call))


def elementwise_floating(call: Inference) -> TensorType:
    """The broadcast shape, in a floating element type."""
    return TensorType(floating(call), broadcast(call))


def elementwise_boolean(call: Inference) -> TensorType:
    """The broadcast shape, as truth values."""
    return TensorType(BOOL, broadcast(call))


def like_first(call: Inference) -> TensorType:
    """The type of the first input."""
    return call.inputs[0]


def axis_of(call: Inference, axis: int, rank: int, which: int | None = 0) -> int:
    """The axis counted from the front. `which` input it belongs to, for the message. Raises OperationError."""
    if not -rank <= axis < rank:
        what = f"{call.inputs[which]}" if which is not None else f"a result of {rank} axes"
        notes = () if which is None else ((which, None, f"{{name}} is {call.inputs[which]}"),)
        raise OperationError(
            f"{call.title} has no axis {axis} in {what}",
            *notes,
            hint=f"axes go from {-rank} to {rank - 1}" if rank else "a scalar has no axes",
        )
    return axis % rank


def normalise_axes(call: Inference, name: str = "axis") -> tuple[int, ...]:
    """Bring the attribute to a sorted tuple of axes counted from the front; none means every axis."""
    rank = call.inputs[0].rank
    axes = call.attributes[name]
    if axes is None:
        found = tuple(range(rank))
    else:
        given = (axes,) if isinstance(axes, int) else axes
        found = tuple(sorted(axis_of(call, axis, rank) for axis in given))
        if len(set(found)) != len(found):
            raise OperationError(f"{call.title} is given an axis twice: {list(given)}", code="argument")
    call.attributes[name] = found
    return found


def normalise_axis(call: Inference, name: str = "axis") -> int:
    """Bring the attribute to an axis of the first input counted from the front."""
    axis = axis_of(call, call.attributes[name], call.inputs[0].rank)
    call.attributes[name] = axis
    return axis


def reduced_shape(shape: Shape, axes: tuple[int, ...], keepdims: bool) -> Shape:
    """The shape with the axes taken out, or kept with size 1."""
    if keepdims:
        return tuple(ONE if axis in axes else dim for axis, dim in enumerate(shape))
    return tuple(dim for axis, dim in enumerate(shape) if axis not in axes)


def same_shapes(call: Inference, first: int, second: int) -> None:
    """Raise OperationError unless two inputs broadcast to the shape of the first."""
    a, b = call.inputs[first], call.inputs[second]
    if a.shape != b.shape:
        raise OperationError(
            f"{call.title} needs two values of one shape, and got {a} and {b}",
            (first, None, f"{{name}} is {a}"),
            (second, None, f"{{name}} is {b}"),
        )


def require_integers(call: Inference, index: int) -> None:
    """Raise OperationError unless the input holds integers."""
    if call.inputs[index].dtype.kind != "int":
        raise OperationError(
            f"{call.title} needs integers, and got {call.inputs[index]}",
            (index, None, f"{{name}} is {call.inputs[index]}"),
            hint='declare it as i32 or i64, or convert it: `astype(x, dtype="i32")`',
            code="dtype",
        )


def rank_at_least(call: Inference, index: int, rank: int) -> None:
    """Raise OperationError unless the input has that many axes."""
    if call.inputs[index].rank < rank:
        raise OperationError(
            f"{call.title} needs a value of at least {rank} {'axis' if rank == 1 else 'axes'}, "
            f"and got {call.inputs[index]}",
            (index, None, f"{{name}} has shape {show_shape(call.inputs[index].shape)}"),
        )


__all__ = [
    "ShapeRule",
    "axis_of",
    "broadcast",
    "elementwise_boolean",
    "elementwise_floating",
    "elementwise_same",
    "floating",
    "like_first",
    "normalise_axes",
    "normalise_axis",
    "numeric",
    "promoted",
    "rank_at_least",
    "reduced_shape",
    "require_integers",
    "same_shapes",
]
