"""Random programs in random layouts keep their tree and their comments, and are laid out once and for all."""

from __future__ import annotations

from random import Random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from layout_checks import check_layout, comments
from random_programs import random_program

import dsl

CHANCES = st.randoms(use_true_random=False)
EVERY_CHECK = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@settings(deadline=None, max_examples=150, suppress_health_check=EVERY_CHECK)
@given(CHANCES)
def test_a_random_program_is_laid_out_without_loss(chance):
    check(chance)


@pytest.mark.slow
@settings(deadline=None, max_examples=2000, suppress_health_check=EVERY_CHECK)
@given(CHANCES)
def test_two_thousand_random_programs_are_laid_out_without_loss(chance):
    check(chance)


def check(chance: Random) -> None:
    text, written = random_program(chance)
    assert comments(text) == written
    check_layout(text)


def test_random_programs_hold_everything():
    """The generator writes what it is meant to write."""
    texts = [random_program(Random(seed))[0] for seed in range(300)]
    pieces = (
        "|>",
        ";",
        "\r\n",
        "\t",
        "##",
        "else",
        "layer",
        "repeat",
        "within",
        "...",
        "**",
        "@",
        "not ",
        ":",
        "~",
        "train",
    )
    assert [piece for piece in pieces if not any(piece in text for text in texts)] == []
    assert sum("#" in text for text in texts) > 150


@pytest.mark.parametrize("seed", range(40))
def test_blanks_around_lines_make_no_difference(seed):
    text, _ = random_program(Random(seed))
    around = "".join(f"\t {line}  \n" for line in text.replace("\r", "").split("\n"))
    assert dsl.format_text(around) == dsl.format_text(text)
