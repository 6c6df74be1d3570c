"""Activation functions, each stable for large values of either sign."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from dsl.ops import special
from dsl.ops.comparison import greater, where
from dsl.ops.elementwise import abs_, erfc, exp, square, tanh
from dsl.ops.inference import elementwise_floating, elementwise_same, floating, like_first, normalise_axis
from dsl.ops.operation import Backward, Inference, case, operation
from dsl.ops.parameters import Array, Axis, Flag, Real
from dsl.ops.pointwise import numbers, unary
from dsl.ops.registry import OPERATIONS
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType


def _identity(x: Array) -> Array:
    return x


identity = unary(
    "identity",
    _identity,
    lambda g, y, x: g,
    family="activation",
    shape=like_first,
    formula="{x}",
    latex=r"{x}",
    doc="The value itself, for places where an activation is expected.",
    example="identity([-1, 2])  # [-1, 2]",
    bools_as_integers=False,
)

sigmoid = unary(
    "sigmoid",
    special.sigmoid,
    lambda g, y, x: g * (y * (1 - y)),
    family="activation",
    formula="1 / (1 + exp(-{x}))",
    latex=r"\frac{{1}}{{1 + e^{{-{x}}}}}",
    doc="The logistic function, between 0 and 1.",
    example="sigmoid([0, 2])  # [0.5, 0.8808]",
)


def _relu(x: Array) -> Any:
    return np.maximum(x, 0)


relu = unary(
    "relu",
    _relu,
    lambda g, y, x: where(greater(y, 0), g, 0),
    family="activation",
    shape=elementwise_same,
    selects=True,
    formula="max({x}, 0)",
    latex=r"\max({x}, 0)",
    doc="The value where it is positive, and 0 elsewhere. Its derivative at 0 is taken to be 0.",
    example="relu([-1, 0, 2])  # [0, 0, 2]",
)


def _leaky_relu_gradient(r: Backward) -> Symbol:
    return where(greater(r.x, 0), r.g, r.attributes["negative_slope"] * r.g)


@operation(
    "activation",
    shape=elementwise_floating,
    gradients=[_leaky_relu_gradient],
    elementwise=True,
    cases=[case((3, 4)), case((3, 4), negative_slope=0.2)],
    formula="{x} if {x} > 0, else {negative_slope} * {x}",
    latex=r"\begin{{cases}} {x} & {x} > 0 \\ {negative_slope} \cdot {x} & \text{{otherwise}} \end{{cases}}",
    example="leaky_relu([-1, 2])  # [-0.01, 2]",
)
def leaky_relu(x: Array, negative_slope: Real = 0.01) -> Any:
    """The value where it is positive, and a small multiple of it elsewhere."""
    x = numbers(x)
    return np.where(x > 0, x, negative_slope * x)


def _elu_slope(x: Symbol, alpha: float) -> Symbol:
    """The derivative of `elu`. The exponential sees no positive value, so it cannot overflow where it is not used."""
    positive = greater(x, 0)
    return where(positive, 1, alpha * exp(where(positive, 0, x)))


@operation(
    "activation",
    shape=elementwise_floating,
    gradients=[lambda r: r.g * _elu_slope(r.x, r.attributes["alpha"])],
    elementwise=True,
    cases=[case((3, 4)), case((3, 4), alpha=0.5)],
    formula="{x} if {x} > 0, else {alpha} * (exp({x}) - 1)",
    latex=r"\begin{{cases}} {x} & {x} > 0 \\ {alpha} (e^{{{x}}} - 1) & \text{{otherwise}} \end{{cases}}",
    example="elu([-1, 2])  # [-0.6321, 2]",
)
def elu(x: Array, alpha: Real = 1.0) -> Any:
    """The exponential linear unit of Clevert, Unterthiner and Hochreiter (2015): smooth, and above -alpha."""
    x = numbers(x)
    return np.where(x > 0, x, alpha * np.expm1(np.minimum(x, 0)))


# The fixed point of Klambauer, Unterthiner, Mayr and Hochreiter (2017), equation 14.
SELU_ALPHA = 1.6732632423543772848170429916717
SELU_SCALE = 1.0507009873554804934193349852946


def _selu(x: Array) -> Any:
    return SELU_SCALE * np.where(x > 0, x, SELU_ALPHA * np.expm1(np.minimum(x, 0)))


selu = unary(
    "selu",
    _selu,
    lambda g, y, x: g * (SELU_SCALE * _elu_slope(x, SELU_ALPHA)),
    family="activation",
    formula="1.0507 * ({x} if {x} > 0, else 1.6733 * (exp({x}) - 1))",
    latex=r"1.0507 \begin{{cases}} {x} & {x} > 0 \\ 1.6733 (e^{{{x}}} - 1) & \text{{otherwise}} \end{{cases}}",
    doc="""The scaled exponential linear unit of Klambauer, Unterthiner, Mayr and Hochreiter (2017).

    Its two constants keep mean 0 and variance 1 from one layer to the next.""",
    example="selu([-1, 2])  # [-1.1113, 2.1014]",
)

GELU_SCALE = math.sqrt(2 / math.pi)
GELU_CUBIC = 0.044715


def _gelu_gradient(r: Backward) -> Symbol:
    return r.g * (_gelu_tanh_slope(r.x) if r.attributes["approximate"] else _gelu_slope(r.x))


def _gelu_slope(x: Symbol) -> Symbol:
    """The normal distribution function plus x times its density."""
    below = 0.5 * erfc(-math.sqrt(0.5) * x)
    density = 1 / math.sqrt(2 * math.pi) * exp(-0.5 * square(x))
    return below + x * density


def _gelu_tanh_slope(x: Symbol) -> Symbol:
    cubed = GELU_CUBIC * square(x)
    t = tanh(GELU_SCALE * x * (1 + cubed))
    return 0.5 * (1 + t + x * (1 - square(t)) * (GELU_SCALE * (1 + 3 * cubed)))


@operation(
    "activation",
    shape=elementwise_floating,
    gradients=[_gelu_gradient],
    elementwise=True,
    cases=[case((3, 4)), case((3, 4), approximate=True)],
    formula="{x} * (1 + erf({x} / sqrt(2))) / 2",
    latex=r"\frac{{{x}}}{{2}} \left(1 + \operatorname{{erf}} \frac{{{x}}}{{\sqrt{{2}}}}\right)",
    example="gelu([-1, 2])  # [-0.1587, 1.9545]",
)
def gelu(x: Array, approximate: Flag = False) -> Any:
    """The Gaussian error linear unit of Hendrycks and Gimpel (2016): the value times the chance of a smaller one.

    `approximate` takes the form x / 2 * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 * x**3))) of the same paper.
    """
    x = numbers(x)
    if approximate:
        return 0.5 * x * (1 + np.tanh(GELU_SCALE * x * (1 + GELU_CUBIC * np.square(x))))
    return 0.5 * x * special.erfc(-math.sqrt(0.5) * x)


def _silu(x: Array) -> Any:
    return x * special.sigmoid(x)


def _silu_slope(y: Symbol, x: Symbol) -> Symbol:
    s = sigmoid(x)
    return s + y * (1 - s)


silu = unary(
    "silu",
    _silu,
    lambda g, y, x: g * _silu_slope(y, x),
    family="activation",
    formula="{x} / (1 + exp(-{x}))",
    latex=r"\frac{{{x}}}{{1 + e^{{-{x}}}}}",
    doc="The sigmoid linear unit, also called swish: the value times its sigmoid.",
    example="silu([-1, 2])  # [-0.2689, 1.7616]",
)

softplus = unary(
    "softplus",
    special.softplus,
    lambda g, y, x: g * sigmoid(x),
    family="activation",
    formula="log(1 + exp({x}))",
    latex=r"\ln(1 + e^{{{x}}})",
    doc="A smooth form of `relu`, always positive.",
    example="softplus([-1, 2])  # [0.3133, 2.1269]",
)


def _softsign(x: Array) -> Any:
    return x / (1 + np.abs(x))


softsign = unary(
    "softsign",
    _softsign,
    lambda g, y, x: g / square(1 + abs_(x)),
    family="activation",
    formula="{x} / (1 + abs({x}))",
    latex=r"\frac{{{x}}}{{1 + \lvert {x} \rvert}}",
    doc="A sigmoid curve between -1 and 1 that nears its ends slowly.",
    example="softsign([-1, 3])  # [-0.5, 0.75]",
)


def _log_sigmoid(x: Array) -> Any:
    return -special.softplus(-x)


log_sigmoid = unary(
    "log_sigmoid",
    _log_sigmoid,
    lambda g, y, x: g * sigmoid(-x),
    family="activation",
    formula="-log(1 + exp(-{x}))",
    latex=r"-\ln(1 + e^{{-{x}}})",
    doc="The logarithm of the sigmoid, always negative.",
    example="log_sigmoid([-1, 2])  # [-1.3133, -0.1269]",
)


def _along_axis(call: Inference) -> TensorType:
    normalise_axis(call)
    return TensorType(floating(call), call.inputs[0].shape)


def _total(values: Symbol, r: Backward) -> Symbol:
    """The sum along the operation's axis, kept with size 1."""
    return OPERATIONS["sum"](values, axis=(r.attributes["axis"],), keepdims=True)


