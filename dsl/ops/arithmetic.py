"""Arithmetic on two values, elementwise with broadcasting."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dsl.ops.activation import sigmoid
from dsl.ops.comparison import equal, greater, greater_equal, less, less_equal, logical_and, where
from dsl.ops.elementwise import isnan, log, round_
from dsl.ops.inference import elementwise_floating, elementwise_same
from dsl.ops.operation import Backward, Operation, operation
from dsl.ops.parameters import Array
from dsl.ops.pointwise import binary, numbers
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

add = binary(
    "add",
    np.add,
    [lambda g, y, a, b: g, lambda g, y, a, b: g],
    family="arithmetic",
    symbol="+",
    formula="{a} + {b}",
    latex=r"{a} + {b}",
    doc="The sum of two values.",
    example="[1, 2] + 10  # [11, 12]",
)

subtract = binary(
    "subtract",
    np.subtract,
    [lambda g, y, a, b: g, lambda g, y, a, b: -g],
    family="arithmetic",
    symbol="-",
    formula="{a} - {b}",
    latex=r"{a} - {b}",
    doc="The difference of two values.",
    example="[11, 12] - 10  # [1, 2]",
)


def _product(operation: Operation, inputs: Sequence[TensorType], _: Mapping[str, Any]) -> tuple[str, str]:
    """Between two arrays the sign that says that it is no matrix product."""
    both = all(type.shape for type in inputs)
    return ("{a} ⊙ {b}", r"{a} \odot {b}") if both else (operation.formula, operation.latex)


multiply = binary(
    "multiply",
    np.multiply,
    [lambda g, y, a, b: g * b, lambda g, y, a, b: g * a],
    family="arithmetic",
    symbol="*",
    formula="{a} * {b}",
    latex=r"{a} \cdot {b}",
    spelling=_product,
    doc="The product of two values, element by element. The matrix product is `@`.",
    example="[1, 2] * [3, 4]  # [3, 8]",
)

divide = binary(
    "divide",
    np.true_divide,
    [lambda g, y, a, b: g / b, lambda g, y, a, b: -g * y / b],
    family="arithmetic",
    symbol="/",
    shape=elementwise_floating,
    domain="nonzero",
    formula="{a} / {b}",
    latex=r"\frac{{{a}}}{{{b}}}",
    doc="The quotient of two values, always floating. Dividing by 0 gives an infinity, and 0 / 0 is nan.",
    example="[1, 2] / 2  # [0.5, 1]",
)

mod = binary(
    "mod",
    np.mod,
    # The quotient found from the remainder is the integer that NumPy took, also where a / b is rounded to the next one.
    [lambda g, y, a, b: g, lambda g, y, a, b: -g * round_((a - y) / b)],
    family="arithmetic",
    domain="real nonzero",
    formula="{a} - {b} * floor({a} / {b})",
    latex=r"{a} \bmod {b}",
    doc="The remainder of the division rounded down: it has the sign of the divisor.",
    example="mod([7, -7, 5.5], 3)  # [1, 2, 2.5]",
)


def _power(a: Array, b: Array) -> Any:
    if a.dtype.kind != "f" and b.dtype.kind != "f":
        return _integer_power(a, b)
    if b.ndim == 0 and b == 2:
        # many times faster than the general power, and rounded correctly
        return np.square(a, dtype=np.result_type(a, b))
    return np.power(a, b)


def _integer_power(a: Array, b: Array) -> Any:
    """Integers to integer powers; where the exponent is negative the result is cut to an integer: 1, -1 or 0."""
    power = np.power(a, np.maximum(b, 0))
    inverse = np.where(np.abs(a) == 1, np.power(a, np.abs(b) % 2), 0)
    return np.where(b < 0, inverse, power)


def _power_base(g: Symbol, y: Symbol, a: Symbol, b: Symbol) -> Symbol:
    """b * a**(b - 1), which is 0 at every base where the exponent is 0."""
    exponent = _literal(b)
    if exponent == 0:
        return g * 0
    if exponent == 1:
        return g
    if exponent == 2:
        return g * (2 * a)
    if exponent is not None:
        return g * (exponent * a ** (exponent - 1))
    constant = equal(b, 0)
    return g * where(constant, 0, b * a ** (where(constant, 1, b) - 1))


def _literal(symbol: Symbol) -> float | None:
    """The number that a symbol stands for, where it is one written in the program."""
    value = symbol.literal
    return float(value) if value is not None and value.ndim == 0 else None


def _power_exponent(g: Symbol, y: Symbol, a: Symbol, b: Symbol) -> Symbol:
    """a**b * log(a), with its limit 0 where the base is 0."""
    vanishes = logical_and(equal(a, 0), greater_equal(b, 0))
    return g * y * log(where(vanishes, 1, a))


power = binary(
    "power",
    _power,
    [_power_base, _power_exponent],
    family="arithmetic",
    symbol="**",
    domain="positive real",
    formula="{a}**{b}",
    latex=r"{{{a}}}^{{{b}}}",
    doc="""The first value to the power of the second.

    A negative base needs an exponent that is a whole number; with others the result is nan. Integers stay integers, and
    so a negative integer exponent gives 0 for all bases but 1 and -1.""",
    example="[1, 2, 3] ** 2  # [1, 4, 9]",
)


def _share(g: Symbol, picked: Symbol, tied: Symbol) -> Symbol:
    """The gradient of an extremum with respect to one of two values: all of it, half in a tie, or nothing."""
    return where(tied, 0.5 * g, where(picked, g, 0))


maximum = binary(
    "maximum",
    np.maximum,
    [
        lambda g, y, a, b: _share(g, greater(a, b), equal(a, b)),
        lambda g, y, a, b: _share(g, greater(b, a), equal(a, b)),
    ],
    family="arithmetic",
    selects=True,
    formula="max({a}, {b})",
    latex=r"\max({a}, {b})",
    doc="The larger of two values. Equal values share the gradient, a half each.",
    example="maximum([1, 5], 3)  # [3, 5]",
)

minimum = binary(
    "minimum",
    np.minimum,
    [
        lambda g, y, a, b: _share(g, less(a, b), equal(a, b)),
        lambda g, y, a, b: _share(g, less(b, a), equal(a, b)),
    ],
    family="arithmetic",
    selects=True,
    formula="min({a}, {b})",
    latex=r"\min({a}, {b})",
    doc="The smaller of two values. Equal values share the gradient, a half each.",
    example="minimum([1, 5], 3)  # [1, 3]",
)


def _or_one(length: Symbol) -> Symbol:
    """A divisor: the length, or 1 in place of 0."""
    return where(equal(length, 0), 1, length)


def _turn(g: Symbol, side: Symbol, a: Symbol, b: Symbol) -> Symbol:
    """side / (a**2 + b**2), divided twice by the length so that no square overflows; 0 at the origin."""
    length = _or_one(hypot(a, b))
    return g * (side / length / length)


atan2 = binary(
    "atan2",
    np.arctan2,
    [lambda g, y, a, b: _turn(g, b, a, b), lambda g, y, a, b: -_turn(g, a, a, b)],
    family="arithmetic",
    shape=elementwise_floating,
    domain="nonzero",
    formula="atan2({a}, {b})",
    latex=r"\operatorname{{atan2}}({a}, {b})",
    doc="The angle, between -pi and pi, of the point with height `a` and breadth `b`. Its gradient at (0, 0) is 0.",
    example="atan2([1, -1], [1, -1])  # [0.7854, -2.3562]",
)

hypot = binary(
    "hypot",
    np.hypot,
    [lambda g, y, a, b: g * (a / _or_one(y)), lambda g, y, a, b: g * (b / _or_one(y))],
    family="arithmetic",
    shape=elementwise_floating,
    domain="nonzero",
    formula="sqrt({a}**2 + {b}**2)",
    latex=r"\sqrt{{{a}^2 + {b}^2}}",
    doc="The length of the hypotenuse, without overflow of the squares. Its gradient at (0, 0) is 0.",
    example="hypot(3, 4)  # 5",
)


def _weight(own: Symbol, other: Symbol) -> Symbol:
    """The part exp(own) / (exp(own) + exp(other)), a half where both are the same infinity."""
    difference = own - other
    return sigmoid(where(isnan(difference), 0, difference))


logaddexp = binary(
    "logaddexp",
    np.logaddexp,
    [lambda g, y, a, b: g * _weight(a, b), lambda g, y, a, b: g * _weight(b, a)],
    family="arithmetic",
    shape=elementwise_floating,
    formula="log(exp({a}) + exp({b}))",
    latex=r"\ln\left(e^{{{a}}} + e^{{{b}}}\right)",
    doc="The logarithm of the sum of two exponentials, without overflow.",
    example="logaddexp([0, 2], [0, 1])  # [0.6931, 2.3133]",
)


def _within_bounds(r: Backward) -> Symbol:
    x, low, high = r.inputs
    return where(logical_and(greater_equal(x, low), less_equal(x, high)), r.g, 0)


def _below_low(r: Backward) -> Symbol:
    x, low, high = r.inputs
    return where(logical_and(less(x, low), less_equal(low, high)), r.g, 0)


def _above_high(r: Backward) -> Symbol:
    x, low, high = r.inputs
    return where(greater(maximum(x, low), high), r.g, 0)


@operation(
    "arithmetic",
    shape=elementwise_same,
    gradients=[_within_bounds, _below_low, _above_high],
    elementwise=True,
    selects=True,
    formula="min(max({x}, {min}), {max})",
    latex=r"\min(\max({x}, {min}), {max})",
    example="clip([-3, 0.5, 7], 0, 1)  # [0, 0.5, 1]",
)
def clip(x: Array, min_: Array, max_: Array) -> Any:
    """The value, or the bound that it is beyond; the upper bound wins where it is below the lower one.

    The derivative is 1 between the bounds and on them, 0 beyond; there it belongs to the bound.
    """
    # `np.clip` keeps one or the other of two zeros, as its bounds lie in memory
    return np.minimum(np.maximum(numbers(x), numbers(min_)), numbers(max_))
