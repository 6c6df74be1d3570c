"""The losses: agreement with PyTorch's numbers, types, and what they say of inputs that do not fit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from small_graph import SmallGraph, rejection

from dsl.graph.node import Node
from dsl.ops.dtypes import BOOL, F32, F64, I32
from dsl.ops.registry import load

CASES = json.loads((Path(__file__).parent / "data" / "losses.json").read_text())["cases"]
LOSSES = sorted({case["operation"] for case in CASES})
PAIRS = ("mse", "mae", "huber", "bce", "bce_with_logits", "kl_div")


def name_of(case: dict[str, Any]) -> str:
    shapes = "-".join("x".join(map(str, np.shape(value))) or "scalar" for value in case["inputs"])
    return "-".join([case["operation"], shapes, *(f"{name}={value}" for name, value in case["attributes"].items())])


def weighted_sum(small: SmallGraph, node: Node, weights: Any) -> Node:
    product = small.call("multiply", node, np.reshape(weights, [dim.value for dim in node.shape]))
    return small.call("sum", product)


def size(node: Node) -> int:
    return int(np.prod([dim.evaluate({}) for dim in node.shape]))


@pytest.mark.parametrize("case", CASES, ids=map(name_of, CASES))
def test_value_and_derivatives_agree_with_pytorch(case: dict[str, Any]) -> None:
    small = SmallGraph()
    inputs = [small.input(value) for value in case["inputs"]]
    floating = [node for node in inputs if node.type.dtype.is_float]
    loss = small.call(case["operation"], *inputs, **case["attributes"])
    first = small.gradient(weighted_sum(small, loss, np.cos(np.arange(size(loss)))), *floating)
    projections = [weighted_sum(small, g, np.sin(1.0 + at + np.arange(size(g)))) for at, g in enumerate(first)]
    total = projections[0]
    for projection in projections[1:]:
        total = small.call("add", total, projection)
    second = [small.call("grad", total, node) for node in floating]

    value, *found = small.run(loss, *first, *second)

    np.testing.assert_allclose(value, case["value"], rtol=1e-12)
    for mine, recorded in zip(found, case["gradients"] + case["second"], strict=True):
        np.testing.assert_allclose(mine, recorded, rtol=1e-12, atol=1e-14)


def test_every_loss_is_recorded() -> None:
    assert {operation.name for operation in load().values() if operation.family == "loss"} == set(LOSSES)


def test_the_neuron_of_the_tutorial_is_exact() -> None:
    small = SmallGraph()
    x, k, b = (small.input(value) for value in (3.0, 0.35915077292816744, 0.3737660632429008))
    y = small.input(0.6087876106387002)
    line = small.call("linear", x, k, b)
    prediction = small.call("sigmoid", line)
    loss = small.call("mse", y, prediction)
    values = small.run(line, prediction, loss, *small.gradient(loss, y, prediction))
    assert values == [
        1.4512183820274032,
        0.8101858733432837,
        0.04056126022042443,
        -0.402796525409167,
        0.402796525409167,
    ]


@pytest.mark.parametrize("name", [*PAIRS, "nll", "cross_entropy"])
def test_the_mean_is_over_a_batch_of_unknown_size(name: str) -> None:
    rng = np.random.default_rng(3)
    first = rng.uniform(0.1, 0.9, (5, 3))
    second = rng.integers(0, 3, 5) if name in ("nll", "cross_entropy") else rng.uniform(0.1, 0.9, (5, 3))

    def value_and_gradient(dims: tuple[Any, ...] | None) -> list[Any]:
        small = SmallGraph()
        a = small.input(first, dims)
        b = small.input(second, dims and dims[: second.ndim])
        loss = small.call(name, a, b)
        return small.run(loss, *small.gradient(loss, a))

    for known, unknown in zip(value_and_gradient(None), value_and_gradient(("batch", 3)), strict=True):
        np.testing.assert_array_equal(known, unknown)


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("name", PAIRS)
def test_single_precision_stays_single(name: str, reduction: str) -> None:
    small = SmallGraph(F32)
    a, b = small.input([[0.25, 0.5]]), small.input([[0.75, 0.5]])
    loss = small.call(name, a, b, reduction=reduction)
    small.run(loss, *small.gradient(loss, a, b))
    assert loss.type.dtype is F32


@pytest.mark.parametrize("labels", [[True, False, True], [1, 0, 1]], ids=["bool", "int"])
@pytest.mark.parametrize("name", ["bce", "bce_with_logits"])
def test_binary_labels_may_be_integers_or_truth_values(name: str, labels: list[Any]) -> None:
    def value_and_gradient(labels: Any) -> list[Any]:
        small = SmallGraph()
        p, y = small.input([0.2, 0.5, 0.9]), small.input(labels)
        loss = small.call(name, p, y)
        return small.run(loss, *small.gradient(loss, p))

    for mine, floating in zip(value_and_gradient(labels), value_and_gradient([1.0, 0.0, 1.0]), strict=True):
        np.testing.assert_array_equal(mine, floating)


@pytest.mark.parametrize("name", [*PAIRS, "cross_entropy"])
def test_the_mean_of_an_empty_batch_is_not_a_number(name: str) -> None:
    small = SmallGraph()
    values = small.input(np.zeros((0, 3)), ("batch", 3))
    (value,) = small.run(small.call(name, values, values))
    assert np.isnan(value)


def test_a_scalar_goes_with_any_shape() -> None:
    small = SmallGraph()
    residual = small.input([[1.0, -2.0], [3.0, 0.0]], ("batch", 2))
    loss = small.call("mse", residual, 0)
    value, gradient = small.run(loss, *small.gradient(loss, residual))
    assert value == 3.5
    np.testing.assert_array_equal(gradient, [[0.5, -1.0], [1.5, 0.0]])


@pytest.mark.parametrize("name", PAIRS)
def test_a_missing_axis_is_no_broadcast(name: str) -> None:
    error = rejection(name, (F32, ["batch"]), (F32, ["batch", 1]))
    assert error.message == f"`{name}` compares values of one shape, and got f32[batch] and f32[batch, 1]"
    assert error.hint == "take the last axis of `{1}` away: `squeeze({1}, axis=-1)`"


def test_different_sizes_are_named_with_their_axis() -> None:
    error = rejection("mse", (F64, ["batch", 3]), (F64, ["batch", 4]))
    assert "f64[batch, 3]" in error.message
    assert [(index, axis) for index, axis, _ in error.notes] == [(0, 1), (1, 1)]


def test_float_labels_of_classes_are_explained() -> None:
    error = rejection("cross_entropy", (F32, ["batch", 10]), (F32, ["batch"]))
    assert error.code == "dtype"
    assert error.message == (
        "`cross_entropy` of f32[batch, 10] needs integer labels, or probabilities of shape [batch, 10], and got f32[batch]"
    )
    assert error.hint == "labels are classes as integers; declare `{1}: i32[batch]`"


def test_nll_takes_integer_labels_only() -> None:
    error = rejection("nll", (F32, ["batch", 10]), (F32, ["batch", 10]))
    assert error.code == "dtype"
    assert error.hint == "labels are classes as integers; declare `{1}: i32[batch]`"


@pytest.mark.parametrize(
    ("dtype", "shape", "hint"),
    [
        (I32, ["batch", 1], "take the last axis of `{1}` away: `squeeze({1}, axis=-1)`"),
        (
            I32,
            ["batch", 10],
            "labels are classes as integers; declare `{1}: i32[batch]`, or, for probabilities, `{1}: f32[batch, 10]`",
        ),
        (I32, [], "labels are classes as integers; declare `{1}: i32[batch]`"),
        (F32, ["batch", 1], "labels are classes as integers; declare `{1}: i32[batch]`"),
        (BOOL, ["batch"], "labels are classes as integers; declare `{1}: i32[batch]`"),
    ],
)
def test_labels_of_a_wrong_shape_are_explained(dtype: Any, shape: list[Any], hint: str) -> None:
    error = rejection("cross_entropy", (F32, ["batch", 10]), (dtype, shape))
    assert "`cross_entropy` of f32[batch, 10] needs" in error.message
    assert error.hint == hint


def test_labels_of_another_batch_point_to_the_axis() -> None:
    error = rejection("cross_entropy", (F32, ["batch", 10]), (I32, ["others"]))
    assert error.notes[0] == (1, 0, "{name} has size others here, and batch was expected")


def test_labels_before_logits_are_recognised() -> None:
    error = rejection("cross_entropy", (I32, ["batch"]), (F32, ["batch", 10]))
    assert error.hint == "the labels come second: change the order of the two"


def test_logits_need_an_axis_of_classes() -> None:
    assert "at least 1 axis" in rejection("cross_entropy", (F32, []), (I32, [])).message


@pytest.mark.parametrize("name", ["nll", "cross_entropy"])
@pytest.mark.parametrize(("labels", "named"), [([0, 3, 1], "label 3 at [1]"), ([0, 1, -1], "label -1 at [2]")])
def test_a_label_that_is_no_class_is_named(name: str, labels: list[int], named: str) -> None:
    small = SmallGraph()
    loss = small.call(name, small.input(np.zeros((3, 3)), ("batch", 3)), small.input(labels, ("batch",)))
    with pytest.raises(IndexError) as caught:
        small.run(loss)
    assert str(caught.value) == f"{named} is out of range: there are 3 classes, 0 to 2"


def test_hyper_parameters_out_of_range_are_named() -> None:
    pair = ((F64, [3]), (F64, [3]))
    assert rejection("huber", *pair, delta=0).message == "`delta` of `huber` must be above 0, not 0"
    smoothing = rejection("cross_entropy", *pair, label_smoothing=1.5)
    assert smoothing.message == "`label_smoothing` must lie between 0 and 1, not 1.5"
    assert '"mean", "sum", "none"' in rejection("mse", *pair, reduction="average").message
