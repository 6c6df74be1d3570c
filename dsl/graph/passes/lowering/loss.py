"""Losses in terms of arithmetic; of those with classes, the choice of a label's class stays one operation, `nll`."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.graph.passes.lowering.activation import log_of_softmax
from dsl.graph.passes.lowering.steps import Lowering, average, beside_floats, count, of_floats
from dsl.ops import class_loss
from dsl.ops.arithmetic import maximum
from dsl.ops.comparison import equal, less_equal, where
from dsl.ops.elementwise import abs_, exp, log, log1p, square
from dsl.ops.loss import SMALLEST_LOG
from dsl.ops.reduction import sum_
from dsl.ops.symbol import Symbol


def _reduced(terms: Symbol, reduction: str) -> Symbol:
    """The value of a loss from its terms."""
    match reduction:
        case "mean":
            return average(terms)
        case "sum":
            return sum_(terms)
        case _:
            return terms


# -- losses of two values, term by term -------------------------------------------------------------------------------


def _error(y: Symbol, yhat: Symbol) -> Symbol:
    return beside_floats(yhat) - beside_floats(y)


def _is_floating(*values: Symbol) -> bool:
    """Whether NumPy's arithmetic on these values is floating."""
    return any(x.type.dtype.is_float for x in values)


def mse(y: Symbol, yhat: Symbol, reduction: str) -> Symbol | None:
    """(yhat - y)**2."""
    return _reduced(square(_error(y, yhat)), reduction) if _is_floating(y, yhat) else None


def mae(y: Symbol, yhat: Symbol, reduction: str) -> Symbol | None:
    """|yhat - y|."""
    return _reduced(abs_(_error(y, yhat)), reduction) if _is_floating(y, yhat) else None


def huber(y: Symbol, yhat: Symbol, delta: float, reduction: str) -> Symbol | None:
    """Half the squared error up to `delta`, and linear in the error beyond."""
    if not _is_floating(y, yhat):
        return None
    error = abs_(_error(y, yhat))
    terms = where(less_equal(error, delta), 0.5 * error * error, delta * (error - 0.5 * delta))
    return _reduced(terms, reduction)


# -- losses of two probabilities --------------------------------------------------------------------------------------


def bce(p: Symbol, y: Symbol, reduction: str) -> Symbol | None:
    """-(y * log(p) + (1 - y) * log(1 - p)), where the logarithms stop at -100."""
    if not _is_floating(p):
        return None
    for_, against = maximum(log(p), SMALLEST_LOG), maximum(log1p(-p), SMALLEST_LOG)
    return _reduced(-(beside_floats(y) * for_ + beside_floats(1 - y) * against), reduction)


def bce_with_logits(logits: Symbol, y: Symbol, reduction: str) -> Symbol | None:
    """log(1 + exp(logits)) - logits * y, from an exponential that cannot overflow."""
    if not _is_floating(logits):
        return None
    terms = maximum(logits, 0) - logits * beside_floats(y) + log1p(exp(-abs_(logits)))
    return _reduced(terms, reduction)


def kl_div(log_p: Symbol, q: Symbol, reduction: str) -> Symbol:
    """q * (log(q) - log_p), and 0 where q is; the mean is over the first of several axes."""
    terms = where(equal(q, 0), 0, q * (log(q) - log_p))
    if reduction == "mean":
        return sum_(terms) / (count(terms, (0,)) if terms.type.rank > 1 else 1)
    return _reduced(terms, reduction)


# -- losses of classes ------------------------------------------------------------------------------------------------


def _picked(log_p: Symbol, labels: Symbol, axis: int) -> Symbol:
    """The negative logarithm of each label's class, of checked labels."""
    return class_loss.nll(log_p, labels, axis=axis, reduction="none")


def nll(log_p: Symbol, labels: Symbol, axis: int, reduction: str) -> Symbol | None:
    """The mean or the sum of `nll` of each label, which stays."""
    if reduction == "none" or not _is_floating(log_p):
        return None
    return _reduced(_picked(log_p, labels, axis), reduction)


def cross_entropy(logits: Symbol, labels: Symbol, axis: int, label_smoothing: float, reduction: str) -> Symbol | None:
    """The cross-entropy of `softmax(logits)` and the labels: classes, or a probability for each class."""
    if not _is_floating(logits) or not count(logits, (axis,)):
        return None
    log_p = log_of_softmax(logits, axis)
    if labels.type.dtype.is_float:
        terms = -sum_(where(equal(labels, 0), 0, labels * log_p), axis=axis)
    else:
        terms = _picked(log_p, labels, axis)
    if label_smoothing:
        terms = (1 - label_smoothing) * terms - label_smoothing * average(log_p, (axis,))
    return _reduced(terms, reduction)


LOSSES: Mapping[str, Lowering] = {
    "mse": mse,
    "mae": mae,
    "huber": huber,
    "bce": bce,
    "bce_with_logits": bce_with_logits,
    "kl_div": of_floats(kl_div),
    "nll": nll,
    "cross_entropy": cross_entropy,
}
