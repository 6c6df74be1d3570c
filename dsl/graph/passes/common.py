"""Common subexpressions: what is computed twice from the same values is computed once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import NoneType
from typing import Any

import numpy as np

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, copy, translated
from dsl.ops.dims import Dim
from dsl.ops.dtypes import DType

COMMUTATIVE = frozenset({"add", "multiply", "equal", "not_equal", "logical_and", "logical_or"})
"""Operations whose two inputs may change places. `maximum` is none: of 0.0 and -0.0, NumPy gives the second."""

LARGEST_COMPARED = 65_536
"""Constants of more elements are the same only where they are one array."""


def merge_common(section: Section) -> Section:
    """The section with one node for all that have the same operation, inputs, attributes and element type.

    Constants with the same bits are one as well, so 0.0 and -0.0 are two; scalar nans are one whatever their payload. The
    first of the nodes that are merged stays, with its place in the program and its name. The section itself where no two
    are the same.
    """
    nodes = section.nodes
    first_of = _first_of_each(nodes)
    if all(first is node for node, first in first_of.items()):
        return section
    graph = Graph(section.graph.default_float)
    made: dict[Node, Node] = {}
    for node in dict.fromkeys([*section.leaves, *section.states, *nodes]):
        first = first_of.get(node, node)
        made[node] = (
            copy(graph, node, tuple([made[source] for source in node.inputs])) if first is node else made[first]
        )
    return translated(section, graph, made)


def _first_of_each(nodes: list[Node]) -> dict[Node, Node]:
    """For every node the first that has the same value, itself where it is that."""
    seen: dict[Any, Node] = {}
    first_of: dict[Node, Node] = {}
    for node in nodes:
        if node.operation is not None:
            key = _operation_key(node, first_of)
        elif node.kind == "constant":
            key = _array_key(node.value)
        else:
            first_of[node] = node
            continue
        first_of[node] = seen.setdefault(key, node)
    return first_of


def _operation_key(node: Node, first_of: Mapping[Node, Node]) -> Any:
    """What tells apart the values of two operations. Their shapes follow from it."""
    assert node.operation is not None
    name = node.operation.name
    sources = [first_of[source].index for source in node.inputs]
    if name in COMMUTATIVE:
        sources.sort()
    return name, node.type.dtype.name, *sources, _attributes_key(node.attributes)


def _attributes_key(attributes: Mapping[str, Any]) -> Any:
    return tuple([(name, _key(value)) for name, value in attributes.items()]) if attributes else None


def _key(value: object) -> Any:
    """A hashable stand-in for an attribute: two are equal where the attributes are, type, sign of zero and all."""
    return _KEYS.get(type(value), _spelled_key)(value)


def _itself(value: Any) -> Any:
    return value


def _slice_key(value: Any) -> Any:
    return "slice", _key(value.start), _key(value.stop), _key(value.step)


def _tuple_key(value: Any) -> Any:
    return tuple(map(_key, value))


def _spelled_key(value: Any) -> Any:
    return type(value), repr(value)


def _dim_key(value: Dim) -> Any:
    return value if value.value is None else value.value


def _array_key(value: Any) -> Any:
    """The element type, the shape and the bits of an array; of a scalar what it is written as, which says them too."""
    if value.ndim == 0:
        return value.dtype.str, repr(value.item())
    if value.size > LARGEST_COMPARED:
        return "array", id(value)
    return value.dtype.str, value.shape, value.tobytes()


_KEYS: dict[type, Callable[[Any], Any]] = {
    int: _itself,
    str: _itself,
    NoneType: _itself,
    DType: str,
    Dim: _dim_key,
    tuple: _tuple_key,
    list: _tuple_key,
    slice: _slice_key,
    np.ndarray: _array_key,
}
"""Of all other types, such as float and bool, what they are written as: 0.0 == -0.0 and 1 == True mean different things."""
