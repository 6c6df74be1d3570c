"""The text of the generated functions: `run` for one run, `prepare` and `repeat` for many."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

from dsl.engine.scalars.python_code import PYTHON
from dsl.engine.scalars.unroll import Unrolled
from dsl.engine.scalars.writing import Names, Writer
from dsl.graph.node import Node

_RESERVED = frozenset({*PYTHON.reserved, "rows", "losses", "fixed", "results", "EXCEPTIONAL", "_"})


def run_text(unrolled: Unrolled) -> str:
    """The function of one run, from the leaves and the states to a tuple of numbers for each result.

    A leaf is a number, or a list of its elements where it has axes. A state is a flat array, which changes at the very end.
    """
    section = unrolled.section
    code = _Code(unrolled, section.results, range(len(section.leaves)))
    results = [_tuple(map(code.writer.code, unrolled.of(node))) for node in section.results]
    values = [[code.writer.code(one) for one in unrolled.of(update)] for update in section.updates]
    lines = [
        *code.loading_leaves(),
        *code.loading_states(),
        *code.writer.fixed,
        *code.writer.body,
        f"results = {_tuple(results)}",
        *code.storing(values),
        "return results",
    ]
    return _function("run", [*code.leaves, *code.states], lines)


def repeat_text(unrolled: Unrolled, varying: Collection[int]) -> str:
    """The functions of many runs, for leaves of these numbers that differ from run to run, and others that do not.

    `prepare` computes from the leaves what is the same in every run. `repeat` takes it as `fixed`, with a value or a tuple of
    values of the varying leaves for each run in `rows`, and the states. It adds the first result of each run to `losses`. Where
    a run raises an exception, the states are left as they were before that run.
    """
    section = unrolled.section
    loss = unrolled.of(section.results[0])[0]
    code = _Code(unrolled, section.results[:1], varying)
    current = [[code.writer.code(one) for one in unrolled.of(state)] for state in section.states]
    stored = list(code.storing(current))
    fixed = code.writer.shared
    runs = [
        f"for {code.row()} in rows:",
        *_indented([*code.writer.body, f"losses.append({code.writer.code(loss)})", *code.changes()]),
    ]
    guarded = ["try:", *_indented(runs), "except EXCEPTIONAL:", *_indented([*stored, "raise"])] if stored else runs
    unpacked = [f"{_tuple(fixed)} = fixed"] if fixed else []
    prepare = [*code.loading_leaves(), *code.writer.fixed, f"return {_tuple(fixed)}"]
    repeat = [*unpacked, *code.loading_states(), *guarded, *stored]
    return "\n\n".join(
        [
            _function("prepare", code.leaves, prepare),
            _function("repeat", ["rows", "losses", "fixed", *code.states], repeat),
        ]
    )


class _Code:
    """What the functions are made of: the statements, and the names of leaves and states as arrays."""

    def __init__(self, unrolled: Unrolled, results: Sequence[Node], varying: Collection[int]) -> None:
        section = unrolled.section
        names = Names(_RESERVED)
        roots = [one for node in [*results, *section.updates, *section.states] for one in unrolled.of(node)]
        self.writer = Writer(PYTHON, names, roots, lambda leaf: leaf.value[0] in varying)
        self.states = [names.free(state.name or "state") for state in section.states]
        self.leaves: list[str] = []
        self._unrolled, self._varying = unrolled, varying
        for leaf in section.leaves:
            (name, *_) = self.writer.loaded(unrolled.of(leaf)) or [None]
            self.leaves.append(name if name and not leaf.shape else names.free(leaf.name or "leaf"))

    def loading_leaves(self) -> Iterator[str]:
        """The statements that take the lists of leaves apart."""
        for leaf, name in zip(self._unrolled.section.leaves, self.leaves, strict=True):
            elements = self.writer.loaded(self._unrolled.of(leaf))
            if leaf.shape and any(elements):
                yield f"{_tuple(element or '_' for element in elements)} = {name}"

    def loading_states(self) -> Iterator[str]:
        """The statements that take the arrays of states apart."""
        for state, name in zip(self._unrolled.section.states, self.states, strict=True):
            elements = self.writer.loaded(self._unrolled.of(state))
            if any(elements):
                yield f"{_tuple(element or '_' for element in elements)} = {name}.tolist()"

    def storing(self, values: Sequence[Sequence[str]]) -> Iterator[str]:
        """The statements that put numbers into the arrays of the states that change."""
        section = self._unrolled.section
        for state, update, name, numbers in zip(section.states, section.updates, self.states, values, strict=True):
            if numbers and self._unrolled.of(state) != self._unrolled.of(update):
                yield f"{name}[:] = {_tuple(numbers)}"

    def changes(self) -> list[str]:
        """The statements that give the states their next values."""
        section = self._unrolled.section
        targets, values = [
            [one for node in nodes for one in self._unrolled.of(node)] for nodes in (section.states, section.updates)
        ]
        return self.writer.assignments(targets, values)

    def row(self) -> str:
        """What the values of one run are given to: the varying leaves, in their order."""
        leaves = self._unrolled.section.leaves
        names = [self.writer.loaded(self._unrolled.of(leaves[number]))[0] or "_" for number in self._varying]
        return ", ".join(names) or "_"


def _tuple(items: Iterable[str]) -> str:
    """Several expressions as one."""
    parts = list(items)
    return f"({parts[0]},)" if len(parts) == 1 else f"({', '.join(parts)})"


def _indented(lines: Iterable[str]) -> Iterator[str]:
    return (f"    {line}" for line in lines)


def _function(name: str, parameters: Sequence[str], lines: Iterable[str]) -> str:
    return "\n".join([f"def {name}({', '.join(parameters)}):", *_indented(lines), ""])
