"""Every operation of the registry: its derivatives against finite differences, its types against what it returns."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from dsl.engine.reference import ReferenceEngine
from dsl.graph.check import check_gradient
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dims import as_shape
from dsl.ops.domains import DOMAINS, fill, sample
from dsl.ops.dtypes import BOOL, DTYPES, I64
from dsl.ops.operation import Backward, Case, Operation
from dsl.ops.registry import OPERATIONS, load
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

load()
NAMES = sorted(OPERATIONS)
TOLERANCE = 1e-7
BROADCASTS = {
    "scalars": [()],
    "equal shapes": [(3, 4)],
    "missing axis": [(3, 4), (4,)],
    "stretched axes": [(3, 1), (1, 4)],
    "scalar first": [(), (3, 4)],
    "scalar last": [(3, 4), ()],
}
COMBINES_ITS_OWN_INPUTS = {"grad"}
"""Takes a value and what that value was made from, so that no separate inputs can be given to it."""


def broadcast_inputs(operation: Operation) -> Iterator[tuple[str, list[np.ndarray], dict[str, Any]]]:
    """For an elementwise operation, inputs of shapes that go together in different ways."""
    attributes = dict(operation.cases[0].attributes) if operation.cases else {}
    count = operation.tensor_count
    assert count is not None
    for title, shapes in BROADCASTS.items():
        if count > 1 or len(shapes) == 1:
            rng = np.random.default_rng(7)
            inputs = [sample(operation, index, rng, shapes[index % len(shapes)]) for index in range(count)]
            yield title, inputs, attributes


def declared_inputs(operation: Operation) -> Iterator[tuple[str, list[np.ndarray], dict[str, Any]]]:
    """The inputs of the declared cases."""
    for case in operation.cases:
        yield f"{case.inputs} {case.attributes}", fill(operation, case, np.random.default_rng(7)), dict(case.attributes)


def all_inputs(operation: Operation) -> Iterator[tuple[str, list[np.ndarray], dict[str, Any]]]:
    yield from declared_inputs(operation)
    if operation.elementwise:
        yield from broadcast_inputs(operation)


def results(made: Symbol | tuple[Symbol, ...]) -> list[Node]:
    """What an operation or an expansion made, as a list of nodes."""
    nodes = list(made) if isinstance(made, tuple) else [made]
    assert all(isinstance(node, Node) for node in nodes)
    return nodes


def as_one(operation: Operation, attributes: dict[str, Any]) -> Callable[..., Symbol]:
    """The operation as a function with one result: of several, the weighted sum of squares."""

    def function(*nodes: Node) -> Symbol:
        made = results(nodes[0].builder.apply(operation, nodes, attributes))
        if len(made) == 1:
            return made[0]
        parts = [(weight + 1) * OPERATIONS["sum"](node * node) for weight, node in enumerate(made)]
        return sum(parts[1:], parts[0])

    return function


def type_of(array: np.ndarray, floating: str) -> TensorType:
    kinds = {"f": DTYPES[floating], "b": BOOL}
    return TensorType(kinds.get(array.dtype.kind, I64), as_shape(array.shape))


def applied(
    operation: Operation, inputs: list[np.ndarray], attributes: dict[str, Any], floating: str
) -> Iterator[tuple[Node, np.ndarray]]:
    """The nodes that the operation makes in a program of this floating type, and their values."""
    graph = Graph(DTYPES[floating])
    types = [type_of(array, floating) for array in inputs]
    nodes = [graph.placeholder(type) for type in types]
    made = results(graph.apply(operation, nodes, attributes))
    values = {node: array.astype(node.type.dtype.numpy) for node, array in zip(nodes, inputs, strict=True)}
    computed = ReferenceEngine(graph, made).run(values)
    yield from ((node, computed[node]) for node in made)


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_of_first_and_second_order_agree_with_finite_differences(name: str) -> None:
    operation = OPERATIONS[name]
    for title, inputs, attributes in all_inputs(operation):
        nodes = list(applied(operation, inputs, attributes, "f64"))
        if not inputs or not all(node.type.dtype.is_float for node, _ in nodes):
            assert not any(operation.gradients), f"{name} has rules, and a result that is not floating"
            continue
        report = check_gradient(as_one(operation, attributes), inputs, order=2)
        assert report.error < TOLERANCE, f"{name}, {title}: {report.worst}"


def wrong_by_a_tenth_of_a_percent(operation: Operation, index: int) -> Operation:
    """The operation with one of its rules scaled; the registry does not know it."""
    right = operation.gradients[index]
    assert right is not None

    def rule(r: Backward) -> Symbol:
        return 1.001 * right(r)

    return replace(operation, gradients=tuple(rule if i == index else old for i, old in enumerate(operation.gradients)))


@pytest.mark.parametrize("name", [name for name in NAMES if any(OPERATIONS[name].gradients)])
def test_these_inputs_show_when_a_rule_is_wrong_by_a_tenth_of_a_percent(name: str) -> None:
    operation = OPERATIONS[name]
    for index, rule in enumerate(operation.gradients):
        if rule is not None:
            wrong = wrong_by_a_tenth_of_a_percent(operation, index)
            errors = (
                check_gradient(as_one(wrong, attributes), inputs, order=1).error
                for _, inputs, attributes in all_inputs(operation)
            )
            assert any(error > 5e-4 for error in errors), f"{name}, rule {index}"


@pytest.mark.parametrize("name", NAMES)
def test_every_operation_has_inputs_to_be_tested_on(name: str) -> None:
    operation = OPERATIONS[name]
    assert operation.elementwise or operation.cases or name in COMBINES_ITS_OWN_INPUTS
    required = [p.name for p in operation.parameters if not p.is_tensor and p.name not in operation.defaults]
    for case in operation.cases:
        assert all(attribute in case.attributes for attribute in required)
    assert all(domain in DOMAINS for domain in operation.domain.split())


@pytest.mark.parametrize("floating", ["f32", "f64"])
@pytest.mark.parametrize("name", NAMES)
def test_results_have_the_inferred_shape_and_element_type(name: str, floating: str) -> None:
    operation = OPERATIONS[name]
    for title, inputs, attributes in all_inputs(operation):
        for node, value in applied(operation, inputs, attributes, floating):
            assert value.dtype == node.type.dtype.numpy, f"{name}, {title}"
            assert value.shape == tuple(dim.evaluate({}) for dim in node.shape), f"{name}, {title}"


@pytest.mark.parametrize("floating", ["f16", "f32"])
@pytest.mark.parametrize("name", [name for name in NAMES if OPERATIONS[name].elementwise and name != "astype"])
def test_elementwise_forward_functions_stay_in_the_precision_of_their_inputs(name: str, floating: str) -> None:
    operation = OPERATIONS[name]
    dtype = DTYPES[floating].numpy
    for title, inputs, attributes in broadcast_inputs(operation):
        given = [array.astype(dtype) if array.dtype.kind == "f" else array for array in inputs]
        assert operation.forward is not None
        value = np.asarray(operation.forward(*given, **{**operation.defaults, **attributes}))
        assert value.dtype.kind == "b" or value.dtype == dtype, f"{name}, {title}"


def test_a_case_names_shapes_domains_and_values() -> None:
    made = fill(
        OPERATIONS["log"],
        Case(((2, 3), ("truth", (4,)), [0, 1], 0.5, ()), {}),
        np.random.default_rng(0),
    )
    assert [(array.shape, array.dtype.kind) for array in made] == [
        ((2, 3), "f"),
        ((4,), "b"),
        ((2,), "i"),
        ((), "f"),
        ((), "f"),
    ]
    assert np.all(made[0] > 0)
    assert list(made[2]) == [0, 1]
