"""Losses of classes: the labels are integers, or a probability for each class."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsl.ops.activation import log_softmax, softmax
from dsl.ops.dims import ONE, Shape, element_count, show_shape
from dsl.ops.indexing import check_labels, one_hot
from dsl.ops.inference import normalise_axis, rank_at_least
from dsl.ops.loss import by_reduction, loss_type, reduce_terms, term_gradient
from dsl.ops.operation import Backward, Inference, OperationError, case, operation
from dsl.ops.parameters import Array, Axis, Integers, Real, Reduction
from dsl.ops.pointwise import numbers
from dsl.ops.reduction import sum_
from dsl.ops.shaping import expand_dims
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType


def _without(shape: Shape, axis: int) -> Shape:
    return shape[:axis] + shape[axis + 1 :]


def _check_labels_shape(call: Inference, expected: Shape, hint: str) -> None:
    """Raise OperationError unless the labels, the second input, have the expected shape."""
    values, labels = call.inputs
    if labels.shape == expected:
        return
    notes: list[tuple[int, int | None, str]] = [(1, None, f"{{name}} is {labels}"), (0, None, f"{{name}} is {values}")]
    if values.dtype.kind == "int" and labels.dtype.is_float:
        hint = "the labels come second: change the order of the two"
    elif labels.rank == len(expected):
        wrong = next(at for at, (own, dim) in enumerate(zip(labels.shape, expected, strict=True)) if own != dim)
        notes[0] = (1, wrong, f"{{name}} has size {labels.shape[wrong]} here, and {expected[wrong]} was expected")
    elif labels.rank == len(expected) + 1 and labels.shape[:-1] == expected and labels.shape[-1] == ONE:
        hint = "take the last axis of `{1}` away: `squeeze({1}, axis=-1)`"
    raise OperationError(
        f"{call.title} of {values} needs labels of shape {show_shape(expected)}, and got {labels}", *notes, hint=hint
    )


def _class_hint(expected: Shape) -> str:
    declared = f"i32{show_shape(expected)}" if expected else "i32"
    return f"labels are classes as integers; declare `{{1}}: {declared}`"


def _nll_shape(call: Inference) -> TensorType:
    rank_at_least(call, 0, 1)
    log_p = call.inputs[0]
    positions = _without(log_p.shape, normalise_axis(call))
    if call.inputs[1].dtype.kind != "int":
        raise _label_type_error(call, positions)
    _check_labels_shape(call, positions, _class_hint(positions))
    return loss_type(call, positions, (0,))


def _label_type_error(call: Inference, positions: Shape, otherwise: str = "") -> OperationError:
    labels = call.inputs[1]
    return OperationError(
        f"{call.title} of {call.inputs[0]} needs integer labels{otherwise}, and got {labels}",
        (1, None, f"{{name}} is {labels}"),
        hint=_class_hint(positions),
        code="dtype",
    )


def _cross_entropy_shape(call: Inference) -> TensorType:
    rank_at_least(call, 0, 1)
    logits, labels = call.inputs
    smoothing = call.attributes["label_smoothing"]
    if not 0 <= smoothing <= 1:
        raise OperationError(f"`label_smoothing` must lie between 0 and 1, not {smoothing}", code="argument")
    positions = _without(logits.shape, normalise_axis(call))
    probabilities = f", or probabilities of shape {show_shape(logits.shape)}"
    if labels.dtype.kind == "int":
        hint = _class_hint(positions)
        if labels.rank == logits.rank:
            hint += f", or, for probabilities, `{{1}}: {logits.dtype}{show_shape(logits.shape)}`"
        _check_labels_shape(call, positions, hint)
        return loss_type(call, positions, (0,))
    if labels.dtype.kind == "bool" or labels.rank == len(positions):
        raise _label_type_error(call, positions, probabilities)
    _check_labels_shape(call, logits.shape, _class_hint(positions))
    return loss_type(call, positions)


def _picked(values: Array, labels: Array, axis: int) -> Array:
    """The value of each label's class. Raises IndexError for a label that is no class."""
    check_labels(labels, values.shape[axis])
    return np.take_along_axis(values, np.expand_dims(labels, axis), axis).squeeze(axis)


def _position_scale(r: Backward) -> Symbol:
    """The gradient of each position's term, ready to be multiplied with values that have the axis of classes."""
    axis = r.attributes["axis"]
    scale = term_gradient(r, element_count(_without(r.x.shape, axis)))
    return expand_dims(scale, axis=axis) if r.attributes["reduction"] == "none" else scale


