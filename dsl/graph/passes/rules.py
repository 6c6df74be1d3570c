"""Local rules: what a pass that looks at one operation and its inputs is made of, and how they are applied to a section."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Rule, Section, rewrite
from dsl.ops.operation import Operation
from dsl.ops.registry import OPERATIONS

Lookup = Callable[[Operation], tuple[Rule, ...]]
"""The rules that a pass has for an operation, in the order in which they are tried."""


def apply_rules(section: Section, rules_for: Lookup) -> Section:
    """The section with rules applied until none of them fits; the section itself where none fits at all.

    An operation is looked at after its inputs, and what a rule puts in its place is looked at again. Everything has the type
    of what it stands for.
    """
    if not _any_fits(section, rules_for):
        return section

    def settle(graph: Graph, node: Node, inputs: tuple[Node, ...]) -> Node | None:
        found = _first(graph, node, inputs, rules_for)
        if found is None:
            return None
        while (further := _first(graph, found, found.inputs, rules_for)) is not None:
            found = further
        return found

    return rewrite(section, settle)


def _any_fits(section: Section, rules_for: Lookup) -> bool:
    """Whether a rule fits anywhere, tried out on a graph that is thrown away: cheaper than a copy of the section."""
    scratch = Graph(section.graph.default_float)
    return any(_first(scratch, node, node.inputs, rules_for) is not None for node in section.operations)


def _first(graph: Graph, node: Node, inputs: tuple[Node, ...], rules_for: Lookup) -> Node | None:
    """What the first rule that fits puts in the place of a node."""
    if node.operation is None:
        return None
    for rule in rules_for(node.operation):
        found = rule(graph, node, inputs)
        if found is not None:
            assert same_type(found, node), f"{node.operation.name}: {found.type} in place of {node.type}"
            return found
    return None


# -- what rules are written with ----------------------------------------------------------------------------------------


def make(graph: Graph, name: str, *inputs: Node, **attributes: Any) -> Node:
    """An operation by its name on nodes, in the graph being built."""
    return graph.apply(OPERATIONS[name], inputs, attributes)


def is_operation(node: Node, name: str) -> bool:
    """Whether a node is made by the operation of this name."""
    return node.operation is not None and node.operation.name == name


def same_type(left: Node, right: Node) -> bool:
    """Whether two nodes have one element type and one shape."""
    return left.type is right.type or (left.type.dtype is right.type.dtype and left.type.shape == right.type.shape)
