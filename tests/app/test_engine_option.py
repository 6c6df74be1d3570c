"""`--engine`: the same program by every engine that can run it, on the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from command_line import nn

from dsl.engine.names import ENGINES

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"


def numbers(document: Any) -> Any:
    """The numbers of a document, in their order, but for times."""
    match document:
        case dict():
            return [number for key, value in document.items() if key != "seconds" for number in numbers(value)]
        case list():
            return [number for value in document for number in numbers(value)]
        case bool() | str() | None:
            return []
        case _:
            return [document]


def by_every_engine(*arguments: Any) -> dict[str, Any]:
    """The documents of a command by the engines that can carry it out, the reference engine among them."""
    found: dict[str, Any] = {}
    for engine in ENGINES:
        result = nn(*arguments, "--engine", engine, "--format", "json")
        diagnostics = result.document.get("diagnostics", [])
        if diagnostics:
            assert [diagnostic["code"] for diagnostic in diagnostics] == ["engine"]
            assert engine not in ("auto", "numpy", "reference")
            assert diagnostics[0]["line"], "the place in the program"
        else:
            found[engine] = result.document
    return found


def assert_alike(documents: dict[str, Any], tolerance: float) -> None:
    expected = numbers(documents.pop("reference"))
    assert expected
    assert documents.keys() >= {"auto", "numpy"}
    for engine, document in documents.items():
        np.testing.assert_allclose(numbers(document), expected, rtol=tolerance, atol=tolerance, err_msg=engine)


@pytest.mark.parametrize("name", ["neuron", "gradients", "rosenbrock", "xor", "line"])
def test_run(name):
    assert_alike(by_every_engine("run", PROGRAMS / f"{name}.nn", "--quiet"), 1e-3)


@pytest.mark.parametrize("name", ["neuron", "gradients"])
def test_what_is_not_trained_is_the_same_to_the_last_digits(name):
    documents = by_every_engine("run", PROGRAMS / f"{name}.nn")
    assert documents.keys() >= {"scalar", "levels"}
    assert_alike(documents, 1e-6 if name == "gradients" else 1e-14)


def test_train(line):
    assert_alike(by_every_engine("train", line, "--quiet"), 1e-4)


def test_grad(neuron):
    assert_alike(by_every_engine("grad", neuron), 1e-14)


def test_predict(kinds):
    nn("train", kinds, "--quiet")
    assert_alike(
        by_every_engine("predict", kinds, "--feed", "x=[[1, -1], [-1, 1], [0.5, 0]]", "--fetch", "logits"), 1e-6
    )


def test_an_engine_that_cannot_run_a_program_says_why_and_where(line):
    result = nn("train", line, "--engine", "scalar", "--quiet")
    assert result.status == 1
    assert "error[engine]: the engine `scalar` cannot run this: it computes in f64" in result.err
    assert "--> line.nn:7:8" in result.err
    assert "leave the choice to `--engine auto`" in result.err


def test_an_engine_that_there_is_not(neuron):
    result = nn("run", neuron, "--engine", "abacus")
    assert result.status == 2
    assert "'reference'" in result.err
