"""Which operations of a run share a kernel."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from dsl.engine.arrays.schedule import Step
from dsl.engine.arrays.views import VIEWS
from dsl.engine.fused.budget import within_budget
from dsl.engine.fused.cutting import cut
from dsl.engine.fused.roles import Role, Shape, can_be_fused, kernel_of, looped, reads_inside, role_in
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, element_total, sizes


def group(section: Section) -> list[Step]:
    """The steps of a run: kernels of several operations, and single operations that are NumPy calls.

    An operation joins the kernel of an input, else the last one with its loops, where all that it reads is there by then.
    Between two operations that are no part of kernels those on elements stay: what a backward pass computes from values of
    the forward pass is not computed and stored early. Reductions go where their input is computed.
    """
    grouping = _Grouping()
    for node in section.operations:
        grouping.add(node)
    kept = {*section.results, *section.updates}
    users: dict[Node, list[Node]] = {}
    for node in section.operations:
        for source in dict.fromkeys(node.inputs):
            users.setdefault(source, []).append(node)
    steps: list[Step] = []
    for place in grouping.places:
        if place.loop is None or not place.is_worthwhile:
            steps += [Step([node]) for node in place.nodes]
        else:
            steps += cut(kernel_of(place.nodes, place.loop), users, kept)
    return within_budget(steps)


@dataclass(slots=True)
class _Place:
    """Operations that run together; `loop` is None for one that is no part of a kernel."""

    loop: Shape | None
    nodes: list[Node]
    roles: dict[Node, Role] = field(default_factory=dict[Node, Role])

    @property
    def is_worthwhile(self) -> bool:
        """Whether a kernel saves more than its call takes: not for a plain operation alone, nor for the sum of one row.

        Where NumPy has to repeat an array along others, a kernel takes half as long even for a single operation.
        """
        assert self.loop is not None
        if len(self.nodes) == 1:
            (node,) = self.nodes
            shapes = [sizes(source) for source in node.inputs if element_total(source) > 1]
            return self.roles[node] is Role.ELEMENT and node.label != "one_hot" and any(s != self.loop for s in shapes)
        is_single_row = math.prod(self.loop[:-1]) == 1 and bool(self.loop)
        return not is_single_row or Role.ELEMENT in self.roles.values()


class _Grouping:
    def __init__(self) -> None:
        self.places: list[_Place] = []
        self._open: dict[Shape, int] = {}
        """The last place with such loops."""
        self._home: dict[Node, int] = {}
        """The place of each operation in a kernel."""
        self._readable: dict[Node, int] = {}
        """The first place that can read a value from memory."""
        self._barrier = 0
        """The place behind the last operation that is no part of a kernel, nor a view."""

    def add(self, node: Node) -> None:
        """Find the place of the next operation."""
        if not can_be_fused(node):
            self.places.append(_Place(None, [node]))
            self._readable[node] = len(self.places)
            if node.label not in VIEWS:
                self._barrier = len(self.places)
            return
        at = next((at for at in self._candidates(node) if self._fits(node, at)), None)
        if at is None:
            found = looped(node)
            loop = found[0] if found else sizes(node)
            at = self._open[loop] = len(self.places)
            self.places.append(_Place(loop, []))
        place = self.places[at]
        assert place.loop is not None
        role = role_in(node, place.loop)
        assert role is not None
        place.nodes.append(node)
        place.roles[node] = role
        self._home[node], self._readable[node] = at, at + 1

    def _candidates(self, node: Node) -> Sequence[int]:
        """The places that may take an operation, the best first."""
        homes = sorted({self._home[source] for source in node.inputs if source in self._home}, reverse=True)
        found = looped(node)
        last = self._open.get(found[0] if found else sizes(node))
        return homes if last is None or last < self._barrier else [*homes, last]

    def _fits(self, node: Node, at: int) -> bool:
        """Whether an operation has a part in the loops of a place, and can read all its inputs there."""
        place = self.places[at]
        assert place.loop is not None
        role = role_in(node, place.loop)
        if role is None or (at < self._barrier and role not in (Role.REDUCTION, Role.COLUMN)):
            return False
        return all(self._is_there(node, role, source, at) for source in node.inputs)

    def _is_there(self, node: Node, role: Role, source: Node, at: int) -> bool:
        if self._home.get(source) == at:
            return reads_inside(node, role, source, self.places[at].roles[source])
        return self._readable.get(source, 0) <= at
