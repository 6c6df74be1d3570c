"""Shapes: reshapes and transposes that cancel, repetitions that need not be written down.

Everything here moves elements or names their axes anew, and none is computed otherwise than before. The one thing that may
change is how NumPy lays an array out in memory; where it adds up the elements of one, the order follows the layout, and a
sum can be rounded otherwise.
"""

from __future__ import annotations

from typing import Any, cast

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.rules import apply_rules, is_operation, make, same_type
from dsl.graph.passes.section import Rule, Section, element_total
from dsl.ops.dims import ONE, Shape
from dsl.ops.operation import Operation

Inputs = tuple[Node, ...]


def cancel_shapes(section: Section) -> Section:
    """The section with as few changes of shape as give the same; the section itself where there are none to save."""
    return apply_rules(section, _rules_for)


def _rules_for(operation: Operation) -> tuple[Rule, ...]:
    if operation.elementwise:
        return OF_ELEMENTWISE
    return RULES.get(operation.name, ())


# -- reshape ------------------------------------------------------------------------------------------------------------


def one_reshape(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """Any number of reshape, expand_dims and squeeze in a row is one reshape, or none where the shape is the first again."""
    x = inputs[0]
    if same_type(x, node):
        return x
    if is_operation(x, "reshape"):
        return _reshaped(graph, x.inputs[0], node.shape)
    return None if is_operation(node, "reshape") else _reshaped(graph, x, node.shape)


def reshaped_repetition(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """A single number repeated to a shape and reshaped, or transposed, is that number repeated to the other shape."""
    x = inputs[0]
    if not is_operation(x, "broadcast_to") or element_total(x.inputs[0]) != 1:
        return None
    return make(graph, "broadcast_to", _reshaped(graph, x.inputs[0], ()), shape=node.shape)


def nothing_added(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """Repetition, padding and joining whose result has no more elements than the one input is at most a reshape."""
    x = inputs[0]
    return _reshaped(graph, x, node.shape) if len(inputs) == 1 and element_total(node) == element_total(x) else None


def whole_index(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """An index that picks everything, forwards along each axis, is at most a reshape; so is putting a value in such a place."""
    x = inputs[0]
    if element_total(node) != element_total(x) or any(map(_runs_backwards, node.attributes["index"])):
        return None
    return _reshaped(graph, x, node.shape)


def _runs_backwards(entry: Any) -> bool:
    step: int | None = getattr(entry, "step", None)  # positions and `none` have no step
    return step is not None and step < 0


def part_put_back(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """What is read from the place that it was put in is what was put there."""
    x = inputs[0]
    if not is_operation(x, "unslice") or x.attributes["index"] != node.attributes["index"]:
        return None
    return x.inputs[0] if same_type(x.inputs[0], node) else None


def flip_of_single(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """Axes of size 1 are the same in either direction."""
    x, axes = inputs[0], cast("tuple[int, ...]", node.attributes["axis"])
    return x if all(x.shape[axis] == 1 for axis in axes) else None


# -- transpose ----------------------------------------------------------------------------------------------------------


def one_transpose(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """Two transposes are one, in the order of the first taken in the order of the second, or none where they cancel."""
    x, order = inputs[0], node.attributes["axes"]
    if is_operation(x, "transpose"):
        inner = x.attributes["axes"]
        return make(graph, "transpose", x.inputs[0], axes=tuple(inner[axis] for axis in order))
    return x if order == tuple(range(len(order))) else None


def transpose_of_single(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """Where all axes longer than 1 keep their order, so do the elements: a reshape."""
    long = [axis for axis in node.attributes["axes"] if inputs[0].shape[axis] != 1]
    return _reshaped(graph, inputs[0], node.shape) if long == sorted(long) else None


# -- repetition ---------------------------------------------------------------------------------------------------------


def one_repetition(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """Two broadcasts in a row are one, and new axes of size 1 at the front need not be made before they are repeated."""
    x = inputs[0]
    if is_operation(x, "broadcast_to") or _adds_leading_axes(x):
        return make(graph, "broadcast_to", x.inputs[0], shape=node.shape)
    return None


def repeated_operands(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """An elementwise operation repeats its operands itself; where all are repeated, it is the result that has to be.

    Not `power`, which takes the square where its exponent is a scalar 2.
    """
    assert node.operation is not None
    if not any(is_operation(source, "broadcast_to") for source in inputs) or node.operation.name == "power":
        return None
    operands = [source.inputs[0] if is_operation(source, "broadcast_to") else source for source in inputs]
    smaller = make(graph, node.operation.name, *operands, **node.attributes)
    return smaller if smaller.shape == node.shape else make(graph, "broadcast_to", smaller, shape=node.shape)


def operands_with_leading_axes(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """An elementwise operation adds missing axes of size 1 at the front itself, where another operand has them."""
    assert node.operation is not None
    if node.operation.name == "power" or len(inputs) < 2:
        return None
    operands = list(inputs)
    for place, source in enumerate(inputs):
        if _adds_leading_axes(source):
            others = [other.shape for at, other in enumerate(operands) if at != place]
            if any(len(shape) >= len(source.shape) for shape in others):
                operands[place] = source.inputs[0]
    if all(own is source for own, source in zip(operands, inputs, strict=True)):
        return None
    return make(graph, node.operation.name, *operands, **node.attributes)


def _adds_leading_axes(node: Node) -> bool:
    """Whether a node is a reshape that puts axes of size 1 before those that are there."""
    if not is_operation(node, "reshape"):
        return False
    before, after = node.inputs[0].shape, node.shape
    added = len(after) - len(before)
    return added > 0 and after == (ONE,) * added + before


def _reshaped(graph: Graph, x: Node, shape: Shape) -> Node:
    return x if x.shape == shape else make(graph, "reshape", x, shape=shape)


OF_ELEMENTWISE: tuple[Rule, ...] = (repeated_operands, operands_with_leading_axes)
"""The rules for every elementwise operation."""

RULES: dict[str, tuple[Rule, ...]] = {
    "reshape": (one_reshape, reshaped_repetition),
    "expand_dims": (one_reshape, reshaped_repetition),
    "squeeze": (one_reshape, reshaped_repetition),
    "transpose": (one_transpose, transpose_of_single, reshaped_repetition),
    "broadcast_to": (nothing_added, one_repetition),
    "tile": (nothing_added,),
    "repeat": (nothing_added,),
    "pad": (nothing_added,),
    "concatenate": (nothing_added,),
    "stack": (nothing_added,),
    "getitem": (whole_index, part_put_back),
    "unslice": (whole_index,),
    "flip": (flip_of_single,),
}
"""The rules for other operations, by name, in the order in which they are tried."""
