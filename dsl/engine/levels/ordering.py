"""The order of the elements within a batch: one in which few operands have to be copied."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dsl.engine.levels.elements import Indices
from dsl.engine.levels.segments import CALL, PER_COPY, Segment, segments

FEW = 64
"""In batches of fewer elements a copy costs next to nothing, and one order is as good as another."""


def ordered(
    places: Indices, producers: Indices, *, is_read: bool, any_step: bool
) -> tuple[Indices | None, list[Segment]]:
    """An order of elements of one kind, as the rows in it (None: as they are), and the calls for them.

    `places` and `producers` say of each element, a row, where its operands lie and which calls compute them. `is_read` says
    whether sums read the elements as they are: in any other order they have to copy them. `any_step` says whether operands
    may lie in other steps than one behind the other.
    """
    best: tuple[float, Indices | None, list[Segment]] | None = None
    for order in _candidates(places, producers):
        rows = slice(None) if order is None else order
        found = segments(places[rows], producers[rows], any_step=any_step)
        cost = sum(segment.cost for segment in found)
        if is_read and order is not None:
            cost += PER_COPY * len(places)
        if best is None or cost < best[0]:
            best = cost, order, found
        if cost < 2 * CALL:
            break
    assert best is not None
    return best[1:]


def _candidates(places: Indices, producers: Indices) -> Iterator[Indices | None]:
    """Orders to try: as it is, and by each operand, with and without regard to the calls that compute operands."""
    yield None
    if len(places) < FEW:
        return
    columns, calls = list(places.T), list(reversed(producers.T))
    yield np.lexsort((np.arange(len(places)), *calls))
    for first in range(len(columns)):
        rest = [column for place, column in enumerate(columns) if place != first]
        yield np.lexsort((*rest, columns[first]))
        if rest:
            yield np.lexsort((*rest, columns[first], *calls))
