"""The linear function: which product it takes, its exact value and gradients, and what it says of shapes that do not fit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from small_graph import SmallGraph, rejection

from dsl.ops.dtypes import F32, F64

SHAPES = [
    ((), (), ()),
    ((5,), (), ()),
    ((3, 4), (), (4,)),
    ((3, 4), (4, 2), (2,)),
    ((3, 4), (4, 2), ()),
    ((2, 3, 4), (4, 5), (5,)),
    ((4,), (4, 2), (2,)),
    ((3, 4), (4,), ()),
    ((4,), (4,), ()),
]


def draw(shapes: Any) -> list[Any]:
    rng = np.random.default_rng(5)
    return [rng.normal(size=shape) for shape in shapes]


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_it_is_the_product_and_the_sum_to_the_last_bit(shapes: Any) -> None:
    x, k, b = draw(shapes)
    small = SmallGraph()
    (value,) = small.run(small.call("linear", *map(small.input, (x, k, b))))
    np.testing.assert_array_equal(value, k * x + b if k.ndim == 0 else x @ k + b)


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_its_gradients_are_those_of_the_product_and_the_sum(shapes: Any) -> None:
    values = draw(shapes)

    def gradients(name: str) -> list[Any]:
        small = SmallGraph()
        inputs = [small.input(value) for value in values]
        if name == "linear":
            result = small.call("linear", *inputs)
        else:
            result = small.call("add", small.call(name, *inputs[:2]), inputs[2])
        return small.run(*small.gradient(small.call("square", result), *inputs))

    for mine, expected in zip(gradients("linear"), gradients("multiply" if shapes[1] == () else "matmul"), strict=True):
        np.testing.assert_allclose(mine, expected, rtol=1e-14)


def test_the_leading_axes_may_have_names() -> None:
    x, k, b = draw(((2, 3, 4), (4, 5), (5,)))
    small = SmallGraph(F32)
    inputs = [small.input(x, ("batch", "time", 4)), small.input(k), small.input(b)]
    result = small.call("linear", *inputs)
    assert str(result.type) == "f32[batch, time, 5]"
    _, _, by_k, by_b = small.run(result, *small.gradient(result, *inputs))
    np.testing.assert_allclose(by_k, np.tile(x.sum((0, 1))[:, None], 5), rtol=1e-5)
    np.testing.assert_array_equal(by_b, np.full(5, 6.0))


def test_truth_values_count_as_numbers() -> None:
    small = SmallGraph()
    (value,) = small.run(small.call("linear", [True, False], True, True))
    np.testing.assert_array_equal(value, [2.0, 1.0])


def test_sizes_that_do_not_meet_are_shown_with_their_lines() -> None:
    error = rejection("linear", (F32, ["batch", 64]), (F32, [32, 10]), (F32, [10]))
    assert error.message == "`linear` cannot multiply f32[batch, 64] by f32[32, 10]"
    assert error.notes == (
        (1, 0, "{name} has 32 rows, from here"),
        (0, None, "the last axis of {name} is 64, from here"),
    )
    assert error.hint == "declare `{1}` as [64, 10]"


def test_a_scalar_does_not_go_with_a_matrix() -> None:
    error = rejection("linear", (F32, []), (F32, [64, 10]), (F32, [10]))
    assert error.message == "`linear` cannot multiply f32 by f32[64, 10]"
    assert error.hint == "declare `{0}` as [..., 64], or `{1}` as a scalar"


@pytest.mark.parametrize("shape", [[32], [1, 10, 10], ["batch", 10, 1]])
def test_an_offset_must_fit_the_product(shape: list[Any]) -> None:
    error = rejection("linear", (F64, ["batch", 64]), (F64, [64, 10]), (F64, shape))
    assert f"cannot add f64[{', '.join(map(str, shape))}] to a product of shape [batch, 10]" in error.message
    assert error.notes[0][0] == 2
    assert error.hint == "declare `{2}` as [10]"


def test_weights_have_at_most_two_axes() -> None:
    assert "a scalar, a vector or a matrix" in rejection("linear", (F64, [4]), (F64, [2, 4, 3]), (F64, [])).message


@pytest.mark.parametrize("scalar_first", [True, False])
def test_dot_with_a_scalar_is_the_plain_product_even_of_infinities(scalar_first: bool) -> None:
    small = SmallGraph()
    operands = [small.input(np.array(0.0)), small.input(np.array([np.inf, np.nan, 2.0]))]
    (value,) = small.run(small.call("dot", *(operands if scalar_first else operands[::-1])))
    np.testing.assert_array_equal(value, [np.nan, np.nan, 0.0])
