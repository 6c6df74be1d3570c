"""Nodes as formulas in text, and the gradient rules of operations read off the graph that they build."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dims import as_shape
from dsl.ops.dtypes import F64, I64
from dsl.ops.operation import Backward, Operation, OperationError
from dsl.ops.parameters import spell
from dsl.ops.types import TensorType

_INFIX = {
    "add": ("+", 1),
    "subtract": ("-", 1),
    "multiply": ("*", 2),
    "divide": ("/", 2),
    "matmul": ("@", 2),
    "power": ("**", 4),
}
"""Operators and how tightly they bind; negation binds as 3, a call or a name as 5."""
_NEGATION, _ATOM = 3, 5
_LONGEST = 240


def formula(node: Node, names: Mapping[Node, str]) -> str:
    """A node as an expression over the named nodes, written with operators and calls."""
    texts: dict[Node, tuple[str, int]] = {named: (text, _ATOM) for named, text in names.items()}
    waiting = [node]
    while waiting:
        current = waiting[-1]
        missing = [source for source in current.inputs if source not in texts]
        if current in texts:
            waiting.pop()
        elif missing:
            waiting += missing
        else:
            texts[current] = _written(current, [texts[source] for source in current.inputs])
            waiting.pop()
    return texts[node][0]


def _written(node: Node, inputs: list[tuple[str, int]]) -> tuple[str, int]:
    if node.kind == "constant":
        text = _number(node.value)
        return text, _NEGATION if text.startswith("-") else _ATOM
    if node.operation is None:
        return node.name or node.kind, _ATOM
    name = node.operation.name
    if name in _INFIX and len(inputs) == 2:
        symbol, level = _INFIX[name]
        left = _bracketed(inputs[0], level + (symbol == "**"))
        right = _bracketed(inputs[1], level + (symbol in "-/@"))
        return f"{left} {symbol} {right}", level
    if name == "neg":
        return f"-{_bracketed(inputs[0], _NEGATION)}", _NEGATION
    arguments = [text for text, _ in inputs]
    arguments += [f"{key}={_attribute(value)}" for key, value in node.attributes.items() if _is_given(node, key, value)]
    return f"{name}({', '.join(arguments)})", _ATOM


def _is_given(node: Node, key: str, value: Any) -> bool:
    assert node.operation is not None
    return key != "index" and bool(np.any(value != node.operation.defaults.get(key)))


def _attribute(value: Any) -> str:
    return spell(value)


def _bracketed(part: tuple[str, int], level: int) -> str:
    text, own = part
    return text if own >= level else f"({text})"


def _number(value: Any) -> str:
    array = np.asarray(value)
    return f"{array.item():.6g}" if array.ndim == 0 else spell(array)


def derivative_formulas(operation: Operation) -> Iterator[str]:
    """For each input the gradient that its rule gives, with `g` for the gradient of the result `y`: `x: g * y * (1 - y)`.

    Inputs are scalars where that is allowed, else those of the operation's first test case.
    """
    if operation.infer is None or not operation.gradients:
        return
    graph = Graph(F64)
    tensors = [parameter.name for parameter in operation.parameters if parameter.is_tensor]
    made = _applied(graph, operation)
    if made is None:
        return
    node, inputs = made
    g = graph.placeholder(node.type)
    names = dict(
        zip(inputs, tensors if len(tensors) == len(inputs) else _numbered(tensors[0], len(inputs)), strict=True)
    )
    for index, source in enumerate(inputs):
        rule = operation.gradient_rule(index)
        if rule is None or not source.type.dtype.is_float:
            continue
        result = rule(Backward(g, node, inputs, node.attributes, index))
        assert isinstance(result, Node)
        text = formula(result, {**names, node: "y", g: "g"})
        if len(text) <= _LONGEST:
            yield f"{names[source]}: {text}"


def _numbered(name: str, count: int) -> list[str]:
    return [f"{name}[{index}]" for index in range(count)]


def _applied(graph: Graph, operation: Operation) -> tuple[Node, list[Node]] | None:
    """The operation on inputs that it accepts, and those inputs."""
    if operation.elementwise and operation.tensor_count:
        scalars = [graph.placeholder(TensorType(F64)) for _ in range(operation.tensor_count)]
        try:
            return graph.apply(operation, scalars, {}), scalars
        except OperationError:
            pass
    for case in operation.cases:
        inputs = [_input(graph, item) for item in case.inputs]
        try:
            return graph.apply(operation, inputs, case.attributes), inputs
        except OperationError:
            continue
    return None


def _input(graph: Graph, item: Any) -> Node:
    """A placeholder of the type that a test case's input has."""
    if isinstance(item, tuple):
        shape: Any = item[1] if item and isinstance(item[0], str) else item
        return graph.placeholder(TensorType(F64, as_shape(shape)))
    array = np.asarray(item)
    return graph.placeholder(TensorType(F64 if array.dtype.kind == "f" else I64, as_shape(array.shape)))
