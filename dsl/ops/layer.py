"""The operations that layers are made of, each one node."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from dsl.ops.dims import ONE, Shape, element_count, show_shape
from dsl.ops.inference import broadcast, floating
from dsl.ops.linear_algebra import outer, transpose
from dsl.ops.operation import Backward, Inference, Operation, OperationError, case, operation
from dsl.ops.parameters import Array
from dsl.ops.pointwise import numbers
from dsl.ops.shaping import expand_dims, reshape
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType


def _linear_shape(call: Inference) -> TensorType:
    x, k, b = call.inputs
    if not k.shape:
        return TensorType(floating(call), broadcast(call))
    _check_product(call)
    product = x.shape[:-1] + k.shape[1:]
    added = len(product) - b.rank
    for axis, dim in enumerate(b.shape):
        if added < 0 or dim not in (ONE, product[added + axis]):
            raise OperationError(
                f"{call.title} cannot add {b} to a product of shape {show_shape(product)}",
                (2, axis, f"{{name}} is {b}"),
                (1, len(k.shape) - 1, f"{{name}} is {k}"),
                hint=f"declare `{{2}}` as {show_shape(k.shape[1:])}" if k.rank == 2 else "declare `{2}` as a scalar",
            )
    return TensorType(floating(call), product)


def _check_product(call: Inference) -> None:
    """Raise OperationError unless the last axis of `x` goes with the first of `k`, a vector or a matrix."""
    x, k = call.inputs[0], call.inputs[1]
    title = f"{call.title} cannot multiply {x} by {k}"
    if k.rank > 2:
        raise OperationError(
            f"{title}: the weights must be a scalar, a vector or a matrix",
            (1, None, f"{{name}} has {k.rank} axes"),
            hint="`@` multiplies stacks of matrices",
        )
    if not x.shape:
        raise OperationError(
            title,
            (0, None, f"{{name}} is {x}, a scalar"),
            (1, None, f"{{name}} is {k}"),
            hint=f"declare `{{0}}` as [..., {k.shape[0]}], or `{{1}}` as a scalar",
        )
    if x.shape[-1] != k.shape[0]:
        wanted: Shape = (x.shape[-1], *k.shape[1:])
        raise OperationError(
            title,
            (1, 0, f"{{name}} has {k.shape[0]} {'rows' if k.rank == 2 else 'elements'}, from here"),
            (0, None, f"the last axis of {{name}} is {x.shape[-1]}, from here"),
            hint=f"declare `{{1}}` as {show_shape(wanted)}",
        )


def _x_gradient(r: Backward) -> Symbol:
    x, k, _ = r.inputs
    if not k.shape:
        return r.g * k
    if len(k.shape) == 2:
        return r.g @ transpose(k)
    return expand_dims(r.g, axis=-1) * k if len(x.shape) > 1 else r.g * k


def _k_gradient(r: Backward) -> Symbol:
    x, k, _ = r.inputs
    if not k.shape or len(x.shape) == len(k.shape) == 1:
        return r.g * x
    if len(x.shape) == 1:
        return outer(x, r.g)
    rows, g = x, r.g
    if len(x.shape) > 2:
        count = element_count(x.shape[:-1])
        rows = reshape(x, shape=(count, x.shape[-1]))
        g = reshape(g, shape=(count, *k.shape[1:]))
    return transpose(rows) @ g


def _as_product(operation: Operation, inputs: Sequence[TensorType], _: Mapping[str, Any]) -> tuple[str, str]:
    return ("{x} @ {k} + {b}", r"{x} \cdot {k} + {b}") if inputs[1].shape else (operation.formula, operation.latex)


@operation(
    "layer",
    shape=_linear_shape,
    gradients=[_x_gradient, _k_gradient, lambda r: r.g],
    formula="{k} * {x} + {b}",
    latex=r"{k} \cdot {x} + {b}",
    spelling=_as_product,
    example="linear(3, 2, 1)  # 7",
    cases=[
        case((), (), ()),
        case((5,), (), ()),
        case((3, 4), (), (4,)),
        case((3, 4), (4, 2), (2,)),
        case((3, 4), (4, 2), ()),
        case((3, 4), (4, 2), (3, 1)),
        case((2, 3, 4), (4, 5), (5,)),
        case((4,), (4, 2), (2,)),
        case((3, 4), (4,), ()),
        case((2, 3, 4), (4,), (3,)),
        case((4,), (4,), ()),
    ],
)
def linear(x: Array, k: Array, b: Array) -> Any:
    """A linear function: `k*x + b` for a scalar `k`, element by element, and `x @ k + b` for a vector or a matrix.

    Shapes: `x` [..., n], `k` [n, m] and `b` [m] give [..., m]; `k` [n] and a scalar `b` give [...].
    """
    x, k = numbers(x), numbers(k)
    return k * x + b if k.ndim == 0 else x @ k + b
