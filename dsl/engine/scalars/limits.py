"""What keeps a section from being unrolled."""

from __future__ import annotations

from dsl.engine.scalars.labels import LABELLED, class_count
from dsl.engine.scalars.size import scalar_operations
from dsl.engine.scalars.unroll import RULES
from dsl.graph.node import Node
from dsl.graph.passes.section import Section
from dsl.ops.dtypes import DType

_OF_FLOATS = frozenset({"power"})
"""Operations that are unrolled on floating values only."""

_GROWING = frozenset({"add", "subtract", "multiply", "neg", "abs", "square", "matmul", "sum", "prod"})
"""Operations whose result may be larger than the integers that it is made of."""


def obstacle(section: Section, types: frozenset[DType], most: int) -> str:
    """Why a section cannot be unrolled to operations on these element types, at most so many; empty where it can."""
    for node in [*section.leaves, *section.states, *section.nodes]:  # leaves that nothing reads are given too
        if node.type.dtype not in types:
            floating = " and ".join(sorted(str(dtype) for dtype in types if dtype.is_float))
            return f"computes in {floating} only, and `{node.name or node.label}` is {node.type.dtype}"
    for node in section.operations:
        reason = _of_operation(section, node)
        if reason:
            return reason
    count = scalar_operations(section)
    if count > most:
        return f"writes out at most {most:,} operations on single elements, and this takes {count:,}"
    return ""


def _of_operation(section: Section, node: Node) -> str:
    if not node.inputs:
        return ""
    if node.label not in RULES or (node.label in _OF_FLOATS and not node.type.dtype.is_float):
        return f"has no code for `{node.label}` of {', '.join(str(source.type) for source in node.inputs)}"
    if node.label in LABELLED:
        return _of_labels(section, node)
    return ""


def _of_labels(section: Section, node: Node) -> str:
    if node.inputs[-1] not in section.leaves:
        return f"has no code for `{node.label}` of labels that are computed"
    if not class_count(node):
        return f"has no code for `{node.label}` without classes"
    if node.label == "nll" and node.attributes["reduction"] != "none":
        return f'has no code for `nll` with reduction "{node.attributes["reduction"]}"'
    return ""


def may_wrap(node: Node) -> bool:
    """Whether an operation makes integers that may be too large for their type, where NumPy's begin again at the other end."""
    if node.type.dtype.kind != "int":
        return False
    if node.label == "sum" and node.inputs[0].type.dtype.kind == "bool":
        return False
    return node.label in _GROWING
