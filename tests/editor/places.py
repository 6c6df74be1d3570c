"""Programs with a mark where the cursor stands, and the programs of the repository analysed once."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from every_program import ROOT, own_programs

from dsl.app.editor.analysis import Analysis, analyse
from dsl.source.text import Source

CURSOR = "¦"


def at_cursor(marked: str, path: Path | None = None) -> tuple[Analysis, int]:
    """The analysis of a text without its mark, and the offset of that."""
    offset = marked.index(CURSOR)
    return analyse(Source(marked.replace(CURSOR, "", 1), "typed.nn", path)), offset


@cache
def analysed(name: str) -> Analysis:
    """A program of the repository, by its path from the top."""
    return analyse(Source(own_programs()[name], name, ROOT / name))


PROGRAMS = sorted(own_programs())
