"""The session's benchmark measures what it says: words that fit, and entries that are carried out."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark():
    pytest.importorskip("pty", reason="needs a system with pseudo-terminals")
    sys.path.insert(0, str(FOLDER))
    try:
        yield runpy.run_path(str(FOLDER / "repl.py"))
    finally:
        sys.path.remove(str(FOLDER))


def test_a_session_is_as_long_as_it_should_be(benchmark):
    session = benchmark["session_of"](120)
    assert len(session.statements) == 120


def test_something_fits_everywhere(benchmark):
    session = benchmark["session_of"](50)
    for before in benchmark["WORDS"].values():
        assert benchmark["Completer"](session).complete(before).candidates


@pytest.mark.parametrize("part", ["completing", "entering"])
def test_each_part_measures(benchmark, part):
    found = list(benchmark["PARTS"][part](30, 1))
    assert len(found) >= 4
    assert all(one.value > 0 for one in found)
