"""Sections in text: a line for each node, and what a pass took away and put in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from dsl.graph.node import Node
from dsl.graph.passes.section import Section
from dsl.ops.parameters import Array, spell
from dsl.ops.slicing import spell_index

LONGEST_VALUE = 40
"""So many characters of a constant are shown."""
_WIDEST = 60
"""Where the column of types ends up at most; longer operations push it aside."""


def describe(section: Section) -> list[str]:
    """A line for each node that a run needs: `%3 = multiply(%1, %2)  f32[128, 256]  line 12  loss`.

    Nodes are numbered in running order. Behind the type stand the line of the program, "backward" where the node serves a
    gradient, the name, and the part it has in the section.
    """
    nodes = _numbered(section)
    texts = [f"%{number} = {_expression(node, nodes)}" for node, number in nodes.items()]
    return _aligned(texts, [_facts(node) + part for node, part in zip(nodes, _parts(section, nodes), strict=True)])


def difference(before: Section, after: Section) -> list[str]:
    """What a pass changed: the lines taken away with "-" before them, then those put in with "+", each as `describe` has it.

    Lines are compared without the numbers of their nodes: of several alike, the last are taken to be those that differ.
    """
    taken, added = _surplus(before, after), _surplus(after, before)
    return [*(f"- {line}" for line in taken), *(f"+ {line}" for line in added)]


def _surplus(section: Section, other: Section) -> list[str]:
    """The lines of a section that the other does not have, or not as often."""
    left = Counter(_signature(node) for node in _numbered(other))
    found: list[str] = []
    for node, line in zip(_numbered(section), describe(section), strict=True):
        signature = _signature(node)
        if left[signature] > 0:
            left[signature] -= 1
        else:
            found.append(line)
    return found


def _numbered(section: Section) -> dict[Node, int]:
    """The nodes of a section, its leaves and states first, with their numbers."""
    nodes = dict.fromkeys([*section.leaves, *section.states, *section.nodes])
    return {node: number for number, node in enumerate(nodes)}


def _signature(node: Node) -> tuple[str, ...]:
    """What a line says but for the numbers, and what the inputs are made by."""
    return (_expression(node, {}), *_facts(node), *(source.label for source in node.inputs))


def _expression(node: Node, numbers: Mapping[Node, int]) -> str:
    """A node as an operation on the numbers of its inputs; of inputs without one, `%`."""
    if node.kind == "constant":
        return _constant(node.value)
    if node.operation is None:
        return node.kind
    inputs = [f"%{numbers.get(source, '')}" for source in node.inputs]
    if node.operation.name == "getitem":
        return f"{inputs[0]}[{spell_index(node.attributes['index'])}]"
    attributes = [
        f"{key}={_spell(key, value)}" for key, value in node.attributes.items() if _is_given(node, key, value)
    ]
    return f"{node.operation.name}({', '.join([*inputs, *attributes])})"


def _constant(value: Array) -> str:
    if value.ndim == 0:
        return str(value).lower()
    text = spell(value) if value.size <= LONGEST_VALUE else ""
    return text if text and len(text) <= LONGEST_VALUE else f"constant of {value.size} elements"


def _is_given(node: Node, key: str, value: Any) -> bool:
    """Whether an attribute is not what it would be by itself; the element type stands in its own column."""
    assert node.operation is not None
    return key != "dtype" and bool(np.any(value != node.operation.defaults.get(key)))


def _spell(key: str, value: Any) -> str:
    return f"[{spell_index(value)}]" if key == "index" else spell(value)


def _facts(node: Node) -> list[str]:
    """The type, the line, the half of the program and the name, as far as there are any."""
    line = f"line {node.span.line}" if node.span else ""
    return [str(node.type), line, "backward" if node.backward_of else "", node.name]


def _parts(section: Section, nodes: Mapping[Node, int]) -> list[list[str]]:
    """For each node what it is in the section: a state, a result, the next value of a state."""
    parts: dict[Node, list[str]] = {node: [] for node in nodes}
    for state in section.states:
        parts[state].append("state")
    for place, result in enumerate(section.results):
        parts[result].append(f"result {place}")
    for state, update in zip(section.states, section.updates, strict=True):
        parts[update].append(f"next %{nodes[state]}")
    return [[f"({', '.join(part)})"] if part else [] for part in parts.values()]


def _aligned(texts: list[str], facts: list[list[str]]) -> list[str]:
    """The texts with their types in one column."""
    width = min(max(map(len, texts), default=0), _WIDEST)
    return ["  ".join([text.ljust(width), *filter(None, fact)]) for text, fact in zip(texts, facts, strict=True)]
