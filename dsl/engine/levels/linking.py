"""From code to a plan that runs: the arrays of leaves, states and results, and the source as a function."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dsl.engine.levels.affine import contiguous, run
from dsl.engine.levels.elements import Indices
from dsl.engine.levels.emission import Emission
from dsl.engine.levels.memory import array_at
from dsl.engine.levels.plan import LevelPlan
from dsl.engine.levels.storing import store_lines
from dsl.engine.levels.unrolling import Unrolling
from dsl.graph.passes.section import Section
from dsl.ops.dtypes import DType
from dsl.ops.parameters import Array

MOST_LINES = 4096
"""In one function; the time to translate a function grows faster than its length."""

_HEADER = """\
# Every value has a place in the vector of its element type. f64_100_612 are the places 100 to 611, f64_7 is the number at 7,
# f64_100_20x30 are 20 rows of 30, and f64_100_20x30_31x1 rows whose beginnings are 31 places apart. The names with copy_ are
# parts of vectors for what is copied together, from places_1, places_2 …; state and result are the arrays themselves.
"""


def link(section: Section, unrolled: Unrolling, emission: Emission, states: Sequence[Array]) -> LevelPlan:
    """The plan of a section whose states live in these arrays."""
    types = [[node.type.dtype for node in nodes] for nodes in (section.leaves, section.states, section.results)]
    leaves = [_part(emission, *leaf) for leaf in zip(types[0], unrolled.leaves, strict=True)]
    parts = [_part(emission, *state) for state in zip(types[1], unrolled.states, strict=True)]
    results = [_result(emission, *result) for result in zip(types[2], unrolled.results, strict=True)]
    stores = [_stored(emission, *update) for update in zip(types[1], unrolled.updates, states, strict=True)]
    source = _source(emission.lines)
    loads = list(zip(parts, states, strict=True))
    step = _compiled(source, emission.memory.finish())
    return LevelPlan(source, step, leaves, results, loads, [pair for pair in stores if pair])


def _part(emission: Emission, dtype: DType, elements: Indices) -> Array:
    """The part of the memory where elements lie one behind the other."""
    if not elements.size:
        return np.empty(elements.shape, dtype.numpy)
    first = int(emission.places.position[elements.flat[0]])
    return array_at(emission.memory.values[dtype], contiguous(first, *elements.shape))


def _result(emission: Emission, dtype: DType, elements: Indices) -> Array:
    """The array of a result, with the code to fill it where its elements do not lie one behind the other."""
    places = emission.places.position[elements.reshape(-1)]
    if not len(places) or run(places) is not None:
        return _part(emission, dtype, elements)
    array = np.empty(elements.shape, dtype.numpy)
    emission.lines.append(emission.memory.take(dtype, places, emission.memory.bind("result", array.reshape(-1))))
    return array


def _stored(emission: Emission, dtype: DType, elements: Indices, state: Array) -> tuple[Array, Array] | None:
    """Add the code that gives a state its next value, or else an array that has to be copied to it; None for the first."""
    if not state.size:
        return None
    flat = elements.reshape(-1)
    places, producers = emission.places.position[flat], emission.places.producer[flat]
    following = state if state.flags.c_contiguous else np.empty(state.shape, state.dtype)
    emission.lines += store_lines(emission.memory, dtype, places, producers, following.reshape(-1))
    return None if following is state else (state, following)


def _source(lines: Sequence[str]) -> str:
    """The source of the function `run`, which calls others with its lines where there are many."""
    parts = [lines[start : start + MOST_LINES] for start in range(0, len(lines), MOST_LINES)]
    if len(parts) <= 1:
        return _HEADER + _function("run", lines)
    functions = [_function(f"run_{number}", part) for number, part in enumerate(parts)]
    return _HEADER + "\n\n".join([*functions, _function("run", [f"run_{number}()" for number in range(len(parts))])])


def _function(name: str, lines: Sequence[str]) -> str:
    return "\n    ".join([f"def {name}():", *(lines or ["pass"])]) + "\n"


def _compiled(source: str, names: dict[str, Any]) -> Callable[[], None]:
    exec(compile(source, "<levels>", "exec"), names)
    return names["run"]
