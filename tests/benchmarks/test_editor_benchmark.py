"""The language server's benchmark measures what it says: programs with so many mistakes, and keys that are answered."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path

import pytest

from dsl.language.parser import read
from dsl.source.text import Source

FOLDER = Path(__file__).resolve().parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def benchmark():
    before = list(sys.path)
    sys.path.insert(0, str(FOLDER))
    try:
        yield runpy.run_path(str(FOLDER / "editor.py"))
    finally:
        sys.path[:] = before


@pytest.mark.parametrize("count", [1, 9])
def test_a_spoilt_program_has_so_many_syntax_errors(benchmark, count):
    assert len(read(Source(benchmark["spoilt"](benchmark["arrays"](200), count))).mistakes) == count


def test_every_key_is_measured(benchmark):
    found = list(benchmark["measured"]("right", 60, 1))
    assert len(found) == 5
    assert all(one.value > 0 for one in found[:4])
