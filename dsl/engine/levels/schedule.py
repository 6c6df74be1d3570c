"""Which elements are computed together, and when: few groups, each of one kind."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np

from dsl.engine.levels.elements import REMOVED, Elements, Indices
from dsl.engine.levels.kinds import Given


@dataclass(frozen=True, slots=True)
class Batch:
    """Elements of one kind that do not depend on each other."""

    kind: int
    elements: list[int]


def schedule(elements: Elements) -> list[Batch]:
    """All elements that are computed, in batches of which each depends on earlier ones only.

    Of the kinds with elements that are ready, all those of one are computed at a time: of a kind with no more to come, or
    else of the kind with the element that starts the longest way to the end. What is not on a longest way is put off, and
    gathers: on random graphs this makes half as many groups as going by the level of each element.
    """
    heights = _heights(elements)
    users, bounds, missing = _users(elements)
    kind_of = elements.kind
    ready: dict[int, list[int]] = {}
    tops: dict[int, int] = {}
    left = [0] * len(elements.kinds)

    def finish(batch: Sequence[int]) -> None:
        """Tell the users of elements that these are there."""
        for element in batch:
            for user in users[bounds[element] : bounds[element + 1]]:
                missing[user] -= 1
                if not missing[user]:
                    make_ready(user)

    def make_ready(element: int) -> None:
        kind = kind_of[element]
        if kind in ready:
            ready[kind].append(element)
            if heights[element] > tops[kind]:
                tops[kind] = heights[element]
        else:
            ready[kind] = [element]
            tops[kind] = heights[element]

    given = {place for place, kind in enumerate(elements.kinds) if isinstance(kind, Given)}
    beginning = list[int]()
    for element, kind in enumerate(kind_of):
        if kind in given:
            beginning.append(element)
        elif kind != REMOVED and element not in elements.owner:
            left[kind] += 1
            if not missing[element]:
                make_ready(element)
    finish(beginning)
    batches: list[Batch] = []
    while ready:
        kind = max(ready, key=lambda kind: (len(ready[kind]) == left[kind], tops[kind]))
        batch = Batch(kind, ready.pop(kind))
        left[kind] -= len(batch.elements)
        batches.append(batch)
        finish(batch.elements)
    return batches


def _heights(elements: Elements) -> list[int]:
    """For each element the number of elements on the longest way from it to the end."""
    heights = [0] * len(elements.kind)
    for element in range(len(heights) - 1, -1, -1):
        height = heights[element]
        if element in elements.owner:
            first = elements.owner[element]
            heights[first] = max(heights[first], height)
        for source in elements.sources[element]:
            if heights[source] <= height:
                heights[source] = height + 1
    return heights


def _users(elements: Elements) -> tuple[list[int], list[int], list[int]]:
    """The users of all elements, one element's behind the other's, where each one's begin, and the count of sources of each.

    The users of a unit's elements are those of its first one. An element that uses another twice is listed twice.
    """
    count = len(elements.kind)
    lengths = np.fromiter(map(len, elements.sources), np.intp, count)
    sources = np.fromiter(chain.from_iterable(elements.sources), np.intp, int(lengths.sum()))
    if elements.owner:
        owners = np.arange(count)
        owners[list(elements.owner)] = list(elements.owner.values())
        sources = owners[sources]
    users: Indices = np.repeat(np.arange(count), lengths)[np.argsort(sources, kind="stable")]
    bounds = np.concatenate([[0], np.cumsum(np.bincount(sources, minlength=count))])
    return users.tolist(), bounds.tolist(), lengths.tolist()
