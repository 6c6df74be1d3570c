"""What operations cost, counted from shapes."""

from __future__ import annotations

from dsl.graph.node import Node
from dsl.graph.passes.section import element_total, sizes

_MOVING_FAMILIES = frozenset({"shaping", "joining", "creation", "indexing"})
"""The families whose operations put numbers elsewhere, and compute none."""

_MOVING = frozenset({"transpose", "astype", "identity"})
_PRODUCTS = frozenset({"matmul", "dot"})


def flops(node: Node) -> int:
    """The floating-point operations of a node of a section.

    2mnk of a product of matrices m×k and k×n; one an element of the result where operations go element by element, whatever
    the function; one an element of the input where a reduction has fewer in its result; none where numbers are only moved.
    """
    operation = node.operation
    if operation is None or operation.name in _MOVING:
        return 0
    if operation.name == "index_add":
        return element_total(node.inputs[2])
    if operation.family in _MOVING_FAMILIES:
        return 0
    if operation.name in _PRODUCTS and all(source.type.rank for source in node.inputs):
        return 2 * element_total(node) * sizes(node.inputs[0])[-1]
    return max(element_total(value) for value in (node, *node.inputs))
