"""Places in memory that lie in equal steps, which can be read without copying them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dsl.engine.levels.elements import Indices

LEAST_ROW = 16
"""Shorter rows of two-dimensional patterns are no faster than copying."""


@dataclass(frozen=True, slots=True)
class Affine:
    """The places offset + i * strides[0] + j * strides[1]; no axis for one place that stands for all."""

    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]

    @property
    def is_contiguous(self) -> bool:
        """Whether the places follow each other."""
        step = 1
        for size, stride in zip(reversed(self.shape), reversed(self.strides), strict=True):
            if stride != step:
                return False
            step *= size
        return True

    def as_long_as(self, count: int) -> Affine:
        """A line of so many places in the same steps, and one place for all as it is."""
        return Affine(self.offset, (count,), self.strides) if self.shape else self

    def as_rows(self, length: int) -> Affine:
        """A line of places as rows of some length."""
        (count,), (stride,) = self.shape, self.strides
        return Affine(self.offset, (count // length, length), (stride * length, stride))


def contiguous(offset: int, *shape: int) -> Affine:
    """Places that follow each other, in the order of an array of this shape."""
    strides = [1]
    for size in reversed(shape[1:]):
        strides.insert(0, strides[0] * size)
    return Affine(offset, shape, tuple(strides[: len(shape)]))


def run(places: Indices) -> int | None:
    """The first of places that follow each other, None where they do not."""
    first = int(places[0])
    return first if int(places[-1]) - first == len(places) - 1 and (np.diff(places) == 1).all() else None


def line(places: Indices) -> Affine | None:
    """The pattern of places in equal steps, if they are; without an axis where several are one and the same."""
    first = int(places[0])
    if len(places) == 1:
        return Affine(first, (1,), (1,))
    step = int(places[1]) - first
    if int(places[-1]) - first != step * (len(places) - 1) or (np.diff(places) != step).any():
        return None
    return Affine(first, (len(places),), (step,)) if step else Affine(first, (), ())


def grid(places: Indices) -> Affine | None:
    """The pattern of an array of places in equal steps along each axis, such as a transposed matrix."""
    first = int(places[(0,) * places.ndim])
    expected: Indices = np.full(places.shape, first, np.intp)
    strides: list[int] = []
    for axis, numbers in enumerate(np.indices(places.shape)):
        second = tuple(int(other == axis) for other in range(places.ndim))
        strides.append(int(places[second]) - first if places.shape[axis] > 1 else 1)
        expected += numbers * strides[-1]
    return Affine(first, places.shape, tuple(strides)) if np.array_equal(expected, places) else None


def rectangle(places: Indices) -> Affine | None:
    """The pattern of places in equally long rows of equal steps, whose beginnings are in equal steps too."""
    if len(places) < 2 * LEAST_ROW:
        return None
    differences = np.diff(places[: len(places) // 2 + 1])
    length = int(np.argmax(differences != differences[0])) + 1
    if length < LEAST_ROW or len(places) % length:
        return None
    rows = places.reshape(-1, length)
    across, along = int(rows[1, 0]) - int(rows[0, 0]), int(differences[0])
    expected = rows[0, 0] + np.arange(len(rows))[:, None] * across + np.arange(length) * along
    return Affine(int(rows[0, 0]), rows.shape, (across, along)) if np.array_equal(rows, expected) else None
