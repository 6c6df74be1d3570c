"""Products with a bias, and sums of products, become one call each where the arrays are small."""

from __future__ import annotations

import numpy as np
import pytest
from compiled import assert_near

import dsl
from dsl.engine.arrays.generator import ArrayExecutable, ArrayGenerator
from dsl.engine.executable import Executable
from dsl.graph.passes.section import Section

NET = """
dtype f64
dim batch
placeholder x: [batch, 3]
placeholder y: [batch, 2]
loss = mse(y, x |> Dense({hidden}) |> tanh |> Dense(2))
train {{ minimize = loss
    optimizer = sgd(lr=0.1, momentum=0.9)
    steps = 1 }}
"""


def step_source(monkeypatch: pytest.MonkeyPatch, text: str, rows: int) -> tuple[str, list[float], list[float]]:
    """The code of a step, and the losses of some steps by it and by the reference engine."""
    sources: list[str] = []
    compile_section = ArrayGenerator.compile

    def compiled(self: ArrayGenerator, section: Section, states: list[np.ndarray]) -> Executable:
        made: ArrayExecutable = compile_section(self, section, states)
        sources.append(made.source)
        return made

    monkeypatch.setattr(ArrayGenerator, "compile", compiled)
    program, rng = dsl.loads(text), np.random.default_rng(0)
    feeds = {"x": rng.standard_normal((rows, 3)), "y": rng.standard_normal((rows, 2))}
    found, expected = (program.training_step(engine=engine) for engine in ("numpy", "reference"))
    losses = found.repeat(4, feeds), expected.repeat(4, feeds)
    assert_near(losses[0], losses[1])
    for name, value in expected.parameters.items():
        assert_near(found.parameters[name], value)
    return sources[0], *(list(values) for values in losses)


def test_weights_and_bias_are_one_product_and_their_gradients_another(monkeypatch: pytest.MonkeyPatch) -> None:
    source, *_ = step_source(monkeypatch, NET.format(hidden=8), rows=4)
    assert source.count("dot") == 6, (
        "two layers forward, two gradients, one of the hidden values, and the sum of squares"
    )
    assert "sum" not in source


def test_large_layers_keep_their_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    source, *_ = step_source(monkeypatch, NET.format(hidden=64), rows=2000)
    assert source.count("add(") >= 2
    assert source.count("sum") >= 3


def test_the_ones_are_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    source, *_ = step_source(monkeypatch, NET.format(hidden=8), rows=4)
    assert source.count("copy(") == 2, "the values beside the ones, once a layer"


def test_a_bias_that_is_used_elsewhere_too() -> None:
    program = dsl.loads(
        """
        dtype f64
        placeholder x: [4, 3]
        parameter w: [3, 2] ~ normal(0, 1)
        parameter b: [2] ~ normal(0, 1)
        loss = mean((tanh(x @ w + b) @ w.T + sum(b)) ** 2)
        train { minimize = loss
            optimizer = adam(lr=0.01)
            steps = 1 }
        """
    )
    feeds = {"x": np.random.default_rng(1).standard_normal((4, 3))}
    found, expected = (program.training_step(engine=engine).repeat(5, feeds) for engine in ("numpy", "reference"))
    assert_near(found, expected)
