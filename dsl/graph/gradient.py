"""Reverse-mode differentiation as a transformation of the graph: gradients are nodes like any other.

The rules of the operations give the vector-Jacobian product of one input each. What they have in common is done here, once:
several uses of a node are summed, broadcasting is undone, element types are matched.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dims import ONE
from dsl.ops.operation import Backward
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
    path = _between(graph, of, targets)
    if not path:
        return {}
    contributions: dict[Node, list[Node]] = {of: [_seed(graph, of)]}
    masked: set[Node] = set()
    found: dict[Node, Node] = {}
    on_path = set(path)
    wanted = set(targets)
    for node in reversed(path):
        if node not in contributions:
            continue
        with graph.making(node.span, backward_of=node):
            total = _sum(contributions.pop(node))
            if node in wanted:
                found[node] = total
            _propagate(graph, node, total, on_path, contributions, masked)
    return {node: found[node] for node in targets if node in found}


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
    if node.operation is None or not node.type.dtype.is_float:
        return False
    return any(
        source in reached and source.type.dtype.is_float and node.operation.gradient_rule(index) is not None
        for index, source in enumerate(node.inputs)
    )


def _seed(graph: Graph, of: Node) -> Node:
    with graph.making(of.span, backward_of=of):
        one = graph.constant(1, of.type.dtype)
        return _broadcast_to(one, of.type) if of.shape else one


def _sum(parts: list[Node]) -> Node:
    total: Symbol = parts[0]
    for part in parts[1:]:
        total = total + part
    return _node(total)


def _propagate(
    graph: Graph,
    node: Node,
    total: Node,
    on_path: set[Node],
    contributions: dict[Node, list[Node]],
    masked: set[Node],
) -> None:
    """Add to the inputs' contributions what flows to them through one node.

    Where an operation picks one of its inputs (`where`, `clip` …) the gradient of the one not picked is exactly 0, and stays
    0 on its way through elementwise operations, even past a derivative that is infinite: `where(x > 0, log(x), 0)`.
    """
    operation = node.operation
    if operation is None:
        return
    for index, source in enumerate(node.inputs):
        rule = operation.gradient_rule(index)
        if rule is None or source not in on_path or not source.type.dtype.is_float:
            continue
        part = _node(rule(Backward(total, node, node.inputs, node.attributes, index)))
        if node in masked and operation.elementwise and part is not total:
            part = _node(OPERATIONS["unless_masked"](part, total))
        if node in masked or operation.selects:
            masked.add(source)
        contributions.setdefault(source, []).append(_fit(graph, part, source.type))


def _fit(graph: Graph, gradient: Node, type: TensorType) -> Node:
    """Undo broadcasting: sum over the axes along which the input was repeated, and match the element type."""
    result: Symbol = gradient
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


def _broadcast_to(value: Node, type: TensorType) -> Node:
    return _node(OPERATIONS["broadcast_to"](value, shape=type.shape))


def _node(symbol: Symbol) -> Node:
    assert isinstance(symbol, Node)
    return symbol
