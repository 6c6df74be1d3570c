"""The plans of the example programs, as `nn check --print plan` shows them to a file."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path

import pytest

from dsl.app.main import run

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"


@pytest.mark.parametrize("name", ["neuron", "digits"])
def test_the_plan_of_a_program(name, golden, monkeypatch):
    monkeypatch.chdir(PROGRAMS)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        assert run(["check", f"{name}.nn", "--print", "plan", "--engine", "numpy"]) == 0
    golden(Path(__file__).parent / "plans" / f"{name}.txt", printed.getvalue())
