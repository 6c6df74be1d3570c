"""The neuron of the lesson, told: the products in symbols, then with numbers, which are those of `nn grad`."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from dsl.app.main import cli

NEURON = str(Path(__file__).resolve().parents[2] / "programs" / "neuron.nn")
PRODUCTS = {
    "loss": "∂loss/∂loss",
    "sigmoid": "∂loss/∂sigmoid",
    "linear": "∂loss/∂sigmoid · ∂sigmoid/∂linear",
    "k": "∂loss/∂sigmoid · ∂sigmoid/∂linear · ∂linear/∂k",
    "b": "∂loss/∂sigmoid · ∂sigmoid/∂linear · ∂linear/∂b",
    "x": "∂loss/∂sigmoid · ∂sigmoid/∂linear · ∂linear/∂x",
    "y": "∂loss/∂y",
}
FORMULAS = [
    "linear = k · x + b",
    "1 / (1 + exp(−linear))",
    "mean((sigmoid − y)²)",
    "∂sigmoid/∂linear = sigmoid · (1 − sigmoid)",
    "∂linear/∂k = x",
    "∂linear/∂x = k",
    "∂linear/∂b = 1",
]


def nn(*arguments: str) -> str:
    result = CliRunner().invoke(cli, arguments, obj={})
    assert result.exception is None, result.output
    return result.output


@pytest.fixture(scope="module")
def told() -> str:
    return nn("explain", NEURON)


@pytest.fixture(scope="module")
def grad() -> dict[str, dict[str, float]]:
    return json.loads(nn("grad", NEURON, "--format", "json"))["nodes"]


def test_the_chain_rule_is_told_in_the_order_of_the_lesson(told: str, grad: dict[str, dict[str, float]]) -> None:
    backward = told[told.index("Backward") :]
    at = 0
    for name, product in PRODUCTS.items():
        place = backward.index(product, at)
        assert place >= at
        at = backward.index(str(grad[name]["gradient"]).removesuffix(".0"), place)


def test_each_factor_has_its_formula_from_the_rule_of_its_operation(told: str) -> None:
    assert [formula for formula in FORMULAS if formula not in told] == []


def test_every_number_is_one_of_nn_grad_or_a_factor_between_them(told: str, grad: dict[str, dict[str, float]]) -> None:
    known = {float(node[key]) for node in grad.values() for key in ("value", "gradient")}
    sigmoid = grad["sigmoid"]["value"]
    known |= {1.0, 2.0, sigmoid * (1 - sigmoid)}
    text = re.sub(r"\[f64, line \d+\]", "", told)
    printed = [float(number) for number in re.findall(r"(?<![\w.])-?\d+\.?\d*(?:e-?\d+)?(?![\w.])", text)]
    assert len(printed) > 40
    for number in printed:
        assert any(number == pytest.approx(one, rel=1e-15) for one in known), number


def test_every_value_says_whether_it_was_given_or_computes_itself(told: str) -> None:
    forward = told[: told.index("Backward")]
    for name, words in (("x", "is a placeholder, given by default"), ("k", "is a parameter, given")):
        assert f"{name} {words}" in forward
    assert "linear computes itself from x, k and b   [f64, line 9]" in forward


def test_the_chinese_words_keep_the_voice_of_the_lesson() -> None:
    told = nn("explain", NEURON, "--lang", "zh")
    assert "我是占位符 x，我的值别人已经给好了" in told
    assert "我是 linear，没有人给我值，我得自己用 x、k 和 b 算出来" in told
    assert "∂loss/∂sigmoid · ∂sigmoid/∂linear · ∂linear/∂k" in told


def test_one_value_tells_its_whole_story() -> None:
    told = nn("explain", NEURON, "k")
    assert "parameter   k = 0.35915077292816744" in told
    assert "k feeds linear." in told
    assert "0.402796525409167 · 0.15378472397826434 · 3" in told
    assert "∂loss/∂b" not in told


def test_digits_round_and_feeds_are_told() -> None:
    told = nn("explain", NEURON, "--digits", "4", "--feed", "x=1")
    assert "x is a placeholder, given: 1" in told
    assert "= 0.05998\n" in told or "0.02923" in told
    assert "given by default: 0.6088" in told
