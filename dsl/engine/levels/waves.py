"""Calls that do not depend on each other, whose operands are copied together before the first of them."""

from __future__ import annotations

import numpy as np

from dsl.engine.levels.elements import Indices
from dsl.engine.levels.memory import Memory
from dsl.ops.dtypes import DType

MOST_COPIES = 16_384
"""Enough that the time of a call is nothing beside that of copying, and few enough to stay in the second cache."""


class Wave:
    """Lines of code, and the values that are copied for them. `first` is the number of the first call of the wave."""

    def __init__(self, memory: Memory, first: int) -> None:
        self.first = first
        self.lines: list[str] = []
        self.memory = memory
        self._used: dict[DType, int] = {}
        self._gathered: dict[DType, list[tuple[int, Indices]]] = {}

    @property
    def is_full(self) -> bool:
        """Whether no more should be copied."""
        return any(count >= MOST_COPIES for count in self._used.values())

    def room(self, dtype: DType, count: int) -> int:
        """The start of memory for so many values, which nothing else uses during the wave."""
        start = self._used.get(dtype, 0)
        self._used[dtype] = start + count
        return start

    def gather(self, dtype: DType, places: Indices) -> int:
        """The start of memory in which the values at some places lie, copied when the wave begins."""
        start = self.room(dtype, len(places))
        self._gathered.setdefault(dtype, []).append((start, places))
        return start

    def code(self) -> list[str]:
        """The copies, and the lines."""
        return [
            line for dtype, gathered in self._gathered.items() for line in self._takes(dtype, gathered)
        ] + self.lines

    def _takes(self, dtype: DType, gathered: list[tuple[int, Indices]]) -> list[str]:
        """Code for the copies of one type: one call for those whose memory follows each other."""
        runs: list[tuple[int, list[Indices]]] = []
        end = -1
        for start, places in gathered:
            if start != end:
                runs.append((start, []))
            runs[-1][1].append(places)
            end = start + len(places)
        joined = [(start, np.concatenate(together)) for start, together in runs]
        return [
            self.memory.take(dtype, places, self.memory.copy(dtype, start, len(places))) for start, places in joined
        ]
