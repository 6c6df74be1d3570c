"""What the interactive page knows: the layouts of every folding, their boxes, the nodes, and what was recorded."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

from dsl.diagram.build import build
from dsl.diagram.exporter import Subject
from dsl.diagram.facts import called, facts
from dsl.diagram.layout import Layout, Placed, lay_out
from dsl.diagram.model import Box, Diagram
from dsl.diagram.recording import Measured, Recording
from dsl.diagram.scene import Scene
from dsl.diagram.signs import legend
from dsl.diagram.style import look_class
from dsl.diagram.svg import Line, curve, outlines_of, points, texts_of, words_of
from dsl.graph.node import Node
from dsl.graph.outline import IsOpen, to_depth
from dsl.graph.scope import Scope

MOST_AT_ONCE = 1500
"""Boxes of a depth that the page offers; deeper ones are left out."""
MOST_OPENED = 200
"""Layers that can be opened by themselves; those around others come first."""
MOST_PLACED = 12_000
"""Boxes in all layouts of layers opened by themselves."""
_DIGITS = 5


def page_data(subject: Subject) -> dict[str, Any]:
    """The document inside the page. Raises ProgramError without Graphviz."""
    if subject.scene is None:
        return _of_diagram(subject.diagram)
    return _Page(subject.scene, subject.recording).document()


def _of_diagram(diagram: Diagram) -> dict[str, Any]:
    """A diagram that cannot be folded otherwise, such as a plan: what its boxes show is all that is known."""
    nodes = list(dict.fromkeys(box.node for box in diagram.boxes))
    number = {node: place for place, node in enumerate(nodes)}
    names = {box.node: box.name for box in diagram.boxes}
    inputs: dict[Node, set[int]] = {}
    by_key = {box.key: box for box in diagram.boxes}
    for edge in diagram.edges:
        inputs.setdefault(by_key[edge.target].node, set()).add(number[by_key[edge.source].node])
    (layout,) = lay_out([diagram])
    placed = {box.key: (box, layout.placed[box.key]) for box in diagram.boxes}
    return {
        "title": diagram.title,
        "of": "",
        "mode": "roles",
        "losses": [number[box.node] for box in diagram.boxes if box.role == "loss"],
        "nodes": [
            {**_node(node, sorted(inputs.get(node, ())), ""), "name": names[node], "formula": "", "meaning": ""}
            for node in nodes
        ],
        "boxes": {
            key: {**_box(box, where), "nodes": [number[box.node]], "node": number[box.node]}
            for key, (box, where) in placed.items()
        },
        "tags": _tags([diagram], [layout]),
        "valueOf": {tag.key: [number[by_key[tag.box].node]] for tag in diagram.tags},
        "scopes": {},
        "layouts": [_layout(diagram, layout)],
        "byDepth": [0],
        "depth": 0,
        "alone": {},
        "legend": legend([diagram]),
        "recording": None,
    }


class _Page:
    """A scene in all the foldings that the page goes through."""

    def __init__(self, scene: Scene, recording: Recording | None) -> None:
        self.scene = replace(scene, readings={}, _mirrors={})
        self.shown = scene
        self.recording = recording
        self.number = {node: place for place, node in enumerate(scene.nodes)}
        self.diagrams: list[Diagram] = []
        self._known: dict[frozenset[str], int] = {}
        self.by_depth = [self._add(to_depth(0))]
        for depth in range(1, self.scene.deepest + 1):
            diagram = build(self.scene, to_depth(depth))
            if len(diagram.boxes) > MOST_AT_ONCE:
                break
            self.by_depth.append(self._keep(diagram))
        self.alone = self._alone()
        self.layouts = lay_out(self.diagrams)

    def _add(self, is_open: IsOpen) -> int:
        return self._keep(build(self.scene, is_open))

    def _keep(self, diagram: Diagram) -> int:
        """The number of a diagram, the same for the same boxes."""
        boxes = frozenset(box.key for box in diagram.boxes)
        if boxes not in self._known:
            self._known[boxes] = len(self.diagrams)
            self.diagrams.append(diagram)
        return self._known[boxes]

    def _alone(self) -> dict[str, int]:
        """For each scope the diagram in which nothing is open but it and what lies around it."""
        found: dict[str, int] = {}
        left = MOST_PLACED
        for scope in self.scene.scopes[:MOST_OPENED]:
            opened = set(scope.around())
            diagram = build(self.scene, lambda other, opened=opened: other in opened)
            left -= len(diagram.boxes)
            if left < 0 or len(diagram.boxes) > MOST_AT_ONCE:
                break
            found[self.scene.scope_keys[scope]] = self._keep(diagram)
        return found

    def document(self) -> dict[str, Any]:
        """All of it."""
        scene, keys = self.scene, self.scene.scope_keys
        boxes: dict[str, tuple[Box, Placed]] = {}
        for diagram, layout in zip(self.diagrams, self.layouts, strict=True):
            for box in diagram.boxes:
                boxes.setdefault(box.key, (box, layout.placed[box.key]))
        tags = {tag.key: tag for diagram in self.diagrams for tag in diagram.tags}
        losses = sorted(self.number[node] for node in scene.losses if node in self.number)
        return {
            "title": scene.title,
            "of": scene.of,
            "mode": self._mode(),
            "losses": losses,
            "nodes": [self._node(node) for node in scene.nodes],
            "boxes": {key: self._box(box, placed) for key, (box, placed) in boxes.items()},
            "tags": _tags(self.diagrams, self.layouts),
            "valueOf": {key: [self.number[node] for node in tag.values] for key, tag in tags.items()},
            "scopes": {keys[scope]: self._scope(scope) for scope in scene.scopes},
            "layouts": [_layout(*pair) for pair in zip(self.diagrams, self.layouts, strict=True)],
            "byDepth": self.by_depth,
            "depth": min(self.shown.shown_depth, len(self.by_depth) - 1),
            "alone": self.alone,
            "legend": legend(self.diagrams),
            "recording": self._recording(),
        }

    def _mode(self) -> str:
        if self.recording is not None and len(self.recording.snapshots) > 1:
            return "values"
        measures = {reading.measure for readings in self.shown.readings.values() for reading in readings}
        return "values" if "value" in measures else "gradients" if "gradient" in measures else "roles"

    def _node(self, node: Node) -> dict[str, Any]:
        inputs = sorted({self.number[source] for source in node.inputs if source in self.number})
        scope = self.scene.scope_of(node)
        found = _node(node, inputs, self.scene.scope_keys.get(scope, "") if scope else "")
        return {**found, "name": self.scene.gradient_of.get(node) or found["name"]}

    def _box(self, box: Box, placed: Placed) -> dict[str, Any]:
        return {
            **_box(box, placed),
            "scope": box.key if box.key.startswith("s") else "",
            "node": self.number[box.node],
            "nodes": [self.number[node] for node in box.nodes],
        }

    def _scope(self, scope: Scope) -> dict[str, Any]:
        return {
            "title": scope.path,
            "parent": self.scene.scope_keys[scope.parent] if scope.parent else "",
            "backward": scope.path.startswith("∂"),
        }

    def _recording(self) -> dict[str, Any] | None:
        if self.recording is None:
            return None
        snapshots = self.recording.snapshots
        nodes = self.scene.nodes
        return {
            "steps": [snapshot.step for snapshot in snapshots],
            "loss": [_rounded(snapshot.loss) for snapshot in snapshots],
            "values": [[_measured(snapshot.values.get(node)) for node in nodes] for snapshot in snapshots],
            "gradients": [[_measured(snapshot.gradients.get(node)) for node in nodes] for snapshot in snapshots],
        }


def _node(node: Node, inputs: Sequence[int], scope: str) -> dict[str, Any]:
    told = facts(node)
    return {
        "name": called(node),
        "operation": node.label,
        "type": str(node.type),
        "formula": told.formula,
        "meaning": told.meaning,
        "places": told.places,
        "inputs": inputs,
        "scope": scope,
    }


def _box(box: Box, placed: Placed) -> dict[str, Any]:
    return {
        "look": look_class(box),
        "role": box.role,
        "label": " ".join([box.title, *box.details[:1]]),
        "outlines": list(outlines_of(box, placed)),
        "texts": list(texts_of(box, placed)),
        "scope": "",
        "around": box.around,
        "count": len(box.nodes),
        "height": placed.height,
    }


def _tags(diagrams: Sequence[Diagram], layouts: Sequence[Layout]) -> dict[str, list[Line]]:
    """The types on edges and the titles of layers, as they are drawn around their middle."""
    found: dict[str, list[Line]] = {}
    for diagram, layout in zip(diagrams, layouts, strict=True):
        letters = {tag.key: tag.text for tag in diagram.tags}
        letters |= {f"t{cluster.key}": cluster.title for cluster in diagram.clusters}
        for key, text in letters.items():
            if key in layout.placed:
                found.setdefault(key, list(words_of(text, layout.placed[key].texts)))
    return found


def _layout(diagram: Diagram, layout: Layout) -> dict[str, Any]:
    backward = diagram.ways
    placed = layout.placed
    return {
        "w": round(layout.width),
        "h": round(layout.height),
        "boxes": [[box.key, placed[box.key].x, placed[box.key].y] for box in diagram.boxes],
        "tags": [[tag.key, placed[tag.key].x, placed[tag.key].y] for tag in diagram.tags],
        "frames": list(_frames(layout)),
        "ways": [
            [
                way.source,
                way.target,
                curve(way.points),
                f"M{points(way.tip, 'L')}Z" if way.tip else "",
                int(backward.get((way.source, way.target), False)),
            ]
            for way in layout.ways
        ],
    }


def _frames(layout: Layout) -> Iterator[list[Any]]:
    """The frame of each open layer, and where its title stands."""
    for frame in layout.frames:
        title = layout.placed.get(f"t{frame.key}")
        place = [title.x, title.y] if title else []
        yield [frame.key, frame.left, frame.top, frame.right, frame.bottom, *place]


def _measured(found: Measured | None) -> list[Any] | None:
    if found is None:
        return None
    numbers = [_rounded(value) for value in (found.least, found.greatest, found.mean, found.norm)]
    return [*numbers, found.odd, *([[_rounded(value) for value in found.whole]] if found.whole else [])]


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.{_DIGITS}g}")
