"""Products of matrices and vectors, and the transpose."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dsl.ops.dims import Shape, element_count, show_shape
from dsl.ops.inference import axis_of, broadcast, numeric
from dsl.ops.operation import Backward, Inference, Operation, OperationError, case, operation
from dsl.ops.parameters import Array, Axes
from dsl.ops.pointwise import numbers
from dsl.ops.shaping import expand_dims, moveaxis, reshape, squeeze
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

FAMILY = "linear_algebra"

# -- transpose --------------------------------------------------------------------------------------------------------


def _transposed(call: Inference) -> TensorType:
    x, axes = call.inputs[0], call.attributes["axes"]
    if axes is None:
        order = tuple(reversed(range(x.rank)))
    else:
        given = (axes,) if isinstance(axes, int) else axes
        order = tuple(axis_of(call, axis, x.rank) for axis in given)
        if sorted(order) != list(range(x.rank)):
            raise OperationError(
                f"`axes` of {call.title} must name each axis of {x} once, not {list(given)}",
                (0, None, f"{{name}} is {x}"),
                hint="`swapaxes` interchanges two axes, and `moveaxis` moves one",
                code="argument",
            )
    call.attributes["axes"] = order
    return TensorType(x.dtype, tuple(x.shape[axis] for axis in order))


def _transpose_rule(r: Backward) -> Symbol:
    order = r.attributes["axes"]
    return transpose(r.g, axes=sorted(range(len(order)), key=order.__getitem__))


def _permutation(operation: Operation, _: Sequence[TensorType], attributes: Mapping[str, Any]) -> tuple[str, str]:
    """The sign ⊤ says that the last two axes are exchanged; any other order is said."""
    order: tuple[int, ...] = tuple(attributes["axes"])
    rank = len(order)
    if order == (*range(rank - 2), rank - 1, rank - 2):
        return operation.formula, operation.latex
    return "transpose({x}, {axes})", r"\operatorname{{transpose}}({x}, {axes})"


@operation(
    FAMILY,
    shape=_transposed,
    gradients=[_transpose_rule],
    formula="{x}.T",
    latex=r"{x}^\top",
    spelling=_permutation,
    example="transpose([[1, 2], [3, 4]])  # [[1, 3], [2, 4]]",
    cases=[
        case((2, 3)),
        case((2, 3, 4)),
        case((2, 3, 4), axes=(1, 2, 0)),
        case((2, 3, 4), axes=(0, -1, 1)),
        case((3,)),
    ],
)
def transpose(x: Array, axes: Axes = None) -> Any:
    """The axes in the reverse order, or in the given one: axis `i` of the result is axis `axes[i]` of the value."""
    return np.transpose(x, axes)


def _swapped(x: Symbol) -> Symbol:
    """The matrices in the last two axes transposed."""
    rank = x.type.rank
    return transpose(x, axes=(*range(rank - 2), rank - 1, rank - 2))


# -- the matrix product -----------------------------------------------------------------------------------------------


def _require_axes(call: Inference, a: TensorType, b: TensorType) -> None:
    for index, value in enumerate((a, b)):
        if not value.rank:
            raise OperationError(
                f"{call.title} multiplies vectors and matrices, and got {a} and {b}",
                (index, None, "{name} is a scalar"),
                label=f"{{{index}}} is a scalar",
                hint="use `*` to multiply by a scalar",
            )


def _require_inner(call: Inference, a: TensorType, b: TensorType) -> None:
    """Raise OperationError unless the columns of the left are as many as the rows of the right."""
    inner, row_axis = a.shape[-1], max(b.rank - 2, 0)
    rows = b.shape[row_axis]
    if inner == rows:
        return
    raise OperationError(
        f"{call.title} cannot multiply {a} by {b}",
        (1, row_axis, f"{{name}} has {rows} {'rows' if b.rank > 1 else 'elements'}, from here"),
        (0, None, f"{{name}} is {a}, from here"),
        label=f"the last dimension of {{0}} is {inner}",
        hint=_inner_hint(a, b),
    )


def _inner_hint(a: TensorType, b: TensorType) -> str:
    inner, rows = a.shape[-1], b.shape[max(b.rank - 2, 0)]
    if b.rank > 1 and b.shape[-1] == inner:
        return f"transpose {{1}}: its last dimension is {inner}"
    if a.rank > 1 and a.shape[-2] == rows:
        return f"transpose {{0}}: its dimension before the last is {rows}"
    fitting = show_shape((*b.shape[:-2], inner, b.shape[-1]) if b.rank > 1 else (inner,))
    return f"declare {{1}} as {fitting}" + (", or transpose {0}" if a.rank > 1 else "")


def _batch_shape(call: Inference, a: TensorType, b: TensorType) -> Shape:
    """The shape of the axes before the matrices, which broadcast."""
    leads = [TensorType(value.dtype, value.shape[:-2]) for value in (a, b)]
    try:
        return broadcast(Inference(call.operation, leads, {}, call.default_float))
    except OperationError as error:
        raise OperationError(
            f"{call.title} cannot multiply {a} by {b}: the axes before the last two do not go together",
            *error.notes,
            hint=error.hint,
        ) from None


def _product_type(call: Inference) -> TensorType:
    a, b = call.inputs
    _require_axes(call, a, b)
    _require_inner(call, a, b)
    lead = _batch_shape(call, a, b) if a.rank > 2 or b.rank > 2 else ()
    rows = (a.shape[-2],) if a.rank > 1 else ()
    columns = (b.shape[-1],) if b.rank > 1 else ()
    return TensorType(numeric(call), lead + rows + columns)


def _as_matrices(r: Backward) -> tuple[Symbol, Symbol, Symbol]:
    """The output's gradient and the inputs, each with the axis of size 1 that a vector stands without."""
    g, (a, b) = r.g, r.inputs
    if b.type.rank == 1:
        b, g = expand_dims(b, axis=1), expand_dims(g, axis=-1)
    if a.type.rank == 1:
        a, g = expand_dims(a, axis=0), expand_dims(g, axis=-2)
    return g, a, b


