"""The vectors that hold all values of a run, and the names of their parts in the code."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dsl.engine.levels.affine import Affine, contiguous
from dsl.engine.levels.elements import Indices
from dsl.ops.dtypes import DType
from dsl.ops.parameters import Array


class Memory:
    """One vector of values an element type, one for what is copied on the way, and all names that the code uses.

    A part is called after its place: `f64_100_612` are the places from 100 to before 612, `f64_7` is the number at 7, and
    `f64_100_20x30_31x1` are 20 rows of 30, at distances of 31 and 1. Copies are made in `copy_f64_0_512`, at `places_3`.
    """

    def __init__(self, sizes: Mapping[DType, int]) -> None:
        self.values: dict[DType, Array] = {dtype: np.zeros(size, dtype.numpy) for dtype, size in sizes.items()}
        self.names: dict[str, Any] = {}
        self._copies: dict[str, tuple[DType, Affine]] = {}
        self._functions: dict[int, str] = {}

    def part(self, dtype: DType, pattern: Affine) -> str:
        """A name for a part of the values."""
        name = _part_name(dtype, pattern)
        if name not in self.names:
            self.names[name] = array_at(self.values[dtype], pattern)
        return name

    def copy(self, dtype: DType, offset: int, *shape: int) -> str:
        """A name for an array in the vector for copies."""
        pattern = contiguous(offset, *shape)
        name = f"copy_{_part_name(dtype, pattern)}"
        self._copies[name] = dtype, pattern
        return name

    def function(self, name: str, function: Callable[..., Any]) -> str:
        """A name for a function; the same one each time."""
        found = self._functions.get(id(function))
        if found is None:
            found = self._functions[id(function)] = self.free(name)
            self.names[found] = function
        return found

    def take(self, dtype: DType, places: Indices, into: str) -> str:
        """A line that copies the values at some places, one behind the other."""
        take = f"take_{dtype}"
        self.names[take] = self.values[dtype].take
        # with mode="clip" NumPy writes to the result itself, with mode="raise" to a copy of it first
        return f'{take}({self.bind("places", places)}, None, {into}, "clip")'

    def bind(self, hint: str, value: Any) -> str:
        """A new name for a value."""
        name = self.free(f"{hint}_{len(self.names)}")
        self.names[name] = value
        return name

    def free(self, name: str) -> str:
        """The name, or one like it that nothing has."""
        return name if name not in self.names else self.free(f"{name}_{len(self.names)}")

    def finish(self) -> dict[str, Any]:
        """All names and what they stand for, with as much memory for copies as they need."""
        sizes: dict[DType, int] = {}
        for dtype, pattern in self._copies.values():
            sizes[dtype] = max(sizes.get(dtype, 0), pattern.offset + math.prod(pattern.shape))
        copies = {dtype: np.zeros(size, dtype.numpy) for dtype, size in sizes.items()}
        for name, (dtype, pattern) in self._copies.items():
            self.names[name] = array_at(copies[dtype], pattern)
        return self.names


def array_at(vector: Array, pattern: Affine) -> Array:
    """The places of a pattern in a vector, as an array."""
    size = vector.itemsize
    strides = [stride * size for stride in pattern.strides]
    return np.ndarray(pattern.shape, vector.dtype, vector, pattern.offset * size, strides)


def _part_name(dtype: DType, pattern: Affine) -> str:
    offset, shape = pattern.offset, pattern.shape
    if not shape:
        return f"{dtype}_{offset}"
    if shape and len(shape) == 1 and pattern.is_contiguous:
        return f"{dtype}_{offset}_{offset + shape[0]}"
    name = f"{dtype}_{offset}_{'x'.join(map(str, shape))}"
    if pattern.is_contiguous:
        return name
    return f"{name}_{'x'.join(map(str, pattern.strides))}".replace("-", "minus")
