"""Reading and checking a program imports no more than it needs, so that `nn check` answers at once."""

from __future__ import annotations

import subprocess
import sys

import pytest

CHECK = """
import sys
from dsl.language.program import elaborate
from dsl.source.text import Source
assert not elaborate(Source(sys.argv[1])).diagnostics
print(*sys.modules)
"""
HEAVY = {"networkx", "rich", "matplotlib", "safetensors", "click", "difflib", "dsl.training.loop", "dsl.app.program"}
TRAINING = {
    "dsl.training.optimizers",
    "dsl.training.schedules",
    "dsl.training.data.plan",
    "dsl.language.statements.train",
}


def modules_after_checking(text: str) -> set[str]:
    process = subprocess.run([sys.executable, "-c", CHECK, text], capture_output=True, check=True, text=True)
    return set(process.stdout.split())


def test_a_program_without_training_imports_nothing_of_training():
    text = "parameter k = 0.5\nloss = k ** 2\nexpect loss < 1\nshow loss\n"
    assert not modules_after_checking(text) & (HEAVY | TRAINING)


@pytest.mark.parametrize(
    "block", ['data d { source = csv("d.csv"); x = source["x"] }', "train { minimize = loss; steps = 1 }"]
)
def test_a_program_with_data_or_training_imports_what_that_needs(block):
    text = f"placeholder x = 1\nparameter k = 0.5\nloss = (k * x) ** 2\n{block}\n"
    found = modules_after_checking(text)
    assert not found & HEAVY
    assert found & TRAINING
