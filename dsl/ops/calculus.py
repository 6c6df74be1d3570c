"""Differential operators: gradients as values of the program, which can be differentiated again."""

from __future__ import annotations

from dsl.ops.operation import OperationError, operation
from dsl.ops.symbol import Differentiator, Symbol


@operation(
    "calculus",
    expands=True,
    formula="d {y} / d {x}",
    latex=r"\frac{{\partial {y}}}{{\partial {x}}}",
    example="x = 3; grad(x**2, x)  # 6",
)
def grad(y: Symbol, x: Symbol) -> Symbol:
    """The gradient of `y` with respect to `x`, in the shape of `x`; of the sum of `y` when `y` is not a scalar.

    For a field computed point by point, such as `u` of `t`, the sum makes it the derivative at each point. Where `y` does
    not depend on `x` the gradient is 0. The result is an ordinary value: `grad(grad(y, x), x)` is the second derivative.
    """
    for value, role in ((y, "differentiates"), (x, "differentiates with respect to")):
        if not value.type.dtype.is_float:
            index = 0 if value is y else 1
            raise OperationError(
                f"`grad` {role} floating values, and got {value.type}",
                (index, None, f"{{name}} is {value.type}"),
                hint='declare it with a floating type, or convert it: `astype(x, dtype="f32")`',
                code="dtype",
            )
    if not isinstance(y.builder, Differentiator):
        raise TypeError("`grad` needs a graph that can differentiate")
    return y.builder.gradient(y, x)
