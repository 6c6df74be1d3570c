"""The loops of a kernel, and the arrays as the loops see them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dsl.engine.fused.roles import Shape
from dsl.ops.parameters import Array


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of an array, and its strides in bytes.

    The shape is right-aligned to the axes of the loops or, where `by_row`, to those before the last. The strides are not known
    of an array that each run brings anew and that is no C-contiguous one.
    """

    shape: Shape
    strides: tuple[int, ...] | None
    by_row: bool = False

    def over(self, loop: Shape) -> tuple[int, ...]:
        """The stride along each axis of the loops; 0 where the array is repeated."""
        assert self.strides is not None
        own = [0 if size == 1 else stride for size, stride in zip(self.shape, self.strides, strict=True)]
        after = [0] if self.by_row else []
        return (*[0] * (len(loop) - len(own) - len(after)), *own, *after)


@dataclass(frozen=True, slots=True)
class View:
    """What a kernel is given of an array: one axis for each of some loops, by whose counters it is indexed.

    `loops` are the numbers of these loops; -1 where the only index is 0.
    """

    shape: Shape
    strides: tuple[int, ...] | None
    loops: tuple[int, ...]

    def of(self, array: Array) -> Array:
        """The view of the array whose layout it was made from."""
        return np.lib.stride_tricks.as_strided(array, self.shape, self.strides)


@dataclass(frozen=True, slots=True)
class Nest:
    """Loops over a shape, the outermost first: each along one axis, or along neighbours that all arrays have as one.

    Axes of size 1 have no loop.
    """

    shape: Shape
    loops: tuple[tuple[int, ...], ...]

    def length(self, number: int) -> int:
        """The length of a loop."""
        return math.prod(self.shape[axis] for axis in self.loops[number])

    def view(self, layout: Layout, full: bool = False) -> View:
        """What a kernel is given of an array; where `full`, with an axis for every loop."""
        if layout.strides is None:
            return self._whole(layout)
        strides = layout.over(self.shape)
        used = [number for number, axes in enumerate(self.loops) if full or strides[axes[-1]]]
        return View(
            tuple([self.length(number) for number in used]),
            tuple([strides[self.loops[number][-1]] for number in used]),
            tuple(used),
        )

    def _whole(self, layout: Layout) -> View:
        """The array as it is, where its strides are not known; every axis has a loop of its own then."""
        first = len(self.shape) - len(layout.shape) - layout.by_row
        number = {axes[0]: number for number, axes in enumerate(self.loops)}
        loops = [number[first + at] if size > 1 else -1 for at, size in enumerate(layout.shape)]
        return View(layout.shape, None, tuple(loops))


def nest(shape: Shape, layouts: Sequence[Layout], rows: bool) -> Nest:
    """The fewest loops over a shape for these arrays; with `rows`, the last axis has a loop of its own."""
    mergeable = all(layout.strides is not None for layout in layouts)
    strides = [layout.over(shape) for layout in layouts] if mergeable else []
    loops: list[list[int]] = []
    for axis, size in enumerate(shape):
        if size == 1:
            continue
        row = rows and axis == len(shape) - 1
        if loops and mergeable and not row and all(own[loops[-1][-1]] == own[axis] * size for own in strides):
            loops[-1].append(axis)
        else:
            loops.append([axis])
    return Nest(shape, tuple(map(tuple, loops)))
