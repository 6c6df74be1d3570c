"""A page of characters to draw on, in which a wide letter takes two columns."""

from __future__ import annotations

import unicodedata


def columns(char: str) -> int:
    """The columns that a letter takes in a terminal: 0, 1 or 2."""
    if unicodedata.combining(char):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1


def width(text: str) -> int:
    """The columns that a text takes."""
    return sum(map(columns, text))


class Canvas:
    """Characters by place, as large as what is drawn. `str` is the page, without blanks at the ends of lines."""

    def __init__(self) -> None:
        self._rows: list[dict[int, str]] = []

    def at(self, x: int, y: int) -> str:
        """The character at a place; a blank where nothing is."""
        return self._rows[y].get(x, " ") if y < len(self._rows) else " "

    def put(self, x: int, y: int, text: str) -> None:
        """One letter, with what combines with it."""
        while len(self._rows) <= y:
            self._rows.append({})
        self._rows[y][x] = text

    def write(self, x: int, y: int, text: str, over: bool = True) -> None:
        """A text from a place on; with `over` false only where nothing is yet."""
        for char in text:
            wide = columns(char)
            if wide == 0:
                self.put(x - 1, y, self.at(x - 1, y) + char)
                continue
            if over or self.at(x, y) == " ":
                self.put(x, y, char)
                if wide == 2:
                    self.put(x + 1, y, "")
            x += wide

    def across(self, start: int, stop: int, y: int) -> None:
        """A level line from one column to another, both included; it crosses lines that go down."""
        for x in range(start, stop + 1):
            self.put(x, y, "┼" if self.at(x, y) in "│┼" else "─")

    def down(self, x: int, y: int) -> None:
        """A piece of a line that goes down; it crosses level lines."""
        self.put(x, y, "┼" if self.at(x, y) in "─┼" else "│")

    def __str__(self) -> str:
        return "\n".join(map(_line, self._rows))


def _line(row: dict[int, str]) -> str:
    last = max((x for x, char in row.items() if char.strip()), default=-1)
    return "".join(row.get(x, " ") for x in range(last + 1))
