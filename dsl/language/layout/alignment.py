"""Columns: the parts of neighbouring declarations and equations one below the other, and the comments behind lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from dsl.language.layout.brackets import Brackets
from dsl.language.layout.words import Blank, Item, Line, Remark, Word
from dsl.source.render import display_width

COMMENT_COLUMN = 45
"""Where comments behind lines begin, counted from 0, when the lines are short enough."""
_LONGEST_WITH_NEIGHBOURS = 70
"""A longer line does not push the comments of its neighbours to the right."""
_MOST_DIFFERENCE = 20
"""Lines whose parts differ more in width are not aligned."""
_WIDEST = 60
"""A declaration with a longer left side is not aligned."""

_KINDS = {
    "PLACEHOLDER": "declaration", "PARAMETER": "declaration", "CONSTANT": "constant", "DIM": "dim", "METRIC": "metric",
    "EXPECT": "expect", "NAME": "equation",
}  # fmt: skip
"""The statements that are aligned, by their first word, with those of their own kind.

An expectation is aligned when it is of a name. An equation that makes a layer, `encoder = Dense(64)`, is a kind of its own.
"""
_SIGNS = ("EQUAL", "TILDE")


@dataclass(slots=True)
class Spaced:
    """An item of a program, with what stands before each of its words."""

    item: Item
    blanks: list[str]


@dataclass(slots=True)
class _Columns:
    """Where in a line the columns begin: the words before which blanks are put in."""

    spaced: Spaced
    line: Line
    type_at: int
    """The first word of the declared type, 0 without one."""
    sign_at: int
    """The `=`, `~` or comparison, 0 without one."""

    def width(self, start: int, end: int) -> int:
        """How wide some words are, with the blanks between them and before the first."""
        return sum(
            len(blank) + display_width(word.text)
            for blank, word in zip(self.spaced.blanks[start:end], self.line.words[start:end], strict=True)
        )

    def own_width(self, end: int) -> int:
        """How wide the line is up to a word, without the keyword, which has a column of its own."""
        return self.width(int(self.line.words[0].kind != "NAME"), end)

    def pad(self, at: int, width: int) -> None:
        """Put blanks in before a word."""
        if at and width > 0:
            self.spaced.blanks[at] += " " * width


def align_columns(program: Sequence[Spaced]) -> None:
    """Align the columns of neighbouring statements of a kind. Blank lines and other statements part neighbours."""
    for group in _groups(program):
        for kind, columns in _even(group):
            if kind == "declaration":
                _align(columns, lambda each: 1, lambda each: each.width(0, 1))
                if any(each.type_at for each in columns):
                    _align(columns, lambda each: each.type_at, lambda each: each.width(0, each.type_at))
            _align(columns, lambda each: each.sign_at, lambda each: each.width(0, each.sign_at))


def _align(columns: Sequence[_Columns], at: Callable[[_Columns], int], width: Callable[[_Columns], int]) -> None:
    """Have one column begin at the same place in all lines that have it."""
    having = [each for each in columns if at(each)]
    widest = max(map(width, having), default=0)
    for each in having:
        each.pad(at(each), widest - width(each))


def _groups(program: Sequence[Spaced]) -> Iterator[tuple[str, list[_Columns]]]:
    """Neighbouring lines of a kind."""
    kind, level = "", 0
    group: list[_Columns] = []
    for spaced in program:
        match spaced.item:
            case Remark():
                continue
            case Blank():
                found, columns = "", None
            case Line() as line:
                found, columns = _columns(spaced, line)
        if found != kind or (columns and columns.line.level != level):
            if group:
                yield kind, group
            kind, group = found, []
        if columns:
            level = columns.line.level
            group.append(columns)
    if group:
        yield kind, group


def _columns(spaced: Spaced, line: Line) -> tuple[str, _Columns | None]:
    """The kind of a line and its columns; no columns where it is not to be aligned."""
    words = line.words
    kind = _KINDS.get(words[0].kind, "")
    if not kind or any(word.kind == "_LBRACE" for word in words):
        return "", None
    signs = ("COMPARISON",) if kind == "expect" else _SIGNS
    brackets = Brackets(words)
    found = _first(words, brackets, (*signs, "COLON", "AND", "OR", "NOT", "PIPE"))
    type_at = found + 1 if found and words[found].kind == "COLON" else 0
    sign_at = _first(words, brackets, signs) if type_at else found
    if sign_at and words[sign_at].kind not in signs:
        return kind, None
    if kind == "expect" and any(word.kind not in ("NAME", "DOT") for word in words[1:sign_at]):
        return "", None
    if kind == "equation" and _makes_layer(words, brackets, sign_at + 1):
        kind = "layer"
    columns = _Columns(spaced, line, type_at, sign_at)
    end = sign_at or len(words)
    is_whole = not any(word.comments for word in words[1 : end + 1]) and not any(at < end for at in brackets.open)
    return kind, columns if is_whole and columns.width(0, end) <= _WIDEST else None


def _makes_layer(words: Sequence[Word], brackets: Brackets, start: int) -> bool:
    """Whether a value is a call of what has the name of a layer, and nothing else."""
    is_layer = words[start].kind == "NAME" and words[start].text[0].isupper()
    return is_layer and brackets.partner[-1] == start + 1


def _first(words: Sequence[Word], brackets: Brackets, kinds: Sequence[str]) -> int:
    """The first word of one of the kinds outside brackets, or 0."""
    return next((at for at in brackets.outside(1, len(words)) if words[at].kind in kinds), 0)


def _even(group: tuple[str, list[_Columns]]) -> Iterator[tuple[str, list[_Columns]]]:
    """A group parted where the widths of the columns differ too much."""
    kind, lines = group
    part: list[_Columns] = []
    ranges = (_Range(), _Range())
    for each in lines:
        widths = [each.own_width(at) if at else None for at in (each.type_at, each.sign_at)]
        if not all(known.admits(width) for known, width in zip(ranges, widths, strict=True)):
            yield kind, part
            part, ranges = [], (_Range(), _Range())
        part.append(each)
        for known, width in zip(ranges, widths, strict=True):
            known.add(width)
    yield kind, part


@dataclass(slots=True)
class _Range:
    """The least and the greatest width of a column so far; lines that do not have it do not count."""

    least: int | None = None
    most: int = 0

    def admits(self, width: int | None) -> bool:
        """Whether a width is near the others."""
        if width is None or self.least is None:
            return True
        return max(self.most, width) - min(self.least, width) <= _MOST_DIFFERENCE

    def add(self, width: int | None) -> None:
        """Count a width."""
        if width is not None:
            self.least = width if self.least is None else min(self.least, width)
            self.most = max(self.most, width)


# -- comments


@dataclass(slots=True)
class Row:
    """A line of the finished text, and the comment behind it."""

    text: str
    comment: str = ""


def with_comments(rows: Sequence[Row]) -> Iterator[str]:
    """The lines of the text. Comments of lines that follow each other begin in one column."""
    at = 0
    while at < len(rows):
        end = at + 1
        if rows[at].comment:
            while end < len(rows) and rows[end].comment and _is_short(rows[end - 1]) and _is_short(rows[end]):
                end += 1
            column = max(COMMENT_COLUMN, *(display_width(row.text) + 2 for row in rows[at:end]))
            if not _is_short(rows[at]):
                column = display_width(rows[at].text) + 2
            for row in rows[at:end]:
                yield f"{row.text}{' ' * (column - display_width(row.text))}{row.comment}"
        else:
            yield rows[at].text
        at = end


def _is_short(row: Row) -> bool:
    return display_width(row.text) <= _LONGEST_WITH_NEIGHBOURS
