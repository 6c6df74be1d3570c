"""Masks of gradients that mask nothing go; those that may mask stay."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pass_sections import assert_same_bits, fixed, names, op, run, section_of

from dsl.graph.gradient import gradients
from dsl.graph.graph import Graph
from dsl.graph.passes.algebra import simplify
from dsl.graph.passes.masks import LONGEST

VALUES = np.array([0.0, -0.0, 1.0, -3.0, np.inf, -np.inf, np.nan, 1e308, 5e-324])
GRADIENT, OTHER = (np.ascontiguousarray(part.ravel()) for part in np.meshgrid(VALUES, VALUES))
CONDITION = np.arange(GRADIENT.size) % 2 == 0


def written_out(x: Any, g: Any) -> Any:
    """The mask as the lowering has it."""
    return op("where", op("logical_and", op("equal", g, 0), op("isnan", x)), 0, x)


def masked(x: Any, g: Any) -> Any:
    return op("unless_masked", x, g)


IDLE = {
    "the gradient itself": lambda g, y, c: g,
    "its negative": lambda g, y, c: op("neg", g),
    "a multiple": lambda g, y, c: g * 1e308,
    "a multiple from the left": lambda g, y, c: -0.5 * g,
    "a multiple of a multiple": lambda g, y, c: -(3 * (g * 1e308)),
    "a quotient": lambda g, y, c: g / 5,
    "a quotient by an infinity": lambda g, y, c: g / fixed(g, np.inf),
    "a choice": lambda g, y, c: op("where", c, g, 0),
    "a choice of two multiples": lambda g, y, c: op("where", c, 2 * g, g * 3),
    "a multiple by a choice": lambda g, y, c: g * op("where", c, 1, fixed(g, 0.01)),
}
AWAKE = {
    "a product with any value": lambda g, y, c: g * y,
    "a quotient by any value": lambda g, y, c: g / y,
    "a quotient by 0": lambda g, y, c: g / 0,
    "a quotient by nan": lambda g, y, c: g / fixed(g, np.nan),
    "a multiple by an infinity": lambda g, y, c: g * fixed(g, np.inf),
    "a choice of any value": lambda g, y, c: op("where", c, g, y),
    "a sum": lambda g, y, c: g + y,
    "another value": lambda g, y, c: y,
    "a product with a choice of any value": lambda g, y, c: g * op("where", c, 1, y),
}


@pytest.mark.parametrize("mask", [masked, written_out])
@pytest.mark.parametrize("title", IDLE)
def test_a_mask_that_masks_nothing_goes(title: str, mask: Any) -> None:
    arrays = [GRADIENT, OTHER, CONDITION]
    section = section_of(lambda g, y, c: mask(IDLE[title](g, y, c), g), *arrays)
    after = simplify(section)
    assert not {"unless_masked", "isnan"} & set(names(after))
    assert_same_bits(run(after, arrays), run(section, arrays), title)


@pytest.mark.parametrize("mask", [masked, written_out])
@pytest.mark.parametrize("title", AWAKE)
def test_a_mask_that_may_mask_stays(title: str, mask: Any) -> None:
    arrays = [GRADIENT, OTHER, CONDITION]
    section = section_of(lambda g, y, c: mask(AWAKE[title](g, y, c), g), *arrays)
    after = simplify(section)
    assert {"unless_masked", "isnan"} & set(names(after))
    assert_same_bits(run(after, arrays), run(section, arrays), title)


def test_a_gradient_that_is_a_negative_is_zero_where_the_other_is() -> None:
    section = section_of(lambda g, y, c: masked(op("neg", op("neg", g)) * 2, op("neg", g)), GRADIENT, OTHER, CONDITION)
    assert "unless_masked" not in names(simplify(section))


def test_a_gradient_that_is_a_choice_of_numbers_itself() -> None:
    def function(g: Any, y: Any, c: Any) -> Any:
        gradient = op("where", c, fixed(g, 0.125), 0)
        return masked(gradient * 0.5, gradient), masked(0.5 * gradient, gradient), masked(gradient * y, gradient)

    arrays = [GRADIENT, OTHER, CONDITION]
    section = section_of(function, *arrays)
    after = simplify(section)
    assert names(after).count("unless_masked") == 1
    assert_same_bits(run(after, arrays), run(section, arrays))


def test_a_long_way_to_the_gradient_is_not_gone() -> None:
    def chain(length: int) -> Any:
        def function(g: Any, y: Any, c: Any) -> Any:
            x = g
            for _ in range(length):
                x = x * 1.5
            return masked(x, g)

        return section_of(function, GRADIENT, OTHER, CONDITION)

    assert "unless_masked" not in names(simplify(chain(LONGEST - 1)))
    assert "unless_masked" in names(simplify(chain(LONGEST)))


def test_the_gradient_of_a_network_of_relus_has_no_masks() -> None:
    def loss(x: Any, w: Any) -> Any:
        h = x
        for _ in range(3):
            h = op("relu", h * 0.5 @ w + 0.25)
        assert isinstance(w.builder, Graph)
        return gradients(w.builder, op("mean", h), [w])[w]

    arrays = [np.ones((2, 3)), np.ones((3, 3)) / 3]
    section = section_of(loss, *arrays)
    assert "unless_masked" in names(section)
    after = simplify(section)
    assert "unless_masked" not in names(after)
    assert_same_bits(run(after, arrays), run(section, arrays))


def test_where_a_value_that_is_not_picked_would_be_infinite_the_mask_works() -> None:
    def function(x: Any) -> Any:
        value = op("sum", op("where", op("greater", x, 0), op("log", x), 0))
        assert isinstance(x.builder, Graph)
        return gradients(x.builder, value, [x])[x]

    array = np.array([0.0, -1.0, 2.0])
    section = section_of(function, array)
    after = simplify(section)
    assert_same_bits(run(after, [array]), run(section, [array]))
    np.testing.assert_array_equal(run(after, [array])[0], [0.0, 0.0, 0.5])
