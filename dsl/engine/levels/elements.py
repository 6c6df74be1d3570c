"""The numbers of a section, one by one: how each is computed, and from which."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from dsl.engine.levels.kinds import Given, Kind
from dsl.ops.dtypes import DType
from dsl.ops.parameters import Array

Indices = npt.NDArray[np.intp]
"""Numbers of elements, or places in memory."""

REMOVED = -1
"""The kind of an element that is not computed."""


@dataclass(slots=True)
class Elements:
    """A table of elements: `kind` has the place in `kinds` of each, `sources` the elements it is computed from.

    Sources come before their users. The elements of one operation on whole arrays follow each other; the first of them,
    the `owner` of the others, has the sources.
    """

    kinds: list[Kind] = field(default_factory=list[Kind])
    kind: list[int] = field(default_factory=list[int])
    sources: list[tuple[int, ...]] = field(default_factory=list[tuple[int, ...]])
    owner: dict[int, int] = field(default_factory=dict[int, int])
    given: list[tuple[int, int]] = field(default_factory=list[tuple[int, int]])
    """The first element, and how many there are, of each array that is there when a run begins."""
    constants: list[tuple[int, DType, Array]] = field(default_factory=list[tuple[int, DType, Array]])
    """The first element of each constant array, its element type, and its value as a vector."""

    def add_kind(self, kind: Kind) -> int:
        """A new kind's place."""
        self.kinds.append(kind)
        return len(self.kinds) - 1

    def add(self, kind: int, sources: tuple[int, ...]) -> int:
        """A new element."""
        self.kind.append(kind)
        self.sources.append(sources)
        return len(self.kind) - 1

    def add_many(self, kind: int, sources: Sequence[tuple[int, ...]]) -> Indices:
        """New elements of one kind, one after the other."""
        first = len(self.kind)
        self.kind += [kind] * len(sources)
        self.sources += sources
        return np.arange(first, len(self.kind))

    def add_given(self, kind: int, count: int) -> Indices:
        """New elements that are there when a run begins."""
        self.given.append((len(self.kind), count))
        return self.add_many(kind, [()] * count)

    def add_constant(self, kind: int, values: Array) -> Indices:
        """New elements for a vector of constants."""
        found = self.add_given(kind, len(values))
        self.constants.append((int(found[0]), self.kinds[kind].dtype, values))
        return found

    def add_unit(self, kind: int, sources: tuple[int, ...], count: int) -> Indices:
        """New elements that are computed together."""
        first = len(self.kind)
        found = self.add_many(kind, [sources, *[()] * (count - 1)])
        self.owner.update(dict.fromkeys(range(first + 1, first + count), first))
        return found

    def remove(self, element: int) -> None:
        """Leave an element out, and what it is computed from; the others keep their numbers."""
        self.kind[element] = REMOVED
        self.sources[element] = ()


def remove_unused(elements: Elements, roots: Iterable[int]) -> list[int]:
    """Remove what no root depends on; how often each element is used, by others or as a root."""
    uses = [0] * len(elements.kind)
    for root in roots:
        uses[root] += 1
    owner, sources = elements.owner, elements.sources
    for element in range(len(uses) - 1, -1, -1):
        if uses[element]:
            for source in sources[element]:
                uses[source] += 1
            if element in owner:
                uses[owner[element]] += 1
        elif element not in owner and not isinstance(elements.kinds[elements.kind[element]], Given):
            elements.remove(element)
    for element, first in owner.items():
        if elements.kind[first] == REMOVED:
            elements.remove(element)
    return uses
