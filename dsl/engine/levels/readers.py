"""The order in which sums read their terms: computed in that order, terms need not be copied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsl.engine.levels.elements import Indices

LEAST_PART = 256
"""A call of its own pays for no fewer elements."""


class Readers:
    """For each element the place at which a sum reads it."""

    def __init__(self, count: int) -> None:
        self._keys = np.full((3, count), -1, np.intp)
        """The group of sums, and the row and the column in it; the last sum counts where there are several."""
        self._groups = 0

    def add(self, rows: Sequence[Sequence[int]]) -> None:
        """A group of sums that read rows of elements, one row behind the other."""
        lengths = [len(row) for row in rows]
        elements = np.array([element for row in rows for element in row], np.intp)
        starts = np.cumsum([0, *lengths[:-1]])
        numbers = np.repeat(np.arange(len(rows)), lengths)
        self._keys[0, elements] = self._groups
        self._keys[1, elements] = numbers
        self._keys[2, elements] = np.arange(len(elements)) - starts[numbers]
        self._groups += 1

    def parts(self, elements: Indices) -> list[tuple[Indices, bool]]:
        """The elements in parts: those that a group of sums reads, in the order in which it does, and the others.

        With each part it is said whether sums read it. Small parts are left among the others.
        """
        group, row, column = self._keys[:, elements]
        numbers, counts = np.unique(group, return_counts=True)
        large = numbers[(counts >= LEAST_PART) & (numbers >= 0)]
        found: list[tuple[Indices, bool]] = []
        for number in large.tolist():
            members = np.flatnonzero(group == number)
            found.append((elements[members[np.lexsort((column[members], row[members]))]], True))
        others = elements[~np.isin(group, large)]
        return [*found, (others, False)] if len(others) else found
