"""Composite operations written out in primitive ones: the same values to the last bit, from few operations."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np
import pytest

from dsl.engine.reference import ReferenceEngine
from dsl.graph.gradient import gradients
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.lowering.lower import LOWERINGS, lower
from dsl.graph.passes.section import Section, specialise
from dsl.ops.dims import Dim, as_shape
from dsl.ops.domains import fill, sample
from dsl.ops.dtypes import DTYPES, F16, F32, F64, I32, I64, DType
from dsl.ops.operation import Operation, OperationError
from dsl.ops.registry import OPERATIONS, load
from dsl.ops.types import TensorType
from dsl.source.text import Source, Span

load()
Array = np.ndarray[Any, Any]
FLOATS = ["f16", "f32", "f64"]
NAMES = sorted(name for name, operation in OPERATIONS.items() if operation.expansion is None)
_PRIMITIVE_NAMES = """
    add subtract multiply divide neg abs sign floor ceil round exp expm1 log log1p log2 log10 sqrt sin cos tan arcsin
    arccos arctan sinh cosh tanh erf erfc square reciprocal power mod maximum minimum atan2 hypot logaddexp equal
    not_equal less less_equal greater greater_equal logical_and logical_or logical_not where isnan isinf astype matmul sum
    prod max min argmax argmin any all transpose reshape broadcast_to getitem unslice concatenate take index_add one_hot
    pad tile repeat flip
