"""The code that computes sums of many terms, in the order of the additions that they stand for."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dsl.engine.levels.affine import Affine, contiguous, line, rectangle, run
from dsl.engine.levels.buckets import Bucket
from dsl.engine.levels.elements import Indices
from dsl.engine.levels.kinds import RowSum, Total
from dsl.engine.levels.waves import Wave
from dsl.ops.dtypes import DType

ADD, REDUCE, ACCUMULATE = np.add, np.add.reduce, np.add.accumulate

# What calls take, in nanoseconds, measured on vectors that fit into the second cache.
ADDITION, REDUCTION, ACCUMULATION = 450, 1500, 1500
PER_TERM = 2

LEAST_BLOCK = 64
"""Terms that lie in equal steps are read as they are, or copied as a block, where there are so many of them."""


def add_totals(wave: Wave, kind: Total, bucket: Bucket, position: Indices, offset: int) -> None:
    """Add the code for the sums of a bucket, whose results lie from `offset` on."""
    count, length = len(bucket.elements), len(bucket.terms)
    by_column = ADDITION * (length - 1)
    if count == 1 and by_column > ACCUMULATION:
        _add_single(wave, kind, position[np.array(bucket.terms)[:, 0]], offset)
        return
    filling = count * length - sum(map(len, bucket.terms))
    if count > 1 and by_column > REDUCTION + PER_TERM * filling:
        filler = [kind.filler] * count
        terms = np.array([row + filler[len(row) :] for row in bucket.terms])
        _add_matrix(wave, kind, position[terms], offset)
        return
    _add_columns(wave, kind, [position[np.array(row)] for row in bucket.terms], offset)


def _add_columns(wave: Wave, kind: Total, rows: Sequence[Indices], offset: int) -> None:
    """The second terms of all sums are added to the first, then the third of those that have one …"""
    add, total = wave.memory.function("add", ADD), _read(wave, kind.dtype, rows[0])
    for number, places in enumerate(rows[1:]):
        terms = _read(wave, kind.dtype, places)
        result = wave.memory.part(kind.dtype, contiguous(offset, len(places)))
        wave.lines.append(f"{add}({result if number else total}, {terms}, out={result})")
    begin_with_zero(wave, kind, offset, len(rows[0]))


def _read(wave: Wave, dtype: DType, places: Indices) -> str:
    """A name for the values at some places, which are copied unless they lie in equal steps."""
    pattern = line(places) if len(places) == 1 or len(places) >= LEAST_BLOCK else None
    if pattern:
        return wave.memory.part(dtype, pattern)
    return wave.memory.copy(dtype, wave.gather(dtype, places), len(places))


def _add_single(wave: Wave, kind: Total, places: Indices, offset: int) -> None:
    """One sum: all sums on the way are kept, to take the last. A reduction would add in another order."""
    count, memory, dtype = len(places), wave.memory, kind.dtype
    first = run(places)
    if first is None:
        terms = memory.copy(dtype, wave.gather(dtype, places), count)
    else:
        terms = memory.part(dtype, contiguous(first, count))
    start = wave.room(dtype, count)
    sums, last = memory.copy(dtype, start, count), memory.copy(dtype, start + count - 1, 1)
    wave.lines.append(f"{memory.function('accumulate', ACCUMULATE)}({terms}, 0, None, {sums})")
    wave.lines.append(f"{memory.part(dtype, contiguous(offset, 1))}[...] = {last}")
    begin_with_zero(wave, kind, offset, 1)


def begin_with_zero(wave: Wave, kind: Total, offset: int, count: int) -> None:
    """Where a sum begins with 0, zeros that are all negative add up to 0; no other result tells the difference."""
    if _begins_below_zero(kind):
        return
    add, result = wave.memory.function("add", ADD), wave.memory.part(kind.dtype, contiguous(offset, count))
    wave.lines.append(f"{add}({result}, 0.0, out={result})")


def _begins_below_zero(kind: Total) -> bool:
    """Whether a sum has the sign of a zero that its terms give it."""
    return math.copysign(1, kind.start) < 0 or not kind.dtype.is_float


def _add_matrix(wave: Wave, kind: Total, places: Indices, offset: int) -> None:
    """Several sums of equal length: NumPy adds row after row."""
    pattern = _rows(places)
    source = wave.memory.part(kind.dtype, pattern) if pattern else _copied(wave, kind.dtype, places)
    result = wave.memory.part(kind.dtype, contiguous(offset, places.shape[1]))
    start = ", False, -0.0" if _begins_below_zero(kind) and kind.dtype.is_float else ""
    wave.lines.append(f"{wave.memory.function('reduce', REDUCE)}({source}, 0, None, {result}{start})")


def add_row_sums(wave: Wave, kind: RowSum, places: Indices, offset: int) -> None:
    """Add the code for sums in NumPy's order of the values at each row of places; results lie from `offset` on."""
    pattern = _rows(places)
    if pattern:
        source = wave.memory.part(kind.dtype, pattern)
    else:
        source = wave.memory.copy(kind.dtype, wave.gather(kind.dtype, places.reshape(-1)), *places.shape)
    result = wave.memory.part(kind.dtype, contiguous(offset, len(places)))
    wave.lines.append(f"{wave.memory.function('reduce', REDUCE)}({source}, 1, None, {result})")


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


def _copied(wave: Wave, dtype: DType, places: Indices) -> str:
    """A name for a copy of a matrix, made in blocks of rows where they lie in equal steps."""
    count, length = places.shape
    blocks = _blocks(places) if length >= LEAST_BLOCK else [(0, count, None)]
    if len(blocks) == 1 and blocks[0][2] is None:
        return wave.memory.copy(dtype, wave.gather(dtype, places.reshape(-1)), count, length)
    start = wave.room(dtype, count * length)
    for first, stop, pattern in blocks:
        into = wave.memory.copy(dtype, start + first * length, stop - first, length)
        if pattern:
            wave.lines.append(f"{into}[...] = {wave.memory.part(dtype, pattern)}")
        else:
            wave.lines.append(wave.memory.take(dtype, places[first:stop], into))
    return wave.memory.copy(dtype, start, count, length)


def _blocks(places: Indices) -> list[tuple[int, int, Affine | None]]:
    """Rows from one to before another, with their pattern; None where they have none."""
    widths = places[:, 1] - places[:, 0]
    regular = (np.diff(places, axis=1) == widths[:, None]).all(axis=1)
    # rows belong together that are all irregular, or alike and at one distance from each other
    distances = np.diff(places[:, 0])
    alike = (regular[1:] & regular[:-1] & (widths[1:] == widths[:-1])).tolist()
    wild, steps, count, length = (~(regular[1:] | regular[:-1])).tolist(), distances.tolist(), *places.shape
    found: list[tuple[int, int, Affine | None]] = []
    start = 0
    while start < count:
        stop = start + 1
        while stop < count and (wild[stop - 1] or (alike[stop - 1] and steps[stop - 1] == steps[start])):
            stop += 1
        pattern = None
        if regular[start]:
            step = steps[start] if stop > start + 1 else length
            pattern = Affine(int(places[start, 0]), (stop - start, length), (step, int(widths[start])))
        found.append((start, stop, pattern))
        start = stop
    return found if len(found) <= 2 + count // 4 else [(0, count, None)]
