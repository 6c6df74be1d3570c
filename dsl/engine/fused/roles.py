"""What part the operations of a kernel play in its loops: on every element, once a row, or over rows and columns."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from dsl.engine.arrays.schedule import Step
from dsl.engine.fused.operators import FLOATS, is_fusible
from dsl.graph.node import Node
from dsl.graph.passes.section import sizes

Shape = tuple[int, ...]


class Role(Enum):
    """How often an operation is carried out, and what it is."""

    ROW = 0
    """Once for each row, on values of rows."""
    ELEMENT = 1
    """On each element."""
    REDUCTION = 2
    """From the elements of a row to one value, when all of them are there."""
    COLUMN = 3
    """The sum of each column, there when all rows are."""


OF_ROWS = (Role.ROW, Role.REDUCTION)
"""The roles whose results are values of rows."""


@dataclass(slots=True)
class Kernel(Step):
    """Operations in one nest of loops over `loop`, whose last axis is that of the rows' elements.

    A row is worked through in one loop after the other: `phases` says in which an operation is carried out, and a reduction
    of one can be read in the next. The operations are in this order.
    """

    loop: Shape
    roles: dict[Node, Role] = field(default_factory=dict[Node, Role])
    phases: dict[Node, int] = field(default_factory=dict[Node, int])


LABELLED = ("one_hot", "nll")
"""The operations whose last input are labels: one for each row, of an integer type."""

LONGEST_SINGLE_ROW = 128
"""Elements from which NumPy reduces a row that is the only one, where compiling that saves nothing."""


def row_shapes(loop: Shape) -> tuple[Shape, ...]:
    """The shapes that one value for each row may have: with the last axis, and without it."""
    return ((*loop[:-1], 1), loop[:-1]) if loop and loop[-1] > 1 else ()


def looped(node: Node) -> tuple[Shape, Role] | None:
    """The loops that an operation which is no plain one on elements needs, and its role there; None where it has none."""
    if not node.inputs:
        return None
    shape, source = sizes(node), sizes(node.inputs[0])
    match node.label:
        case "one_hot":
            last = node.attributes["axis"] == len(shape) - 1 and shape[-1] > 1
            return (shape, Role.ELEMENT) if last and node.type.dtype in FLOATS else None
        case "nll":
            last = node.attributes["axis"] == len(source) - 1 and source[-1] > 1
            fits = node.attributes["reduction"] == "none" and node.inputs[0].type.dtype is node.type.dtype
            return (source, Role.REDUCTION) if last and fits and node.type.dtype in FLOATS else None
        case "sum" | "max" | "min":
            return _reduction(node, source)
        case _:
            return None


def _reduction(node: Node, source: Shape) -> tuple[Shape, Role] | None:
    axes = node.attributes["axis"]
    if node.type.dtype not in FLOATS or node.inputs[0].type.dtype is not node.type.dtype or not source:
        return None
    rows = source[:-1]
    if axes == (len(rows),) and source[-1] > 1:
        is_long = math.prod(rows) == 1 and source[-1] > LONGEST_SINGLE_ROW
        return None if is_long else (source, Role.REDUCTION)
    if node.label == "sum" and axes == tuple(range(len(rows))) and max(rows, default=1) > 1 and source[-1] > 1:
        return source, Role.COLUMN
    return None


def can_be_fused(node: Node) -> bool:
    """Whether an operation can be part of a kernel, with other operations or alone."""
    return all(sizes(node)) and (is_fusible(node) or (looped(node) is not None and all(sizes(node.inputs[0]))))


def role_in(node: Node, loop: Shape) -> Role | None:
    """The role of an operation in loops of this shape; None where it has none."""
    found = looped(node)
    if found is not None:
        return found[1] if found[0] == loop else None
    if sizes(node) == loop:
        return Role.ELEMENT
    return Role.ROW if sizes(node) in row_shapes(loop) else None


def reads_inside(node: Node, role: Role, source: Node, source_role: Role) -> bool:
    """Whether an operation can read another one's result within the loops that both are in."""
    match source_role:
        case Role.COLUMN:
            return False
        case Role.ELEMENT:
            return role is not Role.ROW
        case _:
            if role is Role.ROW:
                return sizes(node) == sizes(source)
            return role is Role.ELEMENT and node.label != "one_hot" and source.type.rank == node.type.rank


def is_by_row(node: Node, kernel: Kernel, source: Node | None = None) -> bool:
    """Whether the shape of a kernel's value is that of the rows without their last axis; or a value that it reads is."""
    if source is not None and node.label in LABELLED:
        return source is node.inputs[-1]
    role = kernel.roles[node]
    return role in OF_ROWS and node.type.rank < len(kernel.loop) and (source is None or role is Role.ROW)


def has_rows(kernel: Kernel) -> bool:
    """Whether the loop over a row's elements is to be a loop of its own."""
    return any(role is not Role.ELEMENT for role in kernel.roles.values()) or any(
        node.label == "one_hot" for node in kernel.nodes
    )


def kernel_of(nodes: Iterable[Node], loop: Shape) -> Kernel:
    """The kernel that carries out these operations, given in running order."""
    waiting = list(nodes)
    roles: dict[Node, Role] = {}
    for node in waiting:
        role = role_in(node, loop)
        assert role is not None
        roles[node] = role
    phases: dict[Node, int] = {}
    for node in waiting:
        inside = [phases[source] + (roles[source] is Role.REDUCTION) for source in node.inputs if source in phases]
        phases[node] = max(inside, default=0)
    _delay(waiting, roles, phases)
    ordered = sorted(waiting, key=lambda node: (phases[node], roles[node].value))
    return Kernel(ordered, loop, roles, phases)


def _delay(nodes: Sequence[Node], roles: Mapping[Node, Role], phases: dict[Node, int]) -> None:
    """Put what is computed from nothing but memory into the phase that needs it first, where it needs no buffer."""
    first_use: dict[Node, int] = {}
    for node in reversed(nodes):
        independent = roles[node] is Role.ELEMENT and not any(source in phases for source in node.inputs)
        if independent and node in first_use:
            phases[node] = first_use[node]
        for source in node.inputs:
            first_use[source] = min(phases[node], first_use.get(source, phases[node]))
