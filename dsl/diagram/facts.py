"""What is told of a node where there is room: the formula that computes it, and the line of the program that it comes from."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.diagram.labels import clipped, without_path
from dsl.graph.formula import formula
from dsl.graph.node import Node
from dsl.graph.scope import Scope
from dsl.ops.parameters import spell
from dsl.source.text import Span

_LONGEST_FORMULA, _LONGEST_LINE = 160, 120
_MOST_ELEMENTS = 8


@dataclass(frozen=True, slots=True)
class Facts:
    """`formula` is the node over its inputs, `meaning` its operation written out; `places` are lines, the program's first."""

    formula: str
    meaning: str
    places: tuple[tuple[str, str], ...]


def facts(node: Node) -> Facts:
    """What is told of a node."""
    places = [_place(span) for span in _spans(node)]
    text, meaning = _formula(node), _meaning(node)
    written_out = "" if meaning == text else clipped(meaning, _LONGEST_FORMULA)
    return Facts(clipped(text, _LONGEST_FORMULA), written_out, tuple(dict.fromkeys(places)))


def called(node: Node) -> str:
    """What a node is called in a formula: its name, the gradient of what it serves, or a number as it is."""
    if node.name:
        return node.name
    if node.backward_of is not None:
        return f"∂{node.backward_of.name or node.backward_of.label}.{node.label}"
    return node.label


def _formula(node: Node) -> str:
    if node.kind == "constant":
        return spell(node.value) if node.value.size <= _MOST_ELEMENTS else f"an array of {node.value.size:,} numbers"
    if node.operation is None:
        return node.kind
    return formula(node, {source: _written(source, node) for source in node.inputs})


def _written(source: Node, user: Node) -> str:
    """An input as the formula of its user has it: without the path of the layer that both lie in."""
    if source.kind == "constant" and source.value.size == 1:
        return spell(source.value.reshape(-1)[0].item())
    return without_path(called(source), user.scope)


def _meaning(node: Node) -> str:
    """The operation's own formula with the names of the inputs in it; empty where it says no more than the call."""
    operation = node.operation
    if operation is None or not operation.formula:
        return ""
    tensors = [parameter.name for parameter in operation.parameters if parameter.is_tensor]
    if len(tensors) != len(node.inputs):
        return ""
    names = {parameter.name: parameter.name for parameter in operation.parameters}
    names |= {name: _written(source, node) for name, source in zip(tensors, node.inputs, strict=True)}
    return operation.formula.format(**names)


def _spans(node: Node) -> list[Span]:
    """The places that made a node: the calls of layers around it, the outermost first, then its own."""
    own = node if node.backward_of is None else node.backward_of
    scopes: list[Scope] = list(own.scope.around())[::-1] if own.scope else []
    return [span for span in (*(scope.span for scope in scopes), own.span) if span]


def _place(span: Span) -> tuple[str, str]:
    """A place and the text of its line."""
    name = span.source.name.rpartition("/")[2]
    line = " ".join(span.source.line(span.line).split())
    return f"{name}:{span.line}", clipped(line, _LONGEST_LINE)
