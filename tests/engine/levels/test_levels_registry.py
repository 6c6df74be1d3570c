"""Every operation of the registry, and its gradients, by the level generator: as whole arrays and number by number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from level_sections import Array, agree, dtype_of, leaf

from dsl.graph.gradient import DifferentiableGraph, gradients
from dsl.graph.node import Node
from dsl.graph.passes.section import specialise
from dsl.ops.domains import fill, sample
from dsl.ops.dtypes import DTYPES, DType
from dsl.ops.operation import Operation
from dsl.ops.registry import OPERATIONS, load

load()
NAMES = sorted(name for name in OPERATIONS if name != "grad")
ELEMENTWISE = [name for name in NAMES if OPERATIONS[name].elementwise]
SHAPES = [[(), ()], [(3, 4), (4,)], [(3, 1), (1, 4)], [(), (20,)], [(20,), ()], [(2, 20), (2, 1)]]
SPECIAL = [0.0, -0.0, 1.0, -1.0, 0.5, 2.0, 3.0, -2.5, np.inf, -np.inf, np.nan, 1e-40, 1e30, -1e30]


def cases(operation: Operation) -> Iterator[tuple[list[Array], dict[str, Any]]]:
    rng = np.random.default_rng(3)
    for case in operation.cases:
        yield fill(operation, case, rng), dict(case.attributes)
    if operation.elementwise:
        attributes = dict(operation.cases[0].attributes) if operation.cases else {}
        for shapes in SHAPES:
            count = operation.tensor_count or 0
            yield [sample(operation, index, rng, shapes[index % 2]) for index in range(count)], attributes


def in_type(array: Array, dtype: DType) -> Array:
    return array.astype(dtype.numpy) if array.dtype.kind == "f" else array


def applied(operation: Operation, inputs: list[Array], attributes: dict[str, Any], dtype: DType) -> None:
    """Compare the results of an operation, and the gradients of each, with those of the reference engine."""
    graph = DifferentiableGraph(dtype)
    leaves = [leaf(graph, dtype_of(array), *array.shape) for array in inputs]
    made: Any = graph.apply(operation, leaves, attributes)
    results: list[Node] = list(made) if isinstance(made, tuple) else [made]
    for result in list(results):
        if result.type.dtype.is_float:
            results += gradients(graph, result, leaves).values()
    agree(specialise(graph, leaves, results), inputs, runs=1)


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("name", NAMES)
def test_declared_cases(name: str, dtype: str) -> None:
    for inputs, attributes in cases(OPERATIONS[name]):
        applied(OPERATIONS[name], [in_type(array, DTYPES[dtype]) for array in inputs], attributes, DTYPES[dtype])


def takes(operation: Operation, dtype: str) -> bool:
    """Whether an operation is tried on a type: truth values where it takes no others, numbers where it does."""
    return operation.name == "where" or (operation.domain.split()[0] == "truth") == (dtype == "bool")


@pytest.mark.parametrize(
    ("name", "dtype"),
    [(name, dtype) for name in ELEMENTWISE for dtype in DTYPES if takes(OPERATIONS[name], dtype)],
)
def test_special_values_number_by_number(name: str, dtype: str) -> None:
    """Operations on scalars, which become vectors, at zeros, infinities and nan."""
    operation, own = OPERATIONS[name], DTYPES[dtype]
    graph = DifferentiableGraph(own if own.is_float else DTYPES["f32"])
    with np.errstate(all="ignore"):
        values = np.array(SPECIAL if own.is_float else [0, 1, 2, 3, -1, -2, 7]).astype(own.numpy)
    attributes = dict(operation.cases[0].attributes) if operation.cases else {}
    inputs: list[Array] = []
    results: list[Node] = []
    leaves: list[Node] = []
    for number, left in enumerate(values):
        for right in np.roll(values, number)[: 1 if operation.tensor_count == 1 else None]:
            given = [left, right, left][: operation.tensor_count]
            if name == "where":
                given = [np.bool_(left > 0), left, right]
            mine = [leaf(graph, dtype_of(np.asarray(value))) for value in given]
            inputs += [np.asarray(value) for value in given]
            leaves += mine
            results.append(graph.apply(operation, mine, attributes))
    agree(specialise(graph, leaves, results), inputs, runs=1)
