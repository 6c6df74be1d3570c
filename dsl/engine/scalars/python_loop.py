"""The scalar code generator: a small section as straight-line Python on floats, with the training loop inside the code."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import repeat as times
from typing import Any

import numpy as np
import numpy.typing as npt

from dsl.engine.executable import Executable, Series
from dsl.engine.scalars.labels import label_checks
from dsl.engine.scalars.limits import may_wrap, obstacle
from dsl.engine.scalars.python_code import CAREFUL, EXCEPTIONAL, FUNCTIONS
from dsl.engine.scalars.python_text import repeat_text, run_text
from dsl.engine.scalars.unroll import unroll
from dsl.graph.passes.section import Section, sizes
from dsl.ops.dtypes import BOOL, F64, I32, I64
from dsl.ops.parameters import Array

MOST_OPERATIONS = 20_000
"""Operations on elements that are written out. So many take 0.5 ms a run, which is more than NumPy needs for the same work."""

_BLOCK = 4096
"""Runs between two times that the states are written to their arrays."""

_PATIENCE = 4
"""Exceptional runs before functions are taken that cost more and raise no exception."""

Fallback = Callable[[Section, Sequence[Array]], Executable]
"""Compiles a section on the same states to code that knows infinities and nan."""


class ScalarGenerator:
    """Compiles sections to Python arithmetic on floats.

    The code counts on finite numbers: where IEEE arithmetic has an infinity or a nan, Python may raise an exception. A run
    that raises one is done from its beginning by what `fallback` compiles. Functions such as `exp` are those of the C library,
    which differ from NumPy's by up to 4 units in the last place.
    """

    name = "scalar"

    def __init__(self, fallback: Fallback) -> None:
        self._fallback = fallback

    def obstacle(self, section: Section) -> str:
        """Why it cannot compile this section; empty where it can."""
        wrapping = next((node for node in section.operations if may_wrap(node)), None)
        if wrapping:
            return (
                f"computes with integers of any length, and `{wrapping.label}` of {wrapping.type.dtype} may wrap around"
            )
        return obstacle(section, frozenset({F64, I32, I64, BOOL}), MOST_OPERATIONS)

    def compile(self, section: Section, states: Sequence[Array]) -> Executable:
        """Compile a section whose states live in these C-contiguous arrays."""
        return PythonLoop(section, states, self._fallback)


class PythonLoop:
    """A section as generated Python functions."""

    def __init__(self, section: Section, states: Sequence[Array], fallback: Fallback) -> None:
        self._section, self._states, self._fallback = section, states, fallback
        self._flat = [state.reshape(-1) for state in states]
        self._unrolled = unroll(section)
        self._checks = label_checks(section)
        self._results = [np.empty(sizes(node), node.type.dtype.numpy) for node in section.results]
        self._exceptions = 0
        self._substitute: Executable | None = None
        self._compiled: dict[tuple[str, bool], Mapping[str, Any]] = {}
        self._texts: dict[tuple[int, ...] | None, str] = {}
        self.source = ""
        self._text(() if states and not section.results[0].shape else None)

    def run(self, arguments: Sequence[Array]) -> Sequence[Array]:
        """Run once; see `Executable`. Raises IndexError for a label that is no class."""
        self._check(arguments)
        try:
            found = self._functions(self._text(None))["run"](*map(_numbers, arguments), *self._flat)
        except EXCEPTIONAL:
            return self._exceptional(arguments)
        for array, numbers in zip(self._results, found, strict=True):
            array.reshape(-1)[:] = numbers
        return self._results

    def repeat(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        """Run so many times; see `Executable`. Raises IndexError for a label that is no class."""
        self._check(arguments)
        first = len(self._section.leaves) - series.shape[1]
        columns = _varying(series)
        text = self._text(tuple([first + column for column in columns]))
        given = [*map(_numbers, arguments), *series[0].tolist()]
        fixed = self._prepared(text, given)
        if fixed is None:
            return self._slow.repeat(count, arguments, series)
        losses: list[float] = []
        for start in range(0, count, _BLOCK):
            stop = min(start + _BLOCK, count)
            rows = _rows(series[start:stop], columns, stop - start)
            while len(losses) < stop:
                try:
                    self._functions(text)["repeat"](rows, losses, fixed, *self._flat)
                except EXCEPTIONAL:
                    row = series[len(losses) if len(series) > 1 else 0]
                    results = self._exceptional([*arguments, *self._coefficients(row)])
                    losses.append(results[0].item())
        return np.array(losses, np.float64)

    def _prepared(self, text: str, given: Sequence[Any]) -> tuple[Any, ...] | None:
        """What is the same in every run; None where it divides by 0."""
        for _ in range(2):
            try:
                return self._functions(text)["prepare"](*given)
            except EXCEPTIONAL:
                self._exceptions += _PATIENCE
        return None

    def _check(self, arguments: Sequence[Array]) -> None:
        for check in self._checks:
            check.check(arguments)

    def _text(self, varying: tuple[int, ...] | None) -> str:
        """The text of the loop in which these leaves differ from run to run; with None, of one run. Written when needed."""
        text = self._texts.get(varying)
        if text is None:
            text = run_text(self._unrolled) if varying is None else repeat_text(self._unrolled, varying)
            self._texts[varying] = text
            self.source += f"\n\n{text}" if self.source else text
        return text

    def _functions(self, text: str) -> Mapping[str, Any]:
        """The functions of a text; after some exceptional runs in arithmetic that raises no exception but in divisions."""
        key = text, self._exceptions >= _PATIENCE
        functions = self._compiled.get(key)
        if functions is None:
            functions = self._compiled[key] = {**(CAREFUL if key[1] else FUNCTIONS), "EXCEPTIONAL": EXCEPTIONAL}
            exec(compile(text, "<scalar engine>", "exec"), functions)
        return functions

    def _exceptional(self, arguments: Sequence[Array]) -> Sequence[Array]:
        """A run in arithmetic that knows infinities and nan."""
        self._exceptions += 1
        return self._slow.run(arguments)

    @property
    def _slow(self) -> Executable:
        if self._substitute is None:
            self._substitute = self._fallback(self._section, self._states)
        return self._substitute

    def _coefficients(self, row: npt.NDArray[np.float64]) -> Iterator[Array]:
        leaves = self._section.leaves[len(self._section.leaves) - len(row) :]
        return (np.asarray(number, leaf.type.dtype.numpy) for number, leaf in zip(row, leaves, strict=True))


def _numbers(array: Array) -> Any:
    """A scalar as a number, and an array as a list of its elements in C order."""
    return array.ravel().tolist() if array.ndim else array.item()


def _varying(series: Series) -> list[int]:
    """The columns whose numbers are not all the same."""
    if len(series) == 1:
        return []
    return np.flatnonzero((series != series[0]).any(axis=0)).tolist()


def _rows(series: Series, columns: Sequence[int], count: int) -> Iterator[Any]:
    """For each run the values that differ from run to run: none, one, or a tuple of them."""
    if not columns:
        return times(None, count)
    numbers = [series[:, column].tolist() for column in columns]
    return iter(numbers[0]) if len(numbers) == 1 else zip(*numbers, strict=True)
