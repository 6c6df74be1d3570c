"""Explanations as plain text for the terminal."""

from __future__ import annotations

import textwrap
import unicodedata
from collections.abc import Iterator, Sequence

from dsl.explain.document import Code, Document, Entry, Heading, Line, Paragraph, Table
from dsl.explain.formats.format import Format, Style, register
from dsl.explain.notation import Notation
from dsl.explain.plain import Plain
from dsl.source.render import printable

_INDENT = "    "
_NARROWEST = 40
_FIXED = "\u00a0"
"""A space at which no line breaks."""


@register("text")
class Text(Format):
    """Plain text; equations on one line where they fit, else a line for each side."""

    def __init__(self, style: Style) -> None:
        self.notation: Notation = Plain(style.digits, style.full)
        self._width = max(style.width, _NARROWEST)

    def whole(self, document: Document, blocks: Sequence[str]) -> str:
        """Blocks with an empty line around headings, and between entries of several lines."""
        lines: list[str] = []
        for block, text in zip(document.blocks, blocks, strict=True):
            alone = isinstance(block, Heading | Paragraph | Table) or "\n" in text
            if lines and (alone or "\n" in lines[-1]):
                lines.append("")
            lines.append(text)
        return "\n".join(lines) + "\n"

    def heading(self, block: Heading) -> str:
        """The words underlined."""
        words = self.words(block.words)
        return f"{words}\n{('═' if block.level == 1 else '─') * min(_columns(words), self._width)}"

    def paragraph(self, block: Paragraph) -> str:
        """The words, broken into lines."""
        return self._wrapped(self.words(block.words))

    def entry(self, block: Entry) -> str:
        """The sentence with its margin, and the equations indented below, or behind it where that fits in the line."""
        margin = f"   [{printable(block.margin)}]".replace(" ", _FIXED) if block.margin else ""
        words = self.words(block.words)
        if len(block.equations) == 1 and not block.equations[0].words:
            sides = self._sides(block.equations[0])
            continues = block.equations[0].continues
            named = any(isinstance(part, Code) and part.text == sides[0] for part in block.words)
            on_one_line = f"{words}{' = ' if continues else ': '}{' = '.join(sides[1:])}{margin}"
            if (continues or named) and _columns(on_one_line) <= self._width:
                return on_one_line.replace(_FIXED, " ")
        head = self._wrapped(words + margin)
        return "\n".join([head, *(line for each in block.equations for line in self._line(each))])

    def _line(self, line: Line) -> Iterator[str]:
        sides = self._sides(line)
        words = f"{self.words(line.words)}: " if line.words else ""
        note = f"   ({printable(line.equation.note)})" if line.equation.note else ""
        if line.continues:
            sides = ["", *sides[1:]]
        whole = f"{_INDENT}{words}{' = '.join(sides).lstrip()}{note}"
        if _columns(whole) <= self._width:
            yield whole
            return
        if words:
            yield f"{_INDENT}{words.rstrip()}"
        indent = _INDENT * (2 if words else 1)
        if sides[0]:
            yield from self._broken(sides[0], indent, indent)
            indent += _INDENT
        for place, side in enumerate(sides[1:], 2):
            yield from self._broken(f"= {side}" + (note if place == len(sides) else ""), indent, indent + "  ")
        if len(sides) == 1 and note:
            yield f"{indent}{note.strip()}"

    def _broken(self, text: str, first: str, rest: str) -> list[str]:
        lines = textwrap.wrap(
            text,
            self._width,
            initial_indent=first,
            subsequent_indent=rest,
            break_long_words=False,
            break_on_hyphens=False,
        )
        return [line.replace(_FIXED, " ") for line in lines]

    def _sides(self, line: Line) -> list[str]:
        return [printable(self.notation.write(side)) for side in line.equation.sides]

    def table(self, block: Table) -> str:
        """Columns with two spaces between."""
        rows = [list(block.columns), *([self.words(cell) for cell in row] for row in block.rows)]
        widths = [max(_columns(row[at]) for row in rows) for at in range(len(block.columns))]
        lines = [
            "  ".join(_padded(cell, width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
        ]
        return "\n".join([lines[0], "─" * min(max(map(_columns, lines)), self._width), *lines[1:]])

    def plain(self, text: str) -> str:
        """The words; control characters cannot drive the terminal."""
        return printable(text)

    def code(self, text: str) -> str:
        """The name as it is."""
        return printable(text)

    def math(self, text: str) -> str:
        """The expression as it is."""
        return printable(text)

    def _wrapped(self, text: str) -> str:
        lines = self._broken(text, "", _INDENT) if _columns(text) > self._width else [text.replace(_FIXED, " ")]
        return "\n".join(lines)


def _columns(text: str) -> int:
    """The columns that a text takes in a terminal."""
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text
    )


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _columns(text))
