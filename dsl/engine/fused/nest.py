"""The loops of a kernel, and where in its arrays each turn of them reads and writes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from dsl.engine.fused.roles import Shape
from dsl.ops.parameters import Array


@dataclass(frozen=True, slots=True)
class Layout:
    """An array as the loops see it.

    `shape` is its own, right-aligned to the axes of the loops or, where `by_row`, to those before the last. `strides` are in
    bytes; they are not known of an array that each run brings anew and that is no C-contiguous one.
    """

    shape: Shape
    strides: tuple[int, ...] | None
    by_row: bool = False

    def over(self, loop: Shape) -> tuple[int, ...]:
        """The stride along each axis of the loops; 0 where the array is repeated."""
        assert self.strides is not None
        known = tuple(0 if size == 1 else stride for size, stride in zip(self.shape, self.strides, strict=True))
        after = (0,) if self.by_row else ()
        return (*[0] * (len(loop) - len(known) - len(after)), *known, *after)


@dataclass(frozen=True, slots=True)
class View:
    """An array with one axis for each of some loops: what a kernel is given, and indexes by the loops' counters."""

    shape: Shape
    strides: tuple[int, ...] | None
    loops: tuple[int, ...]
    """The loop that each axis belongs to; -1 where the only index is 0."""

    def of(self, array: Array) -> Array:
        """The view of an array with the layout that it was made from."""
        assert self.strides is not None
        return np.ndarray(self.shape, array.dtype, buffer=_bytes(array), strides=self.strides)


def _bytes(array: Array) -> Array:
    """The memory of an array from its first element on."""
    return array


@dataclass(frozen=True, slots=True)
class Nest:
    """Loops, the outermost first; each goes along several neighbouring axes where all arrays lie so that it can.

    `rows` says that the last loop goes along the last axis alone. Axes of size 1 have no loop, but for a row's.
    """

    loop: Shape
    groups: tuple[tuple[int, ...], ...]
    rows: bool

    @property
    def outer(self) -> int:
        """The number of loops around those along a row, or around the innermost one."""
        return len(self.groups) - 1 if self.groups else 0

    def view(self, layout: Layout) -> View:
        """How a kernel is given an array."""
        if layout.strides is None:
            return self._view_of_unknown(layout)
        strides = layout.over(self.loop)
        used = [number for number, axes in enumerate(self.groups) if any(strides[axis] for axis in axes)]
        return View(
            tuple(math.prod(self.loop[axis] for axis in self.groups[number]) for number in used),
            tuple(strides[_last_long(self.groups[number], self.loop)] for number in used),
            tuple(used),
        )

    def _view_of_unknown(self, layout: Layout) -> View:
        """The array as it is; every axis has a loop of its own."""
        first = len(self.loop) - len(layout.shape) - layout.by_row
        loop_of = {axes[0]: number for number, axes in enumerate(self.groups)}
        loops = [loop_of.get(first + at, -1) if size > 1 else -1 for at, size in enumerate(layout.shape)]
        return View(layout.shape, None, tuple(loops))


def nest(loop: Shape, layouts: Sequence[Layout], rows: bool) -> Nest:
    """The fewest loops over these axes for arrays of these layouts."""
    merges = all(layout.strides is not None for layout in layouts)
    strides = [layout.over(loop) for layout in layouts] if merges else []
    groups: list[list[int]] = []
    for axis, size in enumerate(loop):
        last = rows and axis == len(loop) - 1
        if size == 1 and not last:
            continue
        if groups and not last and merges and all(own[groups[-1][-1]] == own[axis] * size for own in strides):
            groups[-1].append(axis)
        else:
            groups.append([axis])
    return Nest(loop, tuple(map(tuple, groups)), rows)
