"""What is written in boxes and on edges: names as short as they can be told apart, calls with what is not drawn beside them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from dsl.graph.formula import formula
from dsl.graph.node import Node
from dsl.graph.outline import Step
from dsl.graph.scope import Scope
from dsl.ops.dims import show_shape
from dsl.ops.dtypes import DType
from dsl.ops.parameters import spell
from dsl.source.render import printable

LONGEST = 34
"""Letters of a line in a box; what is longer loses its middle, and is whole in the tooltip."""

_INPUT = "·"
"""Stands for an input whose edge is drawn."""
_MADE_UP = re.compile(r"_\d+$")


def clipped(text: str, longest: int = LONGEST) -> str:
    """A text on one line, without control characters, its middle left out where it is too long."""
    shown = printable(text)
    if len(shown) <= longest:
        return shown
    half = (longest - 1) // 2
    return f"{shown[: longest - 1 - half]}…{shown[-half:]}"


def is_inlined(node: Node) -> bool:
    """Whether a node is a number that its users show in their own boxes: one without a name, written in a formula."""
    if node.kind != "constant" or node.value.size != 1:
        return False
    return not node.name or _last(node.name) == "constant"


def call(node: Node) -> str:
    """The operation; with numbers of its own as a formula, with dots for what comes by edges: `· + 1e-05`."""
    if node.operation is None:
        return node.kind if node.kind != "constant" else spell(node.value)
    if node.label != "getitem" and not any(map(is_inlined, node.inputs)):
        return node.label
    return formula(node, {source: _INPUT for source in node.inputs if not is_inlined(source)})


def options(node: Node) -> str:
    """The options of an operation that differ from their defaults, where `call` does not say them: `axis=1`."""
    operation = node.operation
    if operation is None or call(node) != node.label:
        return ""
    given = [
        f"{name}={_option(value)}"
        for name, value in node.attributes.items()
        if name not in _SEEN and np.any(value != operation.defaults.get(name))
    ]
    return ", ".join(given)


_SEEN = ("keepdims", "dtype")
"""Options that the type on the edge shows."""


def _option(value: Any) -> str:
    """An option as a program writes it; a list of one axis as the axis."""
    parts = cast("Sequence[Any]", value)
    return spell(parts[0] if isinstance(value, list | tuple) and len(parts) == 1 else value)


def own_name(node: Node, around: Scope | None) -> str:
    """The name that the program gives a value, without the path of the layer that its box lies in; empty for none."""
    if not node.name or _last(node.name) in (node.label, "constant"):
        return ""
    return without_path(node.name, around)


def folded_name(step: Step, scope: Scope) -> tuple[str, str]:
    """The name that the program gives the result of a folded call, empty for none, and what was called: `Dense_2`."""
    called = scope.path.rpartition(".")[2]
    what = called if _last(called) == scope.title else scope.title
    return "" if step.name == scope.path else without_path(step.name, step.around), what


def without_path(name: str, around: Scope | None) -> str:
    """A name path without the part that the layers around it say already."""
    for scope in around.around() if around else ():
        if name.startswith(f"{scope.path}."):
            return name[len(scope.path) + 1 :]
    return name


def _last(name: str) -> str:
    """The last part of a path without the number that tells it from others."""
    return _MADE_UP.sub("", name.rpartition(".")[2])


def type_text(node: Node, default_float: DType) -> str:
    """The shape of a value, with its element type where that is not the program's own; empty for the plainest scalar."""
    if node.type.dtype is not default_float:
        return str(node.type)
    return show_shape(node.shape) if node.shape else ""


def count_text(nodes: list[Node]) -> str:
    """How many numbers parameters have: `8,320 parameters`; their names where a size is not known."""
    if not nodes:
        return ""
    total = 0
    for node in nodes:
        size = 1
        for dim in node.shape:
            if dim.value is None:
                return f"{len(nodes)} parameters" if len(nodes) > 1 else "1 parameter"
            size *= dim.value
        total += size
    return f"{total:,} parameter{'' if total == 1 else 's'}"