def _label_vectors(r: Backward) -> Symbol:
    """The labels as one probability a class: the vectors with a 1 for classes, and the labels themselves else."""
    labels, axis = r.inputs[1], r.attributes["axis"]
    if labels.type.dtype.is_float:
        return labels
    return one_hot(labels, classes=r.x.shape[axis], axis=axis, dtype=r.y.type.dtype)


@operation(
    "loss",
    shape=_nll_shape,
    gradients=[lambda r: _label_vectors(r) * -_position_scale(r), None],
    formula="-mean({log_p}[{labels}])",
    latex=r"-\operatorname{{mean}}\left({{{log_p}}}_{{{labels}}}\right)",
    spelling=by_reduction,
    example="nll(log([[0.25, 0.75]]), [1])  # 0.2877",
    cases=[
        case((4,), 2),
        case((3, 4), [0, 3, 1]),
        case((2, 3, 4), [[0, 2, 1, 1], [2, 2, 0, 1]], axis=1, reduction="sum"),
        case((3, 4), [0, 3, 1], reduction="none"),
    ],
)
def nll(log_p: Array, labels: Integers, axis: Axis = -1, reduction: Reduction = "mean") -> Any:
    """The negative log-likelihood of classes, from the logarithms of their probabilities along an axis.

    Shapes: `log_p` [..., classes], `labels` [...], integers from 0 to classes - 1.
    """
    return reduce_terms(-_picked(numbers(log_p), labels, axis), reduction)


def _cross_entropy_logits_gradient(r: Backward) -> Symbol:
    axis: int = r.attributes["axis"]
    smoothing: float = r.attributes["label_smoothing"]
    target = _label_vectors(r)
    if smoothing:
        target = target * (1 - smoothing) + smoothing / r.g.builder.size(r.x.shape[axis], r.g)
    weights = softmax(r.x, axis=axis)
    if r.inputs[1].type.dtype.is_float:
        weights = weights * sum_(target, axis=axis, keepdims=True)
    return (weights - target) * _position_scale(r)


def _cross_entropy_labels_gradient(r: Backward) -> Symbol:
    log_p = log_softmax(r.x, axis=r.attributes["axis"])
    return log_p * (_position_scale(r) * (r.attributes["label_smoothing"] - 1))


@operation(
    "loss",
    shape=_cross_entropy_shape,
    gradients=[_cross_entropy_logits_gradient, _cross_entropy_labels_gradient],
    formula="-mean(log_softmax({logits})[{labels}])",
    latex=r"-\operatorname{{mean}}\left(\ln \operatorname{{softmax}}({logits})_{{{labels}}}\right)",
    spelling=by_reduction,
    example="cross_entropy([[0, 0]], [1])  # 0.6931",
    cases=[
        case((4,), 2),
        case((3, 4), [0, 3, 1]),
        case((3, 4), [0, 3, 1], label_smoothing=0.1),
        case((2, 3, 4), [[0, 2, 1, 1], [2, 2, 0, 1]], axis=1, reduction="sum"),
        case((3, 4), [0, 3, 1], reduction="none"),
        case((3, 4), (3, 4)),
        case((2, 3, 4), (2, 3, 4), axis=1, label_smoothing=0.2, reduction="none"),
    ],
)
def cross_entropy(
    logits: Array, labels: Integers, axis: Axis = -1, label_smoothing: Real = 0.0, reduction: Reduction = "mean"
) -> Any:
    """The cross-entropy between `softmax(logits)` along an axis and the labels, exact however large the logits.

    Shapes: `logits` [..., classes]; `labels` [...] as integers from 0 to classes - 1, or [..., classes] as probabilities.
    `label_smoothing` mixes that share of the uniform distribution into the labels. The mean is over the positions [...].
    """
    logits = numbers(logits)
    shifted = logits - np.max(logits, axis=axis, keepdims=True)
    log_p = shifted - np.log(np.sum(np.exp(shifted), axis=axis, keepdims=True))
    if labels.dtype.kind == "f":
        terms = -np.sum(np.where(labels == 0, 0, labels * log_p), axis=axis)
    else:
        terms = -_picked(log_p, labels, axis)
    if label_smoothing:
        terms = (1 - label_smoothing) * terms - label_smoothing * np.mean(log_p, axis=axis)
    return reduce_terms(terms, reduction)
