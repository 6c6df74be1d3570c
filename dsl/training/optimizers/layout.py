"""Arrays of several names as one vector, and back."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from dsl.ops.parameters import Array


class Layout:
    """Where each named array lies in a vector that holds them all."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self.dtype = np.result_type(*arrays.values()) if arrays else np.dtype(np.float64)
        self._arrays = {name: (array.shape, array.dtype) for name, array in arrays.items()}

    @property
    def size(self) -> int:
        """The length of the vector."""
        return sum(math.prod(shape) for shape, _ in self._arrays.values())

    def join(self, arrays: Mapping[str, Array | None]) -> Array:
        """The vector; zeros where an array is None or missing."""
        vector = np.zeros(self.size, self.dtype)
        at = 0
        for name, (shape, _) in self._arrays.items():
            array, end = arrays.get(name), at + math.prod(shape)
            if array is not None:
                vector[at:end] = array.reshape(-1)
            at = end
        return vector

    def split(self, vector: Array) -> dict[str, Array]:
        """The arrays, each in its own shape and element type."""
        arrays: dict[str, Array] = {}
        at = 0
        for name, (shape, dtype) in self._arrays.items():
            end = at + math.prod(shape)
            arrays[name] = vector[at:end].reshape(shape).astype(dtype)
            at = end
        return arrays
