"""What beginners write, and beside it the same programs in the canonical layout."""

from __future__ import annotations

from pathlib import Path

import pytest

import dsl

LAYOUTS = Path(__file__).parent / "layouts"
PROGRAMS = sorted(LAYOUTS.glob("*.nn"))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_is_laid_out_like_the_text_beside_it(path, golden):
    text = dsl.format_text(path.read_bytes().decode())
    golden(path.with_suffix(".txt"), text)
    assert dsl.format_text(text) == text


def test_there_are_many_layouts():
    assert len(PROGRAMS) >= 100


def test_no_layout_is_left_without_its_program():
    assert [path.name for path in LAYOUTS.glob("*.txt") if not path.with_suffix(".nn").exists()] == []
