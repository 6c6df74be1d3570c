"""Axes of size 1 added and taken away, and values stacked, in terms of `reshape` and `concatenate`."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.graph.passes.lowering.steps import Lowering, with_axes, without_axes
from dsl.ops.joining import concatenate
from dsl.ops.symbol import Symbol


def expand_dims(x: Symbol, axis: tuple[int, ...]) -> Symbol:
    """A reshape."""
    return with_axes(x, axis)


def squeeze(x: Symbol, axis: tuple[int, ...]) -> Symbol:
    """A reshape."""
    return without_axes(x, axis)


def stack(*values: Symbol, axis: int) -> Symbol:
    """The values with the new axis, joined along it."""
    return concatenate(*[with_axes(value, (axis,)) for value in values], axis=axis)


SHAPING: Mapping[str, Lowering] = {
    "expand_dims": expand_dims,
    "squeeze": squeeze,
    "stack": stack,
}
