"""A bad program and how it is used: its first comment lines say so.

    # set: hidden = "many"      a constant given from outside
    # feed: x = [1, 2]          a placeholder's value
    # do: train                 what is done with the program once it is loaded: run, train, check, gradients, predict

Values are JSON. Without `do` the program is loaded, and its warnings are the diagnostics.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import dsl

_DIRECTIVE = re.compile(r"^# (set|feed|do): *(?:([\w.]+) *= *)?(.*)$", re.MULTILINE)


def diagnose(path: Path) -> str:
    """What a user is told about the program at this path, which is relative to the current folder."""
    constants: dict[str, Any] = {}
    feeds: dict[str, Any] = {}
    deed = ""
    for kind, name, value in _DIRECTIVE.findall(path.read_text(encoding="utf-8", errors="replace")):
        match kind:
            case "set":
                constants[name] = json.loads(value)
            case "feed":
                feeds[name] = json.loads(value)
            case _:
                deed = value
    try:
        program = dsl.load(path, constants)
        _do(program, deed, feeds)
    except dsl.ProgramError as error:
        return f"{error}\n"
    return f"{dsl.ProgramError(program.warnings)}\n" if program.warnings else ""


def _do(program: dsl.Program, deed: str, feeds: dict[str, Any]) -> None:
    match deed:
        case "run":
            program.run(feeds)
        case "train":
            program.train_all()
        case "check":
            program.check_all()
        case "gradients":
            program.gradients(feeds=feeds)
        case "predict":
            program.predict(feeds)
        case _:
            assert not deed, f"nothing is called {deed}"
