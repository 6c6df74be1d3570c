"""Every operation, and its gradient, as a plan: the values of the reference engine to the last bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from compiled import check

from dsl.graph.gradient import gradients
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dims import as_shape
from dsl.ops.domains import fill, sample
from dsl.ops.dtypes import DTYPES, F32, F64, DType
from dsl.ops.operation import Operation, OperationError
from dsl.ops.registry import OPERATIONS, load
from dsl.ops.types import TensorType

load()
NAMES = sorted(name for name, operation in OPERATIONS.items() if operation.expansion is None)
ELEMENTWISE = sorted(name for name in NAMES if OPERATIONS[name].elementwise)
SHAPES: list[list[tuple[int, ...]]] = [[()], [(3, 4)], [(3, 4), (4,)], [(3, 1), (1, 4)], [(), (3, 4)], [(0, 3)]]
LARGE: list[list[tuple[int, ...]]] = [[(70_001,)], [(300, 257), (257,)], [(300, 257), (300, 1)], [(2, 40_000), ()]]


def _inputs(operation: Operation, rng: np.random.Generator, shapes: list[list[tuple[int, ...]]]) -> list[list[Any]]:
    found = []
    for given in shapes:
        count = operation.tensor_count or 0
        found.append([sample(operation, at, rng, given[at % len(given)]) for at in range(count)])
    return found


def _check(operation: Operation, inputs: list[Any], attributes: dict[str, Any], dtype: DType) -> None:
    graph = Graph(dtype)
    values: dict[Node, Any] = {}
    for value in inputs:
        array = np.asarray(value)
        if array.dtype.kind == "f":
            array = array.astype(dtype.numpy)
        own = next(known for known in DTYPES.values() if known.numpy == array.dtype)
        values[graph.placeholder(TensorType(own, as_shape(array.shape)))] = array
    try:
        result = graph.apply(operation, list(values), attributes)
    except OperationError:
        return
    results = [result]
    if result.type.dtype.is_float:
        scalar = OPERATIONS["sum"](OPERATIONS["sin"](result))
        assert isinstance(scalar, Node)
        results += gradients(graph, scalar, list(values)).values()
    check(graph, values, results)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
def test_every_operation_has_the_values_of_the_reference(name: str, dtype: DType) -> None:
    operation, rng = OPERATIONS[name], np.random.default_rng(0)
    for case in operation.cases:
        _check(operation, fill(operation, case, rng), dict(case.attributes), dtype)
    if operation.elementwise and not any(parameter.is_tensor is False for parameter in operation.parameters):
        for inputs in _inputs(operation, rng, SHAPES):
            _check(operation, inputs, {}, dtype)


@pytest.mark.parametrize("name", [name for name in ELEMENTWISE if name != "astype"])
def test_large_arrays_are_worked_through_in_blocks(name: str) -> None:
    operation, rng = OPERATIONS[name], np.random.default_rng(0)
    for inputs in _inputs(operation, rng, LARGE):
        _check(operation, inputs, {}, F32)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_integers_and_truth_values(name: str) -> None:
    operation, rng = OPERATIONS[name], np.random.default_rng(0)
    if name == "astype":
        return
    for kind in (np.int32, np.int64, np.bool_):
        for shapes in SHAPES[:3]:
            count = operation.tensor_count or 0
            inputs = [np.asarray(rng.integers(0, 5, shapes[at % len(shapes)])).astype(kind) for at in range(count)]
            _check(operation, inputs, {}, F32)
