"""`grad` as an operation of the language: gradients are values, and have gradients."""

from __future__ import annotations

import numpy as np
import pytest
from small_graph import SmallGraph, rejection

from dsl.ops.dtypes import F32, F64, I32


def test_the_gradient_of_a_gradient_is_the_second_derivative() -> None:
    small = SmallGraph()
    t = small.input([0.1, 0.7, 2.0], ("points",))
    u = small.call("sin", t)
    derivatives = [u]
    for _ in range(4):
        derivatives.append(small.call("grad", derivatives[-1], t))
    _, first, second, third, fourth = small.run(*derivatives)
    values = small.values[t]
    np.testing.assert_allclose(first, np.cos(values), rtol=1e-14)
    np.testing.assert_allclose(second, -np.sin(values), rtol=1e-14)
    np.testing.assert_allclose(third, -np.cos(values), rtol=1e-14)
    np.testing.assert_allclose(fourth, np.sin(values), rtol=1e-14)


def test_a_gradient_goes_through_a_gradient_to_another_value() -> None:
    small = SmallGraph()
    a, t = small.input(3.0), small.input([1.0, 2.0])
    u = small.call("multiply", a, small.call("square", t))
    residual = small.call("subtract", small.call("grad", u, t), 2)
    loss = small.call("mse", residual, 0)
    (slope,) = small.run(*small.gradient(loss, a))
    assert slope == pytest.approx(np.mean(2 * (6 * np.array([1.0, 2.0]) - 2) * 2 * np.array([1.0, 2.0])))


def test_it_has_the_shape_and_type_of_what_it_is_taken_by() -> None:
    small = SmallGraph(F32)
    w = small.input([[1.0, 2.0], [3.0, 4.0]])
    total = small.call("sum", small.call("square", w))
    slope = small.call("grad", total, w)
    assert slope.type == w.type
    np.testing.assert_array_equal(*small.run(slope), [[2, 4], [6, 8]])


def test_the_gradient_of_a_value_by_itself_is_one() -> None:
    small = SmallGraph()
    x = small.input([4.0, 5.0])
    np.testing.assert_array_equal(*small.run(small.call("grad", x, x)), [1, 1])


def test_it_is_taken_by_values_in_the_middle_too() -> None:
    small = SmallGraph()
    x = small.input(2.0)
    middle = small.call("square", x)
    slope = small.call("grad", small.call("multiply", middle, 3), middle)
    assert small.run(slope) == [3]


def test_what_does_not_depend_has_a_gradient_of_zeros() -> None:
    small = SmallGraph(F32)
    x, other = small.input([[1.0, 2.0]], ("batch", 2)), small.input(3.0)
    slope = small.call("grad", small.call("square", other), x)
    assert slope.type == x.type
    np.testing.assert_array_equal(*small.run(slope), [[0, 0]])
    np.testing.assert_array_equal(*small.run(small.call("grad", slope, x)), [[0, 0]])


def test_integers_have_no_gradient() -> None:
    by_integers = rejection("grad", (F64, []), (I32, [3]))
    assert by_integers.code == "dtype"
    assert by_integers.message == "`grad` differentiates with respect to floating values, and got i32[3]"
    assert by_integers.notes == ((1, None, "{name} is i32[3]"),)
    of_integers = rejection("grad", (I32, []), (F64, []))
    assert of_integers.message == "`grad` differentiates floating values, and got i32"
