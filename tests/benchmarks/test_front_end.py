"""The front end's benchmark compares programs that are right, with Python programs that are as long and right too."""

from __future__ import annotations

import ast
import runpy
from pathlib import Path

import pytest

from dsl.language.program import elaborate
from dsl.source.text import Source

BENCHMARK = runpy.run_path(str(Path(__file__).resolve().parents[2] / "benchmarks" / "front_end.py"))


@pytest.mark.parametrize("shape", BENCHMARK["SHAPES"])
def test_a_program_has_a_python_program_of_its_length(shape):
    text = BENCHMARK["SHAPES"][shape](120)
    python = BENCHMARK["as_python"](text)
    assert [len(line) for line in python.split("\n")] == [len(line) for line in text.split("\n")]
    assert len(ast.parse(python).body) > 10
    assert not elaborate(Source(text)).errors
