"""What the operations that reduce axes share: the types of their results, and the way back of their gradients."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from dsl.ops.comparison import equal, where
from dsl.ops.dims import Dim, element_count
from dsl.ops.dtypes import DType
from dsl.ops.inference import floating, normalise_axes, numeric, reduced_shape
from dsl.ops.operation import Backward, Inference, OperationError
from dsl.ops.parameters import Array
from dsl.ops.shaping import broadcast_to, expand_dims
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

# -- types ------------------------------------------------------------------------------------------------------------


def reduced(call: Inference, dtype: DType) -> TensorType:
    """The type left when the axes are taken out; brings `axis` to its canonical form."""
    axes = normalise_axes(call)
    return TensorType(dtype, reduced_shape(call.inputs[0].shape, axes, call.attributes["keepdims"]))


def reduced_numeric(call: Inference) -> TensorType:
    """The reduced type, where truth values count as the integers 0 and 1."""
    return reduced(call, numeric(call))


def reduced_floating(call: Inference) -> TensorType:
    """The reduced type, in a floating element type."""
    return reduced(call, floating(call))


def unreduced_floating(call: Inference) -> TensorType:
    """The whole shape of the first input, in a floating element type; brings `axis` to its canonical form."""
    normalise_axes(call)
    return TensorType(floating(call), call.inputs[0].shape)


def require_elements(call: Inference, least: int) -> None:
    """Raise OperationError where there are certainly fewer elements than that along the axes."""
    axes = normalise_axes(call)
    count = element_count(call.inputs[0].shape[axis] for axis in axes)
    if count.value is not None and count.value < least:
        raise OperationError(
            f"{call.title} needs at least {'one element' if least == 1 else f'{least} elements'} to reduce, "
            f"and {call.inputs[0]} has {count} along {along(axes, call.inputs[0].rank)}",
            (0, None, f"{{name}} is {call.inputs[0]}"),
        )


def along(axes: tuple[int, ...], rank: int) -> str:
    """Axes in words: `axis 1`, `axes 0 and 2`, `all axes`."""
    if len(axes) == 1:
        return f"axis {axes[0]}"
    return "all axes" if len(axes) == rank else f"axes {', '.join(map(str, axes[:-1]))} and {axes[-1]}"


# -- gradients --------------------------------------------------------------------------------------------------------


def kept(r: Backward, value: Symbol) -> Symbol:
    """A value of the result's shape with the reduced axes put back, with size 1."""
    axes = r.attributes["axis"]
    return value if r.attributes["keepdims"] or not axes else expand_dims(value, axis=axes)


def spread(r: Backward, value: Symbol) -> Symbol:
    """A value of the result's shape repeated along the reduced axes."""
    wide = kept(r, value)
    return wide if wide.shape == r.x.shape else broadcast_to(wide, shape=r.x.shape)


def size(r: Backward, less: Dim | int = 0) -> Symbol | int:
    """The number of elements that made one of the result, less some."""
    axes: tuple[int, ...] = r.attributes["axis"]
    count = element_count(r.x.shape[axis] for axis in axes) - less
    return r.x.builder.size(count, r.x)


def unless_zero(y: Symbol, make: Callable[[Symbol], Symbol]) -> Symbol:
    """What `make` gives for `y`, and 0 without a trace of infinities where `y` is 0."""
    zero = equal(y, 0)
    return where(zero, 0, make(where(zero, 1, y)))


# -- numbers ----------------------------------------------------------------------------------------------------------


def working(x: Array) -> Array:
    """The array in the floating type to calculate in: integers become f64, half precision becomes single."""
    if x.dtype.kind != "f":
        return x.astype(np.float64)
    return x.astype(np.float32) if x.dtype == np.float16 else x
