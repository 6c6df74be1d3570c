"""Fitted statistics as arrays of numbers only, which is what a checkpoint can hold."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from dsl.training.data.table import Array, is_text


def to_tensors(statistics: Mapping[str, Array]) -> dict[str, Array]:
    """Statistics as numbers: text becomes its code points, one axis more, in uint32, which no other statistic has."""
    return {name: _code_points(values) if is_text(values) else values for name, values in statistics.items()}


def from_tensors(tensors: Mapping[str, Array]) -> dict[str, Array]:
    """The statistics that `to_tensors` made these of."""
    return {name: _text(values) if values.dtype == np.uint32 else values for name, values in tensors.items()}


def _code_points(text: Array) -> Array:
    native = np.ascontiguousarray(text, dtype=text.dtype.newbyteorder("="))
    width = native.dtype.itemsize // 4
    return np.frombuffer(native.tobytes(), np.uint32).reshape(*text.shape, width)


def _text(points: Array) -> Array:
    return np.frombuffer(points.tobytes(), f"U{points.shape[-1]}").reshape(points.shape[:-1])
