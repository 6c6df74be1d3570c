"""Fewer calls for small arrays, where a call costs more than its numbers.

`x @ w + b` becomes one product where `w` and `b` lie one behind the other in the vector of the parameters: `[x 1]` times
`[w; b]`; the gradients of both become one product as well. A sum of squares or of products becomes an inner product. The
additions are those of BLAS then, whose order may differ.
"""

from __future__ import annotations

from collections import Counter
from typing import Any

import numpy as np

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, copy, element_total, rewrite, sizes
from dsl.ops.registry import OPERATIONS

MOST_ROWS = 4_096
"""Elements of `x` up to which `[x 1]` is made: beyond, copying it costs what it saves."""
MOST_TERMS = 4_096
"""Terms up to which a sum is an inner product: beyond, NumPy's sum by halves is more exact."""


def merge_small(section: Section) -> Section:
    """The section with products and sums of small arrays merged."""
    uses = Counter(source for node in section.nodes for source in node.inputs)
    uses.update([*section.results, *section.updates])
    return rewrite(section, _Merging(uses).rule)


class _Merging:
    def __init__(self, uses: Counter[Node]) -> None:
        self._uses = uses
        self._wide: dict[Node, Node] = {}
        """`[x 1]` for each `x` that has one, in the new section."""

    def rule(self, graph: Graph, node: Node, inputs: tuple[Node, ...]) -> Node | None:
        """What stands for an operation."""
        match node.label:
            case "add":
                return self._with_bias(graph, node, inputs) or _of_one_shape(graph, node, inputs)
            case "concatenate":
                return self._gradients_with_bias(graph, node, inputs)
            case "sum":
                return self._inner_product(graph, node, inputs)
            case _:
                return _of_one_shape(graph, node, inputs)

    def _with_bias(self, graph: Graph, node: Node, inputs: tuple[Node, ...]) -> Node | None:
        for at in (0, 1):
            product, bias = inputs[at], inputs[1 - at]
            if product.label != "matmul" or self._uses[node.inputs[at]] > 1:
                continue
            x, w = product.inputs
            if x.type.rank != 2 or w.type.rank != 2 or element_total(x) > MOST_ROWS or not node.type.dtype.is_float:
                continue
            weights, offset = _part(w), _part(bias)
            if weights is None or offset is None or weights[0] is not offset[0] or weights[2] != offset[1]:
                continue
            rows, columns = sizes(w)
            if offset[2] - offset[1] != columns or sizes(node) != (sizes(x)[0], columns):
                continue
            part = _apply(graph, "getitem", weights[0], index=(slice(weights[1], offset[2]),))
            both = _apply(graph, "reshape", part, shape=(rows + 1, columns))
            return _apply(graph, "matmul", self._widened(graph, x), both)
        return None

    def _widened(self, graph: Graph, x: Node) -> Node:
        if x not in self._wide:
            ones = graph.constant(np.ones((sizes(x)[0], 1)), x.type.dtype)
            self._wide[x] = _apply(graph, "concatenate", x, ones, axis=1)
        return self._wide[x]

    def _gradients_with_bias(self, graph: Graph, node: Node, inputs: tuple[Node, ...]) -> Node | None:
        parts: list[Node] = []
        for part in inputs:
            merged = self._both_gradients(graph, parts[-1], part) if parts else None
            if merged is not None:
                parts[-1] = merged
            else:
                parts.append(part)
        if len(parts) == len(inputs):
            return None
        return _apply(graph, "concatenate", *parts, axis=0) if len(parts) > 1 else parts[0]

    def _both_gradients(self, graph: Graph, weights: Node, bias: Node) -> Node | None:
        """The gradients of weights and bias, one behind the other, from `[x 1]` transposed times `g`."""
        product = weights.inputs[0] if weights.label == "reshape" else weights
        if product.label != "matmul" or bias.label != "sum" or bias.type.rank != 1:
            return None
        turned, g = product.inputs
        if turned.label != "transpose" or turned.inputs[0] not in self._wide or bias.inputs[0] is not g:
            return None
        if g.type.rank != 2 or bias.attributes["axis"] != (0,):
            return None
        with graph.making(product.span, product.backward_of):
            wide = _apply(graph, "transpose", self._wide[turned.inputs[0]], axes=(1, 0))
            return _apply(graph, "reshape", _apply(graph, "matmul", wide, g), shape=-1)

    def _inner_product(self, graph: Graph, node: Node, inputs: tuple[Node, ...]) -> Node | None:
        (terms,) = inputs
        is_whole = not node.type.shape and 1 < element_total(terms) <= MOST_TERMS and node.type.dtype.is_float
        if not is_whole or self._uses[node.inputs[0]] > 1 or terms.label not in ("square", "multiply"):
            return None
        left, right = terms.inputs[0], terms.inputs[-1]
        if left.type != terms.type or right.type != terms.type or node.type.dtype.bits == 16:
            return None
        return _apply(graph, "matmul", _flat(graph, left), _flat(graph, right))


def _part(node: Node) -> tuple[Node, int, int] | None:
    """The vector, and the part of it, that a value is a view of."""
    while node.label in ("reshape", "expand_dims") and element_total(node) == element_total(node.inputs[0]):
        node = node.inputs[0]
    if node.label != "getitem" or node.inputs[0].type.rank != 1 or node.inputs[0].operation:
        return None
    index: Any = node.attributes["index"]
    if len(index) != 1 or not isinstance(index[0], slice):
        return None
    start, stop, step = index[0].indices(sizes(node.inputs[0])[0])
    return (node.inputs[0], start, stop) if step == 1 else None


def _of_one_shape(graph: Graph, node: Node, inputs: tuple[Node, ...]) -> Node | None:
    """An elementwise operation with all inputs in its own shape where they have as many elements: NumPy need not repeat."""
    if node.operation is None or not node.operation.elementwise or node.attributes:
        return None
    shape, total = sizes(node), element_total(node)
    fitted = [
        _apply(graph, "reshape", value, shape=shape)
        if sizes(value) != shape and element_total(value) == total
        else value
        for value in inputs
    ]
    if not shape or all(one is other for one, other in zip(fitted, inputs, strict=True)):
        return None
    return copy(graph, node, tuple(fitted))


def _flat(graph: Graph, node: Node) -> Node:
    return node if node.type.rank == 1 else _apply(graph, "reshape", node, shape=-1)


def _apply(graph: Graph, name: str, *inputs: Node, **attributes: Any) -> Node:
    return graph.apply(OPERATIONS[name], inputs, attributes)
