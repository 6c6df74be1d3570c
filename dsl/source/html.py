"""Tables and lines as HTML, for notebooks: nothing that a user has written becomes markup."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Sequence

from dsl.source.diagnostic import Diagnostic
from dsl.source.painting import Tone, toned
from dsl.source.render import printable

_COLOURS: dict[Tone, str] = {
    "error": "color: #d73a49; font-weight: bold",
    "warning": "color: #b7791f; font-weight: bold",
    "hint": "color: #22863a",
    "beside": "color: #3b7dd8",
    "mistake": "color: #d73a49",
    "doubt": "color: #b7791f",
}
"""What can be read on white and on black."""
_QUOTED = re.compile("`([^`]*)`")


def escaped(text: str) -> str:
    """Text inside markup or between the quotes of its attributes."""
    return html.escape(printable(text))


def block(*parts: str) -> str:
    """Pieces of markup below each other; no front end takes a dollar in them for mathematics."""
    return f'<div class="tex2jax_ignore mathjax_ignore">{"".join(parts)}</div>'


def line(text: str) -> str:
    """A line of words; what stands in backquotes is set as code."""
    words = _QUOTED.sub(r"<code>\1</code>", escaped(text))
    return f'<div style="opacity: .8">{words}</div>'


def table(columns: Sequence[str], rows: Iterable[Sequence[str]], right: Sequence[str] = (), title: str = "") -> str:
    """A table; columns named in `right` are aligned to the right."""
    styles = [f"text-align: {'right' if column in right else 'left'}; vertical-align: top" for column in columns]
    head = "".join(f'<th style="{style}">{escaped(name)}</th>' for name, style in zip(columns, styles, strict=True))
    body = "".join(f"<tr>{''.join(_cells(row, styles))}</tr>" for row in rows)
    above = f'<div style="font-weight: bold">{escaped(title)}</div>' if title else ""
    whole = f'<table style="margin: .3em 0"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>'
    return f'{above}<div style="overflow-x: auto">{whole}</div>'


def _cells(row: Sequence[str], styles: Sequence[str]) -> Iterable[str]:
    for cell, style in zip(row, styles, strict=True):
        yield f'<td style="{style}; font-variant-numeric: tabular-nums">{escaped(cell)}</td>'


def diagnostics(found: Iterable[Diagnostic]) -> str:
    """Diagnostics as they stand in a terminal, in colours."""
    return "".join(map(_diagnostic, found))


def _diagnostic(diagnostic: Diagnostic) -> str:
    lines = "\n".join(map(_toned, toned(diagnostic)))
    return f'<pre style="margin: .3em 0">{lines}</pre>'


def _toned(part: tuple[str, Tone]) -> str:
    text, tone = part
    return f'<span style="{_COLOURS[tone]}">{escaped(text)}</span>' if tone in _COLOURS else escaped(text)
