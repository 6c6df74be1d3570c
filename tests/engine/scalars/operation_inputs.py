"""Inputs for every operation that can be unrolled."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from dsl.engine.scalars.unroll import RULES
from dsl.graph.passes.lowering.lower import LOWERINGS
from dsl.ops.domains import fill, sample
from dsl.ops.operation import Operation
from dsl.ops.registry import OPERATIONS, load

load()

PRIMITIVES = sorted(RULES)
COMPOSITES = sorted(set(LOWERINGS) - set(RULES))

SPECIAL = [-np.inf, -710.0, -2.5, -1.5, -1.0, -0.5, -0.0, 0.0, 0.3, 0.5, 1.0, 1.5, 2.5, 30.0, 710.0, np.inf, np.nan]
"""Numbers at which functions have infinities, nan, zeros of either sign, or halves to be rounded."""

_BROADCASTS = [[()], [(3,)], [(2, 3), (3,)], [(2, 1), (1, 3)], [(), (3,)], [(3,), ()]]

Inputs = tuple[list[np.ndarray], dict[str, Any]]


def inputs_of(operation: Operation) -> Iterator[Inputs]:
    """The arrays and attributes of its declared cases, and of several ways to broadcast."""
    for case in operation.cases:
        yield fill(operation, case, np.random.default_rng(7)), dict(case.attributes)
    if operation.elementwise and operation.tensor_count:
        attributes = dict(operation.cases[0].attributes) if operation.cases else {}
        for shapes in _BROADCASTS:
            rng = np.random.default_rng(7)
            count = operation.tensor_count
            yield [sample(operation, index, rng, shapes[index % len(shapes)]) for index in range(count)], attributes


def applied(name: str, attributes: dict[str, Any]) -> Callable[..., Any]:
    """The operation as a function of its inputs."""
    return lambda *inputs: OPERATIONS[name](*inputs, **attributes)


def functions_of(count: int) -> dict[str, Callable[..., Any]]:
    """The elementwise operations on so many floating values, by name."""
    logical = {"logical_and", "logical_or", "logical_not"}
    chosen = [name for name in PRIMITIVES if OPERATIONS[name].elementwise and name not in logical | {"astype"}]
    return {name: OPERATIONS[name] for name in chosen if OPERATIONS[name].tensor_count == count}
