"""From a file or a text to a program in Python's hands."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dsl.app.files import unreadable
from dsl.app.program import Program
from dsl.language.elaborate.model import Model
from dsl.language.program import elaborate
from dsl.source.diagnostic import ProgramError
from dsl.source.text import Source


def load(path: str | Path, constants: Mapping[str, Any] | None = None) -> Program:
    """Read and check a program file. Raises ProgramError with everything that is wrong with it."""
    try:
        source = Source.read(Path(path), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from None
    return Program(_checked(elaborate(source, constants)))


def loads(text: str, constants: Mapping[str, Any] | None = None, name: str = "<text>") -> Program:
    """Check a program given as text; its files are looked up in the current folder. Raises ProgramError."""
    return Program(_checked(elaborate(Source(text, name), constants)))


def _checked(model: Model) -> Model:
    if model.errors:
        raise ProgramError(model.errors)
    return model
