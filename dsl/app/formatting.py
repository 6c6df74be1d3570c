"""Files brought into the canonical layout, or compared with it."""

from __future__ import annotations

import difflib
import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsl.app.files import unreadable
from dsl.language.layout.formatter import format_source
from dsl.source.diagnostic import Diagnostic, ProgramError, fail
from dsl.source.text import Source
from dsl.source.writing import written_whole

STANDARD_INPUT = "-"


@dataclass(frozen=True, slots=True)
class Formatted:
    """A file, its text as it is and in the canonical layout; or what is wrong with it, and then it has no layout."""

    file: str
    before: str = ""
    after: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()

    @property
    def name(self) -> str:
        """What people call the file."""
        return _name(self.file)

    @property
    def changed(self) -> bool:
        """Whether the file is not in the canonical layout."""
        return self.before != self.after

    def diff(self) -> str:
        """What changes, as a unified diff."""
        lines = difflib.unified_diff(_lines(self.before), _lines(self.after), self.name, f"{self.name} (formatted)")
        return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)

    def write(self) -> None:
        """Write the file, or standard output, in the canonical layout. Raises ProgramError where it cannot be written."""
        if self.file == STANDARD_INPUT:
            _print(self.after)
            return
        path = Path(self.file).resolve()  # a link stays a link
        if not os.access(path, os.W_OK):
            raise fail("file", f"`{self.file}` cannot be written: it is not yours to write")
        with written_whole(path) as draft:
            draft.write_bytes(self.after.encode())
            shutil.copymode(path, draft)

    def as_json(self, with_diff: bool) -> dict[str, Any]:
        """The facts for tools; the text itself where there is no file to read it from."""
        facts: dict[str, Any] = {"file": self.name, "changed": self.changed}
        if self.file == STANDARD_INPUT:
            facts["text"] = self.after
        return facts | ({"diff": self.diff()} if with_diff else {})


def format_file(file: str) -> Formatted:
    """The canonical layout of a file, or of standard input; what is wrong with it is among the result."""
    try:
        data = _standard_input() if file == STANDARD_INPUT else Path(file).read_bytes()
        before = data.decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return Formatted(file, diagnostics=tuple(unreadable(_name(file), error).diagnostics))
    text = before.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")  # what every command reads
    try:
        return Formatted(file, before, format_source(Source(text, _name(file))))
    except ProgramError as error:
        return Formatted(file, diagnostics=tuple(error.diagnostics))


def _name(file: str) -> str:
    return "<stdin>" if file == STANDARD_INPUT else file


def _standard_input() -> bytes:
    stream: Any = sys.stdin
    return stream.buffer.read() if stream else b""


def _lines(text: str) -> list[str]:
    """The lines with their ends; a carriage return is part of the line that it ends."""
    *whole, last = text.split("\n")
    return [f"{line}\n" for line in whole] + ([last] if last else [])


def _print(text: str) -> None:
    """Print a program, in UTF-8 whatever the encoding of standard output is: it is a file's text."""
    import click

    click.echo(text.encode() if hasattr(sys.stdout, "buffer") else text, nl=False)
