"""The decided edges of elementwise operations and activations: values and gradients are finite there, and right."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dsl.ops.registry import OPERATIONS, load
from dsl.ops.symbol import Symbol

o = load()
assert o is OPERATIONS
where, log, sqrt, exp, equal, greater = (o[n] for n in ("where", "log", "sqrt", "exp", "equal", "greater"))

pytestmark = pytest.mark.parametrize("dtype", ["f32", "f64"])

BIG = [-1000.0, 1000.0]


@pytest.mark.parametrize(
    ("name", "value", "gradient"),
    [
        ("sigmoid", [0, 1], [0, 0]),
        ("softplus", [0, 1000], [0, 1]),
        ("log_sigmoid", [-1000, 0], [1, 0]),
        ("silu", [0, 1000], [0, 1]),
        ("gelu", [0, 1000], [0, 1]),
        ("tanh", [-1, 1], [0, 0]),
        ("erf", [-1, 1], [0, 0]),
        ("relu", [0, 1000], [0, 1]),
        ("elu", [-1, 1000], [0, 1]),
        ("selu", [-1.7580993408473766, 1050.7009873554805], [0, 1.0507009873554805]),
        ("softsign", [-1000 / 1001, 1000 / 1001], [1 / 1001**2, 1 / 1001**2]),
        ("leaky_relu", [-10, 1000], [0.01, 1]),
        ("arctan", [-1.5697963271282298, 1.5697963271282298], [1 / 1000001, 1 / 1000001]),
    ],
)
def test_large_values(
    dtype: str, name: str, value: list[float], gradient: list[float], value_of: Any, derivative_of: Any
) -> None:
    np.testing.assert_allclose(value_of(o[name], BIG, dtype=dtype), value, rtol=1e-6)
    np.testing.assert_allclose(derivative_of(o[name], BIG, dtype=dtype), gradient, rtol=1e-6)
    assert np.all(np.isfinite(derivative_of(o[name], BIG, dtype=dtype, order=2)))


def test_large_values_of_the_tanh_form_of_gelu(dtype: str, value_of: Any, derivative_of: Any) -> None:
    def gelu(x: Symbol) -> Symbol:
        return o["gelu"](x, approximate=True)

    np.testing.assert_array_equal(value_of(gelu, BIG, dtype=dtype), [0, 1000])
    np.testing.assert_array_equal(derivative_of(gelu, BIG, dtype=dtype), [0, 1])
    np.testing.assert_array_equal(derivative_of(gelu, BIG, dtype=dtype, order=2), [0, 0])


def test_softmax_and_log_softmax_of_large_values(dtype: str, value_of: Any, derivative_of: Any) -> None:
    logits, weights = [[-1000.0, 0.0, 1000.0], [1000.0, 1000.0, -1000.0]], [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    np.testing.assert_array_equal(value_of(o["softmax"], logits, dtype=dtype), [[0, 0, 1], [0.5, 0.5, 0]])
    expected = [[-2000, -1000, 0], [-np.log(2), -np.log(2), -2000 - np.log(2)]]
    np.testing.assert_allclose(value_of(o["log_softmax"], logits, dtype=dtype), expected, rtol=1e-6)

    def gradient(name: str, order: int) -> np.ndarray:
        return derivative_of(lambda x: o[name](x) * np.array(weights), logits, dtype=dtype, order=order)

    np.testing.assert_array_equal(gradient("softmax", 1), [[0, 0, 0], [-0.25, 0.25, 0]])
    np.testing.assert_allclose(gradient("log_softmax", 1), [[1, 2, -3], [-3.5, -2.5, 6]])
    assert np.all(np.isfinite(gradient("softmax", 2)))
    assert np.all(np.isfinite(gradient("log_softmax", 2)))


def test_softmax_of_minus_infinity_gives_it_no_weight(dtype: str, value_of: Any, derivative_of: Any) -> None:
    logits = [0.0, -np.inf, 0.0]
    np.testing.assert_array_equal(value_of(o["softmax"], logits, dtype=dtype), [0.5, 0, 0.5])
    weighted = derivative_of(lambda x: o["softmax"](x) * np.array([1.0, 2.0, 3.0]), logits, dtype=dtype)
    np.testing.assert_array_equal(weighted, [-0.5, 0, 0.5])


@pytest.mark.parametrize("name", ["relu", "abs", "sign", "floor", "ceil", "round"])
def test_kinks_and_steps_have_gradient_zero(dtype: str, name: str, derivative_of: Any) -> None:
    assert derivative_of(o[name], 0.0, dtype=dtype) == 0
    assert derivative_of(o[name], 0.0, dtype=dtype, order=2) == 0


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_ties_share_the_gradient_in_halves(dtype: str, name: str, derivative_of: Any) -> None:
    a, b = derivative_of(o[name], [1.0, 2.0, 3.0], [1.0, 3.0, 2.0], dtype=dtype)
    larger = name == "maximum"
    np.testing.assert_array_equal(a, [0.5, 0 if larger else 1, 1 if larger else 0])
    np.testing.assert_array_equal(b, [0.5, 1 if larger else 0, 0 if larger else 1])
    assert derivative_of(lambda x: o[name](x, x), 4.0, dtype=dtype) == 1
    assert derivative_of(lambda x: o[name](x, 0), 0.0, dtype=dtype) == 0.5


def test_clip_passes_the_gradient_at_its_bounds(dtype: str, derivative_of: Any) -> None:
    x = [-1.0, 0.0, 0.5, 1.0, 2.0]
    np.testing.assert_array_equal(derivative_of(lambda x: o["clip"](x, 0, 1), x, dtype=dtype), [0, 1, 1, 1, 0])
    inner, low, high = derivative_of(o["clip"], x, np.zeros(5), np.ones(5), dtype=dtype)
    np.testing.assert_array_equal(inner + low + high, np.ones(5))
    np.testing.assert_array_equal(low, [1, 0, 0, 0, 0])
    np.testing.assert_array_equal(high, [0, 0, 0, 0, 1])


def test_clip_has_the_zero_of_its_bounds_wherever_they_lie(dtype: str, value_of: Any) -> None:
    zeros, ones = np.zeros(9), np.ones(9)
    for low, high in ((0.0, 1.0), (zeros, ones), (zeros, 1.0), (zeros[:1], ones[:1])):
        assert not np.signbit(value_of(o["clip"], -zeros, low, high, dtype=dtype)).any()
        assert np.signbit(value_of(o["clip"], zeros, np.negative(high), np.negative(low), dtype=dtype)).all()


def test_clip_with_crossed_bounds_belongs_to_the_upper_one(dtype: str, value_of: Any, derivative_of: Any) -> None:
    assert value_of(o["clip"], 0.5, 2.0, 1.0, dtype=dtype) == 1
    assert derivative_of(o["clip"], 0.5, 2.0, 1.0, dtype=dtype) == [0, 0, 1]
    assert derivative_of(o["clip"], 3.0, 2.0, 1.0, dtype=dtype) == [0, 0, 1]


@pytest.mark.parametrize("name", ["hypot", "atan2"])
def test_the_origin_has_gradient_zero(dtype: str, name: str, derivative_of: Any) -> None:
    assert derivative_of(o[name], 0.0, 0.0, dtype=dtype) == [0, 0]
    assert np.all(np.isfinite(derivative_of(o[name], 0.0, 0.0, dtype=dtype, order=2)))


def test_hypot_and_atan2_neither_overflow_nor_vanish(dtype: str, value_of: Any, derivative_of: Any) -> None:
    for scale in (1e30, 1e-30):
        a, b = np.array(3 * scale), np.array(4 * scale)
        np.testing.assert_allclose(value_of(o["hypot"], a, b, dtype=dtype), 5 * scale, rtol=1e-6)
        np.testing.assert_allclose(derivative_of(o["hypot"], a, b, dtype=dtype), [0.6, 0.8], rtol=1e-6)
        np.testing.assert_allclose(
            derivative_of(o["atan2"], a, b, dtype=dtype), [0.16 / scale, -0.12 / scale], rtol=1e-6
        )


@pytest.mark.parametrize(
    ("exponent", "base", "first", "second"),
    [
        (0, [-2.0, 0.0, 2.0], [0, 0, 0], [0, 0, 0]),
        (1, [-2.0, 0.0, 2.0], [1, 1, 1], [0, 0, 0]),
        (2, [-2.0, 0.0, 2.0], [-4, 0, 4], [2, 2, 2]),
        (3, [-2.0, 0.0, 2.0], [12, 0, 12], [-12, 0, 12]),
        (-1, [-2.0, 4.0], [-0.25, -0.0625], [-0.25, 0.03125]),
        (0.5, [4.0, 0.25], [0.25, 1], [-0.03125, -2]),
    ],
)
def test_power_by_the_base(
    dtype: str, exponent: float, base: list[float], first: list[float], second: list[float], derivative_of: Any
) -> None:
    def literal(x: Symbol) -> Symbol:
        return x**exponent

    def computed(x: Symbol, p: Symbol) -> Symbol:
        return x ** o["floor"](p) if isinstance(exponent, int) else x ** o["identity"](p)

    for order, expected in ((1, first), (2, second)):
        np.testing.assert_allclose(derivative_of(literal, base, dtype=dtype, order=order), expected, rtol=1e-6)
    by_base = derivative_of(computed, base, np.full(len(base), float(exponent)), dtype=dtype)[0]
    np.testing.assert_allclose(by_base, first, rtol=1e-6)


def test_power_by_the_exponent_is_zero_at_base_zero(dtype: str, derivative_of: Any) -> None:
    base, exponent = derivative_of(o["power"], [0.0, 0.0, 0.0, 2.0], [0.0, 1.0, 2.5, 3.0], dtype=dtype)
    np.testing.assert_allclose(base, [0, 1, 0, 12])
    np.testing.assert_allclose(exponent, [0, 0, 0, 8 * np.log(2)], rtol=1e-6)


def test_power_of_zero_to_a_negative_exponent_is_infinite(dtype: str, value_of: Any, derivative_of: Any) -> None:
    assert value_of(o["power"], 0.0, -1.0, dtype=dtype) == np.inf
    base, exponent = derivative_of(o["power"], 0.0, -1.0, dtype=dtype)
    assert (base, exponent) == (-np.inf, -np.inf)


@pytest.mark.parametrize(
    ("name", "value", "gradient"), [("log", -np.inf, np.inf), ("sqrt", 0, np.inf), ("reciprocal", np.inf, -np.inf)]
)
def test_poles_are_as_ieee_has_them(
    dtype: str, name: str, value: float, gradient: float, value_of: Any, derivative_of: Any
) -> None:
    assert value_of(o[name], 0.0, dtype=dtype) == value
    assert derivative_of(o[name], 0.0, dtype=dtype) == gradient


def test_division_by_zero_is_infinite(dtype: str, value_of: Any) -> None:
    np.testing.assert_array_equal(value_of(lambda x: 1 / x, [0.0, 2.0], dtype=dtype), [np.inf, 0.5])
    assert np.isnan(value_of(o["divide"], 0.0, 0.0, dtype=dtype))


def test_logaddexp_of_large_and_infinite_values(dtype: str, value_of: Any, derivative_of: Any) -> None:
    a, b = [1000.0, -1000.0, 1000.0, -np.inf, -np.inf], [1000.0, 1000.0, -1000.0, 0.0, -np.inf]
    expected = [1000 + np.log(2), 1000, 1000, 0, -np.inf]
    np.testing.assert_allclose(value_of(o["logaddexp"], a, b, dtype=dtype), expected, rtol=1e-6)
    by_a, by_b = derivative_of(o["logaddexp"], a, b, dtype=dtype)
    np.testing.assert_allclose(by_a, [0.5, 0, 1, 0, 0.5])
    np.testing.assert_allclose(by_b, [0.5, 1, 0, 1, 0.5])
    assert derivative_of(lambda x: o["logaddexp"](x, 2), 2.0, dtype=dtype, order=2) == pytest.approx(0.25)
    assert np.all(np.isfinite(derivative_of(o["logaddexp"], a, b, dtype=dtype, order=2)))


def _nested(x: Symbol) -> Symbol:
    return where(greater(x, 0), where(greater(1, x), sqrt(1 - x), log(x)), x)


def _nested_first(x: float) -> float:
    return 1 if x <= 0 else -0.5 * (1 - x) ** -0.5 if x < 1 else 1 / x


def _nested_second(x: float) -> float:
    return 0 if x <= 0 else -0.25 * (1 - x) ** -1.5 if x < 1 else -1 / x**2


def _where_positive(function: Callable[[float], float], otherwise: float = 0) -> Callable[[float], float]:
    return lambda x: function(x) if x > 0 else otherwise


BRANCHES: dict[str, tuple[Callable[[Symbol], Symbol], Callable[[float], float], Callable[[float], float]]] = {
    "log": (
        lambda x: where(greater(x, 0), log(x), 0),
        _where_positive(lambda x: 1 / x),
        _where_positive(lambda x: -1 / x**2),
    ),
    "x log x": (
        lambda x: where(greater(x, 0), x * log(x), 0),
        _where_positive(lambda x: np.log(x) + 1),
        _where_positive(lambda x: 1 / x),
    ),
    "sqrt": (
        lambda x: where(greater(x, 0), sqrt(x), x),
        _where_positive(lambda x: 0.5 * x**-0.5, 1),
        _where_positive(lambda x: -0.25 * x**-1.5),
    ),
    "power": (
        lambda x: where(greater(x, 0), x**0.5, x),
        _where_positive(lambda x: 0.5 * x**-0.5, 1),
        _where_positive(lambda x: -0.25 * x**-1.5),
    ),
    "reciprocal": (
        lambda x: where(o["not_equal"](x, 0), 1 / x, 0),
        lambda x: -1 / x**2 if x else 0,
        lambda x: 2 / x**3 if x else 0,
    ),
    "overflow": (lambda x: o["clip"](exp(1000 * (x - 0.1)), 0, 1), lambda x: 0, lambda x: 0),
    "nested": (_nested, _nested_first, _nested_second),
    "relu of log": (
        lambda x: o["relu"](log(o["relu"](x))),
        lambda x: 1 / x if x > 1 else 0,
        lambda x: -1 / x**2 if x > 1 else 0,
    ),
    "maximum": (
        lambda x: o["maximum"](log(o["maximum"](x, 0)), -20),
        _where_positive(lambda x: 1 / x),
        _where_positive(lambda x: -1 / x**2),
    ),
}


@pytest.mark.parametrize("order", [1, 2])
@pytest.mark.parametrize("name", BRANCHES)
def test_the_branch_not_taken_contributes_nothing(dtype: str, name: str, order: int, derivative_of: Any) -> None:
    function, *expected = BRANCHES[name]
    points = [-2.0, -0.5, 0.0, 0.5, 2.0]
    found = derivative_of(function, points, dtype=dtype, order=order)
    np.testing.assert_allclose(found, [expected[order - 1](x) for x in points], rtol=1e-5, atol=1e-30)


def test_a_gradient_that_happens_to_be_zero_keeps_its_own_derivative(dtype: str, derivative_of: Any) -> None:
    def loss(k: Symbol) -> Symbol:
        return 0.5 * o["square"](o["relu"](3 * k) - 6)

    assert derivative_of(loss, 2.0, dtype=dtype) == 0
    assert derivative_of(loss, 2.0, dtype=dtype, order=2) == 9


def test_an_infinity_that_counts_is_not_hidden(dtype: str, derivative_of: Any) -> None:
    assert derivative_of(lambda x: where(greater(x, -1), log(x), 0), 0.0, dtype=dtype) == np.inf
    assert derivative_of(lambda x: o["relu"](sqrt(x) + 1), 0.0, dtype=dtype) == np.inf


def test_unless_masked_replaces_only_nan_under_a_gradient_of_zero(dtype: str, value_of: Any) -> None:
    nan = float("nan")
    found = value_of(o["unless_masked"], np.array([1.0, nan, nan, np.inf]), np.array([0.0, 0.0, 1.0, 0.0]), dtype=dtype)
    np.testing.assert_array_equal(found, [1.0, 0.0, nan, np.inf])
