"""The programs of `programs/`, and what the command line answers about them; each is trained once for all tests."""

from __future__ import annotations

import functools
import io
import json
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

from dsl.app.main import run as nn

FOLDER = Path(__file__).parents[2] / "programs"
PROGRAMS = {path.stem: path for path in sorted(FOLDER.glob("*.nn"))}
LIBRARIES = ("blocks",)
"""Programs that others import, and that have nothing to run themselves."""
TRAINED = [name for name, path in PROGRAMS.items() if "\ntrain" in path.read_text(encoding="utf-8")]


def answer(*arguments: str | Path) -> tuple[int, dict[str, Any]]:
    """The exit status of a command, and the document that it printed."""
    printed = io.StringIO()
    with redirect_stdout(printed):
        status = nn([*map(str, arguments), "--format", "json"])
    return status, json.loads(printed.getvalue())


@functools.cache
def trained(name: str) -> dict[str, Any]:
    """What `nn train` answers about a program."""
    status, document = answer("train", PROGRAMS[name], "--quiet")
    assert status == 0, [expect for expect in document["expects"] if not expect["passed"]]
    return document
