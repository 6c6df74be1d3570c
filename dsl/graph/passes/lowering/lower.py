"""The pass that writes composite operations out in primitive ones."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.lowering.activation import ACTIVATIONS
from dsl.graph.passes.lowering.elementwise import ELEMENTWISE
from dsl.graph.passes.lowering.loss import LOSSES
from dsl.graph.passes.lowering.product import PRODUCTS
from dsl.graph.passes.lowering.reduction import REDUCTIONS
from dsl.graph.passes.lowering.shaping import SHAPING
from dsl.graph.passes.lowering.steps import Lowering
from dsl.graph.passes.section import Section, rewrite
from dsl.ops.dims import concrete
from dsl.ops.elementwise import astype

LOWERINGS: Mapping[str, Lowering] = {
    **ACTIVATIONS,
    **ELEMENTWISE,
    **PRODUCTS,
    **SHAPING,
    **REDUCTIONS,
    **LOSSES,
}
"""How composite operations are written out, by name. Those not named here are primitive."""


def lower(section: Section) -> Section:
    """The section with primitive operations in place of composite ones.

    Values are the same to the last bit; an operation whose steps cannot be followed that closely stays.
    """
    return rewrite(section, _lowered)


def _lowered(graph: Graph, node: Node, inputs: tuple[Node, ...]) -> Node | None:
    assert node.operation is not None
    lowering = LOWERINGS.get(node.operation.name)
    if lowering is None:
        return None
    attributes = {name: concrete(value, {}) for name, value in node.attributes.items()}
    found = lowering(*inputs, **attributes)
    if found is None:
        return None
    if found.type.dtype is not node.type.dtype:
        found = astype(found, dtype=node.type.dtype)
    assert isinstance(found, Node)
    return found
