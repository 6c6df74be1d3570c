"""Steps as one compiled section are those of the reference: every optimiser, clipping, schedules, several element types."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import pytest

import dsl
from dsl.training.coefficients import CoefficientState, Steady
from dsl.training.optimizers import OPTIMIZERS, Elementwise
from dsl.training.stepper import EvaluatingStepper

OPTIONS: dict[str, list[str]] = {
    "sgd": [
        "lr=0.1",
        "lr=0.1, momentum=0.9",
        "lr=0.1, momentum=0.9, dampening=0.5",
        "lr=0.1, momentum=0.9, nesterov=true",
    ],
    "adam": ["lr=0.01", "lr=0.01, amsgrad=true", "lr=0.01, weight_decay=0.1"],
    "rmsprop": ["lr=0.01", "lr=0.01, centered=true, momentum=0.9"],
    "adagrad": ["lr=0.1", "lr=0.1, lr_decay=0.1"],
}
NAMES = [name for name in OPTIMIZERS if name != "lbfgs"]
WRITTEN = [f"{name}({options})" for name in NAMES for options in OPTIONS.get(name, ["lr=0.05", "weight_decay=0.1"])]

NET = """
dtype {dtype}
dim batch
placeholder x: [batch, 3]
placeholder y: i32[batch]
loss = cross_entropy(x |> Dense(5) |> tanh |> Dense(4), y)
train {{
    minimize = loss
    optimizer = {optimizer}
    steps = 10
    {more}
}}
"""
RNG = np.random.default_rng(0)
FEEDS = {"x": RNG.standard_normal((6, 3)), "y": RNG.integers(0, 4, 6)}


def both(text: str, count: int = 12, feeds: dict[str, Any] | None = None) -> Iterable[tuple[Any, Any]]:
    """The losses and the parameters of some steps, compiled and by the reference."""
    program = dsl.loads(text)
    found, expected = program.training_step(engine="numpy"), program.training_step(engine="reference")
    given = FEEDS if feeds is None else feeds
    yield found.repeat(count, given), expected.repeat(count, given)
    for name, value in expected.parameters.items():
        yield found.parameters[name], value


def assert_alike(pairs: Iterable[tuple[Any, Any]], tolerance: float) -> None:
    for found, expected in pairs:
        assert found.dtype == expected.dtype
        np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("optimizer", WRITTEN)
@pytest.mark.parametrize(("dtype", "tolerance"), [("f32", 2e-5), ("f64", 1e-12)])
def test_every_optimiser(optimizer: str, dtype: str, tolerance: float) -> None:
    assert_alike(both(NET.format(dtype=dtype, optimizer=optimizer, more="")), tolerance)


@pytest.mark.parametrize(
    "more", ["clip_norm = 0.1", "clip_norm = 100", "clip_value = 0.02", "clip_norm = 0.1\nclip_value = 0.02"]
)
def test_clipping(more: str) -> None:
    assert_alike(both(NET.format(dtype="f64", optimizer="adam(lr=0.01)", more=more)), 1e-12)


def test_parameters_of_two_element_types_with_one_norm() -> None:
    text = """
    placeholder x: [3] = [1, 2, 3]
    parameter a: f64[3] = 0.5
    parameter b: f32[3] = 0.25
    parameter c: f64 = 2
    loss = mean((a * x + b) ** 2) * c
    train { minimize = loss
        optimizer = adam(lr=0.01)
        clip_norm = 0.5
        steps = 1 }
    """
    assert_alike(both(text, feeds={}), 1e-6)


def test_feeds_of_another_element_type_are_converted_each_time() -> None:
    program = dsl.loads(NET.format(dtype="f32", optimizer="sgd(lr=0.1)", more=""))
    step, direct = program.training_step(), program.training_step()
    for seed in range(3):
        x = np.random.default_rng(seed).standard_normal((6, 3))
        loss = step.run({"x": x.tolist(), "y": FEEDS["y"].tolist()})
        assert loss == direct.run({"x": x.astype("f"), "y": FEEDS["y"].astype("i4")})


def test_batches_of_two_sizes_carry_on_the_same_parameters() -> None:
    program = dsl.loads(NET.format(dtype="f64", optimizer="adam(lr=0.05)", more=""))
    found, expected = program.training_step(engine="numpy"), program.training_step(engine="reference")
    for rows in (6, 2, 6, 1, 2):
        feeds = {name: value[:rows] for name, value in FEEDS.items()}
        assert found.run(feeds) == pytest.approx(expected.run(feeds), rel=1e-12)


def test_only_the_chosen_parameters_move() -> None:
    program = dsl.loads(NET.format(dtype="f64", optimizer="sgd(lr=0.1)", more='parameters = ["loss.Dense_2.*"]'))
    before = program.parameters
    step = program.training_step()
    step.repeat(3, FEEDS)
    moved = {name for name, value in step.parameters.items() if not np.array_equal(value, before[name])}
    assert moved == {"loss.Dense_2.w", "loss.Dense_2.b"}
    assert all(np.array_equal(program.parameters[name], before[name]) for name in before)


def test_a_step_that_fails_is_not_counted() -> None:
    program = dsl.loads(NET.format(dtype="f64", optimizer="adam(lr=0.05)", more=""))
    found, expected = program.training_step(engine="numpy"), program.training_step(engine="reference")
    for step in (found, expected):
        with pytest.raises(dsl.ProgramError, match="out of range"):
            step.run({**FEEDS, "y": FEEDS["y"] + 9})
    np.testing.assert_allclose(found.repeat(4, FEEDS), expected.repeat(4, FEEDS), rtol=1e-12)


def test_a_label_out_of_range_is_told_with_its_line_and_changes_nothing() -> None:
    program = dsl.loads(NET.format(dtype="f64", optimizer="sgd(lr=0.1)", more=""))
    step = program.training_step()
    step.run(FEEDS)
    before = step.parameters
    with pytest.raises(dsl.ProgramError, match=r"label 9 .* out of range") as caught:
        step.run({**FEEDS, "y": FEEDS["y"] + 9 - FEEDS["y"][0]})
    assert caught.value.diagnostics[0].span is not None
    for name, value in step.parameters.items():
        np.testing.assert_array_equal(value, before[name])


@pytest.mark.parametrize("text", WRITTEN)
def test_coefficients_that_have_settled_stay_the_same(text: str) -> None:
    name, _, arguments = text.partition("(")
    program = dsl.loads(NET.format(dtype="f64", optimizer=f"{name}({arguments}", more=""))
    optimizer = program.model.runs[0].optimizer
    assert isinstance(optimizer, Elementwise)
    settled = [step for step in range(1, 200) if optimizer.settled(step)]
    if settled:
        first = optimizer.coefficients(settled[0], {})
        assert settled == list(range(settled[0], 200))
        assert all(optimizer.coefficients(step, {}) == first for step in settled)
    one, many = CoefficientState(optimizer), CoefficientState(optimizer)
    rate = (optimizer.lr, None)
    rows = many.advance(Steady(rate, 7))
    assert list(Steady(rate, 7)[2:4]) == [rate] * 2
    assert len(rows) in (1, 7)
    for step in range(7):
        np.testing.assert_array_equal(one.advance([rate])[0], rows[min(step, len(rows) - 1)])
    assert one.steps == many.steps == 7


def test_a_schedule_of_the_momentum_changes_the_optimisers_memory_with_it() -> None:
    text = NET.format(dtype="f64", optimizer="sgd(lr=0.1, momentum=0.9)", more="schedule = one_cycle(max_lr=0.5)")
    histories = []
    for engine in ("numpy", "reference"):
        program = dsl.loads(text)
        program.feed(FEEDS)
        program.engine = engine
        histories.append(program.train(steps=20).column("loss"))
    np.testing.assert_allclose(*histories, rtol=1e-10)


def test_what_runs_is_as_it_is_asked_for() -> None:
    program = dsl.loads(NET.format(dtype="f64", optimizer="sgd(lr=0.1)", more=""))
    assert isinstance(program.training_step(engine="reference")._stepper, EvaluatingStepper)
    assert program.training_step().repeat(0, FEEDS).shape == (0,)
