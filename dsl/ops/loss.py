"""Losses of two values of one shape: how far predictions are from what was wanted, each one node.

Every loss takes `reduction`: "mean" (the default), "sum", or "none" for the single terms. The values have equally many
axes, along which a size of 1 is repeated, or one of them is a scalar.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dsl.ops.activation import sigmoid
from dsl.ops.arithmetic import clip, maximum
from dsl.ops.comparison import equal, where
from dsl.ops.dims import ONE, Dim, Shape, element_count
from dsl.ops.elementwise import log, log1p, sign
from dsl.ops.inference import broadcast, floating
from dsl.ops.operation import Backward, GradientRule, Inference, Operation, OperationError, case, operation
from dsl.ops.parameters import Array, Real, Reduction
from dsl.ops.pointwise import numbers
from dsl.ops.shaping import broadcast_to
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

SMALLEST_LOG = -100.0
"""Where `bce` stops the logarithm of a probability, as PyTorch does."""


# -- reductions --------------------------------------------------------------------------------------------------------


def reduce_terms(terms: Array, reduction: str) -> Any:
    """The value of a loss from its terms."""
    match reduction:
        case "mean":
            return np.mean(terms) if terms.size else np.nan
        case "sum":
            return np.sum(terms)
        case _:
            return terms


def term_gradient(r: Backward, count: Dim) -> Symbol:
    """The gradient of each term: that of the output, divided by how many terms the mean is of."""
    if r.attributes["reduction"] != "mean" or count == ONE:
        return r.g
    return r.g / r.g.builder.size(count, r.g)


def by_reduction(operation: Operation, _: Sequence[TensorType], attributes: Mapping[str, Any]) -> tuple[str, str]:
    """The formula of a loss, which is declared for the mean, with the sum or the single terms in its place."""
    match attributes["reduction"]:
        case "mean":
            return operation.formula, operation.latex
        case "sum":
            return operation.formula.replace("mean(", "sum(", 1), operation.latex.replace(_MEAN, r"\sum", 1)
        case _:
            return operation.formula.replace("mean(", "(", 1), operation.latex.replace(_MEAN, "", 1)


_MEAN = r"\operatorname{{mean}}"


def loss_type(call: Inference, shape: Shape, inputs: tuple[int, ...] | None = None) -> TensorType:
    """The type of a loss whose terms have this shape, in the floating type of the inputs (all, or those listed)."""
    return TensorType(floating(call, inputs), shape if call.attributes["reduction"] == "none" else ())


# -- losses of two values, term by term --------------------------------------------------------------------------------


def _pair(call: Inference) -> TensorType:
    """The type of a loss of two values of one shape.

    Values of different rank do not go together: [batch] and [batch, 1] would broadcast to [batch, batch] in silence.
    """
    a, b = call.inputs
    if a.shape and b.shape and a.rank != b.rank:
        raise OperationError(
            f"{call.title} compares values of one shape, and got {a} and {b}",
            (0, None, f"{{name}} is {a}"),
            (1, None, f"{{name}} is {b}"),
            hint=_pair_hint(a.shape, b.shape),
        )
    return loss_type(call, broadcast(call))


def _pair_hint(a: Shape, b: Shape) -> str:
    longer, name = (a, "{0}") if len(a) > len(b) else (b, "{1}")
    if longer[-1] == ONE and ONE not in (a if longer is b else b):
        return f"take the last axis of `{name}` away: `squeeze({name}, axis=-1)`"
    return "declare both with the same axes, or add the axis that is missing: `x[:, none]`"


def _pair_shape(r: Backward) -> Shape:
    """The shape of both values broadcast together."""
    a, b = r.inputs[0].shape, r.inputs[1].shape
    if not a or not b:
        return a or b
    return tuple(own if other == ONE else other for own, other in zip(a, b, strict=True))


def _for_each_term(r: Backward, gradient: Symbol) -> Symbol:
    """A gradient that only one of both values tells, repeated where that value is."""
    shape = _pair_shape(r)
    return gradient if gradient.shape == shape else broadcast_to(gradient, shape=shape)


def _scale(r: Backward) -> Symbol:
    return term_gradient(r, element_count(_pair_shape(r)))


_Slope = Callable[[Symbol, Symbol, Mapping[str, Any]], Symbol]
"""From the error, the gradient of each term and the attributes to the gradient of the error."""


def _of_error(slope: _Slope) -> list[GradientRule]:
    """The rules of a loss of the error `yhat - y`, where the slope of the error turned around is turned around."""

    def toward(to: int) -> GradientRule:
        return lambda r: slope(r.inputs[to] - r.inputs[1 - to], _scale(r), r.attributes)

    return [toward(0), toward(1)]


@operation(
    "loss",
    shape=_pair,
    gradients=_of_error(lambda error, scale, attributes: error * (2 * scale)),
    formula="mean(({yhat} - {y})**2)",
    latex=r"\operatorname{{mean}}\left(({yhat} - {y})^2\right)",
    spelling=by_reduction,
    example="mse([1, 2], [1, 4])  # 2",
    cases=[
        case((), ()),
        case((3, 4), (3, 4)),
        case((3, 1), (1, 4)),
        case((), (3, 4), reduction="sum"),
        case((3, 4), (3, 4), reduction="none"),
    ],
)
def mse(y: Array, yhat: Array, reduction: Reduction = "mean") -> Any:
    """The mean squared error of predictions `yhat`, where `y` was wanted."""
    return reduce_terms(np.square(numbers(yhat) - numbers(y)), reduction)


@operation(
    "loss",
    shape=_pair,
    gradients=_of_error(lambda error, scale, attributes: sign(error) * scale),
    formula="mean(abs({yhat} - {y}))",
    latex=r"\operatorname{{mean}}\left|{yhat} - {y}\right|",
    spelling=by_reduction,
    example="mae([1, 2], [2, 4])  # 1.5",
    cases=[
        case((), ()),
        case((3, 4), (3, 4)),
        case((3, 4), (), reduction="sum"),
        case((3, 4), (3, 4), reduction="none"),
    ],
)
def mae(y: Array, yhat: Array, reduction: Reduction = "mean") -> Any:
    """The mean absolute error of predictions `yhat`, where `y` was wanted; its gradient at an error of 0 is 0."""
    return reduce_terms(np.abs(numbers(yhat) - numbers(y)), reduction)


def _huber_shape(call: Inference) -> TensorType:
    if call.attributes["delta"] <= 0:
        raise OperationError(
            f"`delta` of {call.title} must be above 0, not {call.attributes['delta']}", code="argument"
        )
    return _pair(call)


def _huber_slope(error: Symbol, scale: Symbol, attributes: Mapping[str, Any]) -> Symbol:
    delta = attributes["delta"]
    return clip(error, -delta, delta) * scale


@operation(
    "loss",
    shape=_huber_shape,
    gradients=_of_error(_huber_slope),
    formula="mean(e**2 / 2 if abs(e) <= {delta}, else {delta} * (abs(e) - {delta} / 2)), where e = {yhat} - {y}",
    latex=r"\operatorname{{mean}}\begin{{cases}} \frac{{1}}{{2}} ({yhat} - {y})^2 & |{yhat} - {y}| \leq {delta} \\ "
    r"{delta} \left(|{yhat} - {y}| - \frac{{{delta}}}{{2}}\right) & \text{{otherwise}} \end{{cases}}",
    example="huber(0, 3)  # 2.5",
    cases=[
        case((), ()),
        case((3, 4), (3, 4)),
        case((3, 4), (3, 1), delta=0.5, reduction="sum"),
        case((3, 4), (3, 4), delta=2, reduction="none"),
    ],
)
def huber(y: Array, yhat: Array, delta: Real = 1.0, reduction: Reduction = "mean") -> Any:
    """The mean Huber loss: half the squared error up to `delta`, and linear in the error beyond (Huber, 1964)."""
    error = np.abs(numbers(yhat) - numbers(y))
    return reduce_terms(np.where(error <= delta, 0.5 * error * error, delta * (error - 0.5 * delta)), reduction)


# -- losses of two probabilities ---------------------------------------------------------------------------------------


def _smallest_probability(p: Symbol) -> float:
    """What `bce` divides by at least; in half precision, the smallest number with a finite reciprocal."""
    return 1e-12 if p.type.dtype.bits > 16 else 2.0**-14


def _bce_p_gradient(r: Backward) -> Symbol:
    p, y = r.inputs
    least = _smallest_probability(p)
    return ((1 - y) / maximum(1 - p, least) - y / maximum(p, least)) * _scale(r)


def _bce_y_gradient(r: Backward) -> Symbol:
    p = r.x
    against, for_ = maximum(log1p(-p), SMALLEST_LOG), maximum(log(p), SMALLEST_LOG)
    return _for_each_term(r, (against - for_) * _scale(r))


@operation(
    "loss",
    shape=_pair,
    gradients=[_bce_p_gradient, _bce_y_gradient],
    domain="probability",
    formula="-mean({y} * log({p}) + (1 - {y}) * log(1 - {p}))",
    latex=r"-\operatorname{{mean}}\left({y} \ln({p}) + (1 - {y}) \ln(1 - {p})\right)",
    spelling=by_reduction,
    example="bce([0.5, 0.5], [1, 0])  # 0.6931",
    cases=[
        case((), ()),
        case((3, 1), (1, 4)),
        case((3, 4), (3, 4)),
        case((3, 4), (), reduction="sum"),
        case((3, 4), (3, 4), reduction="none"),
    ],
)
def bce(p: Array, y: Array, reduction: Reduction = "mean") -> Any:
    """The binary cross-entropy of probabilities `p`, where `y` is 1, 0 or a probability.

    The logarithms stop at -100, so that the loss is finite at `p` = 0 and 1, and the gradient stops at 1e12, as PyTorch's
    does. `bce_with_logits` needs no such stops.
    """
    p, y = numbers(p), numbers(y)
    for_, against = np.maximum(np.log(p), SMALLEST_LOG), np.maximum(np.log1p(-p), SMALLEST_LOG)
    return reduce_terms(-(y * for_ + (1 - y) * against), reduction)


@operation(
    "loss",
    shape=_pair,
    gradients=[
        lambda r: (sigmoid(r.x) - r.inputs[1]) * _scale(r),
        lambda r: _for_each_term(r, r.x * -_scale(r)),
    ],
    formula="mean(log(1 + exp({logits})) - {logits} * {y})",
    latex=r"\operatorname{{mean}}\left(\ln(1 + e^{{{logits}}}) - {logits} {y}\right)",
    spelling=by_reduction,
    example="bce_with_logits([0, 0], [1, 0])  # 0.6931",
    cases=[
        case((), ()),
        case((3, 1), (1, 4)),
        case((3, 4), (3, 4)),
        case((3, 4), (), reduction="sum"),
        case((3, 4), (3, 4), reduction="none"),
    ],
)
def bce_with_logits(logits: Array, y: Array, reduction: Reduction = "mean") -> Any:
    """The binary cross-entropy of `sigmoid(logits)`, exact however large the logits; `y` is 1, 0 or a probability."""
    logits, y = numbers(logits), numbers(y)
    terms = np.maximum(logits, 0) - logits * y + np.log1p(np.exp(-np.abs(logits)))
    return reduce_terms(terms, reduction)


def _kl_div_scale(r: Backward) -> Symbol:
    shape = _pair_shape(r)
    return term_gradient(r, shape[0] if len(shape) > 1 else ONE)


def _kl_div_q_gradient(r: Backward) -> Symbol:
    log_p, q = r.inputs
    slope = log(q) - log_p + 1
    return where(equal(q, 0), 0, slope) * _kl_div_scale(r)


def _without_batch(operation: Operation, _: Sequence[TensorType], attributes: Mapping[str, Any]) -> tuple[str, str]:
    """The mean is over the rows of the batch, and not over all terms."""
    if attributes["reduction"] == "mean":
        return operation.formula, operation.latex
    terms, in_latex = "{q} * (log({q}) - {log_p})", r"{q} \left(\ln({q}) - {log_p}\right)"
    return (f"sum({terms})", rf"\sum {in_latex}") if attributes["reduction"] == "sum" else (terms, in_latex)


@operation(
    "loss",
    shape=_pair,
    gradients=[
        lambda r: _for_each_term(r, r.inputs[1] * -_kl_div_scale(r)),
        _kl_div_q_gradient,
    ],
    domain="probability",
    formula="sum({q} * (log({q}) - {log_p})) / batch",
    latex=r"\frac{{1}}{{\text{{batch}}}} \sum {q} \left(\ln({q}) - {log_p}\right)",
    spelling=_without_batch,
    example="kl_div(log([0.5, 0.5]), [1, 0])  # 0.6931",
    cases=[
        case((3,), (3,)),
        case((3, 1), (1, 4)),
        case((3, 4), (3, 4)),
        case((3, 4), (3, 4), reduction="sum"),
        case((3, 4), (3, 4), reduction="none"),
    ],
)
def kl_div(log_p: Array, q: Array, reduction: Reduction = "mean") -> Any:
    """The Kullback-Leibler divergence of the probabilities `q` from those whose logarithms are `log_p`.

    Where `q` is 0 it contributes 0, to the value and to the gradient. The mean is over the batch, the first axis of two or
    more (what PyTorch calls batchmean); a vector is one distribution, whose terms are summed.
    """
    q = numbers(q)
    terms = np.where(q == 0, 0, q * (np.log(q) - log_p))
    if reduction == "mean":
        return np.sum(terms) / (terms.shape[0] if terms.ndim > 1 else 1)
    return reduce_terms(terms, reduction)
