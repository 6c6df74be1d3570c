"""What a program promises does not hang on its seed."""

from __future__ import annotations

from pathlib import Path

import pytest

import dsl

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_digits_are_told_apart_from_every_seed(seed):
    program = dsl.load(PROGRAMS / "digits.nn")
    history = program.train(seed=seed)
    assert history.last["digits.test.accuracy"] >= 0.97
