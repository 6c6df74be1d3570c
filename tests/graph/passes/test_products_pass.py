"""Transposed products: the factors change places, and the result needs no transposing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pass_sections import names, op, run, section_of

from dsl.graph.gradient import gradients
from dsl.graph.graph import Graph
from dsl.graph.passes.pipeline import optimise
from dsl.graph.passes.products import turn_products

rng = np.random.default_rng(3)
A, B = rng.normal(size=(5, 3)), rng.normal(size=(5, 4))
STACK, OTHER = rng.normal(size=(2, 5, 3)), rng.normal(size=(2, 5, 4))


def swapped(x: Any) -> Any:
    return op("swapaxes", x, axis1=-1, axis2=-2)


@pytest.mark.parametrize("arrays", [(A, B), (STACK, OTHER), (A, OTHER)])
def test_a_transposed_product_with_a_transposed_factor(arrays: tuple[Any, Any]) -> None:
    section = section_of(lambda a, b: swapped(swapped(a) @ b), *arrays)
    after = turn_products(section)
    assert names(section) == ["transpose", "matmul", "transpose"]
    assert names(after) == ["transpose", "matmul"]
    product = after.results[0]
    assert product.inputs[1] is after.leaves[0]
    np.testing.assert_allclose(run(after, arrays)[0], run(section, arrays)[0], rtol=1e-14, atol=1e-14)


def test_the_right_factor_may_be_the_transposed_one() -> None:
    section = section_of(lambda a, b: swapped(a @ swapped(b)), A.T.copy(), B.T.copy())
    after = turn_products(section)
    assert names(after) == ["transpose", "matmul"]
    assert after.results[0].inputs[0] is after.leaves[1]


@pytest.mark.parametrize(
    "function",
    [
        pytest.param(lambda a, b: swapped((a * 2) @ (b * 3)), id="no factor is transposed"),
        pytest.param(lambda a, b: swapped(a) * 2 @ b, id="a transpose that is no factor"),
        pytest.param(lambda a, b: op("transpose", op("expand_dims", a, axis=0) @ b, axes=(1, 0, 2)), id="other axes"),
    ],
)
def test_other_products_are_left_alone(function: Any) -> None:
    section = section_of(function, np.ones((4, 4)), np.ones((4, 4)))
    assert turn_products(section) is section


def test_a_product_that_something_else_uses_is_left_alone() -> None:
    def function(a: Any, b: Any) -> Any:
        product = swapped(a) @ b
        return swapped(product), op("sum", product)

    section = section_of(function, A, B)
    assert turn_products(section) is section

    def result(a: Any, b: Any) -> Any:
        product = swapped(a) @ b
        return swapped(product), product

    section = section_of(result, A, B)
    assert turn_products(section) is section


def test_vectors_have_no_second_axis() -> None:
    section = section_of(lambda a, b: op("transpose", op("transpose", a) @ b), A, B[:, 0].copy())
    assert turn_products(section) is section


def test_the_gradient_of_a_weight_that_is_used_transposed_comes_as_it_is_stored() -> None:
    def loss(x: Any, w: Any) -> Any:
        value = op("sum", op("square", x @ op("transpose", w)))
        assert isinstance(w.builder, Graph)
        return gradients(w.builder, value, [w])[w]

    x, w = rng.normal(size=(6, 3)), rng.normal(size=(4, 3))
    section = section_of(loss, x, w)
    after = optimise(section)
    assert after.results[0].operation is not None
    assert after.results[0].operation.name == "matmul"
    np.testing.assert_allclose(run(after, [x, w])[0], run(section, [x, w])[0], rtol=1e-14)
