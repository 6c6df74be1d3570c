"""`grad` is an operation of the language, and its result is differentiated like any other value."""

from __future__ import annotations

import numpy as np
import pytest

import dsl
from dsl.graph.check import compare_gradients


def values(text: str, *names: str) -> dict[str, np.ndarray]:
    return dsl.loads(f"dtype f64\n{text}\n").run(fetch=names)


def test_derivatives_of_a_power_down_to_zero():
    text = "placeholder x = 1.5\ny0 = x ** 3\n" + "".join(f"y{i + 1} = grad(y{i}, x)\n" for i in range(5))
    found = values(text, *(f"y{i}" for i in range(6)))
    assert [value.item() for value in found.values()] == pytest.approx([1.5**3, 3 * 1.5**2, 6 * 1.5, 6, 0, 0])


def test_eight_derivatives_of_a_sine():
    text = "placeholder x = 0.4\ny0 = sin(x)\n" + "".join(f"y{i + 1} = grad(y{i}, x)\n" for i in range(8))
    found = values(text, *(f"y{i}" for i in range(9)))
    cycle = [np.sin(0.4), np.cos(0.4), -np.sin(0.4), -np.cos(0.4)]
    assert [value.item() for value in found.values()] == pytest.approx([cycle[i % 4] for i in range(9)])


def test_derivatives_of_a_field_point_by_point():
    t = np.linspace(0.1, 0.9, 5)
    found = values(
        f"placeholder t = {t.tolist()}\nu = exp(-2 * t) * sin(3 * t)\ndu = grad(u, t)\nddu = grad(du, t)\n", "du", "ddu"
    )
    np.testing.assert_allclose(found["du"], np.exp(-2 * t) * (3 * np.cos(3 * t) - 2 * np.sin(3 * t)), rtol=1e-12)
    np.testing.assert_allclose(found["ddu"], np.exp(-2 * t) * (-5 * np.sin(3 * t) - 12 * np.cos(3 * t)), rtol=1e-11)


def test_a_network_trained_on_its_own_derivatives():
    text = """
dtype f64
placeholder t: [6, 1] = 0.5
u = t |> Dense(5) |> tanh |> Dense(1)
du = grad(u, t)
ddu = grad(du, t)
residual = ddu + 2 * du + u
loss = mean(square(residual)) + sum(square(du[0]))
"""
    program = dsl.loads(text)
    points = np.linspace(0, 1, 6)[:, None]
    leaves = {program.node(name): value for name, value in program.parameters.items()} | {program.node("t"): points}
    report = compare_gradients(program.model.graph, program.node("loss"), list(leaves), leaves)
    assert len(report.comparisons) == 5
    assert report.error < 1e-6
    step = 1e-4
    shifted = [program.run({"t": points + shift}, ["u"])["u"] for shift in (-step, 0, step)]
    found = program.run({"t": points}, ["du", "ddu"])
    np.testing.assert_allclose(found["du"], (shifted[2] - shifted[0]) / (2 * step), rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(found["ddu"], (shifted[2] - 2 * shifted[1] + shifted[0]) / step**2, rtol=1e-4, atol=1e-6)


def test_a_network_trained_on_its_own_derivatives_learns():
    text = """
dtype f64
constant points = 20
t = reshape(linspace(0, 1, points), [points, 1])
parameter k = 0.1
u = exp(k * t)
loss = mean(square(grad(u, t) - 0.5 * exp(0.5 * t)))
train { minimize = loss; optimizer = adam(lr=0.05); steps = 300 }
"""
    program = dsl.loads(text)
    program.train()
    assert program.parameters["k"] == pytest.approx(0.5, abs=1e-3)


def test_mixed_derivatives_are_the_same_in_both_orders():
    text = "placeholder x = 0.3\nplaceholder y = 0.8\nf = sin(x * y) * exp(x)\n"
    found = values(text + "xy = grad(grad(f, x), y)\nyx = grad(grad(f, y), x)\n", "xy", "yx")
    assert found["xy"] == pytest.approx(found["yx"], rel=1e-13)


def test_the_gradient_with_respect_to_a_value_between():
    found = values("placeholder x = 2\na = x * x\ny = a ** 3\nby_a = grad(y, a)\nby_x = grad(y, x)\n", "by_a", "by_x")
    assert (found["by_a"], found["by_x"]) == (48, 192)


def test_the_gradient_of_what_does_not_depend_is_zeros_of_its_shape():
    found = values(
        "placeholder x = [1.0, 2.0]\nplaceholder z = 3\ny = z * 2\nd = grad(y, x)\ndd = grad(d, z)\n", "d", "dd"
    )
    assert found["d"].tolist() == [0, 0]
    assert found["dd"] == 0


def test_gradients_within_functions_layers_and_repeats():
    text = """
def slope(y, x) { return grad(y, x) }
placeholder x = 2
repeat i in 0..3 with f = x ** 4 { f = slope(f, x) }
newton = repeat_newton(x)
def repeat_newton(start) {
    repeat i in 0..20 with z = start {
        g = z ** 2 - 2
        z = z - g / grad(g, z)
    }
    return z
}
"""
    found = values(text, "f", "newton")
    assert found["f"] == 24 * 2
    assert found["newton"] == pytest.approx(np.sqrt(2), rel=1e-15)


def test_the_gradient_of_a_gradient_penalty_reaches_the_parameters():
    text = "dtype f64\nplaceholder x = 0.5\nparameter w = 3\ny = tanh(w * x)\nloss = square(grad(y, x))\n"
    w, x = 3.0, 0.5
    sech = 1 / np.cosh(w * x) ** 2
    expected = 2 * (w * sech) * (sech - 2 * w * x * sech * np.tanh(w * x))
    assert dsl.loads(text).gradients("loss")["w"] == pytest.approx(expected, rel=1e-12)


def test_only_floating_values_are_differentiated():
    with pytest.raises(dsl.ProgramError, match="floating"):
        dsl.loads("placeholder i: i32 = 3\ny = grad(i * 2, i)\n")
