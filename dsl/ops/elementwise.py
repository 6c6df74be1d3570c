"""Functions of one value, element by element."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dsl.ops import special
from dsl.ops.inference import elementwise_boolean, elementwise_same
from dsl.ops.operation import Backward, Inference, Operation, case, operation
from dsl.ops.parameters import Array, TypeName
from dsl.ops.pointwise import unary
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

neg = unary(
    "neg",
    np.negative,
    lambda g, y, x: -g,
    family="elementwise",
    shape=elementwise_same,
    formula="-{x}",
    latex=r"-{x}",
    doc="The value with its sign changed.",
    example="-[1, -2]  # [-1, 2]",
)

abs_ = unary(
    "abs",
    np.abs,
    lambda g, y, x: g * sign(x),
    family="elementwise",
    shape=elementwise_same,
    formula="abs({x})",
    latex=r"\lvert {x} \rvert",
    doc="The absolute value. Its derivative at 0 is taken to be 0.",
    example="abs([-1.5, 2])  # [1.5, 2]",
)

sign = unary(
    "sign",
    np.sign,
    None,
    family="elementwise",
    shape=elementwise_same,
    formula="sign({x})",
    latex=r"\operatorname{{sign}}({x})",
    doc="-1, 0 or 1, as the value is negative, zero or positive. No gradient flows through it.",
    example="sign([-3, 0, 5])  # [-1, 0, 1]",
)

floor = unary(
    "floor",
    np.floor,
    None,
    family="elementwise",
    shape=elementwise_same,
    formula="floor({x})",
    latex=r"\lfloor {x} \rfloor",
    doc="The largest integer not above the value, in the value's own element type. No gradient flows through it.",
    example="floor([1.7, -1.2])  # [1, -2]",
)

ceil = unary(
    "ceil",
    np.ceil,
    None,
    family="elementwise",
    shape=elementwise_same,
    formula="ceil({x})",
    latex=r"\lceil {x} \rceil",
    doc="The smallest integer not below the value, in the value's own element type. No gradient flows through it.",
    example="ceil([1.2, -1.7])  # [2, -1]",
)

round_ = unary(
    "round",
    np.round,
    None,
    family="elementwise",
    shape=elementwise_same,
    formula="round({x})",
    latex=r"\operatorname{{round}}({x})",
    doc="The nearest integer, the even one of two that are equally near. No gradient flows through it.",
    example="round([0.5, 1.5, 2.3])  # [0, 2, 2]",
)

isnan = unary(
    "isnan",
    np.isnan,
    None,
    family="elementwise",
    shape=elementwise_boolean,
    formula="isnan({x})",
    latex=r"\operatorname{{isnan}}({x})",
    doc="Whether the value is not a number.",
    example="isnan(log([-1, 1]))  # [true, false]",
)

isinf = unary(
    "isinf",
    np.isinf,
    None,
    family="elementwise",
    shape=elementwise_boolean,
    formula="isinf({x})",
    latex=r"\lvert {x} \rvert = \infty",
    doc="Whether the value is infinite, of either sign.",
    example="isinf(log([0, 1]))  # [true, false]",
)

exp = unary(
    "exp",
    np.exp,
    lambda g, y, x: g * y,
    family="elementwise",
    formula="exp({x})",
    latex=r"e^{{{x}}}",
    doc="The exponential function.",
    example="exp([0, 1])  # [1, 2.7183]",
)

expm1 = unary(
    "expm1",
    np.expm1,
    lambda g, y, x: g * exp(x),
    family="elementwise",
    formula="exp({x}) - 1",
    latex=r"e^{{{x}}} - 1",
    doc="The exponential function less 1, exact also near 0.",
    example="expm1([0, 1])  # [0, 1.7183]",
)

log = unary(
    "log",
    np.log,
    lambda g, y, x: g / x,
    family="elementwise",
    domain="positive",
    formula="log({x})",
    latex=r"\ln({x})",
    doc="The natural logarithm: -inf at 0, nan below it.",
    example="log([1, 10])  # [0, 2.3026]",
)

log1p = unary(
    "log1p",
    np.log1p,
    lambda g, y, x: g / (1 + x),
    family="elementwise",
    domain="unit",
    formula="log(1 + {x})",
    latex=r"\ln(1 + {x})",
    doc="The natural logarithm of 1 plus the value, exact also near 0.",
    example="log1p([0, 1])  # [0, 0.6931]",
)

log2 = unary(
    "log2",
    np.log2,
    lambda g, y, x: g / (math.log(2) * x),
    family="elementwise",
    domain="positive",
    formula="log2({x})",
    latex=r"\log_2({x})",
    doc="The logarithm to base 2.",
    example="log2([1, 8])  # [0, 3]",
)

log10 = unary(
    "log10",
    np.log10,
    lambda g, y, x: g / (math.log(10) * x),
    family="elementwise",
    domain="positive",
    formula="log10({x})",
    latex=r"\log_{{10}}({x})",
    doc="The logarithm to base 10.",
    example="log10([1, 1000])  # [0, 3]",
)

sqrt = unary(
    "sqrt",
    np.sqrt,
    lambda g, y, x: g / (2 * y),
    family="elementwise",
    domain="positive",
    formula="sqrt({x})",
    latex=r"\sqrt{{{x}}}",
    doc="The square root, nan below 0. Its derivative at 0 is infinite.",
    example="sqrt([4, 2])  # [2, 1.4142]",
)


def _rsqrt(x: Array) -> Any:
    return np.reciprocal(np.sqrt(x))


rsqrt = unary(
    "rsqrt",
    _rsqrt,
    lambda g, y, x: g * y / (-2 * x),
    family="elementwise",
    domain="positive",
    formula="1 / sqrt({x})",
    latex=r"\frac{{1}}{{\sqrt{{{x}}}}}",
    doc="One over the square root.",
    example="rsqrt([4, 0.25])  # [0.5, 2]",
)

square = unary(
    "square",
    np.square,
    lambda g, y, x: g * (2 * x),
    family="elementwise",
    shape=elementwise_same,
    formula="{x}**2",
    latex=r"{x}^2",
    doc="The value times itself.",
    example="square([3, -4])  # [9, 16]",
)


def _reciprocal(x: Array) -> Any:
    # np.reciprocal divides integers as integers
    return np.true_divide(1, x)


reciprocal = unary(
    "reciprocal",
    _reciprocal,
    lambda g, y, x: -g * y * y,
    family="elementwise",
    domain="nonzero",
    formula="1 / {x}",
    latex=r"\frac{{1}}{{{x}}}",
    doc="One over the value: an infinity at 0.",
    example="reciprocal([4, -0.5])  # [0.25, -2]",
)

sin: Operation = unary(
    "sin",
    np.sin,
    lambda g, y, x: g * cos(x),
    family="elementwise",
    formula="sin({x})",
    latex=r"\sin({x})",
    doc="The sine of an angle in radians.",
    example="sin([0, 1])  # [0, 0.8415]",
)

cos: Operation = unary(
    "cos",
    np.cos,
    lambda g, y, x: -g * sin(x),
    family="elementwise",
    formula="cos({x})",
    latex=r"\cos({x})",
    doc="The cosine of an angle in radians.",
    example="cos([0, 1])  # [1, 0.5403]",
)

tan = unary(
    "tan",
    np.tan,
    lambda g, y, x: g * (1 + square(y)),
    family="elementwise",
    domain="tangent",
    formula="tan({x})",
    latex=r"\tan({x})",
    doc="The tangent of an angle in radians.",
    example="tan([0, 1])  # [0, 1.5574]",
)


def _unit_circle(x: Symbol) -> Symbol:
    """The root of 1 - x**2, whose factors keep it exact near 1 and -1."""
    return sqrt((1 - x) * (1 + x))


arcsin = unary(
    "arcsin",
    np.arcsin,
    lambda g, y, x: g / _unit_circle(x),
    family="elementwise",
    domain="unit",
    formula="arcsin({x})",
    latex=r"\arcsin({x})",
    doc="The angle between -pi/2 and pi/2 with this sine; nan beyond -1 and 1.",
    example="arcsin([0, 1])  # [0, 1.5708]",
)

arccos = unary(
    "arccos",
    np.arccos,
    lambda g, y, x: -g / _unit_circle(x),
    family="elementwise",
    domain="unit",
    formula="arccos({x})",
    latex=r"\arccos({x})",
    doc="The angle between 0 and pi with this cosine; nan beyond -1 and 1.",
    example="arccos([0, 1])  # [1.5708, 0]",
)

arctan = unary(
    "arctan",
    np.arctan,
    lambda g, y, x: g / (1 + square(x)),
    family="elementwise",
    formula="arctan({x})",
    latex=r"\arctan({x})",
    doc="The angle between -pi/2 and pi/2 with this tangent.",
    example="arctan([0, 1])  # [0, 0.7854]",
)

sinh: Operation = unary(
    "sinh",
    np.sinh,
    lambda g, y, x: g * cosh(x),
    family="elementwise",
    formula="sinh({x})",
    latex=r"\sinh({x})",
    doc="The hyperbolic sine.",
    example="sinh([0, 1])  # [0, 1.1752]",
)

cosh: Operation = unary(
    "cosh",
    np.cosh,
    lambda g, y, x: g * sinh(x),
    family="elementwise",
    formula="cosh({x})",
    latex=r"\cosh({x})",
    doc="The hyperbolic cosine.",
    example="cosh([0, 1])  # [1, 1.5431]",
)

tanh = unary(
    "tanh",
    np.tanh,
    lambda g, y, x: g * (1 - square(y)),
    family="elementwise",
    formula="tanh({x})",
    latex=r"\tanh({x})",
    doc="The hyperbolic tangent, between -1 and 1.",
    example="tanh([0, 1])  # [0, 0.7616]",
)


def _bell(x: Symbol) -> Symbol:
    """The derivative of the error function."""
    return 2 / math.sqrt(math.pi) * exp(-square(x))


erf = unary(
    "erf",
    special.erf,
    lambda g, y, x: g * _bell(x),
    family="elementwise",
    formula="erf({x})",
    latex=r"\operatorname{{erf}}({x})",
    doc="The error function, between -1 and 1: the integral of 2 / sqrt(pi) * exp(-t**2) from 0 to the value.",
    example="erf([0, 1])  # [0, 0.8427]",
)

erfc = unary(
    "erfc",
    special.erfc,
    lambda g, y, x: -g * _bell(x),
    family="elementwise",
    formula="1 - erf({x})",
    latex=r"\operatorname{{erfc}}({x})",
    doc="1 less the error function, exact also where that is all but 1.",
    example="erfc([0, 1])  # [1, 0.1573]",
)


def _converted(call: Inference) -> TensorType:
    """The shape of the input, in the element type asked for; none stands for the program's floating type."""
    dtype = call.attributes["dtype"] or call.default_float
    call.attributes["dtype"] = dtype
    return TensorType(dtype, call.inputs[0].shape)


def _converted_back(r: Backward) -> Symbol:
    return astype(r.g, dtype=r.x.type.dtype)


@operation(
    "elementwise",
    shape=_converted,
    gradients=[_converted_back],
    elementwise=True,
    cases=[case((3, 4), dtype="f64")],
    formula="{x} as {dtype}",
    latex=r"\operatorname{{astype}}({x})",
    example='astype([1.7, -1.7], "i32")  # [1, -1]',
)
def astype(x: Array, dtype: TypeName) -> Any:
    """The value in another element type; a fraction becomes an integer by dropping what is behind the point.

    Between floating types the gradient flows through, as it is; through integers and truth values none does.
    """
    return x.astype(dtype.numpy)
