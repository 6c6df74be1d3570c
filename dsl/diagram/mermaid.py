"""Mermaid, the diagrams of Markdown: boxes by role, layers as subgraphs, types on the edges."""

from __future__ import annotations

from collections.abc import Iterator

from dsl.diagram.escaping import mermaid_label
from dsl.diagram.model import Box, Cluster, Diagram, Role
from dsl.diagram.style import BACKWARD, LOOKS, Look, shade

_SHAPES: dict[Role, tuple[str, str]] = {
    "placeholder": ("[/", "/]"),
    "parameter": ("[(", ")]"),
    "constant": ("[", "]"),
    "operation": ("(", ")"),
    "layer": ("[[", "]]"),
    "loss": ("{{", "}}"),
    "metric": ("([", "])"),
    "memory": ("[(", ")]"),
}
"""The brackets around a label."""


def mermaid_text(diagram: Diagram) -> str:
    """The diagram as a flowchart."""
    return "\n".join(_lines(diagram)) + "\n"


def _lines(diagram: Diagram) -> Iterator[str]:
    yield "flowchart TD"
    boxes: dict[str, list[Box]] = {}
    for box in diagram.boxes:
        boxes.setdefault(box.around, []).append(box)
    clusters: dict[str, list[Cluster]] = {}
    for cluster in diagram.clusters:
        clusters.setdefault(cluster.parent, []).append(cluster)
    waiting: list[tuple[str, str] | str] = [("", "  ")]
    while waiting:
        item = waiting.pop()
        if isinstance(item, str):
            yield item
            continue
        key, indent = item
        for box in boxes.get(key, ()):
            yield f"{indent}{_box(box)}"
        for cluster in reversed(clusters.get(key, ())):
            waiting += [f"{indent}end", (cluster.key, f"{indent}  ")]
            waiting.append(f'{indent}subgraph {cluster.key}["{mermaid_label(cluster.title)}"]')
    types = {tag.key: tag.text for tag in diagram.tags}
    for edge in diagram.edges:
        arrow = "-.->" if edge.is_backward else "-->"
        kind = types.get(edge.value, "")
        label = f'|"{mermaid_label(kind)}"|' if kind else ""
        yield f"  {edge.source} {arrow}{label} {edge.target}"
    yield from _classes(diagram)


def _box(box: Box) -> str:
    opening, closing = _SHAPES[box.role]
    label = "<br>".join(map(mermaid_label, box.lines))
    name = "gradient" if box.is_backward else box.role
    return f'{box.key}{opening}"{label}"{closing}:::{name}'


def _classes(diagram: Diagram) -> Iterator[str]:
    """The colours of the roles that there are, and of readings box by box."""
    used = {"gradient" if box.is_backward else box.role for box in diagram.boxes}
    looks: dict[str, Look] = {**{str(role): drawn for role, drawn in LOOKS.items()}, "gradient": BACKWARD}
    for name, drawn in looks.items():
        if name in used:
            dashed = ",stroke-dasharray:4 3" if "dashed" in drawn.style else ""
            yield f"  classDef {name} fill:{drawn.fill},stroke:{drawn.line},color:#1d2733{dashed}"
    for box in diagram.boxes:
        shades = [shade(reading.measure, reading.level) for reading in box.readings]
        coloured = next(filter(None, shades), "")
        if coloured:
            yield f"  style {box.key} fill:{coloured}"
