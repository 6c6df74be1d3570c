"""Markdown in which the text of a user stays text: nothing in it is markup, but for code between backquotes."""

from __future__ import annotations

import re
from collections.abc import Iterable

from dsl.explain.document import marked
from dsl.explain.formats.format import Style
from dsl.explain.formats.markdown import Markdown
from dsl.source.render import printable

_WRITER = Markdown(Style())
_BLOCK = re.compile(r"^(?:([-+=])|(\d+)([.)]))")


def code(text: str) -> str:
    """A text on one line as code."""
    return _WRITER.code(" ".join(text.split()))


def prose(text: str) -> str:
    """A documentation: its lines and paragraphs stay, and nothing begins a list, a heading or a link."""
    return "\n".join(map(_line, text.split("\n"))).strip("\n")


def _line(text: str) -> str:
    return _BLOCK.sub(lambda m: f"\\{m[1]}" if m[1] else f"{m[2]}\\{m[3]}", _WRITER.words(marked(text.strip())))


def fenced(lines: Iterable[str], language: str = "nn") -> str:
    """A block of code, in a fence that nothing in it can close."""
    text = "\n".join(printable(line) for each in lines for line in each.split("\n"))
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def bullets(items: Iterable[str]) -> str:
    """A list of what is Markdown already."""
    return "\n".join(f"- {item}" for item in items)


def paragraphs(parts: Iterable[str]) -> str:
    """Those parts that are not empty, with an empty line between."""
    return "\n\n".join(part for part in parts if part)
