"""Diagnostics in colours: for a terminal, and for whatever else shows lines with tones."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

import click

from dsl.source.render import render

if TYPE_CHECKING:
    from dsl.source.diagnostic import Diagnostic

Tone = Literal["error", "warning", "hint", "beside", "mistake", "doubt", "plain"]
"""What a line of a diagnostic is: its first one, a hint, the mark of another place, the mark of the place, the rest."""

_STYLES: dict[Tone, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "warning": {"fg": "yellow", "bold": True},
    "hint": {"fg": "green"},
    "beside": {"fg": "blue"},
    "mistake": {"fg": "red"},
    "doubt": {"fg": "yellow"},
}


def styled(text: str, **style: Any) -> str:
    """The text in colour, unless the environment asks for none (https://no-color.org); `click.echo` knows files."""
    return text if os.environ.get("NO_COLOR") else click.style(text, **style)


def toned(diagnostic: Diagnostic) -> Iterator[tuple[str, Tone]]:
    """The lines of a diagnostic, each with its tone."""
    for number, line in enumerate(render(diagnostic).split("\n")):
        content = line.partition("|")[2].strip()
        if number == 0:
            yield line, diagnostic.severity
        elif line.lstrip().startswith("= hint"):
            yield line, "hint"
        elif content.startswith("^"):
            yield line, "mistake" if diagnostic.severity == "error" else "doubt"
        elif content.startswith("-"):
            yield line, "beside"
        else:
            yield line, "plain"


def painted(diagnostic: Diagnostic) -> str:
    """The diagnostic in the colours of a terminal."""
    return "\n".join(styled(line, **_STYLES[tone]) if tone in _STYLES else line for line, tone in toned(diagnostic))
