"""How long the code of a section would be, from its shapes alone."""

from __future__ import annotations

from dsl.engine.scalars.pointwise import POINTWISE
from dsl.engine.scalars.unroll import MOVES
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, element_total, sizes


def scalar_operations(section: Section) -> int:
    """About how many operations on single elements one run makes.

    Each takes 10 to 30 ns as Python arithmetic on floats, and less than 1 ns in a compiled loop; one call of NumPy takes 500 to
    1,500 ns, whatever the size of small arrays. So Python floats win up to some tens of elements an operation.
    """
    return sum(map(_operations, section.operations))


def _operations(node: Node) -> int:
    if node.label in MOVES or not node.inputs:
        return 0
    if node.label in POINTWISE:
        return element_total(node)
    if node.label == "matmul":
        return 2 * element_total(node) * sizes(node.inputs[0])[-1]
    return max(element_total(node), *map(element_total, node.inputs))
