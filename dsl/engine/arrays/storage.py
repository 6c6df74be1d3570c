"""Where each value of a run lies: in an argument, in a state, in memory of its own, or as a view of another value.

Memory of its own is given out along the steps: a value takes the place of an input that nothing reads any more where it may
be written over it element by element, else a free block. The parts of a concatenation are written where they belong.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from dsl.engine.arrays.arena import Arena
from dsl.engine.arrays.schedule import Step
from dsl.engine.arrays.views import view_contiguity
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, element_total, sizes

FOREVER = 1 << 60
Index = tuple[slice, ...]

LEAST_STRIDED = 4_096
"""Elements from which a part with gaps between its rows is computed in its place; below, a copy is faster."""


@dataclass(slots=True)
class Storage:
    """The places of all values.

    `views` are the operations that need no memory. `offsets` are those of the values with memory of their own, in bytes from
    the beginning of one piece of `nbytes`; those that are `kept` have a piece for themselves. `parts` lie inside the memory
    of a concatenation, where an index of it points, and `in_state` are the updates that are written into their state at
    once. `streamed` exist inside a fused step only.
    """

    views: set[Node] = field(default_factory=set[Node])
    contiguous: dict[Node, bool] = field(default_factory=dict[Node, bool])
    offsets: dict[Node, int] = field(default_factory=dict[Node, int])
    kept: set[Node] = field(default_factory=set[Node])
    parts: dict[Node, tuple[Node, Index]] = field(default_factory=dict[Node, tuple[Node, Index]])
    in_state: dict[Node, Node] = field(default_factory=dict[Node, Node])
    streamed: set[Node] = field(default_factory=set[Node])
    nbytes: int = 0


def nbytes(node: Node) -> int:
    """The bytes of a value."""
    return element_total(node) * node.type.dtype.numpy.itemsize


def plan_storage(section: Section, steps: Sequence[Step], in_place: Collection[str]) -> Storage:
    """Lay out the values of a run. `in_place` are the operations whose result may be written over an input of its shape."""
    return _Planner(section, steps, in_place).plan()


class _Planner:
    def __init__(self, section: Section, steps: Sequence[Step], in_place: Collection[str]) -> None:
        self.section, self.steps, self.in_place = section, steps, in_place
        self.storage = Storage()
        self.step_of = {node: at for at, step in enumerate(steps) for node in step.nodes}
        self.users = _users(section, steps)
        self.owner: dict[Node, Node] = {}
        self.begun: dict[Node, int] = {}
        """The step that writes the first part of a whole."""

    def plan(self) -> Storage:
        """Views and shared places first, then memory along the steps."""
        self._find_views()
        self._find_parts()
        self._find_streamed()
        self._find_updates_in_place()
        self._give_out(self._last_reads())
        return self.storage

    # -- whose memory -----------------------------------------------------------------------------------------------------

    def _find_views(self) -> None:
        contiguous = self.storage.contiguous
        for step in self.steps:
            for node in step.nodes:
                view = view_contiguity(node, contiguous.get(node.inputs[0], True)) if node.inputs else None
                if view is not None:
                    self.storage.views.add(node)
                    contiguous[node] = view
                    self.owner[node] = self.owner.get(node.inputs[0], node.inputs[0])

    def _find_parts(self) -> None:
        """Values that are concatenated are computed into their part of the whole."""
        for step in self.steps:
            whole = step.nodes[0]
            if not whole.operation or whole.operation.name != "concatenate":
                continue
            axis, at = whole.attributes["axis"], 0
            for source in whole.inputs:
                size = sizes(source)[axis]
                part = self._base(source) if axis == 0 else self._row_part(source)
                if part is not None and part.type.dtype is whole.type.dtype and part not in self.begun:
                    self.storage.parts[part] = (whole, (*[slice(None)] * axis, slice(at, at + size)))
                    self.owner[part] = whole
                    self.begun[whole] = min(self.begun.get(whole, self.step_of[part]), self.step_of[part])
                if source.operation is None and source.kind == "constant":
                    self.storage.kept.add(whole)
                at += size
        for node in self.storage.views:
            owner = self.owner[node]
            self.owner[node] = self.owner.get(owner, owner)

    def _row_part(self, node: Node) -> Node | None:
        """The value itself where it is large and not looked at in another shape, which gaps between its rows forbid."""
        viewed = any(user in self.storage.views for user in self.users[node])
        if viewed or element_total(node) < LEAST_STRIDED or self._base(node) is not node:
            return None
        self.storage.contiguous[node] = False
        return node

    def _base(self, node: Node) -> Node | None:
        """The value behind a chain of reshapes that can be computed into another place; None where there is none."""
        total = element_total(node)
        while node in self.storage.views:
            if not self.storage.contiguous[node] or element_total(node.inputs[0]) != total:
                return None
            node = node.inputs[0]
        if node.operation is None or node in self.storage.parts:
            return None
        return None if node in self.section.results or node in self.section.updates else node

    def _find_streamed(self) -> None:
        """Values that nothing but their own fused step reads need no memory for all of their elements."""
        kept = {*self.section.results, *self.section.updates}
        for at, step in enumerate(self.steps):
            if len(step.nodes) == 1:
                continue
            for node in step.nodes:
                inside = all(self.step_of[user] == at and user not in self.storage.views for user in self.users[node])
                if inside and node not in kept and node not in self.storage.parts:
                    self.storage.streamed.add(node)

    def _find_updates_in_place(self) -> None:
        """An update is written over its state where nothing reads the state afterwards."""
        for state, update in zip(self.section.states, self.section.updates, strict=True):
            places = self.storage
            free = update.operation and not any(update in found for found in (places.views, places.parts, places.kept))
            if not free or update in self.section.results or update in self.storage.in_state:
                continue
            readers = {user for user in self._readers(state) if user not in self.storage.views}
            if all(self._reads_before(user, update, state) for user in readers):
                self.storage.in_state[update] = state
                self.owner[update] = state

    def _reads_before(self, user: Node, update: Node, state: Node) -> bool:
        """Whether a reader of the state, and of each of its elements, comes before the update writes over it."""
        mine, at = self.step_of[user], self.begun.get(update, self.step_of[update])
        if mine != at or update in self.begun:
            return mine < at
        by_element = not any(node is not state and self.owner.get(node) is state for node in user.inputs)
        if not by_element or sizes(user) != sizes(state):
            return False
        if user is update:
            return user.operation is not None and user.operation.name in self.in_place
        nodes = self.steps[at].nodes
        is_late = update.operation is not None and update.operation.elementwise  # a sum is begun before all is read
        return is_late and nodes.index(user) < nodes.index(update)

    def _readers(self, node: Node) -> list[Node]:
        """The operations that read the memory of a leaf, views of it and what reads those among them."""
        found: list[Node] = []
        waiting = [node]
        while waiting:
            for user in self.users.get(waiting.pop(), ()):
                found.append(user)
                if user in self.storage.views:
                    waiting.append(user)
        return found

    # -- memory along the steps ---------------------------------------------------------------------------------------------

    def _last_reads(self) -> dict[Node, int]:
        """The last step that reads each piece of memory."""
        last: dict[Node, int] = {}
        for at, step in enumerate(self.steps):
            for node in step.nodes:
                last[self._owner(node)] = at
                for source in node.inputs:
                    last[self._owner(source)] = at
        for node in [*self.section.results, *self.section.updates]:
            last[self._owner(node)] = FOREVER
        return last

    def _owner(self, node: Node) -> Node:
        return self.owner.get(node, node)

    def _give_out(self, last: Mapping[Node, int]) -> None:
        arena, offsets = Arena(), self.storage.offsets
        held: dict[Node, int] = {}
        dying: dict[int, list[Node]] = {}
        for at, step in enumerate(self.steps):
            reused: set[Node] = set()
            for node in step.nodes:
                owner = self._owner(node)
                if node in self.storage.views or node in self.storage.streamed or owner in offsets:
                    continue
                if owner.operation is None or owner in self.storage.kept:
                    continue
                dead = self._dying_input(node, at, last, reused) if owner is node else None
                if dead is not None:
                    reused.add(dead)
                    offsets[node] = offsets[dead]
                else:
                    offsets[owner] = arena.take(nbytes(owner))
                held[owner] = nbytes(owner)
                dying.setdefault(last[owner], []).append(owner)
            for node in dying.pop(at, ()):
                if node not in reused:
                    arena.give_back(offsets[node], held[node])
        self.storage.nbytes = arena.size

    def _dying_input(self, node: Node, at: int, last: Mapping[Node, int], reused: Collection[Node]) -> Node | None:
        """An input whose memory the result can take over: read here for the last time, and of the same layout."""
        assert node.operation is not None
        if node.operation.name not in self.in_place:
            return None
        for source in node.inputs:
            owner = self._owner(source)
            fits = owner in self.storage.offsets and owner not in reused and last[owner] == at
            if not fits or nbytes(owner) != nbytes(node) or self.step_of[owner] == at:
                continue
            if self._same_places(node, owner, at) and not self._read_later(owner, node, at):
                return owner
        return None

    def _same_places(self, node: Node, owner: Node, at: int) -> bool:
        """Whether all that the step reads of this memory has its elements where the result will have them.

        A loop of the step writes over some of them before it comes to the others.
        """
        return all(
            self.storage.contiguous.get(other, True) and sizes(other) == sizes(node) and not _repeats(user, other)
            for user in self.steps[at].nodes
            for other in user.inputs
            if self._owner(other) is owner
        )

    def _read_later(self, owner: Node, node: Node, at: int) -> bool:
        """Whether a later operation of the same fused step reads the memory."""
        nodes = self.steps[at].nodes
        if len(nodes) == 1:
            return False
        later = nodes[nodes.index(node) + 1 :]
        return any(self._owner(source) is owner for user in later for source in user.inputs)


def _repeats(user: Node, source: Node) -> bool:
    """Whether an operation reads a value in every row anew: a vector beside a matrix has the axis that the matrix ends with."""
    assert user.operation is not None
    return user.operation.elementwise and user.type.rank != source.type.rank


def _users(section: Section, steps: Sequence[Step]) -> dict[Node, list[Node]]:
    users: dict[Node, list[Node]] = {node: [] for node in [*section.leaves, *section.states]}
    for step in steps:
        for node in step.nodes:
            users.setdefault(node, [])
            for source in node.inputs:
                users.setdefault(source, []).append(node)
    return users
