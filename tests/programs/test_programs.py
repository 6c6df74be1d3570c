"""Every program of `programs/` does what a reader of it expects, and what it says of itself."""

from __future__ import annotations

import dataclasses
import json
import math
import re
from typing import Any

import numpy as np
import pytest
from program_runs import FOLDER, LIBRARIES, PROGRAMS, TRAINED, answer, trained

import dsl
from dsl.language import syntax
from dsl.language.parser import parse
from dsl.source.text import Source

SLOW = ("mnist",)
"""Programs that are not worth a second training."""

every_program = pytest.mark.parametrize("name", PROGRAMS)
every_training = pytest.mark.parametrize("name", TRAINED)


def without_times(document: dict[str, Any]) -> dict[str, Any]:
    """A training's document less the seconds, the only thing that may differ between two trainings."""
    document = json.loads(json.dumps(document))
    for run in document["runs"]:
        for row in (run, *run["history"]):
            del row["seconds"]
    return document


# -- before anything runs


@every_program
def test_checked_without_a_word(name: str) -> None:
    assert answer("check", PROGRAMS[name]) == (0, {"diagnostics": []})


@every_program
def test_gradients_agree_with_differences(name: str) -> None:
    status, document = answer("check", PROGRAMS[name], "--gradients")
    assert status == 0
    assert all(comparison["agrees"] for comparison in document["gradients"])
    assert bool(document["gradients"]) == (name not in LIBRARIES)


@every_program
def test_says_what_it_is(name: str) -> None:
    lines = PROGRAMS[name].read_text(encoding="utf-8").splitlines()
    assert lines[0].startswith("## ")
    assert len(lines) <= 60
    assert max(map(len, lines)) <= 128
    assert ("expect" in {line.partition(" ")[0] for line in lines}) == (name not in LIBRARIES)


def test_every_statement_is_shown() -> None:
    shown: set[type] = set()
    for path in PROGRAMS.values():
        waiting: list[Any] = [parse(Source.read(path, str(path)))]
        while waiting:
            item = waiting.pop()
            if isinstance(item, tuple):
                waiting += item
            elif isinstance(item, syntax.Syntax):
                shown.add(type(item))
                waiting += [getattr(item, field.name) for field in dataclasses.fields(item)]
    statements = {
        kind for kind in vars(syntax).values() if isinstance(kind, type) and kind.__name__.endswith("Statement")
    }
    assert {kind.__name__ for kind in statements - shown} == set()


# -- running


@every_training
def test_training_meets_its_expectations(name: str) -> None:
    document = trained(name)
    assert document["expects"]
    assert all(expect["passed"] for expect in document["expects"])
    for run in document["runs"]:
        assert all(math.isfinite(row["loss"]) for row in run["history"])


@pytest.mark.parametrize("name", [name for name in PROGRAMS if name not in TRAINED])
def test_running_meets_its_expectations(name: str) -> None:
    status, document = answer("run", PROGRAMS[name])
    assert status == 0
    assert all(expect["passed"] for expect in document["expects"])


@pytest.mark.parametrize("name", [name for name in TRAINED if name not in SLOW])
def test_second_training_is_the_same_to_the_last_bit(name: str) -> None:
    status, again = answer("train", PROGRAMS[name], "--quiet")
    assert status == 0
    assert without_times(again) == without_times(trained(name))


def test_parameters_are_the_same_to_the_last_bit() -> None:
    first, second = dsl.load(PROGRAMS["residual"]), dsl.load(PROGRAMS["residual"])
    for program in (first, second):
        program.train(epochs=1)
    assert all(np.array_equal(value, second.parameters[name]) for name, value in first.parameters.items())


def test_digits_are_read_well_and_soon() -> None:
    document = trained("digits")
    (run,) = document["runs"]
    assert run["metrics"]["digits.test"]["accuracy"] >= 0.97
    assert run["seconds"] < 30


@every_training
def test_other_precision_takes_the_same_way(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(FOLDER)
    text, epochs = PROGRAMS[name].read_text(encoding="utf-8"), 1 if name in SLOW else 2
    losses = [_first_losses(text, dtype, epochs) for dtype in ("f32", "f64")]
    np.testing.assert_allclose(losses[0], losses[1], rtol=1e-3)


def _first_losses(text: str, dtype: str, epochs: int) -> list[float]:
    """The losses of the first epochs of each run, with another floating type for the whole program."""
    swapped = f"dtype {dtype}\n" + re.sub(r"^dtype .*$", "", text, flags=re.MULTILINE)
    program = dsl.loads(swapped)
    assert all(value.dtype == np.dtype(dtype.replace("f", "float")) for value in program.parameters.values())
    outcomes = program.train_all(overrides={"epochs": epochs})
    return [row["loss"] for outcome in outcomes for row in outcome.history.rows]


# -- what the comments promise


def test_hidden_units_are_set_from_outside() -> None:
    program = dsl.load(PROGRAMS["digits"], constants={"hidden": 16})
    assert program.parameters["logits.Dense.w"].shape == (64, 16)


def test_gates_are_left_out() -> None:
    status, document = answer("train", PROGRAMS["custom_layer"], "--quiet", "--set", "gated=false")
    assert status == 0
    assert all(expect["passed"] for expect in document["expects"])
    gated, plain = (dsl.load(PROGRAMS["custom_layer"], constants={"gated": gated}) for gated in (True, False))
    assert {name.rpartition(".")[2] for name in gated.parameters.keys() - plain.parameters.keys()} == {"v", "c"}


def test_one_encoder_is_used_twice() -> None:
    program = dsl.load(PROGRAMS["shared"])
    assert sorted(name for name in program.parameters if name.startswith("encoder")) == ["encoder.b", "encoder.w"]
    weights = program.node("encoder.w")
    assert sum(weights in node.inputs for node in program.forward) == 2


def test_each_pass_of_a_repeat_has_its_own_weights() -> None:
    program = dsl.load(PROGRAMS["residual"], constants={"depth": 3})
    assert len([name for name in program.parameters if name.startswith("h.") and "ResidualBlock" in name]) == 3 * 6


def test_only_chosen_parameters_are_trained() -> None:
    program = dsl.load(PROGRAMS["fine_tuning"])
    before = dict(program.parameters)
    program.train("head", epochs=1)
    changed = {name for name, value in program.parameters.items() if not np.array_equal(value, before[name])}
    assert changed == {"classifier.w", "classifier.b"}


def test_expectations_are_no_part_of_the_graph() -> None:
    program = dsl.load(PROGRAMS["neuron"])
    assert list(program.graph) == ["x", "y", "k", "b", "linear", "sigmoid", "loss"]
    assert program.outputs == ["loss"]
    assert all(result.passed for result in program.check_all())


def test_seed_of_a_training_from_python_draws_the_first_parameters() -> None:
    losses = []
    for seed in (1, 2, 1):
        program = dsl.load(PROGRAMS["xor"])
        losses.append(program.train(seed=seed, steps=1).last["loss"])
    own = dsl.load(PROGRAMS["xor"]).train(steps=1).last["loss"]  # the program's own seed is 1
    assert losses[0] == losses[2] == own
    assert losses[0] != losses[1]
