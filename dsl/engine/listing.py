"""A plan as a list: the calls of its code, the values that each reads and writes, and where these lie."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsl.engine.arrays.generator import ArrayExecutable
from dsl.engine.arrays.storage import nbytes
from dsl.engine.cost import flops
from dsl.engine.executable import Executable
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, sizes
from dsl.ops.parameters import spell
from dsl.ops.slicing import spell_index

LONGEST_CONSTANT = 24
"""So many characters of a constant are its name."""


@dataclass(frozen=True, slots=True)
class Value:
    """A value of a plan: its name, or its number in the section, and where it lies: `@64` is an offset in the arena."""

    node: Node
    name: str
    place: str = ""

    def __str__(self) -> str:
        if self.place.startswith("@"):
            offset, comma, note = self.place.partition(", ")
            return f"{self.name}{offset}{f' ({note})' if comma else ''}"
        return f"{self.name} ({self.place})" if self.place else self.name


@dataclass(frozen=True, slots=True)
class Call:
    """Operations that the code carries out together. What only they themselves read is neither read nor written."""

    nodes: list[Node]
    reads: list[Value]
    writes: list[Value]

    @property
    def nbytes(self) -> int:
        """The bytes that are read and written."""
        return sum(nbytes(value.node) for value in (*self.reads, *self.writes))

    @property
    def flops(self) -> int:
        """The floating-point operations."""
        return sum(map(flops, self.nodes))


@dataclass(slots=True)
class Listing:
    """The calls of a plan in their order, and the bytes that it keeps. `views` is the number of operations without a call."""

    calls: list[Call]
    views: int
    arena: int
    states: int
    constants: int

    @property
    def flops(self) -> int:
        """The floating-point operations of a run."""
        return sum(call.flops for call in self.calls)


def listing(section: Section, executable: Executable) -> Listing:
    """The calls of a section's plan. Where the code has no calls on arrays, they are the operations, in no place."""
    lister = _ArrayLister(executable) if isinstance(executable, ArrayExecutable) else _Lister(section)
    return lister.listing()


class _Lister:
    """Lists the operations of a section, and names its values."""

    def __init__(self, section: Section) -> None:
        self.section = section
        nodes = dict.fromkeys([*section.leaves, *section.states, *section.nodes])
        self.numbers = {node: number for number, node in enumerate(nodes)}

    def listing(self) -> Listing:
        """The list."""
        groups = self.groups()
        calls = [self.call(nodes) for nodes in groups]
        return Listing(
            calls,
            len(self.section.operations) - sum(map(len, groups)),
            self.arena(),
            sum(map(nbytes, self.section.states)),
            sum(nbytes(node) for node in self.section.nodes if node.kind == "constant"),
        )

    def groups(self) -> list[list[Node]]:
        """The operations that run together."""
        return [[node] for node in self.section.operations]

    def arena(self) -> int:
        """The bytes of the memory that values share."""
        return 0

    def call(self, nodes: list[Node]) -> Call:
        """One call."""
        inside = set(nodes)
        read = dict.fromkeys(source for node in nodes for source in node.inputs if source not in inside)
        return Call(
            nodes,
            [Value(node, self.name(node), self.place(node)) for node in read],
            [Value(node, self.name(node), self.place_written(node)) for node in nodes if self.is_written(node)],
        )

    def name(self, node: Node) -> str:
        """What a value is called: a constant by what it is, another by its name or its number."""
        if node.literal is None:
            return node.name or f"%{self.numbers[node]}"
        text = spell(node.literal) if node.literal.size <= LONGEST_CONSTANT else ""
        return text if text and len(text) <= LONGEST_CONSTANT else f"constant {list(sizes(node))}"

    def place(self, node: Node) -> str:
        """Where a value lies when it is read."""
        if node.operation or node.literal is not None:
            return ""
        return "state" if node in self.section.states else "given"

    def place_written(self, node: Node) -> str:
        """Where an operation puts its result."""
        return self.place(node)

    def is_written(self, node: Node) -> bool:
        """Whether a result leaves the call."""
        return True


class _ArrayLister(_Lister):
    """Lists the calls of code on arrays, with their memory."""

    def __init__(self, executable: ArrayExecutable) -> None:
        super().__init__(executable.section)
        self.storage = executable.storage
        self.statements = executable.code.statements

    def groups(self) -> list[list[Node]]:
        """A statement's, where it has any code: most views are made once."""
        return [statement.nodes for statement in self.statements if statement.lines]

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


def operation_names(nodes: Iterable[Node]) -> list[str]:
    """The operations of a call, each once, with how often where it is more: `multiply ×3`."""
    counts: dict[str, int] = {}
    for node in nodes:
        counts[node.label] = counts.get(node.label, 0) + 1
    return [name if count == 1 else f"{name} ×{count}" for name, count in counts.items()]
