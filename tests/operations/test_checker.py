"""The gradient checker itself: it passes rules that are right and catches rules that are hardly wrong."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dsl.graph.check import check_gradient, compare_gradients
from dsl.graph.graph import Graph
from dsl.ops.dims import as_shape
from dsl.ops.dtypes import F32
from dsl.ops.operation import Backward, Operation
from dsl.ops.registry import OPERATIONS, load
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

load()
TOLERANCE = 1e-7
POINTS = np.linspace(-1.3, 1.7, 12).reshape(3, 4)


def with_rule(name: str, change: Callable[[Backward, Symbol], Symbol], index: int = 0) -> Operation:
    """An operation like a registered one, one of its rules changed; the registry does not know it."""
    right = OPERATIONS[name]

    def rule(r: Backward) -> Symbol:
        own = right.gradient_rule(index)
        assert own is not None
        return change(r, own(r))

    return replace(right, gradients=tuple(rule if i == index else old for i, old in enumerate(right.gradients)))


@pytest.mark.parametrize("name", ["tanh", "square", "sigmoid", "relu", "softmax"])
def test_right_rules_pass(name: str) -> None:
    assert check_gradient(OPERATIONS[name], [POINTS]).error < TOLERANCE


@pytest.mark.parametrize("name", ["tanh", "square", "sigmoid", "relu", "softmax"])
@pytest.mark.parametrize("factor", [1.001, 0.999, 1.0001])
def test_a_rule_wrong_by_a_tenth_of_a_percent_is_caught(name: str, factor: float) -> None:
    wrong = with_rule(name, lambda r, right: factor * right)
    error = check_gradient(wrong, [POINTS], order=1).error
    assert error == pytest.approx(abs(factor - 1), rel=0.01)


@pytest.mark.parametrize("index", [0, 1])
def test_the_input_with_the_wrong_rule_is_named(index: int) -> None:
    wrong = with_rule("multiply", lambda r, right: 1.001 * right, index)
    report = check_gradient(wrong, [POINTS, POINTS + 3], order=1)
    assert report.worst is not None
    assert report.worst.node.index == index
    assert report.comparisons[1 - index].error < TOLERANCE
    assert "order 1" in str(report.worst)


def test_a_rule_wrong_in_one_element_is_caught() -> None:
    factors = np.ones((3, 4))
    factors[1, 2] = 1.001
    wrong = with_rule("exp", lambda r, right: OPERATIONS["multiply"](right, factors))
    assert check_gradient(wrong, [POINTS], order=1).error > 1e-5


def test_a_rule_that_forgets_an_input_is_caught() -> None:
    wrong = replace(OPERATIONS["multiply"], gradients=(OPERATIONS["multiply"].gradients[0],))
    assert check_gradient(wrong, [POINTS, POINTS], order=1).error > 0.99


def test_a_rule_that_cannot_be_differentiated_again_is_caught_at_the_second_order() -> None:
    frozen_exp = replace(OPERATIONS["exp"], gradients=())
    wrong = with_rule("exp", lambda r, right: r.g * frozen_exp(r.x))
    assert check_gradient(wrong, [POINTS], order=1).error < TOLERANCE
    assert check_gradient(wrong, [POINTS], order=2).error > 0.1


def test_a_derivative_that_is_not_a_number_is_an_error() -> None:
    wrong = with_rule("exp", lambda r, right: right * OPERATIONS["log"](r.x))
    assert check_gradient(wrong, [POINTS], order=1).error == float("inf")


def test_a_small_derivative_is_compared_relatively() -> None:
    tiny = 1e-6
    wrong = with_rule("sin", lambda r, right: 1.001 * right)
    assert check_gradient(lambda x: tiny * OPERATIONS["sin"](x), [POINTS], order=1).error < TOLERANCE
    assert check_gradient(lambda x: tiny * wrong(x), [POINTS], order=1).error == pytest.approx(1e-3, rel=0.01)


def test_a_kink_close_by_is_no_error() -> None:
    assert check_gradient(OPERATIONS["relu"], [np.array(5e-4)], order=1).error < TOLERANCE


def test_what_is_not_floating_is_not_differentiated() -> None:
    report = check_gradient(lambda c, x: OPERATIONS["where"](c, x, 0), [POINTS > 0, POINTS], order=1)
    assert [comparison.node.index for comparison in report.comparisons] == [1]
    with pytest.raises(TypeError, match="floating"):
        check_gradient(lambda x: OPERATIONS["greater"](x, 0), [POINTS])


@pytest.mark.parametrize("factor", [1.0, 1.001])
def test_a_whole_graph_in_single_precision_is_checked(factor: float) -> None:
    rng = np.random.default_rng(3)
    graph = Graph(F32)
    shapes = {"x": (5, 4), "w": (4, 3), "b": (3,)}
    leaves = {}
    for name, shape in shapes.items():
        type = TensorType(F32, as_shape(shape))
        leaves[name] = graph.placeholder(type) if name == "x" else graph.parameter(type, _zeros)
        graph.name(leaves[name], name)
    activation = with_rule("tanh", lambda r, right: factor * right)
    hidden = activation(leaves["x"] @ leaves["w"] + leaves["b"])
    loss = OPERATIONS["mean"](OPERATIONS["square"](hidden))
    values = {node: rng.normal(size=shapes[name]).astype(np.float32) for name, node in leaves.items()}
    report = compare_gradients(graph, loss, graph.parameters, values)
    assert {comparison.node.name for comparison in report.comparisons} == {"w", "b"}
    assert report.error == pytest.approx(factor - 1, abs=1e-5)


def _zeros(shape: tuple[int, ...], dtype: Any, rng: np.random.Generator) -> np.ndarray:
    return np.zeros(shape, dtype)
