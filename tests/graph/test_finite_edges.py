"""The decided edges, from the text of a program to the numbers: values and gradients are finite, and right."""

from __future__ import annotations

import numpy as np
import pytest

import dsl

PRECISION = {"f32": 1e-6, "f64": 1e-14}


@pytest.fixture(params=PRECISION)
def dtype(request):
    return request.param


def value_and_gradient(dtype: str, text: str, feeds: dict[str, object] | None = None) -> tuple[np.ndarray, np.ndarray]:
    """The value of `y` and the gradient of its sum with respect to `x`."""
    program = dsl.loads(f"dtype {dtype}\n{text}\n")
    y, gradient = program.run(feeds, ["y"])["y"], program.gradients("y", ["x"], feeds)["x"]
    assert gradient.dtype == program.node("x").type.dtype.numpy
    return y, gradient


@pytest.mark.parametrize(
    ("x", "y", "value", "gradient"),
    [
        ([1000.0, -1000.0, 1000.0], "softmax(x)", [0.5, 0, 0.5], [0, 0, 0]),
        ([1000.0, 1000.0], "logsumexp(x)", 1000 + np.log(2), [0.5, 0.5]),
        ([-1000.0, -1000.0], "logsumexp(x)", -1000 + np.log(2), [0.5, 0.5]),
        ([1000.0, -1000.0], "sigmoid(x)", [1, 0], [0, 0]),
        ([[1000.0, -1000.0]], "cross_entropy(x, [1])", 2000, [[1, -1]]),
        ([[1000.0, -1000.0]], "cross_entropy(x, [0])", 0, [[0, 0]]),
        ([1000.0, -1000.0], 'bce_with_logits(x, [0, 1], reduction="sum")', 2000, [1, -1]),
        ([1000.0, -1000.0], "softplus(x)", [1000, 0], [1, 0]),
        ([2.0, 0.0, 3.0], "prod(x)", 0, [0, 6, 0]),
        ([2.0, 0.0, 0.0], "prod(x)", 0, [0, 0, 0]),
        ([0.0, -1.0, 1.0], "relu(x)", [0, 0, 1], [0, 0, 1]),
        ([0.0, -1.0, 1.0], "abs(x)", [0, 1, 1], [0, -1, 1]),
        ([0.0, 1.5], "sign(x) + floor(x) + ceil(x) + round(x)", [0, 6], [0, 0]),
        ([3.0, 1.0, 3.0], "max(x)", 3, [0.5, 0, 0.5]),
        ([3.0, 1.0, 1.0, 1.0], "min(x)", 1, [0, 1 / 3, 1 / 3, 1 / 3]),
        ([2.0], "maximum(x, x)", [2], [1]),
        ([2.0], "minimum(x, 2)", [2], [0.5]),
        ([0.0, 1.0, 2.0, -1.0], "clip(x, 0, 1)", [0, 1, 1, 0], [1, 1, 0, 0]),
        ([0.0, 0.0], "norm(x)", 0, [0, 0]),
        ([4.0, 4.0], "std(x)", 0, [0, 0]),
        ([4.0, 4.0], "var(x)", 0, [0, 0]),
        ([0.0], "hypot(x, 0)", [0], [0]),
        ([0.0], "atan2(x, 0)", [0], [0]),
        ([0.0, 1.0], "where(x > 0, log(x), 0)", [0, 0], [0, 1]),
        ([0.0, 4.0], "where(x > 0, sqrt(x), x)", [0, 2], [1, 0.25]),
        ([0.0, 2.0], "where(x == 0, 1, sin(x) / x)", [1, np.sin(2) / 2], [0, np.cos(2) / 2 - np.sin(2) / 4]),
        ([-1.0, 4.0], "where(x < 0, 0, exp(sqrt(x) * 2) ** 0.5)", [0, np.exp(2)], [0, np.exp(2) / 4]),
        ([0.0, 0.5], "where(x <= 0, 0, -x * log(x))", [0, 0.5 * np.log(2)], [0, np.log(2) - 1]),
    ],
)
def test_an_edge(dtype, x, y, value, gradient):
    found, slope = value_and_gradient(dtype, f"placeholder x = {x}\ny = {y}")
    np.testing.assert_allclose(found, value, rtol=PRECISION[dtype], atol=PRECISION[dtype])
    np.testing.assert_allclose(slope, gradient, rtol=PRECISION[dtype], atol=PRECISION[dtype])


@pytest.mark.parametrize(
    ("y", "value", "slope"), [("log(x)", -np.inf, np.inf), ("sqrt(x)", 0, np.inf), ("1 / x", np.inf, -np.inf)]
)
def test_an_infinity_is_what_ieee_has(dtype, y, value, slope):
    found, gradient = value_and_gradient(dtype, f"placeholder x = 0\ny = {y}")
    assert found == value
    assert gradient == slope


def test_the_branch_not_taken_contributes_nothing_also_to_second_derivatives(dtype):
    text = f"dtype {dtype}\nplaceholder x = [0.0, 4.0]\ny = where(x > 0, sqrt(x), x * x)\nd = grad(y, x)\ndd = grad(d, x)\n"
    found = dsl.loads(text).run(fetch=["d", "dd"])
    np.testing.assert_allclose(found["d"], [0, 0.25])
    np.testing.assert_allclose(found["dd"], [2, -0.25 * 4**-1.5], rtol=1e-6)


def test_a_loss_of_impossible_logits_still_trains(dtype):
    text = f"dtype {dtype}\nparameter w = [1000.0, -1000.0]\nloss = cross_entropy([w], [1])\n"
    program = dsl.loads(text + "train { minimize = loss; optimizer = sgd(lr=900); steps = 2 }\n")
    program.train()
    assert program.run(fetch=["loss"])["loss"] == 0
    assert np.isfinite(program.parameters["w"]).all()
