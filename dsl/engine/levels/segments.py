"""How the operands of a batch are read: as parts of the memory where they can be, else from copies."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from dsl.engine.levels.affine import Affine, line, rectangle
from dsl.engine.levels.elements import Indices

# What calls take, in nanoseconds, measured on vectors that fit into the second cache.
CALL = 450
COPY = 300
PER_COPY, PER_COPY_SORTED = 1.6, 1.3
PER_STEP = 0.7
PER_ROW = 12

LEAST_SEGMENT = 256
"""A call of its own pays for no fewer elements."""


@dataclass(frozen=True, slots=True)
class Segment:
    """Elements from `start` to before `stop` of a batch, in an array of this shape; None for an operand to be copied."""

    start: int
    stop: int
    shape: tuple[int, ...]
    operands: tuple[Affine | None, ...]
    cost: float


def segments(places: Indices, producers: Indices, *, any_step: bool = True) -> list[Segment]:
    """The calls for a batch whose elements have the operands at `places`, a row for each element.

    The batch is cut where an operand comes from another call than the one before, if that saves more than it costs.
    `any_step` says whether operands may lie in other steps than one behind the other.
    """
    whole = _read(places, 0, any_step)
    if None not in whole.operands or len(places) < 2 * LEAST_SEGMENT:
        return [whole]
    cuts = np.flatnonzero((producers[1:] != producers[:-1]).any(axis=1)) + 1
    bounds = _large([0, *cuts.tolist(), len(places)])
    parts = _joined([_read(places[start:stop], start, any_step) for start, stop in pairwise(bounds)])
    return parts if sum(part.cost for part in parts) < whole.cost else [whole]


def _read(places: Indices, start: int, any_step: bool) -> Segment:
    """A segment of all these elements."""
    count = len(places)
    patterns = [line(column) or (rectangle(column) if any_step else None) for column in places.T]
    if not any_step:
        patterns = [pattern if pattern and pattern.strides in ((), (1,)) else None for pattern in patterns]
    shapes = [pattern.shape for pattern in patterns if pattern and len(pattern.shape) == 2]
    shape = max(shapes, key=shapes.count) if shapes else (count,)
    operands = tuple([_in_shape(pattern, shape) for pattern in patterns])
    costs = [_cost(operand, column) for operand, column in zip(operands, places.T, strict=True)]
    copies = COPY if None in operands else 0
    return Segment(start, start + count, shape, operands, CALL + copies + sum(costs))


def _in_shape(pattern: Affine | None, shape: tuple[int, ...]) -> Affine | None:
    """The pattern as an array of this shape, or of none; None where it has another."""
    if pattern is None or not pattern.shape or pattern.shape == shape:
        return pattern
    return pattern.as_rows(shape[1]) if len(pattern.shape) == 1 else None


def _cost(pattern: Affine | None, places: Indices) -> float:
    if pattern is None:
        return len(places) * (PER_COPY_SORTED if (places[1:] >= places[:-1]).all() else PER_COPY)
    if not pattern.shape:
        return 0
    rows = PER_ROW * pattern.shape[0] if len(pattern.shape) == 2 else 0
    return rows + (0 if pattern.strides[-1] in (0, 1) else PER_STEP * len(places))


def _large(bounds: Sequence[int]) -> list[int]:
    """The bounds without those around small segments that have small neighbours."""
    found = [0]
    for place in range(1, len(bounds) - 1):
        before, at, after = bounds[place - 1 : place + 2]
        if at - before >= LEAST_SEGMENT or after - at >= LEAST_SEGMENT:
            found.append(at)
    return [*found, bounds[-1]]


def _joined(parts: Sequence[Segment]) -> list[Segment]:
    """The segments, with those made one that go on in the same steps."""
    found = [parts[0]]
    for part in parts[1:]:
        both = _join(found[-1], part)
        if both:
            found[-1] = both
        else:
            found.append(part)
    return found


def _join(left: Segment, right: Segment) -> Segment | None:
    """Both segments as one, None where they cannot be."""
    before, count = left.stop - left.start, right.stop - left.start
    pairs = zip(left.operands, right.operands, strict=True)
    if len(left.shape) == 2 or len(right.shape) == 2 or not all(_goes_on(*pair, before) for pair in pairs):
        return None
    operands = tuple([pattern and pattern.as_long_as(count) for pattern in left.operands])
    return Segment(left.start, right.stop, (count,), operands, left.cost + right.cost - CALL)


def _goes_on(before: Affine | None, after: Affine | None, count: int) -> bool:
    """Whether an operand lies behind the other in the same steps, of which the other makes so many; or both are copied."""
    if before is None or after is None:
        return before is after
    step = before.strides[0] if before.strides else 0
    return before.strides == after.strides and before.offset + step * count == after.offset


def single(places: Indices) -> Segment:
    """The call for one element."""
    return Segment(0, 1, (1,), tuple([Affine(place, (1,), (1,)) for place in places.tolist()]), CALL)
