"""Explanations as Markdown, with equations in blocks of code that are read as they are."""

from __future__ import annotations

import re
from collections.abc import Sequence

from dsl.explain.document import Code, Document, Entry, Heading, Inline, Line, Math, Paragraph, Table
from dsl.explain.formats.format import Format, Style, register
from dsl.explain.notation import Notation
from dsl.explain.plain import Plain
from dsl.source.render import printable

_WIDTH = 88


@register("markdown")
class Markdown(Format):
    """CommonMark with tables."""

    def __init__(self, style: Style) -> None:
        self.notation: Notation = Plain(style.digits, style.full)

    def whole(self, document: Document, blocks: Sequence[str]) -> str:
        """Blocks with an empty line between."""
        return "\n\n".join(blocks) + "\n"

    def heading(self, block: Heading) -> str:
        """`#` for each level."""
        return f"{'#' * block.level} {self.words(block.words)}"

    def paragraph(self, block: Paragraph) -> str:
        """The words."""
        return self.words(block.words)

    def entry(self, block: Entry) -> str:
        """The sentence with its margin, and the equations as a block of code."""
        margin = f" *({self.plain(block.margin)})*" if block.margin else ""
        number = self.said_at_once(block)
        head = f"{self.words(block.words)}{f': {number}' if number else ''}{margin}"
        if number or not block.equations:
            return head
        lines = [line for each in block.equations for line in self._lines(each)]
        fence = "`" * max(3, 1 + max((len(run) for line in lines for run in re.findall("`+", line)), default=0))
        return "\n".join([head, "", f"{fence}text", *lines, fence])

    def _lines(self, line: Line) -> list[str]:
        words = f"{''.join(_unmarked(part, self.notation) for part in line.words)}: " if line.words else ""
        sides = [printable(self.notation.write(side)) for side in line.equation.sides]
        note = f"   ({line.equation.note})" if line.equation.note else ""
        if line.continues:
            sides = ["", *sides[1:]]
        whole = f"{words}{' = '.join(sides)}{note}"
        if len(whole) <= _WIDTH:
            return [whole]
        return [
            f"{words}{sides[0]}",
            *(f"    = {side}" for side in sides[1:-1]),
            *(f"    = {s}{note}" for s in sides[1:][-1:]),
        ]

    def table(self, block: Table) -> str:
        """A table with `|`."""
        rows = [[self.words(cell).replace("|", "\\|") for cell in row] for row in block.rows]
        lines = [list(map(self.plain, block.columns)), ["---"] * len(block.columns), *rows]
        return "\n".join(f"| {' | '.join(line)} |" for line in lines)

    def plain(self, text: str) -> str:
        """Words in which nothing is markup."""
        return re.sub(r"([\\`*_{}\[\]<>#|&~])", r"\\\1", printable(text))

    def code(self, text: str) -> str:
        """A span of code, with a fence longer than what is in it."""
        text = printable(text)
        fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
        padded = f" {text} " if text.startswith("`") or text.endswith("`") else text
        return f"{fence}{padded}{fence}"

    def math(self, text: str) -> str:
        """A span of code."""
        return self.code(text)


def _unmarked(part: Inline, notation: Notation) -> str:
    """Words within a block of code."""
    match part:
        case Code(text):
            return printable(text)
        case Math(expression):
            return printable(notation.write(expression))
        case str():
            return printable(part)
