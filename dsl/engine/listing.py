"""A plan as a list: the calls of its code, the values that each reads and writes, and where these lie."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from dsl.engine.arrays.generator import ArrayExecutable
from dsl.engine.arrays.storage import nbytes
from dsl.engine.cost import flops
from dsl.engine.executable import Executable
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, sizes
from dsl.ops.slicing import spell_index

Kind = Literal["given", "state", "call", "free", "operation"]
"""What is there before a run; a call; an operation that needs none, such as a view; one of code that has no calls."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a plan: its name, or its number in the section, and where it lies: `@64` is an offset in the arena."""

    node: Node
    name: str
    place: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A value that is there before a run; operations, several where they run together; or none, to copy an update.

    What only they themselves read is neither read nor written. Constants are read by what they are.
    """

    kind: Kind
    nodes: list[Node]
    reads: list[Value]
    writes: list[Value]

    @property
    def nbytes(self) -> int:
        """The bytes of the arrays that a call reads and writes."""
        return sum(nbytes(value.node) for value in (*self.reads, *self.writes)) if self.kind == "call" else 0

    @property
    def flops(self) -> int:
        """The floating-point operations."""
        return sum(map(flops, self.nodes)) if self.kind in ("call", "operation") else 0


@dataclass(slots=True)
class Listing:
    """A plan in running order, and the bytes that it keeps from run to run. Code without calls has no arena."""

    entries: list[Entry]
    arena: int | None
    states: int
    constants: int

    def count(self, kind: Kind) -> int:
        """The number of entries of a kind."""
        return sum(entry.kind == kind for entry in self.entries)

    @property
    def flops(self) -> int:
        """The floating-point operations of a run."""
        return sum(entry.flops for entry in self.entries)


def listing(section: Section, executable: Executable, results: Sequence[str] = ()) -> Listing:
    """The plan of a section. Where its code has no calls on arrays, each operation is one, in no place.

    `results` are names for results that the passes have left without.
    """
    if isinstance(executable, ArrayExecutable):
        return _ArrayLister(executable, results).listing()
    return _Lister(section, results).listing()


class _Lister:
    """Lists the operations of a section, and names its values."""

    def __init__(self, section: Section, results: Sequence[str]) -> None:
        self.section = section
        nodes = dict.fromkeys([*section.leaves, *section.states, *section.nodes])
        self.names = {node: node.name or f"%{number}" for number, node in enumerate(nodes)}
        for node, name in zip(section.results, results, strict=False):
            if not node.name and node.operation:
                self.names[node] = name

    def listing(self) -> Listing:
        """The list."""
        section = self.section
        entries = [self.leaf("given", node) for node in section.leaves]
        entries += [self.leaf("state", node) for node in section.states]
        return Listing(
            [*entries, *self.operations()],
            self.arena(),
            sum(map(nbytes, section.states)),
            sum(nbytes(node) for node in section.nodes if node.kind == "constant"),
        )

    def operations(self) -> Iterator[Entry]:
        """What the code does."""
        for node in self.section.operations:
            yield self.entry("operation", [node])

    def arena(self) -> int | None:
        """The bytes of the memory that values share."""
        return None

    def leaf(self, kind: Kind, node: Node) -> Entry:
        """A value that is there before a run."""
        return Entry(kind, [node], [], [Value(node, self.names[node], kind)])

    def entry(self, kind: Kind, nodes: list[Node]) -> Entry:
        """Operations that run together."""
        inside = set(nodes)
        read = dict.fromkeys(source for node in nodes for source in node.inputs if source not in inside)
        return Entry(
            kind,
            nodes,
            [Value(node, self.name(node), self.place(node)) for node in read],
            [Value(node, self.name(node), self.place_written(node)) for node in nodes if self.is_written(node)],
        )

    def name(self, node: Node) -> str:
        """What a value is called: a constant by what it is, another by its name or its number."""
        if node.literal is None:
            return self.names[node]
        if node.literal.size == 1:
            return str(node.literal.reshape(-1)[0]).removesuffix(".0")
        return f"constant {list(sizes(node))}"

    def place(self, node: Node) -> str:
        """Where a value lies when it is read."""
        if node.operation:
            return ""
        return "state" if node in self.section.states else "constant" if node.kind == "constant" else "given"

    def place_written(self, node: Node) -> str:
        """Where an operation puts its result."""
        return self.place(node)

    def is_written(self, node: Node) -> bool:
        """Whether a result leaves the call."""
        return True


class _ArrayLister(_Lister):
    """Lists the calls of code on arrays, with their memory."""

    def __init__(self, executable: ArrayExecutable, results: Sequence[str]) -> None:
        super().__init__(executable.section, results)
        self.storage = executable.storage
        self.statements = executable.code.statements

    def operations(self) -> Iterator[Entry]:
        for statement in self.statements:
            yield self.entry("call" if statement.lines else "free", statement.nodes)
        for state, update in zip(self.section.states, self.section.updates, strict=True):
            if update is not state and update not in self.storage.in_state:
                read = Value(update, self.name(update), self.place(update))
                yield Entry("call", [], [read], [Value(state, self.names[state], "state")])

    def arena(self) -> int:
        return self.storage.nbytes

    def is_written(self, node: Node) -> bool:
        return node not in self.storage.streamed

    def place(self, node: Node) -> str:
        storage = self.storage
        if node in storage.views:
            return f"view of {self.name(self.base(node))}"
        if node in storage.in_state:
            return f"in place of {self.name(storage.in_state[node])}"
        if node in storage.parts:
            whole, index = storage.parts[node]
            return f"{self.name(whole)}[{spell_index(index)}]"
        if node in storage.offsets:
            return f"@{storage.offsets[node]}"
        return "memory of its own" if node in storage.kept else super().place(node)

    def place_written(self, node: Node) -> str:
        place = self.place(node)
        taken = self.taken_over(node) if place.startswith("@") else None
        return f"{place}, in place of {self.name(taken)}" if taken else place

    def taken_over(self, node: Node) -> Node | None:
        """The input whose memory the result has now."""
        bases = map(self.base, node.inputs)
        return next((base for base in bases if self.offset(base) == self.offset(node)), None)

    def offset(self, node: Node) -> int | None:
        return self.storage.offsets.get(node)

    def base(self, node: Node) -> Node:
        """The value that a view looks at."""
        while node in self.storage.views:
            node = node.inputs[0]
        return node
