"""Reverse-mode differentiation as a transformation of the graph: gradients are nodes like any other.

The rules of the operations give the vector-Jacobian product of one input each. What they have in common is done here, once:
several uses of a node are summed, broadcasting is undone, element types are matched.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dims import ONE
from dsl.ops.operation import Backward, Operation
from dsl.ops.registry import OPERATIONS
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType


class DifferentiableGraph(Graph):
    """A graph in which `grad` can be applied like any other operation."""

    def gradient(self, of: Symbol, wrt: Symbol) -> Node:
        """The gradient of the sum of `of` with respect to `wrt`, zeros where `of` does not depend on it."""
        assert isinstance(of, Node)
        assert isinstance(wrt, Node)
        found = gradients(self, of, [wrt])
        if wrt in found:
            return found[wrt]
        return self.apply(OPERATIONS["zeros"], (), {"shape": wrt.shape, "dtype": wrt.type.dtype})


def gradients(graph: Graph, of: Node, wrt: Iterable[Node]) -> dict[Node, Node]:
    """The gradient of the sum of `of` with respect to each of `wrt`, as new nodes of the graph.

    A gradient has the type of the node it belongs to. Nodes that `of` does not depend on through differentiable operations
    are left out. The order of additions is the reverse order of running, so results repeat to the last bit.
    """
    targets = [node for node in wrt if node.type.dtype.is_float]
    found_ways = ways(graph, of, targets)
    if not found_ways.nodes:
        return {}
    contributions: dict[Node, list[Node]] = {of: [_seed(graph, of)]}
    found: dict[Node, Node] = {}
    wanted = set(targets)
    for node in found_ways.nodes:
        with graph.making(node.span, backward_of=node):
            total = summed(contributions.pop(node))
            if node in wanted:
                found[node] = total
            for index in found_ways.flows[node]:
                source, masked = node.inputs[index], node in found_ways.masked
                part = vector_jacobian_product(
                    node.operation, Backward(total, node, node.inputs, node.attributes, index), masked
                )
                contributions.setdefault(source, []).append(part)
    return {node: found[node] for node in targets if node in found}


# -- the ways that a gradient takes -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Ways:
    """The differentiable ways from some nodes to another.

    `nodes` are those on the ways, each before what it is computed from. `flows` are the inputs of each, by their places, that
    its gradient flows on to. `masked` are the nodes whose gradient is exactly 0 where an operation did not pick them, and
    stays 0 past a derivative that is infinite: `where(x > 0, log(x), 0)`.
    """

    nodes: list[Node]
    flows: Mapping[Node, Sequence[int]]
    masked: frozenset[Node]


def ways(graph: Graph, of: Node, wrt: Iterable[Node]) -> Ways:
    """The ways from the nodes `wrt` to `of`; none where `of` does not depend on them."""
    path = _between(graph, of, list(wrt))
    on_path, reached = set(path), {of}
    nodes: list[Node] = []
    flows: dict[Node, list[int]] = {}
    masked: set[Node] = set()
    for node in reversed(path):
        if node not in reached:
            continue
        nodes.append(node)
        flows[node] = [
            index for index, source in enumerate(node.inputs) if source in on_path and _is_differentiable(node, index)
        ]
        sources = [node.inputs[index] for index in flows[node]]
        reached.update(sources)
        if node in masked or (node.operation is not None and node.operation.selects):
            masked.update(sources)
    return Ways(nodes, flows, frozenset(masked))


def _between(graph: Graph, of: Node, wrt: Sequence[Node]) -> list[Node]:
    """The nodes on differentiable ways from `wrt` to `of`, in running order."""
    reached = set(wrt)
    path: list[Node] = []
    for node in graph.ancestors([of]):
        if node in reached or _is_reached(node, reached):
            reached.add(node)
            path.append(node)
    return path if of in reached else []


def _is_reached(node: Node, reached: set[Node]) -> bool:
    if not node.type.dtype.is_float:
        return False
    return any(source in reached and _is_differentiable(node, index) for index, source in enumerate(node.inputs))


def _is_differentiable(node: Node, index: int) -> bool:
    """Whether a gradient flows through an operation to this input."""
    operation, source = node.operation, node.inputs[index]
    return operation is not None and source.type.dtype.is_float and operation.gradient_rule(index) is not None


# -- one step of the way ----------------------------------------------------------------------------------------------


def vector_jacobian_product(operation: Operation | None, at: Backward, masked: bool = False) -> Node:
    """What flows from the gradient `at.g` of an operation's result to one of its inputs, of that input's type."""
    rule = operation.gradient_rule(at.index) if operation else None
    assert operation is not None
    assert rule is not None
    part = rule(at)
    if masked and operation.elementwise and part is not at.g:
        part = OPERATIONS["unless_masked"](part, at.g)
    return _fit(part, at.inputs[at.index].type)


def _seed(graph: Graph, of: Node) -> Node:
    with graph.making(of.span, backward_of=of):
        one = graph.constant(1, of.type.dtype)
        return _node(OPERATIONS["broadcast_to"](one, shape=of.shape)) if of.shape else one


def summed(parts: Sequence[Node]) -> Node:
    """The sum of what flows to a node from its uses."""
    total: Symbol = parts[0]
    for part in parts[1:]:
        total = total + part
    return _node(total)


def _fit(gradient: Symbol, type: TensorType) -> Node:
    """Undo broadcasting: sum over the axes along which the input was repeated, and match the element type."""
    result = gradient
    if result.shape != type.shape:
        added = len(result.shape) - len(type.shape)
        repeated = tuple(
            axis + added
            for axis, (own, wide) in enumerate(zip(type.shape, result.shape[added:], strict=True))
            if own == ONE and wide != ONE
        )
        if repeated:
            result = OPERATIONS["sum"](result, axis=repeated, keepdims=True)
        if added:
            result = OPERATIONS["sum"](result, axis=tuple(range(added)))
        if result.shape != type.shape:
            raise AssertionError(f"a gradient of shape {gradient.shape} for a value of shape {type.shape}")
    if result.type.dtype is not type.dtype:
        result = OPERATIONS["astype"](result, dtype=type.dtype)
    return _node(result)


def _node(symbol: Symbol) -> Node:
    assert isinstance(symbol, Node)
    return symbol
