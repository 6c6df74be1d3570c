"""Losses where numbers end: logits of ±1000, probabilities of 0 and 1, errors of 0. Values and gradients, in f32 and f64."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_graph import SmallGraph

from dsl.ops.dtypes import F16, F32, F64, DType

both = pytest.mark.parametrize("dtype", [F32, F64], ids=str)


def derivatives(name: str, dtype: DType, *inputs: Any, wrt: int = 0, **attributes: Any) -> tuple[Any, Any, Any]:
    """The value of the loss, the gradient of its sum, and the gradient of that gradient's sum."""
    small = SmallGraph(dtype)
    nodes = [small.input(value) for value in inputs]
    loss = small.call(name, *nodes, **attributes)
    (first,) = small.gradient(loss, nodes[wrt])
    second = small.call("grad", first, nodes[wrt])
    value, slope, curvature = small.run(loss, first, second)
    return value, slope, curvature


@both
def test_cross_entropy_of_huge_logits_is_right(dtype: DType) -> None:
    logits = [[1000.0, -1000.0], [-1000.0, 1000.0], [1000.0, 1000.0], [-1000.0, -1000.0]]
    value, slope, curvature = derivatives("cross_entropy", dtype, logits, [0, 0, 1, 1], reduction="none")
    np.testing.assert_allclose(value, [0, 2000, np.log(2), np.log(2)], rtol=1e-6)
    np.testing.assert_array_equal(slope, [[0, 0], [-1, 1], [0.5, -0.5], [0.5, -0.5]])
    assert np.isfinite(curvature).all()


@both
def test_cross_entropy_of_huge_logits_and_probabilities_is_right(dtype: DType) -> None:
    logits, labels = [[1000.0, -1000.0], [1000.0, -1000.0]], [[1.0, 0.0], [0.25, 0.75]]
    value, slope, curvature = derivatives("cross_entropy", dtype, logits, labels, reduction="none")
    np.testing.assert_array_equal(value, [0, 1500])
    np.testing.assert_array_equal(slope, [[0, 0], [0.75, -0.75]])
    assert np.isfinite(curvature).all()
    _, by_labels, _ = derivatives("cross_entropy", dtype, logits, labels, wrt=1, reduction="none")
    np.testing.assert_array_equal(by_labels, [[0, 2000], [0, 2000]])


@both
def test_a_class_ruled_out_by_minus_infinity_does_not_spoil_the_others(dtype: DType) -> None:
    for labels in ([1], [[0.0, 1.0, 0.0]]):
        value, slope, curvature = derivatives("cross_entropy", dtype, [[-np.inf, 0.0, 0.0]], labels)
        np.testing.assert_allclose(value, np.log(2), rtol=1e-6)
        np.testing.assert_array_equal(slope, [[0, -0.5, 0.5]])
        assert np.isfinite(curvature).all()


@both
def test_cross_entropy_smooths_huge_logits(dtype: DType) -> None:
    value, slope, _ = derivatives("cross_entropy", dtype, [[1000.0, -1000.0]], [0], label_smoothing=0.5)
    np.testing.assert_allclose(value, 500)
    np.testing.assert_allclose(slope, [[0.25, -0.25]])


@both
def test_bce_of_huge_logits_is_right(dtype: DType) -> None:
    logits, labels = [1000.0, 1000.0, -1000.0, -1000.0, 0.0], [1.0, 0.0, 1.0, 0.0, 1.0]
    value, slope, curvature = derivatives("bce_with_logits", dtype, logits, labels, reduction="none")
    np.testing.assert_allclose(value, [0, 1000, 1000, 0, np.log(2)], rtol=1e-6)
    np.testing.assert_array_equal(slope, [0, 1, -1, 0, -0.5])
    np.testing.assert_array_equal(curvature, [0, 0, 0, 0, 0.25])


@both
def test_bce_keeps_small_losses_of_large_logits(dtype: DType) -> None:
    value, slope, _ = derivatives("bce_with_logits", dtype, [30.0, -30.0], [1.0, 0.0], reduction="none")
    np.testing.assert_allclose(value, [np.exp(-30.0)] * 2, rtol=1e-6)
    assert np.isfinite(slope).all()


@both
def test_bce_of_certain_probabilities_stops_at_100(dtype: DType) -> None:
    value, slope, curvature = derivatives("bce", dtype, [0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], reduction="none")
    np.testing.assert_array_equal(value, [0, 0, 100, 100])
    np.testing.assert_allclose(slope, [1, -1, -1e12, 1e12], rtol=1e-6)
    assert np.isfinite(curvature).all()
    _, by_labels, _ = derivatives("bce", dtype, [0.0, 1.0], [0.0, 1.0], wrt=1, reduction="none")
    np.testing.assert_array_equal(by_labels, [100, -100])


def test_bce_in_half_precision_is_finite() -> None:
    value, slope, _ = derivatives("bce", F16, [0.0, 1.0, 0.0, 1.0], [0.0, 1.0, 1.0, 0.0], reduction="none")
    np.testing.assert_array_equal(value, [0, 0, 100, 100])
    np.testing.assert_array_equal(slope, [1, -1, -(2.0**14), 2.0**14])


@both
def test_kl_div_leaves_out_what_has_no_probability(dtype: DType) -> None:
    log_p, q = [[np.log(0.5), np.log(0.5), -np.inf]], [[1.0, 0.0, 0.0]]
    value, slope, curvature = derivatives("kl_div", dtype, log_p, q)
    np.testing.assert_allclose(value, np.log(2), rtol=1e-6)
    np.testing.assert_array_equal(slope, [[-1, 0, 0]])
    np.testing.assert_array_equal(curvature, [[0, 0, 0]])
    _, by_q, second = derivatives("kl_div", dtype, log_p, q, wrt=1)
    np.testing.assert_allclose(by_q, [[1 + np.log(2), 0, 0]], rtol=1e-6)
    np.testing.assert_array_equal(second, [[1, 0, 0]])


@both
def test_no_error_has_no_gradient(dtype: DType) -> None:
    for name in ("mse", "mae", "huber"):
        value, slope, curvature = derivatives(name, dtype, [1.0, -2.0], [1.0, -2.0], reduction="none")
        np.testing.assert_array_equal(value, [0, 0])
        np.testing.assert_array_equal(slope, [0, 0])
        assert np.isfinite(curvature).all()


@both
def test_huber_has_one_slope_at_its_corner(dtype: DType) -> None:
    value, slope, _ = derivatives("huber", dtype, [0.0, 0.0, 0.0], [2.0, -2.0, 5.0], wrt=1, delta=2, reduction="none")
    np.testing.assert_array_equal(value, [2, 2, 8])
    np.testing.assert_array_equal(slope, [2, -2, 2])


def test_what_is_wrong_stays_visible() -> None:
    value, slope, _ = derivatives("mse", F64, [np.nan, 1.0], [0.0, 2.0], wrt=1, reduction="none")
    np.testing.assert_array_equal(np.isnan(value), [True, False])
    np.testing.assert_array_equal(np.isnan(slope), [True, False])
    no_probability, _, _ = derivatives("bce", F64, [1.5], [1.0])
    assert np.isnan(no_probability)
