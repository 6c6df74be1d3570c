"""The brackets of a statement: which belong together, what is in them, and which of them stay open over several lines."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsl.language.layout.spacing import OPERAND_ENDS
from dsl.language.layout.words import Word

_OPENERS, _CLOSERS = ("LPAR", "LSQB"), ("RPAR", "RSQB")
_NUMBERS = {"NUMBER", "MINUS", "PLUS", "COMMA"}


class Brackets:
    """The brackets of a statement's words.

    `partner` is the place of the other bracket for each bracket, and -1 for all other words. `open` are the brackets that are
    written over several lines even if they would fit on one: those with a comment inside, those whose items end with a
    comma at the end of a line, lists with a row of values on each line, and whatever is around one of these.
    """

    def __init__(self, words: Sequence[Word]) -> None:
        self.words = words
        self.partner = [-1] * len(words)
        self.open: set[int] = set()
        waiting: list[int] = []
        for at, word in enumerate(words):
            if waiting and (word.comments or self.is_broken_at(at)):
                self.open.add(waiting[-1])
            if word.kind in _OPENERS:
                waiting.append(at)
            elif word.kind in _CLOSERS:
                opening = waiting.pop()
                self.partner[at], self.partner[opening] = opening, at
                if self._stays_open(opening):
                    self.open.add(opening)
                if opening in self.open and waiting:
                    self.open.add(waiting[-1])

    def is_broken_at(self, at: int) -> bool:
        """Whether a word is a `|>` with a newline before or behind it: then every step of the pipeline has its row."""
        return self.words[at].kind == "PIPE" and (self.words[at].on_new_line or self.words[at + 1].on_new_line)

    def opens(self, at: int) -> bool:
        """Whether a round or square bracket opens here."""
        return self.partner[at] > at

    def outside(self, start: int, end: int) -> Iterator[int]:
        """The places of some words, without what is inside brackets: of each pair the opening one alone."""
        at = start
        while at < end:
            yield at
            at = max(self.partner[at], at) + 1

    def items(self, opening: int) -> list[tuple[int, int]]:
        """Where the items in a bracket begin and end."""
        found: list[tuple[int, int]] = []
        start, closing = opening + 1, self.partner[opening]
        for at in self.outside(start, closing):
            if self.words[at].kind == "COMMA":
                found.append((start, at))
                start = at + 1
        return [*found, (start, closing)] if start < closing else found

    def takes_items(self, opening: int) -> bool:
        """Whether commas may stand in a bracket; not in one that only groups."""
        is_group = self.words[opening].kind == "LPAR" and not (opening and self.words[opening - 1].kind in OPERAND_ENDS)
        return not is_group

    def holds_numbers(self, opening: int) -> bool:
        """Whether a bracket is a list of numbers and nothing else."""
        kinds = [word.kind for word in self.words[opening + 1 : self.partner[opening]]]
        return self.words[opening].kind == "LSQB" and kinds.count("NUMBER") > 1 and set(kinds) <= _NUMBERS

    def _stays_open(self, opening: int) -> bool:
        closing = self.words[self.partner[opening]]
        if closing.after_comma and closing.on_new_line and not self.holds_numbers(opening):
            return True
        if self.words[opening].kind != "LSQB" or self.words[opening + 1].kind != "LSQB":
            return False
        rows = self.items(opening)
        return len(rows) > 1 and any(self.words[start].on_new_line for start, _ in rows[1:])
