"""Sums of many terms: which are computed together, and the code that does it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

from dsl.engine.levels.affine import Affine, contiguous, rectangle, run
from dsl.engine.levels.elements import Elements, Indices
from dsl.engine.levels.kinds import RowSum, Total
from dsl.engine.levels.memory import Memory
from dsl.engine.levels.schedule import Batch
from dsl.ops.dtypes import DType

LONG = 24
"""Sums of more terms are computed with those of equal length only."""

LEAST_BLOCK = 64
"""Terms that follow each other are copied as a block where there are so many of them in a row."""


@dataclass(slots=True)
class Bucket:
    """Sums that are computed together, the longer ones first; `terms` has the k-th terms of all at place k.

    Where sums are of different length, later rows of terms are shorter.
    """

    elements: list[int]
    terms: list[list[int]]

    @property
    def is_ragged(self) -> bool:
        """Whether the sums are of different lengths."""
        return len(self.terms[-1]) < len(self.elements)


def buckets(elements: Elements, batch: Batch) -> list[Bucket]:
    """The sums of a batch: by length where they are long, or all of one length, else the shorter ones together."""
    sources = elements.sources
    ordered = sorted(batch.elements, key=lambda element: (-len(sources[element]), element))
    by_length = [list(group) for _, group in groupby(ordered, key=lambda element: len(sources[element]))]
    found = [group for group in by_length if len(sources[group[0]]) > LONG]
    short = by_length[len(found) :]
    if short:
        found.append([element for group in short for element in group])
    return [Bucket(group, _columns([sources[element] for element in group])) for group in found]


def _columns(rows: Sequence[tuple[int, ...]]) -> list[list[int]]:
    """The k-th items of all rows, of which each is at most as long as the one before."""
    columns: list[list[int]] = []
    count = len(rows)
    for place in range(len(rows[0])):
        while len(rows[count - 1]) <= place:
            count -= 1
        columns.append([row[place] for row in rows[:count]])
    return columns


def total_lines(memory: Memory, kind: Total, bucket: Bucket, position: Indices, offset: int) -> list[str]:
    """Code for the sums of a bucket, whose results lie from `offset` on."""
    if bucket.is_ragged:
        return _ragged(memory, kind, bucket, position, offset)
    places = position[np.array(bucket.terms)]
    return _single(memory, kind, places[:, 0], offset) if places.shape[1] == 1 else _matrix(memory, kind, places, offset)


def _ragged(memory: Memory, kind: Total, bucket: Bucket, position: Indices, offset: int) -> list[str]:
    """Sums of different lengths: the second terms of all are added to the first, then the third of those that have one …"""
    counts = [len(terms) for terms in bucket.terms]
    places = position[np.array([term for terms in bucket.terms for term in terms])]
    lines, part = _in_line(memory, kind.dtype, places)
    add, at = memory.function("add", np.add), counts[0]
    total = part(0, at)
    for count in counts[1:]:
        result = memory.part(kind.dtype, contiguous(offset, count))
        lines.append(f"{add}({total if at == counts[0] else result}, {part(at, count)}, out={result})")
        at += count
    return lines + _from_zero(memory, kind, offset, counts[0])


def _single(memory: Memory, kind: Total, places: Indices, offset: int) -> list[str]:
    """One sum: all its parts are computed, and the last one kept. A reduction would add in another order."""
    count = len(places)
    lines, part = _in_line(memory, kind.dtype, places)
    parts, last = (memory.copy(kind.dtype, contiguous(*place)) for place in ((0, count), (count - 1, 1)))
    accumulate = memory.function("accumulate", np.add.accumulate)
    lines.append(f"{accumulate}({part(0, count)}, 0, None, {parts})")
    lines.append(f"{memory.part(kind.dtype, contiguous(offset, 1))}[...] = {last}")
    return lines + _from_zero(memory, kind, offset, 1)


def _from_zero(memory: Memory, kind: Total, offset: int, count: int) -> list[str]:
    """The sum of zeros that are all negative is 0 where it begins with 0; no other result tells the difference."""
    if math.copysign(1, kind.start) < 0 or not kind.dtype.is_float:
        return []
    result = memory.part(kind.dtype, contiguous(offset, count))
    return [f"{memory.function('add', np.add)}({result}, 0.0, out={result})"]


def _matrix(memory: Memory, kind: Total, places: Indices, offset: int) -> list[str]:
    """Several sums of equal length: NumPy adds row after row."""
    pattern = _rows(places)
    if pattern:
        lines, source = list[str](), memory.part(kind.dtype, pattern)
    else:
        lines = _copied(memory, kind.dtype, places)
        source = memory.copy(kind.dtype, contiguous(0, *places.shape))
    start = ", False, -0.0" if math.copysign(1, kind.start) < 0 and kind.dtype.is_float else ""
    result = memory.part(kind.dtype, contiguous(offset, places.shape[1]))
    return [*lines, f"{memory.function('reduce', np.add.reduce)}({source}, 0, None, {result}{start})"]


def row_sum_lines(memory: Memory, kind: RowSum, places: Indices, offset: int) -> list[str]:
    """Code for sums in NumPy's order of the values at each row of places, whose results lie from `offset` on."""
    pattern = _rows(places)
    if pattern:
        lines, source = list[str](), memory.part(kind.dtype, pattern)
    else:
        source = memory.copy(kind.dtype, contiguous(0, *places.shape))
        lines = [memory.take(kind.dtype, places, source)]
    result = memory.part(kind.dtype, contiguous(offset, len(places)))
    return [*lines, f"{memory.function('reduce', np.add.reduce)}({source}, 1, None, {result})"]