"""
PRIMITIVES = set(_PRIMITIVE_NAMES.split())
SHAPES: list[list[tuple[int, ...]]] = [
    [()],
    [(3, 4)],
    [(3, 4), (4,)],
    [(3, 1), (1, 4)],
    [(), (3, 4)],
    [(3, 4), ()],
    [(33, 17)],
    [(0, 3)],
]
"""Shapes for the inputs of an elementwise operation, in turn."""

NUMBERS = [np.dtype(kind) for kind in ("f2", "f4", "f8", "i4", "i8", "?")]
INTEGERS = [np.dtype(kind) for kind in ("i4", "i8")]

Inputs = list[Array]


def inputs_of(operation: Operation, rng: np.random.Generator) -> Iterator[tuple[Inputs, dict[str, Any]]]:
    """The inputs and attributes of the declared cases, and for elementwise operations those of general shapes."""
    for case in operation.cases:
        yield fill(operation, case, rng), dict(case.attributes)
    if operation.elementwise:
        attributes = dict(operation.cases[0].attributes) if operation.cases else {}
        for shapes in SHAPES:
            count = operation.tensor_count or 0
            yield [sample(operation, at, rng, shapes[at % len(shapes)]) for at in range(count)], attributes


def type_of(array: Array) -> TensorType:
    dtype = next(known for known in DTYPES.values() if known.numpy == array.dtype)
    return TensorType(dtype, as_shape(array.shape))


def placed(arrays: Sequence[Array], floating: DType) -> tuple[Graph, list[Node], Inputs]:
    """A graph with a placeholder for each array, and the arrays in their types; floats take the given one."""
    graph = Graph(floating)
    given = [array.astype(floating.numpy) if array.dtype.kind == "f" else array for array in arrays]
    return graph, [graph.placeholder(type_of(array)) for array in given], given


def section_of(
    name: str, arrays: Sequence[Array], floating: DType, attributes: Mapping[str, Any] = MappingProxyType({})
) -> tuple[Section, Inputs]:
    """The section of one operation, in a program of this floating type, and what is given to it."""
    graph, nodes, given = placed(arrays, floating)
    return specialise(graph, nodes, [graph.apply(OPERATIONS[name], nodes, attributes)]), given


def values(section: Section, given: Sequence[Array]) -> list[Array]:
    engine = ReferenceEngine(section.graph, section.results)
    computed = engine.run(dict(zip(section.leaves, given, strict=True)))
    return [computed[node] for node in section.results]


def same_bits(left: Array, right: Array) -> bool:
    """Whether two arrays are equal with the signs of their zeros; nan is equal to nan, of any sign."""
    if left.dtype != right.dtype or left.shape != right.shape:
        return False
    if left.dtype.kind != "f":
        return bool(np.all(left == right))
    return bool(np.all((left == right) & (np.signbit(left) == np.signbit(right)) | np.isnan(left) & np.isnan(right)))


def lowered_equally(section: Section, given: Sequence[Array]) -> Section:
    """The lowered section, whose results have the same types and bits."""
    lowered = lower(section)
    assert [node.type for node in lowered.results] == [node.type for node in section.results]
    for before, after in zip(values(section, given), values(lowered, given), strict=True):
        assert same_bits(before, after), (before, after)
    return lowered


def labels_of(section: Section) -> list[str]:
    return [node.label for node in section.operations]


def special(dtype: np.dtype[Any]) -> Array:
    """Numbers at the ends and on the edges of a floating type."""
    about = np.finfo(dtype)
    positive = [0, about.smallest_subnormal, about.tiny, about.eps, 1e-3, 0.5, 1, 2, 88, 100, about.max, np.inf]
    return np.array([*positive, *(-np.array(positive)), np.nan], dtype)


def strewn(array: Array, dtype: np.dtype[Any], rng: np.random.Generator) -> Array:
    """Floats with special ones in place of many of them, in either order of memory."""
    if array.dtype.kind != "f":
        return array
    some = np.where(rng.random(array.shape) < 0.4, rng.choice(special(dtype), array.shape), array).astype(dtype)
    return np.array(some, order="F" if rng.random() < 0.3 else "C")


@pytest.mark.parametrize("floating", FLOATS)
@pytest.mark.parametrize("name", NAMES)
def test_a_lowered_operation_has_the_bits_of_its_own_forward(name: str, floating: str) -> None:
    for arrays, attributes in inputs_of(OPERATIONS[name], np.random.default_rng(3)):
        lowered_equally(*section_of(name, arrays, DTYPES[floating], attributes))


@pytest.mark.parametrize("floating", FLOATS)
@pytest.mark.parametrize("name", sorted(LOWERINGS))
def test_zeros_infinities_nan_and_extremes_come_through_alike(name: str, floating: str) -> None:
    rng = np.random.default_rng(5)
    for _ in range(4):
        for arrays, attributes in inputs_of(OPERATIONS[name], rng):
            given = [strewn(array, DTYPES[floating].numpy, rng) for array in arrays]
            lowered_equally(*section_of(name, given, DTYPES[floating], attributes))


@pytest.mark.parametrize("floating", FLOATS)
@pytest.mark.parametrize("name", sorted(name for name in LOWERINGS if OPERATIONS[name].elementwise))
def test_each_special_number_comes_through_with_every_other(name: str, floating: str) -> None:
    operation, edges = OPERATIONS[name], special(DTYPES[floating].numpy)
    grid = np.meshgrid(*[edges] * (operation.tensor_count or 0))
    for attributes in [case.attributes for case in operation.cases] or [{}]:
        lowered_equally(*section_of(name, grid, DTYPES[floating], attributes))


def in_type(array: Array, dtype: np.dtype[Any]) -> Array:
    """The array in another type; fractions become integers of some size, or truth values of both kinds."""
    if array.dtype.kind != "f" or dtype.kind == "f":
        return array.astype(dtype)
    return array > 0.5 if dtype.kind == "b" else np.rint(5 * array).astype(dtype)


@pytest.mark.parametrize("name", sorted(LOWERINGS))
def test_integers_truth_values_and_mixed_types_come_through_alike(name: str) -> None:
    operation, rng = OPERATIONS[name], np.random.default_rng(11)
    for arrays, attributes in inputs_of(operation, rng):
        for _ in range(6):
            mixed = [in_type(array, rng.choice(INTEGERS if array.dtype.kind == "i" else NUMBERS)) for array in arrays]
            graph = Graph(F32)
            nodes = [graph.placeholder(type_of(array)) for array in mixed]
            try:
                made = graph.apply(operation, nodes, attributes)
            except OperationError:
                continue  # such as probabilities of classes that are integers
            lowered_equally(specialise(graph, nodes, [made]), mixed)


@pytest.mark.parametrize("kind", ["i4", "i8", "?"])
@pytest.mark.parametrize("name", ["mse", "mae", "huber", "bce", "bce_with_logits"])
def test_losses_of_integers_and_floats_are_of_doubles_as_numpy_has_them(name: str, kind: str) -> None:
    rng = np.random.default_rng(4)
    predicted = rng.uniform(0.05, 0.95, (30, 7)).astype(np.float32)
    wanted = in_type(rng.uniform(-1, 2, (30, 7)), np.dtype(kind))
    for reduction in ("mean", "sum", "none"):
        graph, nodes, given = placed([predicted, wanted], F32)
        made = graph.apply(OPERATIONS[name], nodes, {"reduction": reduction})
        assert name not in labels_of(lowered_equally(specialise(graph, nodes, [made]), given))


@pytest.mark.parametrize("types", [("i8", "f4", "f8"), ("f2", "i4", "f4"), ("?", "f2", "f2"), ("i4", "i8", "f2")])
def test_bounds_of_other_types_are_compared_as_doubles(types: tuple[str, ...]) -> None:
    numbers = [[2**24 + 1, 2049, 0, 0], [0, 1, -0.0, 0], [2**25, 3001, 0, -0.0]]
    graph, nodes, given = Graph(F32), list[Node](), list[Array]()
    for row, kind in zip(numbers, types, strict=True):
        with np.errstate(over="ignore"):
            given.append(np.array(row).astype(kind))
        nodes.append(graph.placeholder(type_of(given[-1])))
    made = graph.apply(OPERATIONS["clip"], nodes, {})
    assert "clip" not in labels_of(lowered_equally(specialise(graph, nodes, [made]), given))


SUMS: list[tuple[str, dict[str, Any]]] = [
    ("mean", {}),
    ("mean", {"axis": 0}),
    ("var", {"axis": 1, "ddof": 1}),
    ("std", {}),
    ("deviation", {"axis": 0}),
    ("logsumexp", {}),
    ("norm", {}),
    ("softmax", {"axis": 0}),
    ("log_softmax", {}),
]


@pytest.mark.parametrize("floating", FLOATS)
@pytest.mark.parametrize(("name", "attributes"), SUMS)
def test_long_sums_are_added_in_the_same_order(name: str, attributes: dict[str, Any], floating: str) -> None:
    array = np.random.default_rng(1).normal(size=(301, 143))
    for arranged in (array, np.asfortranarray(array), array[::2, ::-1]):
        lowered_equally(*section_of(name, [arranged], DTYPES[floating], attributes))


@pytest.mark.parametrize("floating", FLOATS)
@pytest.mark.parametrize("name", ["mse", "mae", "huber", "bce_with_logits", "kl_div"])
def test_long_losses_are_added_in_the_same_order(name: str, floating: str) -> None:
    rng = np.random.default_rng(2)
    arrays = [rng.uniform(0.1, 0.9, (301, 43)) for _ in range(2)]
    for reduction in ("mean", "sum"):
        lowered_equally(*section_of(name, arrays, DTYPES[floating], {"reduction": reduction}))


# -- what stays -------------------------------------------------------------------------------------------------------


def test_primitive_operations_stay_and_composite_ones_are_made_of_them() -> None:
    assert not PRIMITIVES - OPERATIONS.keys()
    assert not LOWERINGS.keys() - (OPERATIONS.keys() - PRIMITIVES)
    for name in PRIMITIVES | LOWERINGS.keys():
        for arrays, attributes in inputs_of(OPERATIONS[name], np.random.default_rng(3)):
            section, _ = section_of(name, arrays, F32, attributes)
            made = labels_of(lower(section))
            if name in PRIMITIVES:
                assert made == [name]
            elif name not in ("dot", "nll", "cross_entropy"):
                assert set(made) <= PRIMITIVES, name


def test_losses_of_classes_are_made_of_primitives_and_the_choice_of_a_label() -> None:
    logits, labels = np.ones((3, 4)), np.array([0, 3, 1])
    for attributes in ({}, {"label_smoothing": 0.1}, {"reduction": "sum"}, {"reduction": "none"}):
        section, _ = section_of("cross_entropy", [logits, labels], F32, attributes)
        lowered = lower(section)
        assert set(labels_of(lowered)) - PRIMITIVES == {"nll"}
        assert [node.attributes["reduction"] for node in lowered.operations if node.label == "nll"] == ["none"]
    section, _ = section_of("nll", [logits, labels], F32, {"reduction": "none"})
    assert labels_of(lower(section)) == ["nll"]
    section, _ = section_of("cross_entropy", [logits, logits / 4], F32)
    assert set(labels_of(lower(section))) <= PRIMITIVES


@pytest.mark.parametrize(
    ("name", "shapes", "dtype", "stays"),
    [
        pytest.param("dot", [(2, 3), (3, 4)], F32, False, id="matrices"),
        pytest.param("dot", [(3,), (3,)], F32, False, id="vectors"),
        pytest.param("dot", [(), (3,)], F32, False, id="a scalar"),
        pytest.param("dot", [(2, 1), (1,)], F32, True, id="a single element"),
        pytest.param("dot", [(2, 3), (4, 3, 2)], F32, True, id="a stack of matrices"),
        pytest.param("mean", [(3, 4)], F64, False, id="a mean of doubles"),
        pytest.param("mean", [(3, 4)], F16, True, id="a mean of half precision"),
        pytest.param("mse", [(3, 4), (3, 4)], F16, False, id="a mean inside a loss of half precision"),
    ],
)
def test_an_operation_stays_where_its_own_steps_cannot_be_followed(
    name: str, shapes: list[tuple[int, ...]], dtype: DType, stays: bool
) -> None:
    section, given = section_of(name, [np.ones(shape) for shape in shapes], dtype)
    assert (name in labels_of(lowered_equally(section, given))) is stays


def mean_of(dtype: DType, size: int) -> list[str]:
    graph = Graph(F32)
    leaf = graph.placeholder(TensorType(dtype, (Dim.fixed(size),)))
    return labels_of(lower(specialise(graph, [leaf], [graph.apply(OPERATIONS["mean"], [leaf], {})])))


def test_a_mean_stays_where_its_number_of_elements_has_no_place_in_the_type() -> None:
    assert mean_of(F32, 2**24) == ["sum", "divide"]
    assert mean_of(F32, 2**24 + 1) == ["mean"]
    assert mean_of(F64, 2**24 + 1) == ["sum", "divide"]


def test_means_of_integers_are_of_doubles_where_those_hold_every_sum() -> None:
    assert mean_of(DTYPES["bool"], 10**9) == ["astype", "sum", "divide", "astype"]
    assert mean_of(I32, 2**22) == ["astype", "sum", "divide", "astype"]
    assert mean_of(I32, 2**22 + 1) == ["mean"]
    assert mean_of(I64, 3) == ["mean"]


def test_identity_leaves_nothing() -> None:
    section, _ = section_of("identity", [np.ones(3)], F32)
    lowered = lower(section)
    assert lowered.results == lowered.leaves


# -- sizes of 0, labels that are wrong --------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore:Mean of empty slice")
@pytest.mark.parametrize("floating", FLOATS)
@pytest.mark.parametrize("rows", [0, 1])
@pytest.mark.parametrize("name", sorted(LOWERINGS.keys() - {"dot", "linear", "squeeze", "nll", "cross_entropy"}))
def test_a_batch_without_rows_comes_through_alike(name: str, rows: int, floating: str) -> None:
    operation, dtype = OPERATIONS[name], DTYPES[floating]
    has_axis = any(parameter.name == "axis" for parameter in operation.parameters)
    for attributes in [{"axis": 0}, {"axis": 1}] if has_axis else [{}]:
        graph = Graph(dtype)
        leaf = graph.placeholder(TensorType(dtype, (Dim.named("n"), Dim.fixed(3))))
        made = graph.apply(operation, [leaf] * (operation.tensor_count or 2), attributes)
        lowered_equally(specialise(graph, [leaf], [made], {"n": rows}), [np.full((rows, 3), 0.5, dtype.numpy)])


@pytest.mark.parametrize("smoothing", [0, 0.1])
@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
def test_no_labels_at_all_come_through_alike(reduction: str, smoothing: float) -> None:
    given = [np.zeros((0, 3)), np.zeros(0, np.int64)]
    lowered_equally(*section_of("nll", given, F32, {"reduction": reduction}))
    attributes = {"reduction": reduction, "label_smoothing": smoothing}
    lowered_equally(*section_of("cross_entropy", given, F32, attributes))


@pytest.mark.parametrize("name", ["nll", "cross_entropy"])
def test_a_label_that_is_no_class_is_still_an_error(name: str) -> None:
    section, given = section_of(name, [np.zeros((2, 3)), np.array([0, 3])], F32)
    lowered = lower(section)
    for whole in (section, lowered):
        with pytest.raises(IndexError, match=r"label 3 at \[1\] is out of range: there are 3 classes, 0 to 2"):
            values(whole, given)


# -- gradients --------------------------------------------------------------------------------------------------------


def total(graph: Graph, node: Node, rng: np.random.Generator) -> Node:
    """The sum of all elements with random weights."""
    weights = graph.constant(rng.normal(size=[dim.value or 0 for dim in node.shape]), node.type.dtype)
    weighted = graph.apply(OPERATIONS["multiply"], [node, weights], {})
    return graph.apply(OPERATIONS["sum"], [weighted], {})


@pytest.mark.parametrize("floating", ["f32", "f64"])
@pytest.mark.parametrize("name", [name for name in NAMES if any(OPERATIONS[name].gradients)])
def test_lowered_gradients_of_first_and_second_order_keep_their_bits(name: str, floating: str) -> None:
    operation, rng = OPERATIONS[name], np.random.default_rng(9)
    for arrays, attributes in inputs_of(operation, rng):
        graph, nodes, given = placed(arrays, DTYPES[floating])
        scalar = total(graph, graph.apply(operation, nodes, attributes), rng)
        first = list(gradients(graph, scalar, nodes).values())
        if not first:
            continue
        second = list(gradients(graph, total(graph, first[0], rng), nodes).values())
        lowered = lowered_equally(specialise(graph, nodes, [scalar, *first, *second]), given)
        assert not LOWERINGS.keys() & set(labels_of(lowered)) - {"dot", "nll"}


@pytest.mark.parametrize("name", ["log", "sqrt", "rsqrt", "reciprocal", "log1p"])
def test_lowered_gradients_past_a_choice_stay_finite(name: str) -> None:
    graph, (x,), given = placed([np.array([0.0, -1.0, 0.5, np.inf])], F64)
    choice = OPERATIONS["where"](OPERATIONS["greater"](x, 0), OPERATIONS[name](x), x)
    chosen = graph.apply(OPERATIONS["sum"], [choice], {})
    section = specialise(graph, [x], list(gradients(graph, chosen, [x]).values()))
    assert "unless_masked" in labels_of(section)
    assert "unless_masked" not in labels_of(lowered_equally(section, given))
    assert np.all(np.isfinite(values(lower(section), given)[0][:3]))


# -- places in the program --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", sorted(LOWERINGS))
def test_all_that_a_lowering_makes_belongs_to_the_place_of_the_operation(name: str) -> None:
    source = Source("y = f(x)\nz = y + 1")
    for arrays, attributes in inputs_of(OPERATIONS[name], np.random.default_rng(3)):
        graph, nodes, _ = placed(arrays, F64)
        with graph.making(Span(source, 4, 8), backward_of=nodes[0]):
            made = graph.apply(OPERATIONS[name], nodes, attributes)
        graph.name(made, "y")
        with graph.making(Span(source, 13, 18)):
            after = graph.apply(OPERATIONS["neg"], [made], {})
        lowered = lower(specialise(graph, nodes, [after]))
        (result,) = lowered.results
        assert result.span == Span(source, 13, 18)
        if name != "identity":
            assert result.inputs[0].name == "y"
            for node in lowered.nodes:
                if node is not result and node not in lowered.leaves:
                    assert node.span == Span(source, 4, 8)
                    assert node.backward_of is not None
