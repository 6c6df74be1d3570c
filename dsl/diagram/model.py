"""A diagram as data: boxes, the values that ride on edges, and the layers around boxes. Every format is written from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from dsl.graph.node import Node

Role = Literal["placeholder", "parameter", "constant", "operation", "layer", "loss", "metric", "memory"]
"""What a box stands for; `memory` is a value that a plan is given or keeps."""

Measure = Literal["value", "gradient", "memory"]
"""What a line below a box tells of it: the value, the gradient of the loss, the memory that it lies in."""

Course = Literal["trunk", "chain", "side", "leaf", "skip", "across"]
"""The part of an edge in the drawing: on the longest way, on another straight way, from a leaf at the side of its only user or
above it, past other boxes, or across to the gradients that are drawn beside."""


@dataclass(frozen=True, slots=True)
class Reading:
    """A line below a box: what it tells, in words, and how strongly it is coloured.

    `level` is from -1 to 1 for a value, from 0 to 1 for a gradient, the number of the buffer for memory; None for what was not
    computed, which has no colour and is never shown as 0.
    """

    measure: Measure
    title: str
    text: str
    level: float | None = None

    @property
    def line(self) -> str:
        """What is written in the box."""
        return f"{self.title} {self.text}" if self.title else self.text


@dataclass(frozen=True, slots=True)
class Box:
    """A node, or a folded call of a layer or function. `key` is the same in every folding of the same program.

    `name` is the whole path of the value, `title` the first line, in bold where it is a name of the program. `node` has the
    box's value; `nodes` are all that it shows. What is upward stands beside the rest, and its edges lead up.
    """

    key: str
    name: str
    role: Role
    title: str
    is_named: bool
    details: tuple[str, ...]
    around: str
    node: Node
    nodes: tuple[Node, ...]
    tooltip: str = ""
    is_backward: bool = False
    is_upward: bool = False
    readings: tuple[Reading, ...] = ()

    @property
    def lines(self) -> list[str]:
        """All that is written in the box."""
        return [self.title, *self.details, *(reading.line for reading in self.readings)]


@dataclass(frozen=True, slots=True)
class Tag:
    """The type of a value, which rides on the edges that leave its box; `key` is that of the value.

    Where many values go from one box to another they have one edge, and one tag that counts them.
    """

    key: str
    box: str
    text: str
    values: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Edge:
    """A value of one box that another one takes. `value` is the key of the tag where the value has one, else the value's."""

    source: str
    target: str
    value: str
    course: Course = "chain"
    is_backward: bool = False
    is_upward: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """An opened call of a layer or function, drawn around its boxes; `parent` is the key of the one around it, or empty."""

    key: str
    title: str
    parent: str
    is_backward: bool = False


@dataclass(frozen=True, slots=True)
class Diagram:
    """What is drawn, in running order."""

    title: str
    boxes: tuple[Box, ...]
    tags: tuple[Tag, ...]
    edges: tuple[Edge, ...]
    clusters: tuple[Cluster, ...] = ()

    @property
    def tag_of(self) -> dict[str, Tag]:
        """The tags by the key of their value."""
        return {tag.key: tag for tag in self.tags}

    @property
    def ways(self) -> dict[tuple[str, str], bool]:
        """The lines that are drawn, from box to type and from there to the boxes that take it, and whether of a gradient."""
        tags = self.tag_of
        found: dict[tuple[str, str], bool] = {}
        backward = {box.key: box.is_backward for box in self.boxes}
        for tag in self.tags:
            found[tag.box, tag.key] = backward[tag.box]
        for edge in self.edges:
            found[edge.value if edge.value in tags else edge.source, edge.target] = edge.is_backward
        return found
