"""The numerics of our own: the error function against the C library's, sigmoid and softplus at their ends."""

import math

import numpy as np
import pytest

from dsl.ops import special

ERF = np.vectorize(math.erf, otypes=[np.float64])
ERFC = np.vectorize(math.erfc, otypes=[np.float64])


def ulps(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """The distance in units of the last place of `found`'s precision."""
    wide = found.astype(np.float64)
    return np.abs(wide - expected) / np.spacing(np.abs(expected).astype(found.dtype)).astype(np.float64)


def points(low: float, high: float, dtype: type[np.floating]) -> np.ndarray:
    return np.random.default_rng(0).uniform(low, high, 20_000).astype(dtype)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("low", "high"), [(-7, 7), (-1, 1), (0.4, 0.6), (-1e-3, 1e-3), (1e-30, 1e-20)])
def test_erf_is_exact_to_three_units(dtype: type[np.floating], low: float, high: float) -> None:
    x = points(low, high, dtype)
    found = special.erf(x)
    assert found.dtype == dtype
    assert np.max(ulps(found, ERF(x))) < 3.5


@pytest.mark.parametrize(
    ("dtype", "low", "high"),
    [(np.float64, -7, 7), (np.float64, 5, 26), (np.float64, 0.3, 0.7), (np.float32, -7, 7), (np.float32, 3, 9)],
)
def test_erfc_is_exact_to_six_units_of_its_own_size(dtype: type[np.floating], low: float, high: float) -> None:
    x = points(low, high, dtype)
    found = special.erfc(x)
    assert found.dtype == dtype
    assert np.max(ulps(found, ERFC(x))) < 6.5


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_erf_at_the_ends_and_at_zero(dtype: type[np.floating]) -> None:
    x = np.array([-np.inf, -1000, -0.0, 0.0, 1000, np.inf, np.nan], dtype)
    np.testing.assert_array_equal(special.erf(x), np.array([-1, -1, -0.0, 0.0, 1, 1, np.nan], dtype))
    np.testing.assert_array_equal(np.signbit(special.erf(x)[2:4]), [True, False])
    np.testing.assert_array_equal(special.erfc(x), np.array([2, 2, 1, 1, 0, 0, np.nan], dtype))


def test_erf_is_odd_and_rises() -> None:
    x = np.linspace(-6, 6, 5001)
    np.testing.assert_array_equal(special.erf(-x), -special.erf(x))
    assert np.all(np.diff(special.erf(x)) >= 0)
    assert np.all(np.diff(special.erfc(x)) <= 0)


@pytest.mark.parametrize("shape", [(), (0,), (3, 0), (1,), (2, 3, 4), (8192,), (8193,), (3, 8192)])
def test_erf_keeps_the_shape_and_gives_each_element_what_it_has_alone(shape: tuple[int, ...]) -> None:
    x = np.asarray(np.random.default_rng(1).normal(size=shape))
    found = special.erf(x)
    assert found.shape == shape
    for index in [0, x.size // 2, x.size - 1] if x.size else []:
        assert found.ravel()[index] == special.erf(x.ravel()[index])


def test_erf_of_integers_is_in_double_precision() -> None:
    found = special.erf(np.array([0, 1, 2]))
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, [0, math.erf(1), math.erf(2)], rtol=1e-15)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_sigmoid_and_softplus_keep_their_relative_precision_at_both_ends(dtype: type[np.floating]) -> None:
    x = np.array([-80, -40, -10, -1, 0, 1, 10, 40, 80], dtype)
    exact = x.astype(np.float64)
    tolerance = 4 * float(np.finfo(dtype).eps)
    np.testing.assert_allclose(special.sigmoid(x), np.exp(exact) / (1 + np.exp(exact)), rtol=tolerance)
    np.testing.assert_allclose(special.softplus(x), np.logaddexp(exact, 0), rtol=tolerance)
    with np.errstate(over="ignore"):
        ends = special.sigmoid(np.array([-1000, 1000, -np.inf, np.inf], dtype))
    np.testing.assert_array_equal(ends, [0, 1, 0, 1])
