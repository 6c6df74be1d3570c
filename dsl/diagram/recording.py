"""A training as a picture shows it: at some of its steps the loss, and of each node's value and gradient what was measured."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from dsl.graph.node import Node
from dsl.ops.parameters import Array

MOST_ELEMENTS = 16
"""Arrays up to so many elements are kept whole."""


@dataclass(frozen=True, slots=True)
class Measured:
    """An array in a few numbers, none of them infinite or nan; `odd` counts the elements that are."""

    least: float
    greatest: float
    mean: float
    norm: float
    odd: int = 0
    whole: tuple[float | None, ...] = ()


def measure(array: Array) -> Measured | None:
    """The numbers of an array; None of an empty one."""
    values = np.asarray(array, np.float64).reshape(-1)
    if not values.size:
        return None
    finite = values[np.isfinite(values)]
    odd = values.size - finite.size
    few = values.tolist() if values.size <= MOST_ELEMENTS else ()
    whole = tuple(value if np.isfinite(value) else None for value in few)
    if not finite.size:
        return Measured(0.0, 0.0, 0.0, 0.0, odd, whole)
    scale = float(np.abs(finite).max()) or 1.0  # dividing first keeps the squares of large numbers finite
    norm = scale * float(np.sqrt(np.mean(np.square(finite / scale))))
    mean = scale * float(np.mean(finite / scale))
    return Measured(float(finite.min()), float(finite.max()), mean, norm, odd, whole)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The state after a number of steps, 0 for the first parameters."""

    step: int
    loss: float | None
    values: Mapping[Node, Measured | None]
    gradients: Mapping[Node, Measured | None]


@dataclass(slots=True)
class Recording:
    """The snapshots of a run in their order."""

    name: str = ""
    snapshots: list[Snapshot] = field(default_factory=list[Snapshot])


def evenly(total: int, most: int) -> Sequence[int]:
    """At most so many of the steps 0 … total, evenly spread, the first and the last among them."""
    count = min(total + 1, max(most, 2))
    return sorted({round(place * total / (count - 1)) for place in range(count)}) if total else [0]
