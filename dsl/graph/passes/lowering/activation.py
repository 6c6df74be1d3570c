"""Activation functions in terms of exponentials, logarithms and choices."""

from __future__ import annotations

import math
from collections.abc import Mapping

from dsl.graph.passes.lowering.steps import Lowering, beside_floats, count, of_floats
from dsl.ops.activation import GELU_CUBIC, GELU_SCALE, SELU_ALPHA, SELU_SCALE
from dsl.ops.arithmetic import maximum, minimum
from dsl.ops.comparison import greater, where
from dsl.ops.elementwise import abs_, erfc, exp, expm1, log, log1p, square, tanh
from dsl.ops.reduction import max_, sum_
from dsl.ops.symbol import Symbol


def identity(x: Symbol) -> Symbol:
    """The value itself."""
    return x


def sigmoid(x: Symbol) -> Symbol:
    """1 / (1 + exp(-x))."""
    return 1 / (1 + exp(-x))


def softplus(x: Symbol) -> Symbol:
    """log(1 + exp(x)), from an exponential that cannot overflow."""
    return maximum(x, 0) + log1p(exp(-abs_(x)))


def log_sigmoid(x: Symbol) -> Symbol:
    """-softplus(-x)."""
    return -softplus(-x)


def silu(x: Symbol) -> Symbol:
    """x * sigmoid(x)."""
    return x * sigmoid(x)


def softsign(x: Symbol) -> Symbol:
    """x / (1 + |x|)."""
    return x / (1 + abs_(x))


def relu(x: Symbol) -> Symbol:
    """max(x, 0), of integers too."""
    return maximum(x, 0)


def leaky_relu(x: Symbol, negative_slope: float) -> Symbol:
    """x where it is positive, else a multiple of it."""
    return where(greater(x, 0), x, negative_slope * x)


def elu(x: Symbol, alpha: float) -> Symbol:
    """x where it is positive, else alpha * (exp(x) - 1)."""
    return where(greater(x, 0), x, alpha * expm1(minimum(x, 0)))


def selu(x: Symbol) -> Symbol:
    """The scaled `elu`."""
    return SELU_SCALE * elu(x, SELU_ALPHA)


def gelu(x: Symbol, approximate: bool) -> Symbol:
    """x / 2 * erfc(-x / sqrt(2)), or its approximation by a hyperbolic tangent."""
    if approximate:
        return 0.5 * x * (1 + tanh(GELU_SCALE * x * (1 + GELU_CUBIC * square(x))))
    return 0.5 * x * erfc(-math.sqrt(0.5) * x)


def shifted(x: Symbol, axis: int) -> Symbol:
    """The values less their maximum along the axis, which has at least one element."""
    return x - max_(x, axis=axis, keepdims=True)


def log_of_softmax(x: Symbol, axis: int) -> Symbol:
    """The logarithm of `softmax` of a floating value, along an axis with at least one element."""
    differences = shifted(x, axis)
    return differences - log(sum_(exp(differences), axis=axis, keepdims=True))


def softmax(x: Symbol, axis: int) -> Symbol | None:
    """exp(x) / sum(exp(x)); an axis without elements keeps the operation, since `max` needs one."""
    if not count(x, (axis,)):
        return None
    weights = exp(shifted(beside_floats(x), axis))
    return weights / sum_(weights, axis=axis, keepdims=True)


def log_softmax(x: Symbol, axis: int) -> Symbol | None:
    """x - log(sum(exp(x))); an axis without elements keeps the operation, since `max` needs one."""
    return log_of_softmax(beside_floats(x), axis) if count(x, (axis,)) else None


ACTIVATIONS: Mapping[str, Lowering] = {
    "identity": identity,
    "sigmoid": of_floats(sigmoid),
    "softplus": of_floats(softplus),
    "log_sigmoid": of_floats(log_sigmoid),
    "silu": of_floats(silu),
    "softsign": of_floats(softsign),
    "relu": relu,
    "leaky_relu": of_floats(leaky_relu),
    "elu": of_floats(elu),
    "selu": of_floats(selu),
    "gelu": of_floats(gelu),
    "softmax": softmax,
    "log_softmax": log_softmax,
}
