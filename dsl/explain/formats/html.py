"""Explanations as one HTML file that needs nothing else: mathematics as MathML, a style sheet of its own."""

from __future__ import annotations

import html
from collections.abc import Sequence
from importlib.resources import files

from dsl.explain.document import Document, Entry, Heading, Line, Paragraph, Table
from dsl.explain.formats.format import Format, Style, register
from dsl.explain.mathml import MathMl
from dsl.explain.notation import Notation
from dsl.source.render import printable


@register("html")
class Html(Format):
    """A page for browsers that draw MathML."""

    def __init__(self, style: Style) -> None:
        self.notation: Notation = MathMl(style.digits)

    def whole(self, document: Document, blocks: Sequence[str]) -> str:
        """The page around its blocks."""
        style = files("dsl.explain.formats").joinpath("page.css").read_text(encoding="utf-8")
        return "\n".join(
            [
                "<!doctype html>",
                f'<html lang="{html.escape(document.language)}">',
                '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">',
                f"<title>{self.plain(document.title)}</title>",
                f"<style>\n{style}</style></head>",
                "<body><main>",
                *blocks,
                "</main></body></html>",
                "",
            ]
        )

    def heading(self, block: Heading) -> str:
        """A heading."""
        return f"<h{block.level}>{self.words(block.words)}</h{block.level}>"

    def paragraph(self, block: Paragraph) -> str:
        """A paragraph."""
        return f"<p>{self.words(block.words)}</p>"

    def entry(self, block: Entry) -> str:
        """What is said of one value, its equations below."""
        margin = f' <span class="margin">{self.plain(block.margin)}</span>' if block.margin else ""
        number = self.said_at_once(block)
        words = f"{self.words(block.words)}{f': {number}' if number else ''}"
        equations = "" if number else "".join(map(self._line, block.equations))
        return f'<section class="entry"><p>{words}{margin}</p>{equations}</section>'

    def _line(self, line: Line) -> str:
        words = f'<span class="words">{self.words(line.words)}</span> ' if line.words else ""
        first, *rest = map(self.notation.write, line.equation.sides)
        left = [] if line.continues else [first]
        sides = [*left, *(f'<span class="side">=&nbsp;{side}</span>' for side in rest)]
        note = f' <span class="note">{self.plain(line.equation.note)}</span>' if line.equation.note else ""
        return f'<div class="equation">{words}{" ".join(sides)}{note}</div>'

    def table(self, block: Table) -> str:
        """A table that scrolls where the page is narrow."""
        head = "".join(f"<th>{self.plain(column)}</th>" for column in block.columns)
        rows = "".join(f"<tr>{''.join(f'<td>{self.words(cell)}</td>' for cell in row)}</tr>" for row in block.rows)
        return f'<div class="table"><table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table></div>'

    def plain(self, text: str) -> str:
        """Words in which nothing is markup."""
        return html.escape(printable(text))

    def code(self, text: str) -> str:
        """A name."""
        return f"<code>{self.plain(text)}</code>"

    def math(self, text: str) -> str:
        """An expression, which is markup already."""
        return text
