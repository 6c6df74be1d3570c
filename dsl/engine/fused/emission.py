"""The code of a kernel: loads, arithmetic and stores, each in the innermost loop that it needs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from dsl.engine.fused.functions import FUNCTIONS
from dsl.engine.fused.nest import Nest, View
from dsl.engine.fused.operators import expression, inlined, literal, passed_number
from dsl.engine.fused.prelude import HEADER, texts
from dsl.engine.fused.roles import Kernel, Role, has_rows, is_by_row
from dsl.engine.fused.row_functions import row_function
from dsl.graph.node import Node
from dsl.ops.dtypes import DType

_INDENT = "    "


@dataclass(frozen=True, slots=True)
class Operand:
    """An array of a kernel: the parameter that it is, and what the kernel is given of it."""

    parameter: str
    view: View


@dataclass(slots=True)
class Operands:
    """The arrays of a kernel: what it reads, what it writes, and the buffers for a row of values that it needs in between.

    A value that is read is looked up together with whether its shape is that of rows without their last axis.
    """

    read: Mapping[tuple[Node, bool], Operand]
    written: Mapping[Node, Operand]
    buffers: Mapping[Node, Operand]
    numbers: Mapping[float, str]
    """The parameters that are numbers, the same in every run."""
    lengths: Mapping[int, str] = field(default_factory=dict[int, str])
    """The parameters that are lengths of loops along which no array has an axis."""

    def all(self) -> Iterable[Operand]:
        """All of them, in the order in which they are parameters."""
        yield from self.read.values()
        yield from self.written.values()
        yield from self.buffers.values()


class KernelCode:
    """Writes the code of a kernel whose arrays are known."""

    def __init__(self, kernel: Kernel, nest: Nest, operands: Operands) -> None:
        self._kernel, self._operands = kernel, operands
        self._depth = len(nest.loops)
        self._has_rows = has_rows(kernel)
        self._starts: list[list[str]] = [[] for _ in range(self._depth + 1)]
        """What each loop begins with; first what comes before all."""
        self._phases = [_Phase() for _ in range(max(kernel.phases.values()) + 1)]
        self._names: dict[Node, str] = {}
        self._loaded: dict[object, str] = {}
        self._functions: dict[DType, dict[str, None]] = {}
        self._checks = False

    def text(self) -> str:
        """The module with the function `kernel`, which says whether a label is no class, where it reads any."""
        for node in self._kernel.nodes:
            self._write(node)
        arrays = [operand.parameter for operand in self._operands.all()]
        parameters = dict.fromkeys([*arrays, *self._operands.numbers.values(), *self._operands.lengths.values()])
        body = [*self._sizes(), *self._starts[0], *self._loops()]
        if self._checks:
            body = ["wrong = False", *body, "return wrong"]
        lines = [f"def kernel({', '.join(parameters)}):", *[_INDENT + line for line in body]]
        functions = [text for dtype, names in self._functions.items() for text in texts(names, dtype)]
        return "\n\n".join([HEADER, *functions, "\n".join(lines) + "\n"])

    # -- statements ---------------------------------------------------------------------------------------------------------

    def _write(self, node: Node) -> None:
        """One operation, and the store of its result."""
        role = self._kernel.roles[node]
        phase = self._phases[self._kernel.phases[node]]
        name = self._names[node] = f"v{len(self._names)}"
        if role is Role.COLUMN:
            self._write_column_sum(node, phase)
            return
        lines = {Role.ROW: phase.before, Role.ELEMENT: phase.inside, Role.REDUCTION: phase.after}[role]
        lines.append(f"{name} = {self._value(node)}")
        for operand in (self._operands.written.get(node), self._operands.buffers.get(node)):
            if operand:
                lines.append(f"{_place(operand)} = {name}")

    def _value(self, node: Node) -> str:
        match node.label:
            case "sum" | "max" | "min" if self._kernel.roles[node] is Role.REDUCTION:
                function = self._function(row_function(node.label, self._kernel.loop[-1]), node)
                return f"{function}({self._row(node.inputs[0])})"
            case "nll":
                return f"-{self._row(node.inputs[0])}[{self._label(node)}]"
            case "one_hot":
                one, zero = literal(1, node.type.dtype), literal(0, node.type.dtype)
                return f"choose(i{self._depth - 1} == {self._label(node)}, {one}, {zero})"
            case label:
                if label in FUNCTIONS:
                    self._function(label, node)
                return expression(node, [self._read(source, node) for source in node.inputs])

    def _function(self, name: str, node: Node) -> str:
        """What a function is called in the element type of an operation."""
        self._functions.setdefault(node.type.dtype, {})[name] = None
        return f"{name}_{node.type.dtype}"

    def _write_column_sum(self, node: Node, phase: _Phase) -> None:
        total = self._operands.written[node]
        source = self._read(node.inputs[0], node)
        last, zero = self._depth - 1, literal(0, node.type.dtype)
        self._starts[0] += [f"for i{last} in range(n{last}):", f"{_INDENT}{_place(total)} = {zero}"]
        phase.inside.append(f"{_place(total)} += {source}")

    # -- values ---------------------------------------------------------------------------------------------------------------

    def _read(self, node: Node, user: Node) -> str:
        """A value where another operation needs it: a name, or a number."""
        if node in self._names:
            return self._read_inside(node, user)
        if inlined(node):
            return self._number(node)
        operand = self._operands.read[node, is_by_row(user, self._kernel, node)]
        return self._load(operand, self._kernel.phases[user])

    def _number(self, node: Node) -> str:
        assert node.literal is not None
        value = node.literal.reshape(-1)[0]
        number = passed_number(node)
        parameter = None if number is None else self._operands.numbers.get(number)
        if parameter is None:
            return literal(value, node.type.dtype)
        key = (parameter, node.type.dtype)
        if key not in self._loaded:
            self._loaded[key] = f"x{len(self._loaded)}"
            self._starts[0].append(f"{self._loaded[key]} = {node.type.dtype}({parameter})")
        return self._loaded[key]

    def _read_inside(self, node: Node, user: Node) -> str:
        """A value of the kernel; one of an element is loaded again in another phase than its own."""
        phases = self._kernel.phases
        if self._kernel.roles[node] is not Role.ELEMENT or phases[node] == phases[user]:
            return self._names[node]
        return self._load(self._stored(node), phases[user])

    def _stored(self, node: Node) -> Operand:
        """The array in which a value of the kernel is."""
        return self._operands.buffers.get(node) or self._operands.written[node]

    def _load(self, operand: Operand, phase: int) -> str:
        """The element of an array, loaded once in each turn of the innermost loop that it depends on."""
        depth = max(operand.view.loops, default=-1) + 1
        inside = depth == self._depth
        key = (operand, phase if inside else -1)
        name = self._loaded.get(key)
        if name is None:
            name = self._loaded[key] = f"x{len(self._loaded)}"
            lines = self._phases[phase].inside if inside else self._starts[depth]
            lines.append(f"{name} = {_place(operand)}")
        return name

    def _row(self, node: Node) -> str:
        """The elements of a row as an array."""
        operand = self._stored(node) if node in self._names else self._operands.read[node, False]
        return _place(operand, operand.view.loops[:-1]) if len(operand.view.loops) > 1 else operand.parameter

    def _label(self, node: Node) -> str:
        """The label of a row, 0 where it is no class."""
        operand = self._operands.read[node.inputs[-1], True]
        key = (operand, "label")
        name = self._loaded.get(key)
        if name is None:
            self._checks = True
            read = self._load(operand, 0)
            name = self._loaded[key] = f"x{len(self._loaded)}"
            self._starts[max(operand.view.loops, default=-1) + 1] += [
                f"outside = ({read} < 0) | ({read} >= n{self._depth - 1})",
                "wrong |= outside",
                f"{name} = choose(outside, i64(0), i64({read}))",
            ]
        return name

    # -- loops --------------------------------------------------------------------------------------------------------------

    def _sizes(self) -> list[str]:
        """The length of each loop, from an array that has an axis for it where there is one."""
        found = {number: f"n{number} = {name}" for number, name in self._operands.lengths.items()}
        for operand in self._operands.all():
            for axis, number in enumerate(operand.view.loops):
                if number >= 0:
                    found.setdefault(number, f"n{number} = {operand.parameter}.shape[{axis}]")
        return [found[number] for number in sorted(found)]

    def _loops(self) -> list[str]:
        """All loops, with what is in them."""
        last = self._depth - 1
        inner: list[str] = []
        for phase in self._phases:
            inner += phase.before
            if phase.inside and self._has_rows:
                inner += [f"for i{last} in range(n{last}):", *[_INDENT + line for line in phase.inside]]
            else:
                inner += phase.inside
            inner += phase.after
        outer = self._depth - 1 if self._has_rows else self._depth
        for number in reversed(range(outer)):
            lines = [*self._starts[number + 1], *inner]
            inner = [f"for i{number} in range(n{number}):", *[_INDENT + line for line in lines]]
        return inner


@dataclass(slots=True)
class _Phase:
    """What is done in a row: before the loop over its elements, in it, and after it."""

    before: list[str] = field(default_factory=list[str])
    inside: list[str] = field(default_factory=list[str])
    after: list[str] = field(default_factory=list[str])


def _place(operand: Operand, loops: tuple[int, ...] | None = None) -> str:
    """The element of an array at the loops' counters."""
    numbers = operand.view.loops if loops is None else loops
    index = ", ".join("0" if number < 0 else f"i{number}" for number in numbers)
    return f"{operand.parameter}[{index or '()'}]"
