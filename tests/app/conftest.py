"""Programs with their data, each in a folder of its own that is the current one."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import KINDS, LINE, NEURON, write_fruits, write_points


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NO_COLOR", raising=False)
    return tmp_path


@pytest.fixture
def neuron(folder: Path) -> Path:
    Path("neuron.nn").write_text(NEURON)
    return Path("neuron.nn")


@pytest.fixture
def line(folder: Path) -> Path:
    write_points(folder)
    Path("line.nn").write_text(LINE)
    return Path("line.nn")


@pytest.fixture
def kinds(folder: Path) -> Path:
    write_fruits(folder)
    Path("kinds.nn").write_text(KINDS)
    return Path("kinds.nn")
