"""Hints that know what to write."""

from __future__ import annotations

import re
from dataclasses import dataclass

from dsl.source.text import Span


@dataclass(frozen=True, slots=True)
class Instead:
    """A word in the place of another one, which stands where the mistake is."""

    wrong: str
    right: str

    def place_in(self, text: str) -> tuple[int, int] | None:
        """Where the wrong word stands in a text, the last time it is there; None where it is not."""
        found = list(re.finditer(rf"(?<!\w){re.escape(self.wrong)}(?!\w)", text))
        return found[-1].span() if found else None


@dataclass(frozen=True, slots=True)
class Write:
    """A text in the place of a span: inserted where that is empty, and nothing but taken away where the text is."""

    place: Span
    text: str


@dataclass(frozen=True, slots=True)
class Declare:
    """A statement on a line of its own, above the one where the mistake is."""

    statement: str


@dataclass(frozen=True, slots=True)
class Delete:
    """The statement that the mistake is about is taken away."""


Remedy = Instead | Write | Declare | Delete


class Hint(str):
    """A hint, in words, with what it would have one write."""

    __slots__ = ("remedy",)

    remedy: Remedy

    def __new__(cls, text: str, remedy: Remedy) -> Hint:
        """A hint with its words."""
        made = super().__new__(cls, text)
        made.remedy = remedy
        return made
