"""Kernels as numba compiles them: values of every operation, ways to broadcast, labels, states, arguments of all kinds."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest
from fused_sections import Array, agree, apply, assert_close, assert_near, kernels, leaf, section_of, without_compiler
from interpreted import interpreted
from test_compiled_functions import BOUNDS, arguments

from dsl.engine.arrays.generator import ArrayGenerator
from dsl.engine.fused.functions import FUNCTIONS
from dsl.engine.fused.generator import FusedGenerator
from dsl.engine.fused.operators import is_fusible
from dsl.engine.fused.prelude import HEADER, texts
from dsl.engine.jit.compilation import ArrayType, compiled
from dsl.engine.reference import ReferenceEngine
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section
from dsl.ops.dtypes import BOOL, F16, F32, F64, I32, I64, DType
from dsl.ops.registry import OPERATIONS

pytest.importorskip("numba")

SPECIAL = [
    -np.inf,
    -100.0,
    -2.5,
    -1.5,
    -1.0,
    -0.5,
    -0.0,
    0.0,
    1e-30,
    0.3,
    0.5,
    1.0,
    1.5,
    2.5,
    30.0,
    88.5,
    np.inf,
    np.nan,
]


@pytest.fixture(scope="module", autouse=True)
def cache_of_these_tests(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


def elementwise(count: int, *dtypes: DType) -> list[str]:
    """The operations on elements that kernels have for so many inputs of these types."""
    found = []
    for name, operation in OPERATIONS.items():
        if (
            not operation.elementwise
            or operation.tensor_count != count
            or operation.forward is None
            or name == "astype"
        ):
            continue
        graph = Graph(dtypes[0])
        try:
            node = apply(graph, name, *[leaf(graph, 2, dtype=dtype) for dtype in dtypes])
        except Exception:  # not for these types
            continue
        if node.operation is operation and is_fusible(node):
            found.append(name)
    return sorted(found)


def all_of(names: list[str]) -> Any:
    return lambda graph, *x: [apply(graph, name, *x) for name in names]


def signs_agree(found: Array, expected: Array) -> None:
    assert_close(found, expected, 6)
    if expected.dtype.kind == "f":
        numbers = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(expected)[numbers])


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
@pytest.mark.parametrize("count", [1, 2])
def test_operations_on_elements_agree_also_at_special_values(count: int, dtype: DType) -> None:
    names = elementwise(count, *[dtype] * count)
    assert {1: "exp", 2: "maximum"}[count] in names
    pairs = np.array(list(product(SPECIAL, repeat=count))).T.astype(dtype.numpy)
    plan = agree(section_of(all_of(names), *pairs), list(pairs), same=signs_agree)
    assert sum(map(len, kernels(plan))) >= len(names) - 1


@pytest.mark.parametrize("dtype", [I32, I64, BOOL], ids=str)
def test_operations_on_integers_and_truth_values_agree(dtype: DType) -> None:
    rng = np.random.default_rng(0)
    low, high = (0, 2) if dtype is BOOL else (-(2**30) * 2 ** (dtype.bits - 32), 2**30 * 2 ** (dtype.bits - 32))
    a, b = (rng.integers(low, high, 50).astype(dtype.numpy) for _ in range(2))
    for count, arrays in ((1, [a]), (2, [a, b])):
        agree(section_of(all_of(elementwise(count, *[dtype] * count)), *arrays, floating=F64), arrays)


def test_choices_bounds_and_conversions() -> None:
    def form(graph: Graph, x: Node, y: Node, i: Node) -> list[Node]:
        return [
            apply(graph, "where", apply(graph, "less", x, y), x, 0.0),
            apply(graph, "clip", x, y, 1.5),
            apply(graph, "clip", x, 1.0, -1.0),
            apply(graph, "astype", apply(graph, "greater", x, y), dtype=F32),
            apply(graph, "astype", i, dtype=F32) * x,
            apply(graph, "astype", apply(graph, "astype", x, dtype=F64) * 0.1, dtype=F32),
            apply(graph, "astype", x, dtype=BOOL),
            apply(graph, "astype", apply(graph, "equal", i, 3), dtype=I64),
            apply(graph, "power", x, 2.0),
        ]

    x, y = np.array(list(product(SPECIAL, SPECIAL))).T.astype(np.float32)
    i = np.random.default_rng(0).integers(-9, 9, x.shape).astype(np.int32)
    agree(section_of(form, x, y, i), [x, y, i])


@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
def test_compiled_functions_keep_their_bounds(dtype: DType) -> None:
    lines = [f"        y[{place}, i] = {name}_{dtype}(x[i])" for place, name in enumerate(FUNCTIONS)]
    kernel = "def kernel(x, y):\n    for i in range(x.shape[0]):\n" + "\n".join(lines) + "\n"
    text = "\n\n".join([HEADER, *texts(FUNCTIONS, dtype), kernel])
    x = np.concatenate([np.abs(arguments(name, dtype)) for name in FUNCTIONS])
    found, expected = np.empty((2, len(FUNCTIONS), len(x)), dtype.numpy)
    compiled(text, [ArrayType(dtype.numpy.name, 1), ArrayType(dtype.numpy.name, 2)])(x, found)
    with np.errstate(all="ignore"):
        names = dict.fromkeys(FUNCTIONS)
        for place, name in enumerate(names):
            whole = interpreted(text.replace("def kernel(x, y):", "def old(x, y):") + f"\nkernel = {name}_{dtype}\n")
            expected[place] = whole(x)
            assert_close(found[place], expected[place], 2 * BOUNDS[name])


BROADCASTS = [
    ((3, 4), (4,)),
    ((3, 1), (1, 4)),
    ((2, 3, 4), (3, 1)),
    ((2, 3, 4), (2, 1, 1)),
    ((5,), ()),
    ((1, 1), (2, 3)),
    ((2, 1, 4), (1, 3, 1)),
    ((2, 3, 4, 2), (3, 1, 2)),
]


@pytest.mark.parametrize("shapes", BROADCASTS, ids=str)
def test_arrays_of_other_shapes_are_repeated(shapes: tuple[tuple[int, ...], ...]) -> None:
    rng = np.random.default_rng(0)
    arrays = [rng.standard_normal(shape).astype(np.float32) for shape in shapes]
    agree(section_of(lambda graph, x, y: (x + y) * 0.3 - y, *arrays), arrays)


def test_views_of_arguments_and_of_values_are_read_where_they_lie() -> None:
    def form(graph: Graph, x: Node, y: Node) -> list[Node]:
        product = apply(graph, "matmul", x, y)
        turned, part = (
            apply(graph, "transpose", product),
            apply(graph, "getitem", product, index=(slice(None, None, 2),)),
        )
        inner = apply(graph, "getitem", product, index=(..., 1))
        return [
            turned * 2.0 + product,
            part * 0.5 - 1.0,
            apply(graph, "transpose", x) * 2.0 + x,
            inner * inner - 1.0,
            apply(graph, "sum", turned * product, axis=-1),
        ]

    for size in (6, 80):  # where rows with gaps are read as they are, and where they are copied
        x, y = np.random.default_rng(0).standard_normal((2, size, size)) / size
        agree(section_of(form, x, y), [x, y], same=assert_near)


def test_memory_that_another_view_still_reads_is_not_written_over() -> None:
    def form(graph: Graph, x: Node) -> list[Node]:
        product = apply(graph, "matmul", x, x)
        total = apply(graph, "exp", apply(graph, "transpose", product)) + -product
        return [apply(graph, "matmul", product, total), total]

    for generator, size in ((FusedGenerator(), 4), (ArrayGenerator(merges=False), 300)):
        x = np.random.default_rng(0).standard_normal((size, size)) / size
        section = section_of(form, x)
        expected = ReferenceEngine(section.graph, section.results).run({section.leaves[0]: x})
        for node, found in zip(section.results, generator.compile(section, []).run([x]), strict=True):
            assert_near(found, expected[node])


def test_reductions_have_numpys_order_of_additions() -> None:
    def form(graph: Graph, x: Node) -> list[Node]:
        y = x * 1.5
        return [
            apply(graph, "sum", y, axis=-1),
            apply(graph, "sum", y, axis=-1, keepdims=True),
            apply(graph, "sum", y, axis=0),
            apply(graph, "max", y, axis=-1),
            apply(graph, "min", y, axis=-1),
            y - apply(graph, "mean", y, axis=-1, keepdims=True),
        ]

    def check(*shape: int) -> None:
        x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
        agree(section_of(form, x), [x], same=np.testing.assert_array_equal)

    check(40, 10)
    with without_compiler():
        for shape in ((7, 3), (5, 150), (1, 20), (30,), (200,)):
            check(*shape)


def loss(graph: Graph, x: Node, labels: Node) -> list[Node]:
    log_p = apply(graph, "log_softmax", x)
    target = apply(graph, "one_hot", labels, classes=5, dtype=F32)
    return [apply(graph, "nll", log_p, labels, reduction="none"), apply(graph, "exp", log_p) - target]


def test_the_loss_of_labels_is_one_kernel_and_wrong_labels_are_an_error() -> None:
    x = np.random.default_rng(0).standard_normal((3, 5)).astype(np.float32)
    labels = np.array([0, 4, 2], np.int32)
    plan = agree(section_of(loss, x, labels), [x, labels])
    assert len(kernels(plan)) == 1
    for wrong in ([0, 5, 2], [-1, 4, 2]):
        with pytest.raises(IndexError, match="out of range: there are 5 classes"):
            plan.run([x, np.array(wrong, np.int32)])
    plan.run([x, labels])


def test_states_change_in_place_after_all_that_reads_them() -> None:
    graph = Graph(F64)
    x, a, b, c = (leaf(graph, 3, 4) for _ in range(4))
    updates = [b * 0.5 + x, a - b, apply(graph, "transpose", apply(graph, "reshape", c, shape=(4, 3))) + a]
    section = Section(graph, [x], [a * b + c, c], [a, b, c], updates)
    arrays = list(np.random.default_rng(0).standard_normal((4, 3, 4)))
    agree(section, arrays[:1], arrays[1:], runs=3, same=assert_near)


def test_sums_of_columns_do_not_begin_in_a_state_that_is_still_read() -> None:
    graph = Graph(F64)
    x, state = leaf(graph, 4, 4), leaf(graph, 4)
    y = x * 2.0
    largest = apply(graph, "max", y, axis=1)
    update = apply(graph, "sum", y - apply(graph, "reshape", largest, shape=(4, 1)) * 0.5, axis=0)
    shifted = apply(graph, "sum", y - apply(graph, "max", y, axis=1, keepdims=True), axis=0)
    arrays = list(np.random.default_rng(0).standard_normal((2, 4, 4)))
    for following in (update, shifted):
        section = Section(graph, [x], [largest + state], [state], [following])
        agree(section, arrays[:1], [arrays[1][0]], same=assert_near)


def test_arguments_that_may_not_be_written_to_are_taken() -> None:
    x = np.arange(12.0).reshape(3, 4)
    plan = FusedGenerator().compile(section_of(lambda graph, x: x * 2.0 + 0.3, x), [])
    fixed = x.copy()
    fixed.flags.writeable = False
    shifted = np.zeros(97, np.uint8)[1:].view(np.float64).reshape(3, 4)
    for array in (fixed, shifted, x):
        np.testing.assert_array_equal(plan.run([array])[0], array * 2.0 + 0.3)


def test_half_precision_and_arrays_without_elements_are_left_to_numpy() -> None:
    for array, dtype in ((np.ones((2, 3), np.float16), F16), (np.ones((0, 3)), F64)):
        plan = agree(section_of(lambda graph, x: apply(graph, "exp", x * 2) + 1, array, floating=dtype), [array])
        assert not kernels(plan)
