"""Where each element lies in memory: all elements of a kind together, in the order in which they are computed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from dsl.engine.levels.elements import REMOVED, Elements, Indices
from dsl.engine.levels.kinds import Given
from dsl.ops.dtypes import DType


class Places:
    """The `position` of each element among those of its type, and its `producer`, the call that computes it.

    Each array that is given has a producer of its own, below 0. The results of one kind of operation, such as all sines,
    lie side by side: what is computed from all of them later, such as all cosines, reads them in one piece.
    """

    def __init__(self, elements: Elements) -> None:
        self.position: Indices = np.zeros(len(elements.kind), np.intp)
        self.producer: Indices = np.zeros(len(elements.kind), np.intp)
        self.sizes: dict[DType, int] = {}
        self._next: list[int] = []
        self.calls = 0
        kind_of = np.array(elements.kind, np.intp)
        counts = np.bincount(kind_of[kind_of != REMOVED], minlength=len(elements.kinds)).tolist()
        for place, (kind, count) in enumerate(zip(elements.kinds, counts, strict=True)):
            start = self.sizes.get(kind.dtype, 0)
            self.sizes[kind.dtype] = start + count
            self._next.append(start + count if isinstance(kind, Given) else start)
            if isinstance(kind, Given):
                self.position[kind_of == place] = np.arange(start, start + count)
        for number, (first, count) in enumerate(elements.given, 1):
            self.producer[first : first + count] = -number

    def put(self, kind: int, elements: Sequence[int] | Indices) -> int:
        """Give places to elements of a kind that are computed together, one behind the other; the first place."""
        start = self._next[kind]
        self._next[kind] = start + len(elements)
        self.position[elements] = np.arange(start, self._next[kind])
        return start

    def made_together(self, elements: Sequence[int] | Indices) -> None:
        """Note that one call computes these elements."""
        self.calls += 1
        self.producer[elements] = self.calls
