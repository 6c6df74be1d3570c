"""Where the tests take an operation's inputs: random points away from kinks, poles and the ends of what is defined."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

import numpy as np

from dsl.ops.operation import Case, Operation
from dsl.ops.parameters import Array

Sampler = Callable[[np.random.Generator, tuple[int, ...]], Array]


def _between(low: float, high: float) -> Sampler:
    def sample(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
        return rng.uniform(low, high, shape)

    return sample


def _real(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Between -2 and 2, at least 0.05 from every multiple of a half."""
    return (rng.integers(-4, 4, shape) + rng.uniform(0.1, 0.9, shape)) / 2


def _nonzero(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.uniform(0.4, 2.0, shape) * rng.choice([-1.0, 1.0], shape)


def _distribution(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    weights = rng.uniform(0.2, 1.0, shape)
    return weights / weights.sum(axis=-1, keepdims=True)


def _integer(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.integers(-5, 6, shape)


def _truth(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.random(shape) < 0.5


DOMAINS: dict[str, Sampler] = {
    "real": _real,
    "positive": _between(0.3, 3.0),
    "nonzero": _nonzero,
    "unit": _between(-0.9, 0.9),
    "probability": _between(0.05, 0.95),
    "distribution": _distribution,
    "tangent": _between(-1.2, 1.2),
    "integer": _integer,
    "truth": _truth,
}
"""By name, functions of a generator and a shape. All give f64 but `integer` (i64) and `truth` (bool); the values of a
`distribution` sum to 1 along the last axis."""


def sample(operation: Operation, index: int, rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Random values for one input of an operation, which names one domain for all inputs or one for each."""
    names = operation.domain.split()
    return np.asarray(DOMAINS[names[min(index, len(names) - 1)]](rng, shape))


def fill(operation: Operation, case: Case, rng: np.random.Generator) -> list[Array]:
    """The arrays that stand for the inputs of a test case; see `dsl.ops.operation.case`."""
    return [_fill_input(operation, index, value, rng) for index, value in enumerate(case.inputs)]


def _fill_input(operation: Operation, index: int, value: Any, rng: np.random.Generator) -> Array:
    if not isinstance(value, tuple):
        return np.asarray(value)
    parts = cast("tuple[Any, ...]", value)
    if parts and isinstance(parts[0], str):
        domain, shape = parts
        return np.asarray(DOMAINS[domain](rng, shape))
    return sample(operation, index, rng, parts)
