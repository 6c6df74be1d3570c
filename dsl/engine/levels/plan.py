"""A compiled section: the code of a run, what it is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from dsl.engine.executable import Series
from dsl.engine.levels.affine import contiguous, run
from dsl.engine.levels.elements import Indices
from dsl.engine.levels.emission import Emission
from dsl.engine.levels.memory import array_at
from dsl.engine.levels.storing import store_lines
from dsl.engine.levels.unrolling import Unrolling
from dsl.graph.node import Node
from dsl.graph.passes.section import Section
from dsl.ops.parameters import Array

MOST_LINES = 4096
"""In one function; the time to translate a function grows faster than its length."""


class LevelPlan:
    """A section compiled to calls on a few long vectors."""

    def __init__(self, section: Section, unrolled: Unrolling, emission: Emission, states: Sequence[Array]) -> None:
        self._emission = emission
        self._leaves = [self._part(*leaf) for leaf in zip(section.leaves, unrolled.leaves, strict=True)]
        self._states = [self._part(*state) for state in zip(section.states, unrolled.states, strict=True)]
        self._arrays = list(states)
        self._results = [self._result(*result) for result in zip(section.results, unrolled.results, strict=True)]
        self._stored: list[tuple[Array, Array]] = []
        for node, elements, array in zip(section.updates, unrolled.updates, states, strict=True):
            self._store(node, elements, array)
        self.source = _source(emission.lines)
        self._run = _compiled(self.source, emission.memory.finish())

    def run(self, arguments: Sequence[Array]) -> Sequence[Array]:
        """Run once on the values of the leaves; the results are overwritten by the next run."""
        for part, value in zip(self._leaves, arguments, strict=True):
            part[...] = value
        with np.errstate(all="ignore"):
            self._step()
        return self._results

    def repeat(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        """Run so many times; the first result of each run."""
        for part, value in zip(self._leaves, arguments, strict=False):
            part[...] = value
        varying = self._leaves[len(arguments) :]
        rows, found = series.tolist(), np.empty(count)
        with np.errstate(all="ignore"):
            for number in range(count):
                for part, value in zip(varying, rows[number if len(rows) > 1 else 0], strict=True):
                    part[...] = value
                self._step()
                found[number] = self._results[0]
        return found

    def _step(self) -> None:
        for part, array in zip(self._states, self._arrays, strict=True):
            part[...] = array
        self._run()
        for array, copied in self._stored:
            array[...] = copied

    def _part(self, node: Node, elements: Indices) -> Array:
        """The part of the memory where a leaf or a state lies."""
        places = self._places(elements)
        if not len(places):
            return np.empty(elements.shape, node.type.dtype.numpy)
        values = self._emission.memory.values[node.type.dtype]
        return array_at(values, contiguous(int(places[0]), *elements.shape))

    def _result(self, node: Node, elements: Indices) -> Array:
        """The array of a result, with the code to fill it where its elements do not lie one behind the other."""
        places = self._places(elements)
        if not len(places) or run(places) is not None:
            return self._part(node, elements)
        array = np.empty(elements.shape, node.type.dtype.numpy)
        memory = self._emission.memory
        self._emission.lines.append(memory.take(node.type.dtype, places, memory.bind("result", array.reshape(-1))))
        return array

    def _store(self, node: Node, elements: Indices, array: Array) -> None:
        """Add the code that gives a state its next value."""
        if not array.size:
            return
        target = array.reshape(-1) if array.flags.c_contiguous else np.empty(array.size, array.dtype)
        if not array.flags.c_contiguous:
            self._stored.append((array, target.reshape(array.shape)))
        producers = self._emission.places.producer[elements.reshape(-1)]
        self._emission.lines += store_lines(
            self._emission.memory, node.type.dtype, self._places(elements), producers, target
        )

    def _places(self, elements: Indices) -> Indices:
        return self._emission.places.position[elements.reshape(-1)]


def _source(lines: Sequence[str]) -> str:
    """The source of the function `run`, which calls others with its lines where there are many."""
    parts = [lines[start : start + MOST_LINES] for start in range(0, len(lines), MOST_LINES)]
    if len(parts) <= 1:
        return _function("run", lines)
    functions = [_function(f"run_{number}", part) for number, part in enumerate(parts)]
    return "\n\n".join([*functions, _function("run", [f"run_{number}()" for number in range(len(parts))])])


def _function(name: str, lines: Sequence[str]) -> str:
    return "\n    ".join([f"def {name}():", *(lines or ["pass"])]) + "\n"


def _compiled(source: str, names: dict[str, Any]) -> Callable[[], None]:
    exec(compile(source, "<levels>", "exec"), names)
    return names["run"]