def _rows(x: Symbol) -> Symbol:
    """All rows of a stack of matrices in one matrix."""
    return reshape(x, shape=(element_count(x.shape[:-1]), x.shape[-1])) if x.type.rank > 2 else x


def _left_rule(r: Backward) -> Symbol:
    a, b = r.inputs
    if a.type.rank == b.type.rank == 1:
        return r.g * b
    if a.type.rank == 1 and b.type.rank == 2:
        return b @ r.g
    g, a, b = _as_matrices(r)
    product = g @ _swapped(b)
    return squeeze(product, axis=-2) if r.inputs[0].type.rank == 1 else product


def _right_rule(r: Backward) -> Symbol:
    a, b = r.inputs
    if a.type.rank == b.type.rank == 1:
        return r.g * a
    if a.type.rank == 2 and b.type.rank == 1:
        return r.g @ a
    g, a, b = _as_matrices(r)
    if b.type.rank == 2 and a.type.rank > 2:
        a, g = _rows(a), _rows(g)
    product = _swapped(a) @ g
    return squeeze(product, axis=-1) if r.inputs[1].type.rank == 1 else product


@operation(
    FAMILY,
    symbol="@",
    shape=_product_type,
    gradients=[_left_rule, _right_rule],
    formula="{a} @ {b}",
    latex=r"{a} \cdot {b}",
    example="matmul([[1, 2], [3, 4]], [1, 10])  # [21, 43]",
    cases=[
        case((2, 3), (3, 4)),
        case((3,), (3,)),
        case((3,), (3, 4)),
        case((2, 3), (3,)),
        case((5, 2, 3), (3, 4)),
        case((5, 2, 3), (3,)),
        case((2, 3), (5, 3, 4)),
        case((3,), (5, 3, 4)),
        case((5, 1, 2, 3), (6, 3, 4)),
        case((5, 2, 3), (1, 3, 4)),
    ],
)
def matmul(a: Array, b: Array) -> Any:
    """The matrix product, as NumPy has it: vectors stand for one row on the left and for one column on the right.

    Axes before the last two are a stack of matrices, and broadcast.
    """
    return np.matmul(numbers(a), numbers(b))