def _rows(places: Indices) -> Affine | None:
    """The pattern of places whose rows are contiguous and follow each other, so that NumPy keeps the order of the sums."""
    flat = places.reshape(-1)
    first = run(flat)
    if first is not None:
        return contiguous(first, *places.shape)
    pattern = rectangle(flat)
    if pattern is None or pattern.shape != places.shape or pattern.strides[1] != 1:
        return None
    return pattern if pattern.strides[0] >= places.shape[1] else None


def _in_line(memory: Memory, dtype: DType, places: Indices) -> tuple[list[str], Callable[[int, int], str]]:
    """Code that brings the values at some places together, and what gives names to parts of them."""
    first = run(places)
    if first is not None:
        return [], lambda start, count: memory.part(dtype, contiguous(first + start, count))
    lines = [memory.take(dtype, places, memory.copy(dtype, contiguous(0, len(places))))]
    return lines, lambda start, count: memory.copy(dtype, contiguous(start, count))


def _copied(memory: Memory, dtype: DType, places: Indices) -> list[str]:
    """Code that copies a matrix, in blocks of rows where they lie in equal steps."""
    blocks = _blocks(places) if places.shape[1] >= LEAST_BLOCK else [(0, len(places), None)]
    lines: list[str] = []
    for start, stop, pattern in blocks:
        into = memory.copy(dtype, contiguous(start * places.shape[1], stop - start, places.shape[1]))
        if pattern:
            lines.append(f"{into}[...] = {memory.part(dtype, pattern)}")
        else:
            lines.append(memory.take(dtype, places[start:stop], into))
    return lines


def _blocks(places: Indices) -> list[tuple[int, int, Affine | None]]:
    """Rows from one to before another, with their pattern; None where they have none."""
    steps = places[:, 1] - places[:, 0]
    regular = (np.diff(places, axis=1) == steps[:, None]).all(axis=1).tolist()
    firsts, widths = places[:, 0].tolist(), steps.tolist()
    found: list[tuple[int, int, Affine | None]] = []
    start, count, length = 0, *places.shape
    while start < count:
        stop = start + 1
        distance = firsts[stop] - firsts[start] if stop < count else 0
        while stop < count and regular[stop] == regular[start] and (
            not regular[start] or (widths[stop] == widths[start] and firsts[stop] - firsts[stop - 1] == distance)
        ):
            stop += 1
        pattern = Affine(firsts[start], (stop - start, length), (distance, widths[start])) if regular[start] else None
        found.append((start, stop, pattern))
        start = stop
    return found if len(found) <= 2 + count // 4 else [(0, count, None)]
