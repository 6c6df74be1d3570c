"""Values of a program as formulas over its names, in the notation of `nn explain`."""

from __future__ import annotations

from dsl.engine.figures import array, elements
from dsl.explain.expressions import Expression, Formula, Name, Value
from dsl.explain.plain import SIGNS, Plain
from dsl.explain.telling import applied
from dsl.graph.node import Node
from dsl.language.elaborate.model import Model
from dsl.ops.parameters import Array
from dsl.source.render import printable

_MOST_OPERATIONS = 8
_LONGEST = 100
_MOST_ELEMENTS = 24


def formula(model: Model, node: Node, text: str = "") -> str:
    """A computed value by the formula of its last operation, over the names of the program.

    Where that would be long, `text`, which is how the program has it; empty for what is not computed.
    """
    if node.operation is None:
        return ""
    named = {other: name for name, other in model.names.items() if other is not node}
    inner = _unnamed(node, named)
    if inner is not None:
        names: dict[Node, Expression] = {other: Name(name) for other, name in named.items()}
        written = Plain().write(
            Formula(node, names) if node.label in SIGNS else applied(node, lambda source: _shown(source, names))
        )
        if len(written) <= _LONGEST:
            return printable(written)
    words = " ".join(text.split())
    return printable(words if len(words) <= _LONGEST else f"{words[:_LONGEST]} …")


def _shown(source: Node, names: dict[Node, Expression]) -> Expression:
    if source in names:
        return names[source]
    return Value(source.value) if source.kind == "constant" else Formula(source, names)


def _unnamed(node: Node, named: dict[Node, str]) -> list[Node] | None:
    """The operations below a value that have no name of their own; None where they are too many to be read."""
    found: dict[Node, None] = {}
    waiting = list(node.inputs)
    while waiting:
        current = waiting.pop()
        if current in named or current in found or current.operation is None:
            continue
        if len(found) == _MOST_OPERATIONS:
            return None
        found[current] = None
        waiting += current.inputs
    return list(found)


def spelled(value: Array) -> str:
    """A value on one line: all digits of few elements, of many those in the corners, with their range."""
    return array(value) if value.size <= _MOST_ELEMENTS and value.ndim <= 2 else elements(value)
