"""Hints that know what to write."""

from __future__ import annotations

import re


class Hint(str):
    """A hint, in words, that says what to write: `instead` in the place of `wrong`, a word where the mistake is."""

    __slots__ = ("instead", "wrong")

    wrong: str
    instead: str

    def __new__(cls, text: str, wrong: str, instead: str) -> Hint:
        """A hint with its words."""
        made = super().__new__(cls, text)
        made.wrong, made.instead = wrong, instead
        return made

    def place_in(self, text: str) -> tuple[int, int] | None:
        """Where the wrong word stands in a text, the last time it is there; None where it is not."""
        found = list(re.finditer(rf"(?<!\w){re.escape(self.wrong)}(?!\w)", text))
        return found[-1].span() if found else None
