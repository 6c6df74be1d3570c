"""Every bad program is answered with exactly the diagnostics beside it."""

from __future__ import annotations

from pathlib import Path

import pytest
from bad_program import diagnose

BAD = Path(__file__).parent / "bad"
PROGRAMS = sorted(BAD.rglob("*.nn"))
ANSWERED = [path for path in PROGRAMS if "parts" not in path.relative_to(BAD).parts]


@pytest.mark.parametrize("path", ANSWERED, ids=lambda path: path.relative_to(BAD).with_suffix("").as_posix())
def test_a_bad_program_is_answered_kindly(path, golden, monkeypatch):
    monkeypatch.chdir(path.parent)
    answer = diagnose(Path(path.name))
    assert answer, "nothing is said of this program"
    golden(path.with_suffix(".txt"), answer)


def test_there_are_many_bad_programs():
    assert len(ANSWERED) >= 170


def test_no_answer_is_left_without_its_program():
    assert [path.name for path in BAD.rglob("*.txt") if not path.with_suffix(".nn").exists()] == []
