"""A compiled step as a diagram: its calls in their order, and the memory that each value lies in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from dsl.diagram.courses import with_courses
from dsl.diagram.labels import clipped
from dsl.diagram.model import Box, Diagram, Edge, Reading, Role, Tag
from dsl.engine.listing import Entry, Listing, Value
from dsl.graph.node import Node


def plan_diagram(title: str, listing: Listing, result: str) -> Diagram:
    """The calls of a plan as boxes, each with the place of what it writes; values of one place have one colour.

    What is given, and what is kept from run to run, stands beside each call that takes it, as often as that is.
    """
    drawing = _Drawing(listing, result)
    for number, entry in enumerate(listing.entries):
        drawing.add(f"n{number}", entry)
    return drawing.diagram(title)


class _Drawing:
    """The boxes and edges of a plan. `result` is the name of what the plan is for, drawn as the loss."""

    def __init__(self, listing: Listing, result: str) -> None:
        self.boxes: list[Box] = []
        self.edges: list[Edge] = []
        self.tags: dict[str, Tag] = {}
        self._result = result
        self._colours = _colours(listing)
        self._made: dict[Node, str] = {}
        self._memory: dict[Node, tuple[str, Entry]] = {}
        self._used: set[Node] = set()
        self._upward: set[str] = set()
        self._backward: set[str] = set()

    def add(self, key: str, entry: Entry) -> None:
        """Draw an entry, and before it the memory that it takes."""
        if entry.kind in ("given", "state"):
            self._memory |= {value.node: (key, entry) for value in entry.writes}
            return
        self._follow(key, entry)
        sources = [(self._source(value, key), value) for value in entry.reads]
        self.boxes.append(self._box(key, entry))
        self._backward.update([key] if _is_backward(entry) else [])
        for source, value in sources:
            if source:
                self._connect(source, key, value)
        for value in entry.writes:
            self._made[value.node] = key

    def _follow(self, key: str, entry: Entry) -> None:
        """Draw upward what serves a gradient, and all that depends on it, such as the update of the parameters."""
        sources = [self._made.get(value.node, "") for value in entry.reads]
        if _is_backward(entry) or self._upward.intersection(sources):
            self._upward.add(key)

    def _source(self, value: Value, user: str) -> str:
        """The box of a value that is read; one of its own for memory. Empty for a constant."""
        if value.node in self._made:
            return self._made[value.node]
        if value.node not in self._memory:
            return ""
        key, entry = self._memory[value.node]
        self._used.add(value.node)
        again = f"{key}-{user}"
        self._upward.update([again] if user in self._upward else [])
        self.boxes.append(self._box(again, entry))
        return again

    def _connect(self, source: str, target: str, value: Value) -> None:
        tag = f"v{value.node.index}-{source}"
        is_upward = source in self._upward and target in self._upward
        self.edges.append(Edge(source, target, tag, is_backward=target in self._backward, is_upward=is_upward))
        if value.node.shape:
            self.tags.setdefault(tag, Tag(tag, source, clipped(str(value.node.type)), (value.node,)))

    def diagram(self, title: str) -> Diagram:
        """All of it, with the memory that nothing reads."""
        for node, (key, entry) in self._memory.items():
            if node not in self._used:
                self.boxes.append(self._box(key, entry))
        edges = with_courses(self.boxes, self.edges)
        return Diagram(title, tuple(self.boxes), tuple(self.tags.values()), tuple(edges))

    def _box(self, key: str, entry: Entry) -> Box:
        written = entry.writes[0] if entry.writes else entry.reads[0]
        names = [value.name for value in entry.writes]
        operations = list(dict.fromkeys(node.label for node in entry.nodes if node.operation))
        named = [name for name in names if not name.startswith("%")]
        details = (", ".join(operations),) if named and operations else ()
        return Box(
            key,
            ", ".join(names),
            self._role(entry, names),
            clipped(", ".join(named) or ", ".join(operations) or "copy"),
            bool(named),
            tuple(map(clipped, details)),
            "",
            written.node,
            tuple(entry.nodes) or (written.node,),
            tooltip=f"{', '.join(names)}: {written.node.type}",
            is_backward=_is_backward(entry),
            is_upward=key in self._upward,
            readings=tuple(_readings(entry, self._colours)),
        )

    def _role(self, entry: Entry, names: Sequence[str]) -> Role:
        if entry.kind in ("given", "state"):
            return "memory"
        return "loss" if self._result in names else "operation"


def _readings(entry: Entry, colours: Mapping[str, int]) -> Iterator[Reading]:
    """The memory of what an entry writes; what stays in the place of an input says so."""
    for value in entry.writes[:2]:
        place = _IN_PLACE.sub(", in place", value.place) or "a variable"
        yield Reading("memory", "", clipped(place), colours.get(_home(value)))


def _is_backward(entry: Entry) -> bool:
    """Whether an entry only serves gradients."""
    return bool(entry.nodes) and all(node.backward_of is not None for node in entry.nodes)


_IN_PLACE = re.compile(r", in place of %.*")
"""An input without a name, which the picture cannot name either."""


def _home(value: Value) -> str:
    """The memory that a place is in: an offset of the arena, a state, or what is given."""
    return value.place.partition(",")[0].partition("[")[0]


def _colours(listing: Listing) -> dict[str, int]:
    """A number for each place that several values share; what has a place of its own is not coloured."""
    counts: dict[str, int] = {}
    for entry in listing.entries:
        for value in entry.writes:
            home = _home(value)
            if home.startswith("@"):
                counts[home] = counts.get(home, 0) + 1
    shared = [home for home, count in counts.items() if count > 1]
    return {home: number for number, home in enumerate(shared)}
