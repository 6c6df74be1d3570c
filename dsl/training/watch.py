"""Watching for the first value that is infinite or not a number."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from dsl.graph.node import Node
from dsl.ops.parameters import Array
from dsl.source.diagnostic import Label, fail
from dsl.training.run import matches


class NonFiniteTrap:
    """A watch for the reference engine that stops at the first value with an infinity or nan.

    `globs` are the names of the values to watch; a gradient is watched with the value it belongs to. `when` is told by the
    training loop: ` in step 12`, empty outside training.
    """

    def __init__(self, globs: Sequence[str] = ("*",)) -> None:
        self.globs = globs
        self.when = ""
        self._watched: dict[Node, bool] = {}

    def __call__(self, node: Node, value: Array, values: Mapping[Node, Array]) -> None:
        """Raise ProgramError, of kind `nonfinite`, when the value is watched and not finite."""
        watched = self._watched.get(node)
        if watched is None:
            watched = self._watched[node] = node.type.dtype.is_float and matches(_owner(node).name, self.globs)
        if not watched or np.isfinite(value).all():
            return
        what = f"the gradient that flows back through `{_owner(node).name}`" if node.backward_of else f"`{node.name}`"
        kind = "nan" if np.isnan(value).any() else "infinite"
        inputs = [_described(source, values[source]) for source in node.inputs]
        raise fail(
            "nonfinite",
            f"{what} is {kind}{self.when}: `{node.label}` of {' and '.join(inputs) or 'no inputs'}",
            node.span,
            label="the first value that is not finite",
            labels=[
                Label(s.span, f"{_called(s)} comes from here") for s in node.inputs if s.span and s.span != node.span
            ],
            hint="a smaller learning rate, or `clip_norm`, keeps values from growing; `log`, `sqrt` and `/` need their domain",
        )


def _owner(node: Node) -> Node:
    return node.backward_of or node


def _described(node: Node, value: Array) -> str:
    """An input and what it holds: its range, or its one value."""
    if node.kind == "constant" and value.size == 1:
        return f"{value.item():.6g}"
    return f"{_called(node)} = {value.item():.6g}" if value.size == 1 else f"{_called(node)} in {describe_range(value)}"


def _called(node: Node) -> str:
    return f"`{node.name}`" if node.name else f"a `{node.label}`"


def describe_range(value: Array) -> str:
    """The least and the greatest element, nan left out: `[0, 3.5]`."""
    finite = value[~np.isnan(value)] if value.dtype.kind == "f" else value
    if not finite.size:
        return "[nan]" if value.size else "[]"
    return f"[{finite.min():.6g}, {finite.max():.6g}]"
