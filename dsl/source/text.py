"""A program's text and the spans that point into it."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from pathlib import Path
from typing import NamedTuple


class Source:
    """One file of program text.

    `name` is what diagnostics call it, `path` where it was read from (None for text that came from elsewhere);
    relative imports and data files are looked up beside `path`.
    """

    def __init__(self, text: str, name: str = "<text>", path: Path | None = None) -> None:
        self.text = text
        self.name = name
        self.path = path

    @classmethod
    def read(cls, path: Path, name: str | None = None) -> Source:
        """Read `path` as UTF-8, with or without a byte-order mark. Raises OSError or UnicodeDecodeError."""
        return cls(path.read_text(encoding="utf-8-sig"), name or str(path), path)

    @cached_property
    def line_starts(self) -> list[int]:
        """The offset at which each line begins."""
        starts, at = [0], self.text.find("\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.text.find("\n", at + 1)
        return starts

    def position(self, offset: int) -> tuple[int, int]:
        """The line and column of an offset, both counted from 1."""
        line = bisect_right(self.line_starts, offset)
        return line, offset - self.line_starts[line - 1] + 1

    def line(self, number: int) -> str:
        """The text of a line, counted from 1, without its end."""
        start = self.line_starts[number - 1]
        end = self.line_starts[number] if number < len(self.line_starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")

    def __repr__(self) -> str:
        return f"Source({self.name!r})"


class Span(NamedTuple):
    """A stretch of a source, from offset `start` up to but not including `end`."""

    source: Source
    start: int
    end: int

    @property
    def text(self) -> str:
        """The words of the program that the span covers."""
        return self.source.text[self.start : self.end]

    @property
    def line(self) -> int:
        """The line in which the span begins, counted from 1."""
        return self.source.position(self.start)[0]

    def quoted(self, otherwise: str, longest: int = 32) -> str:
        """The words that the span covers, where they are one line and short enough to say, else `otherwise`."""
        text = self.text
        return text if "\n" not in text and len(text) <= longest else otherwise

    def to(self, other: Span) -> Span:
        """The stretch from here to the end of `other`."""
        return Span(self.source, self.start, other.end)

    def __repr__(self) -> str:
        line, column = self.source.position(self.start)
        return f"{self.source.name}:{line}:{column}"
