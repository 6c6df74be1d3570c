"""Where the time of a program goes: its plans, compiled so that each of their calls is timed."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter_ns

import numpy as np
import numpy.typing as npt

from dsl.engine.arrays.code import Statement
from dsl.engine.arrays.generator import ArrayExecutable, ArrayGenerator
from dsl.engine.choice import choose
from dsl.engine.executable import Executable, Series
from dsl.engine.names import AUTOMATIC, REFERENCE
from dsl.engine.reference import ReferenceEngine
from dsl.graph.node import Node
from dsl.graph.passes.lowering.lower import lower
from dsl.graph.passes.pipeline import optimise
from dsl.graph.passes.section import Section
from dsl.ops.parameters import Array


@dataclass(slots=True)
class Timing:
    """Operations that run together: how often they did, and how long that took in all.

    `names` are the values of the program that each of them belongs to; empty for what no line of it computes.
    """

    nodes: list[Node]
    names: list[str]
    calls: int = 0
    nanoseconds: int = 0


class Profiler:
    """A compiler whose plans measure themselves. `engine` is the one asked for, `measured` those that could be.

    The calls of code on arrays are timed one by one, those of the reference engine node by node. Code without calls, such as
    that of the scalar engine, is not: what it would run is measured as code on arrays. The clock adds some 0.1 µs to a call.
    """

    def __init__(self, engine: str = AUTOMATIC) -> None:
        self.engine = engine
        self.measured: set[str] = set()
        self.unmeasured: set[str] = set()
        """The code generators that were to run a plan, and whose code cannot be timed."""
        self.timings: list[Timing] = []
        self.compiling = 0
        """Nanoseconds."""

    def __call__(self, section: Section, states: Sequence[Array]) -> Executable:
        """Compile a section, before all passes, whose states live in these arrays. Raises ProgramError."""
        with self._timed_compilation():
            if self.engine == REFERENCE:
                self.measured.add(REFERENCE)
                return TimedReference(section, states, self._begin)
            ready = optimise(lower(section))
            generator = choose(ready, self.engine).generator
            executable = generator.compile(ready, states)
            if not isinstance(executable, ArrayExecutable):
                self.unmeasured.add(generator.name)
                generator = ArrayGenerator()
                executable = generator.compile(ready, states)
            self.measured.add(generator.name)
            return TimedArrays(executable, self._begin)

    def _begin(self, section: Section, groups: Sequence[list[Node]]) -> list[Timing]:
        names = value_names(section)
        timings = [Timing(nodes, [names.get(node, "") for node in nodes]) for nodes in groups]
        self.timings += timings
        return timings

    @contextmanager
    def _timed_compilation(self) -> Generator[None]:
        began = perf_counter_ns()
        try:
            yield
        finally:
            self.compiling += perf_counter_ns() - began


_MOST_MARKS = 1000
"""Runs whose times are kept until they are added up, which takes longer than to note them."""

Begin = Callable[[Section, Sequence[list[Node]]], list[Timing]]
"""Begins to time operations of a section."""


def value_names(section: Section) -> dict[Node, str]:
    """The value of the program that each operation belongs to, by its name path.

    What serves a gradient belongs to the value that it is the gradient of; the steps of an operation that was written out
    belong to the last one, which has the name.
    """
    names: dict[Node, str] = {}
    users: dict[Node, list[Node]] = {}
    for node in reversed(section.operations):
        for source in node.inputs:
            users.setdefault(source, []).append(node)
        if node.span is None:
            continue
        owner = node.backward_of or node
        alike = (user for user in users.get(node, ()) if user.span == node.span and user.backward_of is None)
        names[node] = owner.name or next((names[user] for user in alike if user in names), "")
    return names


class TimedArrays:
    """Code on arrays that looks at the clock after each of its statements."""

    def __init__(self, executable: ArrayExecutable, begin: Begin) -> None:
        self._executable = executable
        code, section = executable.code, executable.section
        updates = [node for state, node in zip(section.states, section.updates, strict=True) if node is not state]
        statements = [statement for statement in code.statements if statement.lines]
        if executable.after:
            statements.append(Statement(updates, executable.after))
        self._timings = begin(section, [statement.nodes for statement in statements])
        self._marks: list[tuple[int, ...]] = []
        """What the clock showed in each run, first before its statements and then after each."""
        clock, note = code.bind(perf_counter_ns, "clock"), code.bind(self._note, "note")
        marks = [code.free("mark") for _ in range(len(statements) + 1)]
        timed = [Statement([], [f"{marks[0]} = {clock}()"])]
        for statement, mark in zip(statements, marks[1:], strict=True):
            timed.append(Statement(statement.nodes, [*statement.lines, f"{mark} = {clock}()"]))
        timed.append(Statement([], [f"{note}(({', '.join(marks)},))"]))
        executable.replace(timed)
        self.source = executable.source

    def run(self, arguments: Sequence[Array]) -> Sequence[Array]:
        """Run once, timed."""
        results = self._executable.run(arguments)
        self._count()
        return results

    def repeat(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        """Run so many times, timed."""
        found = self._executable.repeat(count, arguments, series)
        self._count()
        return found

    def _note(self, marks: tuple[int, ...]) -> None:
        self._marks.append(marks)
        if len(self._marks) >= _MOST_MARKS:
            self._count()

    def _count(self) -> None:
        """Add the runs that were noted to the timings."""
        if not self._marks:
            return
        spent = np.diff(np.array(self._marks, np.int64)).sum(axis=0).tolist()
        for timing, nanoseconds in zip(self._timings, spent, strict=True):
            timing.calls += len(self._marks)
            timing.nanoseconds += nanoseconds
        self._marks.clear()


class TimedReference:
    """A section evaluated node by node by the reference engine, which shows each value to the clock."""

    source = ""

    def __init__(self, section: Section, states: Sequence[Array], begin: Begin) -> None:
        self._section, self._states = section, list(states)
        self._engine = ReferenceEngine(section.graph, [*section.results, *section.updates])
        operations = [node for node in self._engine.order if node.operation]
        timings = begin(section, [[node] for node in operations])
        self._timings = dict(zip(operations, timings, strict=True))

    def run(self, arguments: Sequence[Array]) -> list[Array]:
        """Run once, timed."""
        section = self._section
        leaves = zip([*section.leaves, *section.states], [*arguments, *self._states], strict=True)
        last = perf_counter_ns()

        def watch(node: Node, value: Array, values: Mapping[Node, Array]) -> None:
            nonlocal last
            timing = self._timings[node]
            timing.calls += 1
            timing.nanoseconds += perf_counter_ns() - last
            last = perf_counter_ns()

        values = self._engine.run(dict(leaves), watch=watch)
        results = [np.array(values[node]) for node in section.results]
        following = [np.array(values[node]) for node in section.updates]
        for state, value in zip(self._states, following, strict=True):
            state[...] = value
        return results

    def repeat(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        """Run so many times, timed."""
        found = np.empty(count)
        leaves = self._section.leaves[len(arguments) :]
        for at in range(count):
            row = series[min(at, len(series) - 1)]
            scalars = [np.asarray(value, leaf.type.dtype.numpy) for leaf, value in zip(leaves, row, strict=True)]
            found[at] = self.run([*arguments, *scalars])[0]
        return found
