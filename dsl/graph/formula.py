"""Nodes as formulas in text, and the gradient rules of operations read off the graph that they build."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

import numpy as np

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dims import as_shape, show_shape
from dsl.ops.dtypes import BOOL, F64, I64, DType
from dsl.ops.operation import Backward, Operation, OperationError
from dsl.ops.parameters import spell
from dsl.ops.slicing import spell_index
from dsl.ops.types import TensorType

_INFIX = {
    "logical_and": ("and", 1),
    "equal": ("==", 2),
    "not_equal": ("!=", 2),
    "less": ("<", 2),
    "less_equal": ("<=", 2),
    "greater": (">", 2),
    "greater_equal": (">=", 2),
    "add": ("+", 3),
    "subtract": ("-", 3),
    "multiply": ("*", 4),
    "divide": ("/", 4),
    "matmul": ("@", 4),
    "power": ("**", 6),
}
"""Operators and how tightly they bind; negation binds as 5, a call or a name as 7."""
NOT_CHAINED = 2
"""How tightly comparisons bind, of which one cannot be an operand of another without brackets."""
SUM, PRODUCT, NEGATION, POWER, ATOM = 3, 4, 5, 6, 7
_LONGEST = 240

Piece = tuple[str, int]
"""A text, and how tightly it holds together."""

Write = Callable[[Node, list[Piece]], Piece]
"""Writes a node, given what is written for its inputs."""


def formula(node: Node, names: Mapping[Node, str]) -> str:
    """A node as an expression over the named nodes, written with operators and calls as a program has them."""
    return written_over(node, {named: (text, ATOM) for named, text in names.items()}, _written)[0]


def written_over(node: Node, known: Mapping[Node, Piece], write: Write) -> Piece:
    """A node as an expression over those that are known, each of the others written by `write`."""
    texts = dict(known)
    waiting = [node]
    while waiting:
        current = waiting[-1]
        missing = [source for source in current.inputs if source not in texts]
        if current in texts:
            waiting.pop()
        elif missing:
            waiting += missing
        else:
            texts[current] = write(current, [texts[source] for source in current.inputs])
            waiting.pop()
    return texts[node]


def _written(node: Node, inputs: list[Piece]) -> Piece:
    if node.kind == "constant":
        text = _number(node.value)
        return text, NEGATION if text.startswith("-") else ATOM
    if node.operation is None:
        return node.name or node.kind, ATOM
    name = node.operation.name
    if name in _INFIX and len(inputs) == 2:
        symbol, level = _INFIX[name]
        left = _bracketed(inputs[0], level + (symbol == "**" or level == NOT_CHAINED))
        right = _bracketed(inputs[1], level + (symbol in "-/@" or level == NOT_CHAINED))
        return f"{left} {symbol} {right}", level
    if name == "neg":
        return f"-{_bracketed(inputs[0], NEGATION)}", NEGATION
    if name == "getitem":
        return f"{_bracketed(inputs[0], ATOM)}[{spell_index(node.attributes['index'])}]", ATOM
    arguments = [text for text, _ in inputs]
    arguments += [
        f"{key}={spell(value)}" for key, value in node.attributes.items() if is_given(node.operation, key, value)
    ]
    return f"{name}({', '.join(arguments)})", ATOM


def is_given(operation: Operation, key: str, value: Any) -> bool:
    """Whether an attribute has another value than by default."""
    return key != "index" and bool(np.any(value != operation.defaults.get(key)))


def _bracketed(part: Piece, level: int) -> str:
    text, own = part
    return text if own >= level else f"({text})"


def _number(value: Any) -> str:
    array = np.asarray(value)
    return f"{array.item():.6g}" if array.ndim == 0 else spell(array)


def derivative_formulas(operation: Operation) -> Iterator[str]:
    """For each input the gradient that its rule gives, with `g` for the gradient of the result `y`: `x: g * y * (1 - y)`.

    Inputs are scalars where that is allowed, else those of the operation's first test case, whose shapes a last line says.
    """
    if operation.infer is None or not operation.gradients:
        return
    graph = Graph(F64)
    made = _applied(graph, operation)
    if made is None:
        return
    node, inputs = made
    names = dict(zip(inputs, _names(operation, len(inputs)), strict=True))
    g = graph.placeholder(node.type)
    found: list[str] = []
    for index, source in enumerate(inputs):
        rule = operation.gradient_rule(index)
        if rule is None or not source.type.dtype.is_float:
            continue
        result = rule(Backward(g, node, inputs, node.attributes, index))
        assert isinstance(result, Node)
        text = formula(result, {**names, node: "y", g: "g"})
        if len(text) <= _LONGEST:
            found.append(f"{names[source]}: {text}")
    yield from found
    if found and any(source.shape for source in inputs):
        shapes = ", ".join(f"{name}: {show_shape(source.shape)}" for source, name in names.items())
        yield f"where {shapes}"


def _names(operation: Operation, count: int) -> list[str]:
    """What the inputs are called: as the parameters, or by their places in the list that the operation takes."""
    tensors = [parameter.name for parameter in operation.parameters if parameter.is_tensor]
    return tensors if len(tensors) == count else [f"{tensors[0]}[{index}]" for index in range(count)]


def _applied(graph: Graph, operation: Operation) -> tuple[Node, list[Node]] | None:
    """The operation on inputs that it accepts, and those inputs."""
    if operation.elementwise and operation.tensor_count:
        scalars = [graph.placeholder(TensorType(_dtype(operation, index))) for index in range(operation.tensor_count)]
        try:
            return graph.apply(operation, scalars, {}), scalars
        except OperationError:
            pass
    for case in operation.cases:
        inputs = [_input(graph, operation, index, item) for index, item in enumerate(case.inputs)]
        try:
            return graph.apply(operation, inputs, case.attributes), inputs
        except OperationError:
            continue
    return None


def _dtype(operation: Operation, index: int) -> DType:
    """The element type of an input by the domain that the operation's tests take it from."""
    domains = operation.domain.split()
    return {"integer": I64, "truth": BOOL}.get(domains[min(index, len(domains) - 1)], F64)


def _input(graph: Graph, operation: Operation, index: int, item: Any) -> Node:
    """A placeholder of the type that a test case's input has."""
    if isinstance(item, tuple):
        parts = cast("tuple[Any, ...]", item)
        shape = parts[1] if parts and isinstance(parts[0], str) else parts
        return graph.placeholder(TensorType(_dtype(operation, index), as_shape(shape)))
    array = np.asarray(item)
    return graph.placeholder(TensorType(_KINDS.get(array.dtype.kind, I64), as_shape(array.shape)))


_KINDS = {"f": F64, "b": BOOL}
