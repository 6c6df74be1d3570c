"""Programs as diagrams in the formats that are text."""

from __future__ import annotations

from pathlib import Path

import pytest

import dsl
from dsl.app.drawing import View, subject_of
from dsl.diagram.formats import EXPORTERS

ROOT = Path(__file__).resolve().parents[2]
VIEWS = {
    "neuron": View(values=True, gradients=True),
    "digits": View(),
    "residual": View(depth=1),
    "shared": View(depth=0),
    "xor": View(backward=True, depth=0),
}


@pytest.mark.parametrize("ending", [".dot", ".mmd", ".json", ".txt"])
@pytest.mark.parametrize("name", VIEWS)
def test_the_diagram_of_a_program(name, ending, golden):
    subject = subject_of(dsl.load(ROOT / "programs" / f"{name}.nn"), VIEWS[name])
    golden(Path(__file__).parent / "diagrams" / f"{name}{ending}", EXPORTERS[ending]().export(subject).decode())
