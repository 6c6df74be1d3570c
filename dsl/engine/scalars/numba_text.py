"""The text of the module that numba compiles: one function, whose loop makes any number of runs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from dsl.engine.scalars.numba_code import IMPORTS, NUMBA
from dsl.engine.scalars.unroll import Unrolled
from dsl.engine.scalars.writing import Names, Writer
from dsl.graph.passes.section import sizes

_RESERVED = frozenset({*NUMBA.reserved, "kernel", "count", "losses", "series", "step", "run", "range"})


def kernel_text(unrolled: Unrolled, first: int) -> str:
    """The module with `kernel(count, losses, series, step, *states, *leaves, *results)`.

    The leaves from number `first` on take their values from the columns of `series`, so many rows farther with each run as
    `step` says: 1 or 0. The states and the results are flat arrays, the leaves before `first` arrays of their shapes. The
    first result of each run, where it is a scalar, is put into `losses`; the results are those of the last run.

    Every name stands for one value of a run: variables that go around the loop cost numba a third of its time, and the
    machine as good as nothing less.
    """
    return f"{IMPORTS}\n\n{_Kernel(unrolled, first).text()}"


class _Kernel:
    """What the function is made of: the statements, and the names of the arrays."""

    def __init__(self, unrolled: Unrolled, first: int) -> None:
        section = unrolled.section
        names = Names(_RESERVED)
        roots = [one for node in [*section.results, *section.updates] for one in unrolled.of(node)]
        self._unrolled, self._section, self._first = unrolled, section, first
        self._writer = Writer(NUMBA, names, roots, lambda leaf: leaf.value[0] >= first)
        self._states = [names.free(f"{state.name or 'state'}_array") for state in section.states]
        self._leaves = [names.free(f"{leaf.name or 'leaf'}_array") for leaf in section.leaves[:first]]
        self._results = [names.free(f"{result.name or 'result'}_out") for result in section.results]

    def text(self) -> str:
        """The whole function."""
        parameters = ["count", "losses", "series", "step", *self._states, *self._leaves, *self._results]
        lines = [
            f"def kernel({', '.join(parameters)}):",
            *self._loading_leaves(),
            *self._writer.fixed,
            "for run in range(count):",
            *[f"    {line}" for line in list(self._run()) or ["pass"]],
        ]
        return "\n    ".join(lines) + "\n"

    def _run(self) -> Iterator[str]:
        """The statements of one run."""
        section, writer = self._section, self._writer
        yield from self._loading_states()
        for column, leaf in enumerate(section.leaves[self._first :]):
            (name,) = writer.loaded(self._unrolled.of(leaf))
            if name:
                yield f"{name} = {leaf.type.dtype}(series[run * step, {column}])"
        yield from writer.body
        if section.results and not section.results[0].shape:
            yield f"losses[run] = {writer.code(self._unrolled.of(section.results[0])[0])}"
        for name, result in zip(self._results, section.results, strict=True):
            for place, one in enumerate(self._unrolled.of(result)):
                yield f"{name}[{place}] = {writer.code(one)}"
        yield from self._storing_states()

    def _loading_leaves(self) -> Iterator[str]:
        for leaf, array in zip(self._section.leaves, self._leaves, strict=False):
            elements = self._writer.loaded(self._unrolled.of(leaf))
            for name, place in zip(elements, np.ndindex(sizes(leaf)), strict=True):
                if name:
                    yield f"{name} = {array}[{', '.join(map(str, place)) or '()'}]"

    def _loading_states(self) -> Iterator[str]:
        for state, array in zip(self._section.states, self._states, strict=True):
            for place, name in enumerate(self._writer.loaded(self._unrolled.of(state))):
                if name:
                    yield f"{name} = {array}[{place}]"

    def _storing_states(self) -> Iterator[str]:
        states = zip(self._section.states, self._section.updates, self._states, strict=True)
        for state, update, array in states:
            pairs = zip(self._unrolled.of(state), self._unrolled.of(update), strict=True)
            for place, (target, value) in enumerate(pairs):
                if target is not value:
                    yield f"{array}[{place}] = {self._writer.code(value)}"
