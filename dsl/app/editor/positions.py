"""Places of a text as editors count them, lines and units of an encoding, and as we do, characters from the beginning."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from typing import Literal

Encoding = Literal["utf-8", "utf-16", "utf-32"]

_LINE_END = re.compile(r"\r\n|\n|\r")


def _utf8(char: str) -> int:
    code = ord(char)
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4


_WIDTH: dict[Encoding, Callable[[str], int]] = {
    "utf-8": _utf8,
    "utf-16": lambda char: 2 if ord(char) > 0xFFFF else 1,
    "utf-32": lambda char: 1,
}
"""How many units a character takes in each encoding."""


class Positions:
    """The places of one text. Any position is understood: what lies outside a line or the text means its nearest end."""

    def __init__(self, text: str, encoding: Encoding = "utf-16") -> None:
        self.text = text
        self._width = _WIDTH[encoding]
        self._starts = [0]
        self._ends: list[int] = []
        for match in _LINE_END.finditer(text):
            self._ends.append(match.start())
            self._starts.append(match.end())
        self._ends.append(len(text))

    def offset(self, line: int, character: int) -> int:
        """The offset of a position; in the middle of a character it is where that begins."""
        if line < 0:
            return 0
        if line >= len(self._starts):
            return len(self.text)
        start, end = self._starts[line], self._ends[line]
        written = self.text[start:end]
        if character <= 0:
            return start
        if written.isascii():
            return min(start + character, end)
        units = 0
        for index, char in enumerate(written):
            units += self._width(char)
            if units > character:
                return start + index
        return end

    def position(self, offset: int) -> tuple[int, int]:
        """The line and the unit in it, both counted from 0."""
        offset = max(0, min(offset, len(self.text)))
        line = bisect_right(self._starts, offset) - 1
        start = self._starts[line]
        before = self.text[start : min(offset, self._ends[line])]
        return line, len(before) if before.isascii() else sum(map(self._width, before))
