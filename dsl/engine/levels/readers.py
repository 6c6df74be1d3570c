"""The order in which sums read their terms: computed in that order, terms need not be copied."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsl.engine.levels.elements import Indices


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

    def order(self, elements: Indices) -> Indices | None:
        """The order in which sums read these elements, None where they do not read most of them."""
        keys = self._keys[:, elements]
        if 2 * np.count_nonzero(keys[0] >= 0) < len(elements):
            return None
        return np.lexsort(tuple(keys[::-1]))