# -- the other products -----------------------------------------------------------------------------------------------


def _dot_type(call: Inference) -> TensorType:
    a, b = call.inputs
    if not a.rank or not b.rank:
        return TensorType(numeric(call), a.shape or b.shape)
    _require_inner(call, a, b)
    return TensorType(numeric(call), a.shape[:-1] + (b.shape[:-2] + b.shape[-1:] if b.rank > 1 else ()))


def _dot_rule(r: Backward) -> Symbol:
    """As a product of two matrices: all rows of the left by all columns of the right."""
    a, b = r.inputs
    if not a.shape or not b.shape:
        return r.g * r.inputs[1 - r.index]
    inner = a.shape[-1]
    rows, columns = element_count(a.shape[:-1]), element_count(b.shape[:-2] + b.shape[-1:] if b.type.rank > 1 else ())
    g = reshape(r.g, shape=(rows, columns))
    if r.index == 0:
        right = moveaxis(b, source=-2, destination=0) if b.type.rank > 2 else b
        return reshape(g @ transpose(reshape(right, shape=(inner, columns))), shape=a.shape)
    product = transpose(reshape(a, shape=(rows, inner))) @ g
    if b.type.rank <= 2:
        return reshape(product, shape=b.shape)
    return moveaxis(reshape(product, shape=(inner, *b.shape[:-2], b.shape[-1])), source=0, destination=-2)


@operation(
    FAMILY,
    shape=_dot_type,
    gradients=[_dot_rule, _dot_rule],
    formula="dot({a}, {b})",
    latex=r"{a} \cdot {b}",
    example="dot([1, 2, 3], [4, 5, 6])  # 32",
    cases=[
        case((3,), (3,)),
        case((2, 3), (3, 4)),
        case((2, 3), (3,)),
        case((3,), (3, 4)),
        case((), (3,)),
        case((2, 3), ()),
        case((2, 2, 3), (4, 3, 2)),
        case((3,), (4, 3, 2)),
    ],
)
def dot(a: Array, b: Array) -> Any:
    """NumPy's dot: the inner product of vectors, the matrix product of matrices, the plain product with a scalar.

    With more axes, all rows of the left are multiplied by all columns of the right; `@` is the product of stacks.
    """
    a, b = numbers(a), numbers(b)
    if not a.ndim or not b.ndim:  # BLAS leaves the product with 0 out, even of an infinity
        return np.multiply(a, b)
    return np.dot(a, b)


def _outer_type(call: Inference) -> TensorType:
    a, b = call.inputs
    return TensorType(numeric(call), (element_count(a.shape), element_count(b.shape)))


def _outer_rule(r: Backward) -> Symbol:
    other = r.inputs[1 - r.index]
    vector = other if other.type.rank == 1 else reshape(other, shape=-1)
    product = r.g @ vector if r.index == 0 else vector @ r.g
    own = r.inputs[r.index].shape
    return product if len(own) == 1 else reshape(product, shape=own)


@operation(
    FAMILY,
    shape=_outer_type,
    gradients=[_outer_rule, _outer_rule],
    formula="outer({a}, {b})",
    latex=r"{a} {b}^\top",
    example="outer([1, 2], [3, 4])  # [[3, 4], [6, 8]]",
    cases=[case((2,), (3,)), case((2, 2), (3,)), case((), (3,))],
)
def outer(a: Array, b: Array) -> Any:
    """Each element of one value times each of the other, flattened to vectors first: a row for each of the left."""
    return np.outer(numbers(a), numbers(b))
