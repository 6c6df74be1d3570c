"""Indexing and slicing, picking along an axis, and the operations that put values back where they came from."""

from __future__ import annotations

from typing import Any, cast

import numpy as np

from dsl.ops.creation import zeros
from dsl.ops.dims import ONE, Shape, show_shape
from dsl.ops.inference import axis_of, numeric, require_integers
from dsl.ops.operation import Backward, Inference, OperationError, case, operation
from dsl.ops.parameters import Array, Axis, Count, Index, Integers, OptionalAxis, OptionalTypeName, ShapeOf
from dsl.ops.pointwise import numbers
from dsl.ops.slicing import WHOLE, canonical_index, check_index, spell_index
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

# -- indexing and slicing ----------------------------------------------------------------------------------------------


def _getitem_shape(call: Inference) -> TensorType:
    return TensorType(call.inputs[0].dtype, canonical_index(call, call.inputs[0].shape, 0))


def _getitem_gradient(r: Backward) -> Symbol:
    return unslice(r.g, shape=r.x.shape, index=r.attributes["index"])


def _unslice_shape(call: Inference) -> TensorType:
    g, shape = call.inputs[0], call.attributes["shape"]
    expected = canonical_index(call, shape, None)
    if g.shape != expected:
        raise OperationError(
            f"{call.title} puts a value of shape {show_shape(expected)} at [{spell_index(call.attributes['index'])}] "
            f"of {show_shape(shape)}, and got {g}",
            (0, None, f"{{name}} is {g}"),
        )
    return TensorType(g.dtype, shape)


@operation(
    "indexing",
    shape=_getitem_shape,
    gradients=[_getitem_gradient],
    formula="{x}[{index}]",
    latex=r"{{{x}}}_{{[{index}]}}",
    example="[10, 20, 30][1:]  # [20, 30]",
    cases=[
        case((3, 4), index=(1,)),
        case((3, 4), index=(Ellipsis, -1)),
        case((3, 4), index=(slice(1, None), None, slice(None, None, 2))),
        case((2, 3, 4), index=(slice(None), slice(None, None, -1), slice(1, -1))),
    ],
)
def getitem(x: Array, *, index: Index) -> Any:
    """The part of a value that an index picks: `x[0]`, `x[:, 1:]`, `x[..., -1]`, `x[:, none]`.

    An index is NumPy's: an integer takes its axis away, a slice keeps it, `none` adds an axis of size 1, and `...` stands
    for the axes not named. On an axis whose size is a name, `x[1:]` has size `n - 1`: the bounds of a slice are then not cut
    to the axis, and reaching outside it is an error when the program runs.
    """
    check_index(x.shape, index)
    return x[index]


@operation(
    "indexing",
    shape=_unslice_shape,
    gradients=[lambda r: getitem(r.g, index=r.attributes["index"])],
    formula="zeros({shape})[{index}] = {x}",
    latex=r"\operatorname{{unslice}}_{{[{index}]}}({x})",
    example="unslice(5, shape=[3], index=[1])  # [0, 5, 0]",
    cases=[
        case((4,), shape=(3, 4), index=(1,)),
        case((2, 1, 2), shape=(3, 4), index=(slice(1, None), None, slice(None, None, 2))),
    ],
)
def unslice(x: Array, *, shape: ShapeOf, index: Index) -> Any:
    """Zeros of a shape, with a value put where an index points: the gradient of indexing."""
    check_index(shape, index)
    whole = np.zeros(shape, x.dtype)
    whole[index] = x
    return whole


# -- picking along an axis ---------------------------------------------------------------------------------------------


def _taken_shape(call: Inference) -> Shape:
    """The shape of what `take` picks; brings the attribute `axis` to a canonical form."""
    require_integers(call, 1)
    x, indices = call.inputs[0], call.inputs[1]
    axis = call.attributes["axis"]
    if axis is None:
        return indices.shape
    axis = axis_of(call, axis, x.rank)
    call.attributes["axis"] = axis
    return x.shape[:axis] + indices.shape + x.shape[axis + 1 :]


def _take_shape(call: Inference) -> TensorType:
    return TensorType(call.inputs[0].dtype, _taken_shape(call))


def _index_add_shape(call: Inference) -> TensorType:
    expected, values = _taken_shape(call), call.inputs[2]
    added = len(expected) - values.rank
    if added < 0 or any(own not in (ONE, dim) for own, dim in zip(values.shape, expected[added:], strict=True)):
        raise OperationError(
            f"{call.title} needs values of shape {show_shape(expected)} for these indices, and got {values}",
            (2, None, f"{{name}} is {values}"),
            hint="the values have the shape of `take` with the same indices and axis",
        )
    return TensorType(numeric(call, (0, 2)), call.inputs[0].shape)


def _take_gradient(r: Backward) -> Symbol:
    nothing = zeros.within(r.g.builder, shape=r.x.shape, dtype=r.g.type.dtype)
    return index_add(nothing, r.inputs[1], r.g, axis=r.attributes["axis"])


