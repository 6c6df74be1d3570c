"""All passes together: whatever a program computes, it computes the same to the last bit, from no more operations."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pass_sections import Array, assert_same_bits, check_topological, fixed, names, op, run, section_of, type_of

import dsl
from dsl.graph.gradient import DifferentiableGraph, gradients
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.lowering.lower import lower
from dsl.graph.passes.pipeline import PASSES, optimise, trace
from dsl.graph.passes.section import Section, specialise
from dsl.ops.domains import fill, sample
from dsl.ops.dtypes import BOOL, DTYPES, I64
from dsl.ops.operation import Operation, OperationError
from dsl.ops.registry import OPERATIONS, load

load()
NAMES = sorted(name for name in OPERATIONS if name != "grad")
BROADCASTS: list[list[tuple[int, ...]]] = [[()], [(3, 4)], [(3, 4), (4,)], [(3, 1), (1, 4)], [(), (3, 4)], [(3, 4), ()]]


def computing(section: Section) -> int:
    """The number of operations that are not just another look at the same elements."""
    return sum(name not in ("broadcast_to", "reshape", "transpose") for name in names(section))


def optimised(section: Section, arrays: list[Array], about: str = "") -> Section:
    """The section after all passes, which gives the same bits."""
    after = optimise(section)
    check_topological(after)
    assert computing(after) <= computing(section), about
    assert_same_bits(run(after, arrays), run(section, arrays), about)
    return after


# -- over the registry ---------------------------------------------------------------------------------------------------


def inputs_of(operation: Operation) -> Iterator[tuple[list[Array], dict[str, Any]]]:
    rng = np.random.default_rng(11)
    for case in operation.cases:
        yield fill(operation, case, rng), dict(case.attributes)
    if operation.elementwise:
        attributes = dict(operation.cases[0].attributes) if operation.cases else {}
        for shapes in BROADCASTS:
            count = operation.tensor_count or 0
            yield [sample(operation, at, rng, shapes[at % len(shapes)]) for at in range(count)], attributes


def with_gradients(operation: Operation, inputs: list[Array], attributes: dict[str, Any]) -> Section:
    """The operation and the gradients of the sum of its results by its inputs, and once more by them, in f64."""
    graph = DifferentiableGraph(DTYPES["f64"])
    kinds = {"f": DTYPES["f64"], "b": BOOL}
    arrays = [array.astype(kinds.get(array.dtype.kind, I64).numpy) for array in inputs]
    leaves = [graph.placeholder(type_of(array)) for array in arrays]
    made: Any = graph.apply(operation, leaves, attributes)
    results: list[Node] = list(made) if isinstance(made, tuple) else [made]
    floating = [leaf for leaf in leaves if leaf.type.dtype.is_float]
    for result in list(results):
        if result.type.dtype.is_float:
            first = gradients(graph, result, floating)
            results += first.values()
            for gradient in first.values():
                results += gradients(graph, gradient, floating).values()
    return specialise(graph, leaves, results)


def as_f64(inputs: list[Array]) -> list[Array]:
    return [array.astype({"f": np.float64, "b": np.bool_}.get(array.dtype.kind, np.int64)) for array in inputs]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("lowered", [False, True])
def test_every_operation_and_its_gradients_give_the_same_bits(name: str, lowered: bool) -> None:
    operation = OPERATIONS[name]
    for inputs, attributes in inputs_of(operation):
        section = with_gradients(operation, inputs, attributes)
        if lowered:
            section = lower(section)
        optimised(section, as_f64(inputs), f"{name} {attributes} of {[array.shape for array in inputs]}")


# -- random graphs -------------------------------------------------------------------------------------------------------

STEPS: list[Callable[[Any, Any, int], Any]] = [
    lambda a, b, i: a + b,
    lambda a, b, i: a - b,
    lambda a, b, i: a * b,
    lambda a, b, i: a / b,
    lambda a, b, i: -a,
    lambda a, b, i: a * [1, -1, 0.5, 2, 0.1][i],
    lambda a, b, i: a / [1, -1, 0.5, 4, 3][i],
    lambda a, b, i: a + fixed(a, [0.0, -0.0, 1.0, -1.0, 2.5][i]),
    lambda a, b, i: fixed(a, [0.0, -0.0, 1.0, -1.0, 2.5][i]) - a,
    lambda a, b, i: a ** [1, 2, 2, 3, 1][i],
    lambda a, b, i: op("abs", a),
    lambda a, b, i: op("square", a),
    lambda a, b, i: op(["exp", "tanh", "relu", "sigmoid", "identity"][i], a),
    lambda a, b, i: op("maximum", a, b),
    lambda a, b, i: op("where", op("greater", a, b), a, b),
    lambda a, b, i: op("where", op("logical_not", op("equal", a, 0)), a, 1),
    lambda a, b, i: op("transpose", a),
    lambda a, b, i: op("reshape", a, shape=[(-1,), (1, -1), (-1, 1), (2, -1), (-1, 1, 2)][i]),
    lambda a, b, i: op("expand_dims", a, axis=[0, 1, -1, 0, 0][i]),
    lambda a, b, i: op("squeeze", a),
    lambda a, b, i: op("broadcast_to", a, shape=(2, *a.shape)),
    lambda a, b, i: op("broadcast_to", op("sum", a), shape=a.shape),
    lambda a, b, i: op(["max", "min", "prod", "sum", "mean"][i], a, axis=-1, keepdims=True),
    lambda a, b, i: op(["max", "sum", "sum", "mean", "mean"][i], a),
    lambda a, b, i: op("getitem", a, index=[(0,), (slice(None), None), (Ellipsis, -1), (slice(0, 1),), (None,)][i]),
    lambda a, b, i: op("concatenate", a, a),
    lambda a, b, i: op("astype", op("astype", a, dtype=["f64", "f32", "f64", "i64", "f16"][i]), dtype=a.type.dtype),
    lambda a, b, i: op("broadcast_to", fixed(a, [0.0, -0.0, 1.0, 2.0, 0.5][i]), shape=a.shape) * a,
    lambda a, b, i: a + OPERATIONS["zeros"].within(a.builder, shape=a.shape, dtype=a.type.dtype),
]
PRODUCTS: list[Callable[[Any, Any, int], Any]] = [
    lambda a, b, i: a @ b,
    lambda a, b, i: op("transpose", op("transpose", a) @ b),
    lambda a, b, i: a @ op("transpose", b),
]
SHAPES = st.lists(st.lists(st.sampled_from([1, 2, 3]), max_size=3).map(tuple), min_size=1, max_size=3)
NUMBERS = [0.0, -0.0, 1.0, -1.0, 0.5, 3.0, -2.0, np.inf, -np.inf, np.nan, 1e300, 5e-324, 0.1]


def random_graph(shapes: list[tuple[int, ...]], steps: list[Any], dtype: str) -> Section:
    """Steps, each on two of the values that are there; those that do not fit are left out. The last value is the result,
    with its gradients where it has any."""
    graph = DifferentiableGraph(DTYPES[dtype])
    leaves = [graph.placeholder(type_of(np.zeros(shape, DTYPES[dtype].numpy))) for shape in shapes]
    values: list[Any] = list(leaves)
    for step, left, right, choice in steps:
        try:
            made = step(values[left % len(values)], values[right % len(values)], choice)
        except OperationError:
            continue
        total = np.prod([dim.value for dim in made.shape], dtype=int)
        if made.type.rank <= 4 and 0 < total <= 500:
            values.append(made)
    results = [values[-1], *gradients(graph, values[-1], leaves).values()]
    return specialise(graph, leaves, results)


@settings(deadline=None, max_examples=300)
@given(
    SHAPES,
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 99), st.integers(0, 99), st.integers(0, 4)), max_size=12),
    st.lists(st.sampled_from(NUMBERS), min_size=8, max_size=8),
    st.sampled_from(["f16", "f32", "f64"]),
    st.booleans(),
)
def test_random_graphs_with_their_gradients_give_the_same_bits(shapes, steps, numbers, dtype, lowered) -> None:
    section = random_graph(shapes, steps, dtype)
    section = lower(section) if lowered else section
    with np.errstate(over="ignore"):
        values = np.array(numbers).astype(DTYPES[dtype].numpy)
    arrays = [np.resize(np.roll(values, at), shape) for at, shape in enumerate(shapes)]
    optimised(section, arrays)


@settings(deadline=None, max_examples=150)
@given(
    SHAPES,
    st.lists(
        st.tuples(
            st.sampled_from([*STEPS[:12], *STEPS[15:20], *PRODUCTS]),
            st.integers(0, 99),
            st.integers(0, 99),
            st.integers(0, 4),
        ),
        max_size=10,
    ),
)
def test_random_graphs_with_products_agree_up_to_rounding(shapes, steps) -> None:
    section = random_graph(shapes, steps, "f64")
    rng = np.random.default_rng(5)
    arrays = [rng.uniform(0.5, 2, size=shape) for shape in shapes]
    after = optimise(section)
    for found, expected in zip(run(after, arrays), run(section, arrays), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-9)


# -- sections of all sizes -----------------------------------------------------------------------------------------------


def test_a_section_with_nothing_to_do_is_given_back_itself() -> None:
    section = section_of(lambda x: op("exp", x * 2), np.ones(3))
    assert optimise(section) is section
    assert trace(section) == []


def test_the_section_given_stays_as_it_is() -> None:
    x = np.array([1.0, 2.0])
    section = section_of(lambda x: op("transpose", op("transpose", x * 1)) + (2 - fixed(x, 1.0)), x)
    before = [(node.label, node.inputs) for node in section.graph.nodes]
    assert names(optimise(section)) == ["add"]
    assert [(node.label, node.inputs) for node in section.graph.nodes] == before
    np.testing.assert_array_equal(run(section, [x])[0], [2.0, 3.0])


def test_what_one_pass_makes_possible_another_does() -> None:
    def function(x: Any) -> Any:
        one = op("broadcast_to", fixed(x, 3.0) - 2, shape=x.shape)
        return op("where", op("greater", x * one, 0), x / 8, x * one * fixed(x, 0.125))

    x = np.array([1.0, -2.0, np.nan])
    section = section_of(function, x)
    assert names(optimised(section, [x])) == ["multiply"]


def test_the_steps_end_in_what_optimising_gives() -> None:
    section = section_of(lambda x: op("neg", -(x * 1)) / 4 + (x - 0), np.ones(2))
    steps = trace(section)
    assert names(steps[-1][1]) == names(optimise(section))
    assert len({name for name, _ in PASSES}) == len(PASSES)


def test_states_of_a_training_step() -> None:
    """A step of descent on a flat vector of parameters: both parameters are views of it, both gradients parts of one."""
    graph = DifferentiableGraph(DTYPES["f64"])
    x, rate = graph.placeholder(type_of(np.ones((4, 3)))), graph.placeholder(type_of(np.ones(())))
    flat = graph.placeholder(type_of(np.ones(8)))
    w = op("reshape", op("getitem", flat, index=(slice(0, 6),)), shape=(3, 2))
    b = op("getitem", flat, index=(slice(6, 8),))
    loss = op("mean", op("square", op("linear", x, w, b)))
    found = gradients(graph, loss, [w, b])
    gradient = op("concatenate", op("reshape", found[w], shape=-1), op("reshape", found[b], shape=-1))
    whole = specialise(graph, [x, rate, flat], [loss, flat - rate * gradient])
    section = Section(whole.graph, whole.leaves[:2], whole.results[:1], whole.leaves[2:], whole.results[1:])
    after = optimise(section)
    assert len(after.operations) < len(section.operations)
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=(4, 3)), np.asarray(0.1), rng.normal(size=8)]
    assert_same_bits(run(after, arrays), run(section, arrays))


def chain(length: int) -> Section:
    graph = DifferentiableGraph(DTYPES["f64"])
    x = graph.placeholder(type_of(np.ones(())))
    y: Any = x
    for at in range(length // 2):
        y = -(y * 1) if at % 2 else op("transpose", op("expand_dims", y, axis=0) if not y.shape else y * 0.5)
    return specialise(graph, [x], [y])


def test_a_chain_of_fifty_thousand_operations() -> None:
    assert sys.getrecursionlimit() <= 1000
    section = chain(50_000)
    assert len(section.operations) > 49_000
    optimised(section, [np.asarray(2.0)])


def test_a_chain_that_vanishes() -> None:
    def function(x: Any) -> Any:
        for _ in range(5_000):
            x = op("identity", op("neg", -(op("transpose", op("transpose", x)) * 1)))
        return x

    assert names(optimise(section_of(function, np.ones((2, 3))))) == []


def test_the_time_for_a_node_does_not_grow_with_their_number() -> None:
    def cost(length: int) -> float:
        section = chain(length)
        best = min(_seconds(lambda: optimise(section)) for _ in range(3))
        return best / len(section.nodes)

    assert cost(16_000) < 6 * cost(1_000)
    assert cost(1_000) < 300e-6


def _seconds(run: Callable[[], object]) -> float:
    began = time.process_time()
    run()
    return time.process_time() - began


def test_a_program_with_its_gradients() -> None:
    program = dsl.loads(
        "dtype f64\ndim batch\nplaceholder x: [batch, 4]\nplaceholder target: [batch, 2]\n"
        "parameter w: [2, 4] = 0.1\nparameter b: [2] = 0\n"
        "y = leaky_relu(x @ w.T + b)\nloss = mean(square(y - target))\n"
    )
    graph = program.model.graph
    assert isinstance(graph, Graph)
    parameters = [program.node("w"), program.node("b")]
    loss = program.node("loss")
    found = gradients(graph, loss, parameters)
    leaves = [program.node("x"), program.node("target"), *parameters]
    section = specialise(graph, leaves, [loss, *found.values()], {"batch": 5})
    rng = np.random.default_rng(2)
    arrays = [rng.normal(size=tuple(dim.value or 0 for dim in leaf.shape)) for leaf in section.leaves]
    after = optimise(section)
    assert names(section).count("transpose") > names(after).count("transpose")
    assert "unless_masked" not in names(after)
    for own, expected in zip(run(after, arrays), run(section, arrays), strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-13)
