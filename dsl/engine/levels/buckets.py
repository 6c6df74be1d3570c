"""Which sums of a batch are computed together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from dsl.engine.levels.elements import Elements
from dsl.engine.levels.schedule import Batch

LONG = 24
"""Sums of more terms are computed with those of equal length only."""

MANY = 64
"""Sums of two terms are computed by themselves, as elementwise additions are, where there are so many."""


@dataclass(frozen=True, slots=True)
class Bucket:
    """Sums that are computed together, the longer ones first; `terms` has the k-th terms of all at place k.

    Where sums are of different length, later rows of terms are shorter.
    """

    elements: list[int]
    terms: list[list[int]]

    @property
    def are_pairs(self) -> bool:
        """Whether these are many sums of two terms."""
        return len(self.terms) == 2 and len(self.elements) >= MANY


def buckets(elements: Elements, batch: Batch) -> list[Bucket]:
    """The sums of a batch: those of one length where they are long, or many pairs; all others together."""
    sources = elements.sources
    ordered = sorted(batch.elements, key=lambda element: (-len(sources[element]), element))
    groups = [list(group) for _, group in groupby(ordered, key=lambda element: len(sources[element]))]
    together, found = list[int](), list[list[int]]()
    for group in groups:
        length = len(sources[group[0]])
        if length > LONG or (length == 2 and len(group) >= MANY):
            found.append(group)
        else:
            together += group
    if together:
        found.append(together)
    return [Bucket(group, _columns([sources[element] for element in group])) for group in found]


def _columns(rows: Sequence[tuple[int, ...]]) -> list[list[int]]:
    """The k-th items of all rows, of which each is at most as long as the one before."""
    columns: list[list[int]] = []
    count = len(rows)
    for place in range(len(rows[0])):
        while len(rows[count - 1]) <= place:
            count -= 1
        columns.append([row[place] for row in rows[:count]])
    return columns
