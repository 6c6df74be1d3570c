"""What is known of a node before anything runs: the one number that all its elements are."""

from __future__ import annotations

import numpy as np

from dsl.graph.node import Node
from dsl.ops.parameters import Array

LARGEST_SEARCHED = 65_536
"""In a constant of more elements nobody looks whether they are all the same."""

_REPEATING = frozenset({"broadcast_to", "reshape", "expand_dims", "squeeze", "transpose"})
"""Operations whose result has no other elements than their input."""


def number(node: Node) -> float | None:
    """The number that every element of a node is, an int or a bool where the node holds those; None where it is not known."""
    while node.operation is not None:
        if node.operation.name not in _REPEATING:
            return None
        node = node.inputs[0]
    return _only_number(node.value) if node.kind == "constant" else None


def _only_number(value: Array) -> float | None:
    """The number that fills an array, to the bit: -0.0 is not 0.0 here. An array of nans has none."""
    if value.ndim == 0:
        return value.item()
    if not 0 < value.size <= LARGEST_SEARCHED:
        return None
    first = value.flat[0]
    if not np.all(value == first):
        return None
    if not first and value.dtype.kind == "f" and np.any(np.signbit(value) != np.signbit(first)):
        return None
    return first.item()