def _shifted(x: Array, axis: int) -> Array:
    """The values less their maximum along the axis, so that no exponential overflows."""
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    return x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)


_AXIS_CASES = [case((5,)), case((3, 4)), case((3, 4), axis=0), case((2, 3, 2), axis=1)]


@operation(
    "activation",
    shape=_along_axis,
    gradients=[lambda r: r.y * (r.g - _total(r.g * r.y, r))],
    cases=_AXIS_CASES,
    formula="exp({x}) / sum(exp({x}))",
    latex=r"\frac{{e^{{{x}}}}}{{\sum e^{{{x}}}}}",
    example="softmax([1, 2, 3])  # [0.09, 0.2447, 0.6652]",
)
def softmax(x: Array, axis: Axis = -1) -> Any:
    """Positive values that sum to 1 along an axis, in the ratio of the exponentials."""
    weights = np.exp(_shifted(x, axis))
    return weights / np.sum(weights, axis=axis, keepdims=True)


@operation(
    "activation",
    shape=_along_axis,
    gradients=[lambda r: r.g - exp(r.y) * _total(r.g, r)],
    cases=_AXIS_CASES,
    formula="{x} - log(sum(exp({x})))",
    latex=r"{x} - \ln \sum e^{{{x}}}",
    example="log_softmax([1, 2, 3])  # [-2.4076, -1.4076, -0.4076]",
)
def log_softmax(x: Array, axis: Axis = -1) -> Any:
    """The logarithm of `softmax`, finite also where that is too small for a number."""
    shifted = _shifted(x, axis)
    return shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
