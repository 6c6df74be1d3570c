"""An explanation as a document: headings, entries and equations, which each format writes in its own way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dsl.explain.expressions import Equation, Expression


@dataclass(frozen=True, slots=True)
class Code:
    """What the program calls something."""

    text: str


@dataclass(frozen=True, slots=True, eq=False)
class Math:
    """An expression within a sentence."""

    expression: Expression


Inline = str | Code | Math
"""Words, a name of the program, or mathematics."""


@dataclass(frozen=True, slots=True)
class Heading:
    """The title of a part; 1 is the document's own."""

    level: int
    words: Sequence[Inline]


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A sentence or some."""

    words: Sequence[Inline]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is said of one value: a sentence, the equations behind it, and remarks. `margin` says its type and line."""

    words: Sequence[Inline]
    margin: str = ""
    equations: Sequence[Line] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """An equation within an entry, after the words that introduce it.

    With `continues`, the entry's own words are its left side.
    """

    equation: Equation
    words: Sequence[Inline] = ()
    continues: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Columns with titles; each cell of a row is some words."""

    columns: Sequence[str]
    rows: Sequence[Sequence[Sequence[Inline]]]


Block = Heading | Paragraph | Entry | Table


@dataclass(frozen=True, slots=True)
class Document:
    """Blocks in their order, and the language of their words (`en`, `zh`)."""

    title: str
    language: str
    blocks: Sequence[Block]


def sentence(template: str, **parts: Inline | Sequence[Inline]) -> list[Inline]:
    """The words of a template with these parts in its places `{name}`."""
    words: list[Inline] = []
    for literal, name in _pieces(template):
        words += marked(literal)
        if name:
            part = parts[name]
            words += [part] if isinstance(part, str | Code | Math) else part
    return words


def marked(text: str) -> list[Inline]:
    """A text in which backquotes stand around names."""
    parts = text.split("`")
    if len(parts) % 2 == 0:  # a backquote without its other half
        return [text]
    return [Code(part) if place % 2 else part for place, part in enumerate(parts) if part]


def _pieces(template: str) -> list[tuple[str, str]]:
    """The literal texts of a template, each with the name of the place behind it; the last has none."""
    found = re.split(r"\{(\w+)\}", template)
    return [(found[at], found[at + 1] if at + 1 < len(found) else "") for at in range(0, len(found), 2)]


def listed(words: Sequence[Sequence[Inline]], comma: str, last: str) -> list[Inline]:
    """Several things in a row: `a, b and c`."""
    made: list[Inline] = []
    for place, part in enumerate(words):
        if place:
            made.append(last if place == len(words) - 1 else comma)
        made += part
    return made
