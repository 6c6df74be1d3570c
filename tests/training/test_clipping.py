"""Clipping: PyTorch's numbers, and what becomes of gradients that are missing, small or not finite."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from dsl.training.clipping import Clipping, clip_by_norm, clip_by_value, global_norm
from dsl.training.hyperparameters import ArgumentError, build

RECORD = json.loads((Path(__file__).parent / "data" / "clipping.json").read_text())


def gradients(dtype=np.float64):
    return {name: np.array(value, dtype) for name, value in RECORD["gradients"].items()}


@pytest.mark.parametrize("run", RECORD["by_norm"], ids=lambda run: str(run["max_norm"]))
def test_clipping_by_norm_is_pytorchs(run):
    clipped, norm = clip_by_norm(gradients(), run["max_norm"])
    assert norm == pytest.approx(run["norm"], rel=1e-15)
    for name, value in run["clipped"].items():
        np.testing.assert_allclose(clipped[name], value, rtol=1e-14)


@pytest.mark.parametrize("run", RECORD["by_value"], ids=lambda run: str(run["max_value"]))
def test_clipping_by_value_is_pytorchs(run):
    clipped = clip_by_value(gradients(), run["max_value"])
    for name, value in run["clipped"].items():
        np.testing.assert_array_equal(clipped[name], value)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_the_element_type_stays(dtype):
    by_norm, _ = clip_by_norm(gradients(dtype), 1.0)
    by_value = clip_by_value(gradients(dtype), 1.0)
    assert {array.dtype for array in (*by_norm.values(), *by_value.values())} == {np.dtype(dtype)}
    assert isinstance(by_norm["b"], np.ndarray)
    assert isinstance(by_value["b"], np.ndarray)


def test_the_norm_of_many_small_floats_is_summed_in_double_precision():
    assert global_norm({"w": np.full(1_000_000, 300, np.float16)}) == pytest.approx(300_000, rel=1e-12)


def test_small_gradients_are_given_back_as_they_are():
    given = gradients()
    clipped, _ = clip_by_norm(given, 100.0)
    assert all(clipped[name] is given[name] for name in given)


def test_missing_gradients_stay_missing():
    given = {"a": np.array([3.0, 4.0]), "idle": None}
    clipped, norm = clip_by_norm(given, 1.0)
    assert norm == 5
    assert clipped["idle"] is None
    assert clip_by_value(given, 1.0)["idle"] is None
    assert clip_by_norm({"idle": None}, 1.0) == ({"idle": None}, 0.0)


def test_gradients_of_zeros_stay_zeros():
    clipped, norm = clip_by_norm({"a": np.zeros(3)}, 1e-9)
    assert norm == 0
    np.testing.assert_array_equal(clipped["a"], np.zeros(3))


def test_a_norm_that_is_not_finite_is_told_and_makes_nothing_finite():
    clipped, norm = clip_by_norm({"a": np.array([math.inf, 1.0]), "b": np.array(math.nan)}, 1.0)
    assert math.isnan(norm)
    assert np.isnan(clipped["b"])
    assert not np.isfinite(clipped["a"]).all()
    clipped, norm = clip_by_norm({"a": np.array([math.inf, 1.0])}, 1.0)
    assert norm == math.inf
    np.testing.assert_array_equal(clipped["a"], [math.nan, 0.0])


def test_a_train_block_may_give_both_limits():
    clipping = build(Clipping, {"clip_value": 2, "clip_norm": 1})
    clipped = clipping.apply({"a": np.array([30.0, 1.0])})
    np.testing.assert_allclose(clipped["a"], np.array([2.0, 1.0]) / math.sqrt(5), rtol=1e-6)
    given = gradients()
    assert all(build(Clipping, {}).apply(given)[name] is given[name] for name in given)


def test_a_limit_must_be_above_zero():
    with pytest.raises(ArgumentError, match="`clip_norm` of `train` must be a number above 0, or none, not -1"):
        build(Clipping, {"clip_norm": -1})
