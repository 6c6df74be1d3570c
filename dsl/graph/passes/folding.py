"""Constant folding: what depends on nothing that a run is given is computed once, before it."""

from __future__ import annotations

import numpy as np

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.rules import is_operation
from dsl.graph.passes.section import Section, element_total, rewrite, sizes
from dsl.ops.dims import concrete
from dsl.ops.parameters import Array

LARGEST_MADE = 65_536
"""So many elements may a constant have that is larger than what it is made from."""


def fold_constants(section: Section) -> Section:
    """The section with a constant for each operation on constants and on nothing, such as `zeros` and `arange`.

    The value is what the operation's forward function gives. An operation stays where its result would be large, unless it is
    no larger than what it is made from, and where it raises: then the run says so. `broadcast_to` stays too: it is a view, of
    a number that other passes can see. The section itself where nothing is folded.
    """
    if not any(_is_foldable(node, node.inputs) for node in section.operations):
        return section
    folded = 0

    def fold(graph: Graph, node: Node, inputs: tuple[Node, ...]) -> Node | None:
        nonlocal folded
        if not _is_foldable(node, inputs):
            return None
        value = _value(node, [_known_value(source) for source in inputs])
        if value is None:
            return None
        folded += 1
        return graph.constant(value, node.type.dtype)

    found = rewrite(section, fold)
    return found if folded else section


def _is_foldable(node: Node, inputs: tuple[Node, ...]) -> bool:
    return all(map(_is_known, inputs)) and _is_worth_it(node, inputs)


def _is_known(node: Node) -> bool:
    return node.kind == "constant" or _is_repeated_constant(node)


def _is_repeated_constant(node: Node) -> bool:
    return is_operation(node, "broadcast_to") and node.inputs[0].kind == "constant"


def _known_value(node: Node) -> Array:
    return node.value if node.kind == "constant" else np.broadcast_to(node.inputs[0].value, sizes(node))


def _is_worth_it(node: Node, inputs: tuple[Node, ...]) -> bool:
    """Whether the result is not too large to be kept, nor the inputs, as far as they are repetitions, to be gone through.

    An elementwise operation on nothing but repetitions is left to the pass that takes them apart (`shapes`).
    """
    assert node.operation is not None
    if node.operation.name == "broadcast_to":
        return False
    repeated = [source for source in inputs if source.kind != "constant"]
    if repeated and node.operation.elementwise:
        return False
    if any(element_total(source) > LARGEST_MADE for source in repeated):
        return False
    total = element_total(node)
    return total <= LARGEST_MADE or any(total <= element_total(source) for source in inputs)


def _value(node: Node, inputs: list[Array]) -> Array | None:
    """The value of an operation on arrays, as the reference engine has it; None where it cannot be computed."""
    assert node.operation is not None
    assert node.operation.forward is not None
    attributes = {name: concrete(value, {}) for name, value in node.attributes.items()}
    try:
        with np.errstate(all="ignore"):
            return np.asarray(node.operation.forward(*inputs, **attributes), node.type.dtype.numpy)
    except Exception:  # whatever it is, it is the run's to report, if it comes to that
        return None