def _check_range(indices: Array, size: int, axis: int | None) -> None:
    if indices.size and (indices.min() < -size or indices.max() >= size):
        wrong = indices[(indices < -size) | (indices >= size)].flat[0]
        where = f"axis {axis}, whose size is {size}" if axis is not None else f"a value of {size} elements"
        raise IndexError(f"index {wrong} is out of range for {where}")


@operation(
    "indexing",
    shape=_take_shape,
    gradients=[_take_gradient, None],
    formula="{x}[{indices}]",
    latex=r"{{{x}}}_{{{indices}}}",
    example="take([10, 20, 30], [2, 0])  # [30, 10]",
    cases=[
        case((4,), [2, 0, 2]),
        case((3, 4), [[5, 0], [-1, 5]]),
        case((3, 4), [2, 0, 2], axis=0),
        case((2, 3, 4), [[0, -1], [1, 1]], axis=1),
        case((2, 3), 1, axis=-1),
    ],
)
def take(x: Array, indices: Integers, axis: OptionalAxis = None) -> Any:
    """The elements at the given indices along an axis, or of the flattened value when no axis is given, as NumPy's take.

    The axis is replaced by the axes of the indices. Negative indices count from the end; an index outside the axis is an
    error when the program runs.
    """
    _check_range(indices, x.size if axis is None else x.shape[axis], axis)
    return np.take(x, indices, axis=axis)


@operation(
    "indexing",
    shape=_index_add_shape,
    gradients=[
        lambda r: r.g,
        None,
        lambda r: take(r.g, r.inputs[1], axis=r.attributes["axis"]),
    ],
    formula="{x}[{indices}] += {values}",
    latex=r"{{{x}}}_{{{indices}}} \mathrel{{+}}= {values}",
    example="index_add([0, 0, 0], [0, 2, 0], [1, 2, 3])  # [4, 0, 2]",
    cases=[
        case((4,), [2, 0, 2], (3,)),
        case((3, 4), [2, -1, 2], (3, 4), axis=0),
        case((2, 3, 4), [[0, -1], [1, 1]], (2, 1, 2, 4), axis=1),
    ],
)
def index_add(x: Array, indices: Integers, values: Array, axis: OptionalAxis = None) -> Any:
    """A value with others added at the given indices along an axis; those of one index are summed.

    The values have the shape that `take` gives for the same indices and axis, or broadcast to it.
    """
    _check_range(indices, x.size if axis is None else x.shape[axis], axis)
    x, values = numbers(x), numbers(values)
    whole = np.array(x, np.result_type(x, values), order="C")
    if axis is None:
        np.add.at(whole.reshape(-1), indices, values)
    else:
        np.add.at(whole, cast(Any, (*[WHOLE] * axis, indices)), values)
    return whole


# -- classes -----------------------------------------------------------------------------------------------------------


def check_labels(labels: Array, classes: int) -> None:
    """Raise IndexError, naming the first label that is wrong, unless all labels are classes from 0 to `classes` - 1."""
    # As unsigned integers those below 0 are very large, so that one comparison finds both kinds.
    if labels.size and np.maximum.reduce(labels.view(f"u{labels.itemsize}"), axis=None) >= classes:
        place = tuple(np.argwhere((labels < 0) | (labels >= classes))[0].tolist())
        where = f" at {list(place)}" if place else ""
        raise IndexError(
            f"label {labels[place]}{where} is out of range: there are {classes} classes, 0 to {classes - 1}"
        )


def _one_hot_shape(call: Inference) -> TensorType:
    require_integers(call, 0)
    labels, attributes = call.inputs[0], call.attributes
    axis = axis_of(call, attributes["axis"], labels.rank + 1, None)
    attributes["axis"] = axis
    if (attributes["classes"].value or 0) < 0:
        raise OperationError(
            f"`classes` of {call.title} is {attributes['classes']}, and cannot be negative", code="argument"
        )
    attributes["dtype"] = attributes["dtype"] or call.default_float
    return TensorType(attributes["dtype"], (*labels.shape[:axis], attributes["classes"], *labels.shape[axis:]))


@operation(
    "indexing",
    shape=_one_hot_shape,
    formula="one_hot({x}, {classes})",
    latex=r"\operatorname{{one\_hot}}_{{{classes}}}({x})",
    example="one_hot([0, 2], 3)  # [[1, 0, 0], [0, 0, 1]]",
    cases=[case([0, 2], classes=3), case([[0, 2], [1, 1]], classes=3, axis=0), case([0, 2], classes=3, dtype="i32")],
)
def one_hot(x: Integers, classes: Count, axis: Axis = -1, dtype: OptionalTypeName = None) -> Any:
    """Classes, counted from 0, as vectors along a new axis: 1 at the class and 0 elsewhere.

    The result has the program's floating type unless `dtype` names another. A label that is not one of the classes is an
    error when the program runs.
    """
    check_labels(x, classes)
    steps = np.arange(classes).reshape(-1, *[1] * (x.ndim - axis))
    return (np.expand_dims(x, axis) == steps).astype(dtype.numpy if dtype else None)
