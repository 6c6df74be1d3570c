"""Values and gradients as pictures tell them: in a few words, and how strongly each is coloured."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np

from dsl.diagram.model import Measure, Reading
from dsl.diagram.recording import Measured, measure
from dsl.diagram.style import NOT_COMPUTED
from dsl.engine.figures import array, rounded
from dsl.graph.node import Node
from dsl.ops.parameters import Array

_FEW = 4
"""Arrays up to so many elements are shown whole."""
_DECADES = 4
"""A gradient so many powers of ten below the largest has no colour left."""


def value_readings(nodes: Sequence[Node], values: Mapping[Node, Array]) -> dict[Node, Reading]:
    """The value of each node; a node without one is told not to be computed."""
    return {
        node: _reading("value", "", values.get(node), _value_level(values.get(node)))
        for node in nodes
        if node.kind != "constant"
    }


def gradient_readings(nodes: Sequence[Node], gradients: Mapping[Node, Array], of: str) -> dict[Node, Reading]:
    """The gradient with respect to each node, coloured by its size beside that of the largest."""
    found = {node: measure(value) for node, value in gradients.items()}
    largest = max((each.norm for each in found.values() if each), default=0.0)
    return {
        node: _reading("gradient", f"∂{of}", gradients.get(node), gradient_level(found.get(node), largest))
        for node in nodes
        if node.kind != "constant"
    }


def _reading(kind: Measure, title: str, value: Array | None, level: float | None) -> Reading:
    if value is None:
        return Reading(kind, title, NOT_COMPUTED)
    return Reading(kind, title, spelled(value), level)


def spelled(value: Array) -> str:
    """An array in a line of a box: a few numbers one by one, many by their range."""
    if value.size <= _FEW and value.ndim <= 1:
        return array(value, rounded)
    if not value.size:
        return "empty"
    if value.dtype.kind == "b":
        return f"{np.count_nonzero(value)} of {value.size:,} true"
    finite = value[np.isfinite(value)]
    odd = value.size - finite.size
    note = f", {odd} not finite" if odd else ""
    if not finite.size:
        return note.removeprefix(", ")
    least, greatest = float(finite.min()) + 0.0, float(finite.max()) + 0.0  # adding 0 takes the sign from -0
    return f"all {least:.4g}{note}" if least == greatest else f"{least:.4g} … {greatest:.4g}{note}"


def _value_level(value: Array | None) -> float | None:
    """From -1 to 1: the mean, squeezed so that the sign and the order of magnitude are seen."""
    found = measure(value) if value is not None else None
    return None if found is None else found.mean / (1 + abs(found.mean))


def gradient_level(found: Measured | None, largest: float) -> float | None:
    """From 0 to 1: 1 for the largest, less by its powers of ten below it."""
    if found is None:
        return None
    if not found.norm or not largest:
        return 0.0
    return max(0.0, 1 + math.log10(found.norm / largest) / _DECADES)
