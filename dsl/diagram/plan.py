"""A compiled step as a diagram: its calls in their order, and the memory that each value lies in."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from dsl.diagram.courses import courses
from dsl.diagram.labels import clipped
from dsl.diagram.model import Box, Diagram, Edge, Reading, Role, Tag
from dsl.engine.listing import Entry, Listing, Value
from dsl.graph.node import Node


def plan_diagram(title: str, listing: Listing, result: str) -> Diagram:
    """The calls of a plan as boxes, each with the place of what it writes; values of one place have one colour.

    `result` is the name of what the plan is for, drawn as the loss.
    """
    made: dict[Node, str] = {}
    boxes: list[Box] = []
    tags: list[Tag] = []
    edges: list[Edge] = []
    colours = _colours(listing)
    for number, entry in enumerate(listing.entries):
        key = f"n{number}"
        boxes.append(_box(key, entry, colours, result))
        for value in entry.reads:
            source = made.get(value.node)
            if source is not None:
                edges.append(Edge(source, key, f"v{_number(value.node)}", is_backward=boxes[-1].is_backward))
        for value in entry.writes:
            made[value.node] = key
    taken = {edge.value for edge in edges}
    for node, key in made.items():
        if f"v{_number(node)}" in taken and node.shape:
            tags.append(Tag(f"v{_number(node)}", key, clipped(str(node.type))))
    leaves = {box.key: "" for box in boxes if box.role == "memory"}
    found = courses([box.key for box in boxes], [(edge.source, edge.target) for edge in edges], leaves)
    drawn = [replace(edge, course=course) for edge, course in zip(edges, found, strict=True)]
    return Diagram(title, tuple(boxes), tuple(tags), tuple(drawn))


def _number(node: Node) -> int:
    return node.index


def _box(key: str, entry: Entry, colours: Mapping[str, int], result: str) -> Box:
    written = entry.writes[0] if entry.writes else entry.reads[0]
    names = [value.name for value in entry.writes]
    operations = list(dict.fromkeys(node.label for node in entry.nodes if node.operation))
    role: Role = "memory" if entry.kind in ("given", "state") else "loss" if result in names else "operation"
    named = [name for name in names if not name.startswith("%")]
    title = ", ".join(named) or ", ".join(operations) or "copy"
    details = (", ".join(operations),) if named and operations else ()
    is_backward = bool(entry.nodes) and all(node.backward_of is not None for node in entry.nodes)
    return Box(
        key,
        ", ".join(names),
        role,
        clipped(title),
        bool(named),
        tuple(map(clipped, details)),
        "",
        written.node,
        tuple(entry.nodes) or (written.node,),
        tooltip=f"{', '.join(names)}: {written.node.type}",
        is_backward=is_backward,
        readings=tuple(_readings(entry, colours)),
    )


def _readings(entry: Entry, colours: Mapping[str, int]) -> Iterator[Reading]:
    """The memory of what an entry writes; what stays in the place of an input says so."""
    for value in entry.writes[:2]:
        place = _IN_PLACE.sub(", in place", value.place) or "a variable"
        yield Reading("memory", "", clipped(place), colours.get(_home(value)))


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
