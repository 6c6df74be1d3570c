"""The code that brings the next values of a state from the memory to the state's array."""

from __future__ import annotations

import numpy as np

from dsl.engine.levels.affine import contiguous, run
from dsl.engine.levels.elements import Indices
from dsl.engine.levels.memory import Memory, array_at
from dsl.engine.levels.segments import segments
from dsl.ops.dtypes import DType
from dsl.ops.parameters import Array


def store_lines(memory: Memory, dtype: DType, places: Indices, producers: Indices, target: Array) -> list[str]:
    """Code that copies the values at some places to a contiguous vector."""
    into = memory.bind("state", target)
    first = run(places)
    if first is not None:
        return [f"{into}[...] = {memory.part(dtype, contiguous(first, len(places)))}"]
    order = np.argsort(places, kind="stable")
    pairs = np.stack([places[order], order], axis=1)
    origins = np.stack([producers[order], np.zeros_like(order)], axis=1)
    lines, left = list[str](), list[Indices]()
    for part in segments(pairs, origins):
        source, destination = part.operands
        if source is None or destination is None or not destination.shape:
            left.append(order[part.start : part.stop])
            continue
        name = memory.bind("state", array_at(target, destination))
        lines.append(f"{name}[...] = {memory.part(dtype, source)}")
    if not left:
        return lines
    rest = np.sort(np.concatenate(left))
    if 2 * len(rest) > len(places):
        return [memory.take(dtype, places, into)]
    values = memory.copy(dtype, 0, len(rest))
    return [
        *lines,
        memory.take(dtype, places[rest], values),
        f'{into}.put({memory.bind("places", rest)}, {values}, "clip")',
    ]
