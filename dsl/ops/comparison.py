"""Comparisons, logic on truth values, and the choice between two values. Comparisons have no gradient."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dsl.ops.inference import broadcast, elementwise_boolean, elementwise_floating, promoted
from dsl.ops.operation import Backward, Inference, Operation, OperationError, ShapeRule, operation
from dsl.ops.parameters import Array
from dsl.ops.pointwise import binary, unary
from dsl.ops.registry import OPERATIONS
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType


def _relation(
    name: str,
    forward: Callable[[Array, Array], Any],
    symbol: str,
    latex: str,
    doc: str,
    example: str,
    *,
    shape: ShapeRule = elementwise_boolean,
    domain: str = "real",
) -> Operation:
    """Declare an operation from two values to a truth value."""
    return binary(
        name,
        forward,
        [],
        family="comparison",
        symbol=symbol,
        formula=f"{{a}} {symbol} {{b}}",
        latex=f"{{a}} {latex} {{b}}",
        doc=doc,
        example=example,
        shape=shape,
        domain=domain,
        bools_as_integers=False,
    )


equal = _relation(
    "equal",
    np.equal,
    "==",
    "=",
    "Whether two values are equal. nan is equal to nothing, not even itself.",
    "[1, 2] == [1, 3]  # [true, false]",
)

not_equal = _relation(
    "not_equal",
    np.not_equal,
    "!=",
    r"\neq",
    "Whether two values differ.",
    "[1, 2] != [1, 3]  # [false, true]",
)

less = _relation(
    "less",
    np.less,
    "<",
    "<",
    "Whether the first value is below the second.",
    "[1, 2, 3] < 2  # [true, false, false]",
)

less_equal = _relation(
    "less_equal",
    np.less_equal,
    "<=",
    r"\leq",
    "Whether the first value is below the second or equal to it.",
    "[1, 2, 3] <= 2  # [true, true, false]",
)

greater = _relation(
    "greater",
    np.greater,
    ">",
    ">",
    "Whether the first value is above the second.",
    "[1, 2, 3] > 2  # [false, false, true]",
)

greater_equal = _relation(
    "greater_equal",
    np.greater_equal,
    ">=",
    r"\geq",
    "Whether the first value is above the second or equal to it.",
    "[1, 2, 3] >= 2  # [false, true, true]",
)


def _need_truth_values(call: Inference, index: int) -> None:
    """Raise OperationError, of kind `dtype`, unless the input holds truth values."""
    given = call.inputs[index]
    if given.dtype.kind != "bool":
        raise OperationError(
            f"{call.title} needs truth values (bool), and got {given}",
            (index, None, f"{{name}} is {given}"),
            hint="compare it with something, as in `x != 0`",
            code="dtype",
        )


def _logic(call: Inference) -> TensorType:
    """The broadcast shape, of inputs that must all be truth values."""
    for index in range(len(call.inputs)):
        _need_truth_values(call, index)
    return elementwise_boolean(call)


logical_and = _relation(
    "logical_and",
    np.logical_and,
    "and",
    r"\land",
    "Whether both of two truth values hold.",
    "[1, 2, 3] > 1 and [1, 2, 3] < 3  # [false, true, false]",
    shape=_logic,
    domain="truth",
)

logical_or = _relation(
    "logical_or",
    np.logical_or,
    "or",
    r"\lor",
    "Whether at least one of two truth values holds.",
    "[1, 2, 3] < 2 or [1, 2, 3] > 2  # [true, false, true]",
    shape=_logic,
    domain="truth",
)

logical_not = unary(
    "logical_not",
    np.logical_not,
    None,
    family="comparison",
    symbol="not",
    shape=_logic,
    domain="truth",
    formula="not {x}",
    latex=r"\lnot {x}",
    doc="Whether a truth value does not hold.",
    example="not ([1, 2] > 1)  # [true, false]",
    bools_as_integers=False,
)


def _choice(call: Inference) -> TensorType:
    """The broadcast shape of all three, in the element type that the two values have together."""
    _need_truth_values(call, 0)
    return TensorType(promoted(call, (1, 2)), broadcast(call))


def _where_it_holds(r: Backward) -> Symbol:
    return where(r.inputs[0], r.g, 0)


def _where_it_does_not(r: Backward) -> Symbol:
    return where(r.inputs[0], 0, r.g)


@operation(
    "comparison",
    shape=_choice,
    gradients=[None, _where_it_holds, _where_it_does_not],
    elementwise=True,
    selects=True,
    domain="truth real real",
    formula="{x} if {condition}, else {y}",
    latex=r"\begin{{cases}} {x} & {condition} \\ {y} & \text{{otherwise}} \end{{cases}}",
    example="where([1, 2, 3] > 1, 10, 0)  # [0, 10, 10]",
)
def where(condition: Array, x: Array, y: Array) -> Any:
    """The first value where the condition holds, and the second elsewhere.

    The value that is not taken gets the gradient 0, even where its own derivative is infinite or nan.
    """
    return np.where(condition, x, y)


def _unless_masked_gradient(r: Backward) -> Symbol:
    part, gradient = r.inputs
    return where(logical_and(equal(gradient, 0), OPERATIONS["isnan"](part)), 0, r.g)


@operation(
    "comparison",
    shape=elementwise_floating,
    gradients=[_unless_masked_gradient, None],
    elementwise=True,
    selects=True,
    formula="{x} unless 0 · ∞",
    latex=r"{x} \text{{ unless }} 0 \cdot \infty",
    example="unless_masked([1, nan, nan], [0, 0, 1])  # [1, 0, nan]",
)
def unless_masked(x: Array, gradient: Array) -> Any:
    """A contribution to a gradient, with 0 where it is nan though the gradient it was made from is exactly 0.

    Differentiation puts it behind operations that pick one of their inputs. Only nan is replaced: a finite 0 keeps its own
    derivative, which second derivatives need.
    """
    return np.where((gradient == 0) & np.isnan(x), np.zeros((), x.dtype), x)
