"""The legend: a small sign for each look that a picture has, and what it stands for."""

from __future__ import annotations

from collections.abc import Iterable

from dsl.diagram.model import Diagram
from dsl.diagram.style import BACKWARD, LOOKS

_RECTANGLE = "M-11,-7L11,-7L11,7L-11,7Z"
_ROUNDED = "M-8,-7L8,-7Q11,-7 11,-4L11,4Q11,7 8,7L-8,7Q-11,7 -11,4L-11,-4Q-11,-7 -8,-7Z"
_SIGNS: dict[str, list[tuple[str, str]]] = {
    "placeholder": [(_RECTANGLE, "shape"), ("M-11,-7L-7,-7L-7,7L-11,7Z", "bar")],
    "parameter": [
        ("M-8,-5L-8,5Q0,9 8,5L8,-5Q0,-9 -8,-5Z", "shape"),
        ("M-8,-5Q0,-1 8,-5", "shape line"),
    ],
    "constant": [(_RECTANGLE, "shape")],
    "operation": [(_ROUNDED, "shape")],
    "layer": [(_RECTANGLE, "shape"), ("M-9,-5L9,-5L9,5L-9,5Z", "shape line")],
    "loss": [(_RECTANGLE, "shape"), ("M-11,-3L-7,-7M7,-7L11,-3M11,3L7,7M-7,7L-11,3", "shape line")],
    "metric": [("M-11,-7L8,-7L11,-4L11,7L-11,7Z", "shape"), ("M8,-7L8,-4L11,-4", "shape line")],
    "memory": [("M-11,-4L-8,-7L11,-7L11,4L8,7L-11,7Z", "shape"), ("M-11,-4L8,-4L8,7M8,-4L11,-7", "shape line")],
}


def legend(diagrams: Iterable[Diagram]) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """The classes, the words and the outlines of the looks that boxes have in any of the diagrams."""
    boxes = [box for diagram in diagrams for box in diagram.boxes]
    roles = {box.role for box in boxes if not box.is_backward}
    found = [(role, drawn.word, _SIGNS[role]) for role, drawn in LOOKS.items() if role in roles]
    if any(box.is_backward for box in boxes):
        found.append(("operation backward", BACKWARD.word, _SIGNS["operation"]))
    return [(str(role), word, sign) for role, word, sign in found]
