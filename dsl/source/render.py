"""Diagnostics as text: the source line, the place underlined, the other places, the hint."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dsl.source.diagnostic import Diagnostic, Label

_TAB = "    "
_LONGEST_LINE = 160


def render(diagnostic: Diagnostic) -> str:
    """The diagnostic as plain text of several lines."""
    return "\n".join(_lines(diagnostic))


def printable(text: str) -> str:
    """The text with control characters escaped, so that showing it cannot drive a terminal."""
    if text.isprintable():
        return text
    return "".join(
        char if char.isprintable() else _TAB if char == "\t" else char.encode("unicode_escape").decode()
        for char in text
    )


def _lines(diagnostic: Diagnostic) -> Iterator[str]:
    message = "\n".join(printable(line) for line in diagnostic.message.split("\n"))
    yield f"{diagnostic.severity}[{diagnostic.code}]: {message}"
    margin = " "
    if diagnostic.span is not None:
        margin = " " * max(len(str(label.span.line)) for label in diagnostic.places)
        line, column = diagnostic.span.source.position(diagnostic.span.start)
        yield f" {margin}--> {printable(diagnostic.span.source.name)}:{line}:{column}"
        yield f" {margin} |"
        yield from _snippets(diagnostic.places, margin)
    if diagnostic.hint:
        yield f" {margin} = hint: {printable(diagnostic.hint)}"


def _snippets(places: Sequence[Label], margin: str) -> Iterator[str]:
    """The place and the most important other one in the order of the text, then what else helps."""
    place, first = places[0], list(places[:2])
    if all(label.span.source is place.span.source for label in first):
        first.sort(key=lambda label: label.span.line)
    shown, previous = [*first, *places[2:]], None
    for label in shown:
        line, same_file = label.span.line, label.span.source is place.span.source
        if previous is not None and (previous.source is not label.span.source or line < previous.line):
            yield f" {margin} |"
        if not same_file and (previous is None or previous.source is not label.span.source):
            yield f" {margin}::: {printable(label.span.source.name)}:{line}"
        is_long = len(label.span.source.line(line)) > _LONGEST_LINE
        if is_long or previous is None or (previous.source, previous.line) != (label.span.source, line):
            yield f" {line:>{len(margin)}} | {printable(''.join(_parts(label)))}".rstrip()
        yield f" {margin} | {_underline(label, '^' if label is place else '-')}"
        previous = label.span


def _parts(label: Label) -> tuple[str, str, str]:
    """The line of a label: what stands before the place, the place, and the rest; of a long line only what is near."""
    source, start, end = label.span
    line, column = source.position(start)
    text = source.line(line)
    before, rest = text[: column - 1], text[column - 1 :]
    if len(text) > _LONGEST_LINE:
        half = _LONGEST_LINE // 2
        before = f"… {before[-half:]}" if len(before) > half else before
        rest = f"{rest[:half]} …" if len(rest) > half else rest
    within = rest[: max(end - start, 1)]
    return before, within, rest[len(within) :]


def _underline(label: Label, mark: str) -> str:
    before, within, _ = _parts(label)
    return f"{' ' * display_width(before)}{mark * max(display_width(within), 1)} {printable(label.text)}".rstrip()


def display_width(text: str) -> int:
    """The columns that a text takes in a terminal."""
    if text.isascii() and text.isprintable():
        return len(text)
    shown = printable(text)
    return sum(
        0 if unicodedata.combining(char) else 2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in shown
    )
