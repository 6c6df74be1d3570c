"""Reductions, products, shapes and creation against NumPy: values, inferred types, symbolic sizes, and messages."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from dsl.engine.reference import ReferenceEngine
from dsl.graph.gradient import DifferentiableGraph, gradients
from dsl.ops.dims import Dim, as_dim, as_shape
from dsl.ops.dtypes import BOOL, F32, F64, I32, I64
from dsl.ops.operation import OperationError
from dsl.ops.registry import load
from dsl.ops.types import TensorType

OPERATIONS = load()
SHAPES = hnp.array_shapes(min_dims=0, max_dims=4, min_side=1, max_side=4)


def run(name, *arrays, **attributes):
    """The value of an operation on f64 or integer arrays; its type must be the inferred one."""
    graph = DifferentiableGraph(F64)
    nodes = [graph.constant(np.asarray(array)) for array in arrays]
    operation = OPERATIONS[name]
    result = operation(*nodes, **attributes) if nodes else operation.within(graph, **attributes)
    parts = result if isinstance(result, tuple) else (result,)
    values = ReferenceEngine(graph, parts).run({})
    for part in parts:
        assert values[part].shape == tuple(dim.value for dim in part.shape)
        assert values[part].dtype == part.type.dtype.numpy
    return tuple(values[part] for part in parts) if isinstance(result, tuple) else values[result]


def numbered(shape):
    """Numbers that differ, in no simple order."""
    count = math.prod(shape)
    return (np.arange(count) * 7 % max(count, 1) / 3 - count / 7).reshape(shape)


def symbolic(*sizes, dtype=F32):
    return TensorType(dtype, tuple(Dim.named(size) if isinstance(size, str) else as_dim(size) for size in sizes))


def refused(function, *types):
    """The error of applying an operation to placeholders of these types."""
    graph = DifferentiableGraph()
    leaves = [graph.placeholder(type) for type in types]
    with pytest.raises(OperationError) as caught:
        function(*leaves)
    return caught.value


@st.composite
def shape_and_axes(draw, least=0):
    """A shape, and some of its axes counted from either end."""
    shape = draw(hnp.array_shapes(min_dims=max(least, 1), max_dims=4, min_side=1, max_side=4))
    rank = len(shape)
    axes = draw(st.lists(st.integers(0, rank - 1), unique=True, min_size=least))
    return shape, tuple(axis - rank if draw(st.booleans()) else axis for axis in axes)


# -- reductions -------------------------------------------------------------------------------------------------------

REDUCTIONS = {
    "sum": np.sum,
    "prod": np.prod,
    "mean": np.mean,
    "var": np.var,
    "std": np.std,
    "max": np.max,
    "min": np.min,
    "any": np.any,
    "all": np.all,
    "logsumexp": lambda x, axis, keepdims: np.log(np.sum(np.exp(x), axis=axis, keepdims=keepdims)),
    "norm": lambda x, axis, keepdims: np.sqrt(np.sum(x**2, axis=axis, keepdims=keepdims)),
}


@pytest.mark.parametrize("name", REDUCTIONS)
@given(case=shape_and_axes(), keepdims=st.booleans(), everything=st.booleans())
@settings(max_examples=30, deadline=None)
def test_reductions_agree_with_numpy(name, case, keepdims, everything):
    shape, axes = case
    x, axis = numbered(shape), None if everything else axes
    expected = REDUCTIONS[name](x, axis=axis, keepdims=keepdims)
    np.testing.assert_allclose(run(name, x, axis=axis, keepdims=keepdims), expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@given(shape=hnp.array_shapes(max_dims=3, max_side=4), keepdims=st.booleans(), data=st.data())
@settings(max_examples=30, deadline=None)
def test_positions_agree_with_numpy(name, shape, keepdims, data):
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    x = numbered(shape)
    np.testing.assert_array_equal(
        run(name, x, axis=axis, keepdims=keepdims), getattr(np, name)(x, axis=axis, keepdims=keepdims)
    )


@pytest.mark.parametrize(("ord", "expected"), [(1, 8), (2, math.sqrt(26)), (math.inf, 4)])
def test_orders_of_the_norm(ord, expected):
    assert run("norm", [[1.0, -4.0], [0.0, 3.0]], ord=ord) == pytest.approx(expected)


def test_products_of_all_others():
    np.testing.assert_array_equal(run("prod_others", [[2.0, 3.0], [4.0, 0.0]]), [[0, 0], [0, 24]])
    np.testing.assert_array_equal(run("prod_others", [[2.0, 3.0], [4.0, 0.0]], axis=1), [[3, 2], [0, 4]])


# -- products ---------------------------------------------------------------------------------------------------------


@given(
    shapes=hnp.mutually_broadcastable_shapes(signature="(m?,k),(k,n?)->(m?,n?)", max_dims=2, max_side=4),
    seed=st.integers(0, 9),
)
@settings(max_examples=100, deadline=None)
def test_matmul_agrees_with_numpy_in_value_and_gradient(shapes, seed):
    a, b = (np.random.default_rng(seed + k).normal(size=shape) for k, shape in enumerate(shapes.input_shapes))
    np.testing.assert_allclose(run("matmul", a, b), a @ b, rtol=1e-12, atol=1e-12)
    graph = DifferentiableGraph(F64)
    nodes = [graph.placeholder(TensorType(F64, as_shape(x.shape))) for x in (a, b)]
    product = nodes[0] @ nodes[1]
    weights = np.random.default_rng(99).normal(size=np.shape(a @ b))
    found = gradients(graph, OPERATIONS["sum"](product * weights) if product.shape else product * weights, nodes)
    values = ReferenceEngine(graph, found.values()).run(dict(zip(nodes, (a, b), strict=True)))
    for index, node in enumerate(nodes):
        direction = np.random.default_rng(7).normal(size=(a, b)[index].shape)
        moved = [a, b]
        moved[index] = direction
        slope = np.sum(weights * (moved[0] @ moved[1]))
        assert np.sum(values[found[node]] * direction) == pytest.approx(slope, rel=1e-9, abs=1e-9)


def test_gradient_of_a_matrix_product_is_two_products_with_transposes():
    """g @ b.T and a.T @ g, which plans recognise."""
    graph = DifferentiableGraph()
    a, b = graph.placeholder(symbolic("batch", 64)), graph.placeholder(symbolic(64, 10))
    product = a @ b
    found = gradients(graph, product, [a, b])
    left, right = found[a], found[b]
    assert [node.label for node in (left, left.inputs[1], right, right.inputs[0])] == ["matmul", "transpose"] * 2
    assert left.inputs[1].inputs == (b,)
    assert right.inputs[0].inputs == (a,)
    assert left.inputs[0] is right.inputs[1]
    assert [str(node.type) for node in (product, left, right)] == ["f32[batch, 10]", "f32[batch, 64]", "f32[64, 10]"]


def test_gradient_of_shared_weights_is_one_product_over_all_rows():
    graph = DifferentiableGraph()
    a, b = graph.placeholder(symbolic("batch", "time", 8)), graph.placeholder(symbolic(8, 3))
    found = gradients(graph, a @ b, [b])[b]
    assert (found.label, str(found.inputs[0].type)) == ("matmul", "f32[8, batch*time]")


@pytest.mark.parametrize("shapes", [[(3,), (3,)], [(2, 3), (3,)], [(3,), (3, 4)], [(2, 5, 3), (4, 3, 2)], [(), (2, 3)]])
def test_dot_agrees_with_numpy(shapes):
    a, b = map(numbered, shapes)
    np.testing.assert_allclose(run("dot", a, b), np.dot(a, b), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("shapes", [[(3,), (2,)], [(2, 2), (3,)], [(), (3,)]])
def test_outer_agrees_with_numpy(shapes):
    a, b = map(numbered, shapes)
    np.testing.assert_array_equal(run("outer", a, b), np.outer(a, b))


def test_products_of_integers_and_truth_values_are_integers():
    truth = np.array([[True, True], [False, True]])
    for name in ("matmul", "dot", "outer"):
        result = run(name, truth, truth)
        assert result.dtype == np.int64
        np.testing.assert_array_equal(result, getattr(np, name)(truth.astype(int), truth.astype(int)))
    graph = DifferentiableGraph(F32)
    mixed = graph.placeholder(symbolic(2, 3, dtype=I32)) @ graph.placeholder(symbolic(3, 2))
    assert str(mixed.type) == "f32[2, 2]"


@given(shape=SHAPES, data=st.data())
@settings(max_examples=50, deadline=None)
def test_transpose_agrees_with_numpy(shape, data):
    axes = data.draw(st.none() | st.permutations(range(len(shape))))
    np.testing.assert_array_equal(run("transpose", numbered(shape), axes=axes), np.transpose(numbered(shape), axes))


# -- shapes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(12,), (3, 4), (2, -1), (-1,), (2, 1, 3, -1), (3, 2, 2)])
def test_reshape_agrees_with_numpy(shape):
    x = numbered((2, 6))
    np.testing.assert_array_equal(run("reshape", x, shape=shape), x.reshape(shape))


@pytest.mark.parametrize(
    ("own", "wanted", "result"),
    [
        (("batch", 8, 8), ("batch", 64), "[batch, 64]"),
        (("batch", 8, 8), ("batch", -1), "[batch, 64]"),
        (("batch", 8, 8), (-1, 16), "[4*batch, 16]"),
        (("batch", "time", 6), (-1, 6), "[batch*time, 6]"),
        (("batch", "time", 6), (-1, 2, 3), "[batch*time, 2, 3]"),
        (("n",), ("n", -1), "[n, 1]"),
        (("batch", 8), (4, 8), "[4, 8]"),
        ((0, 3), (0, -1), "[0, 3]"),
    ],
)
def test_reshape_solves_symbolic_sizes(own, wanted, result):
    node = OPERATIONS["reshape"](DifferentiableGraph().placeholder(symbolic(*own)), shape=symbolic(*wanted).shape)
    assert str(node.type) == f"f32{result}"


def test_reshape_solves_sizes_that_are_sums():
    n = Dim.named("n")
    x = DifferentiableGraph().placeholder(TensorType(F32, (n - 1, n + 2, Dim.fixed(6))))
    assert str(OPERATIONS["reshape"](x, shape=(n - 1, -1)).type) == "f32[n - 1, 6*n + 12]"
    assert str(OPERATIONS["reshape"](x, shape=(n - 1, 3, -1)).type) == "f32[n - 1, 3, 2*n + 4]"


def test_a_reshape_that_depends_on_a_size_is_checked_when_it_runs():
    graph = DifferentiableGraph()
    x = graph.placeholder(symbolic("batch", 8))
    node = OPERATIONS["reshape"](x, shape=(4, 8))
    engine = ReferenceEngine(graph, [node])
    assert engine.run({x: np.zeros((4, 8), np.float32)}, {"batch": 4})[node].shape == (4, 8)
    with pytest.raises(ValueError, match="cannot reshape array of size 24"):
        engine.run({x: np.zeros((3, 8), np.float32)}, {"batch": 3})


@pytest.mark.parametrize(("start", "shape"), [(0, (24,)), (1, (2, 12)), (2, (2, 3, 4)), (-1, (2, 3, 4))])
def test_flatten_keeps_the_axes_before(start, shape):
    x = numbered((2, 3, 4))
    np.testing.assert_array_equal(run("flatten", x, start=start), x.reshape(shape))
    assert run("flatten", 2.0).shape == (1,)


@given(case=shape_and_axes(least=1))
@settings(max_examples=50, deadline=None)
def test_axes_are_moved_flipped_added_and_taken_away_as_in_numpy(case):
    shape, axes = case
    x = numbered(shape)
    np.testing.assert_array_equal(run("flip", x, axis=axes), np.flip(x, axes))
    np.testing.assert_array_equal(run("swapaxes", x, axis1=axes[0], axis2=axes[-1]), np.swapaxes(x, axes[0], axes[-1]))
    places = tuple(reversed(axes))
    np.testing.assert_array_equal(run("moveaxis", x, source=axes, destination=places), np.moveaxis(x, axes, places))
    wide = run("expand_dims", x, axis=axes[0])
    np.testing.assert_array_equal(wide, np.expand_dims(x, axes[0]))
    np.testing.assert_array_equal(run("squeeze", wide, axis=axes[0]), x)
    np.testing.assert_array_equal(run("squeeze", x), np.squeeze(x))


def test_several_axes_are_added_where_the_result_has_them():
    assert run("expand_dims", numbered((2, 3)), axis=[-1, 0, 2]).shape == (1, 2, 1, 3, 1)


@pytest.mark.parametrize(("own", "wide"), [((3,), (2, 3)), ((3, 1), (3, 4)), ((), (2, 2)), ((1, 2), (5, 3, 2))])
def test_broadcast_agrees_with_numpy(own, wide):
    np.testing.assert_array_equal(run("broadcast_to", numbered(own), shape=wide), np.broadcast_to(numbered(own), wide))


# -- joining and taking apart -----------------------------------------------------------------------------------------


@given(
    shape=hnp.array_shapes(max_dims=3, max_side=4),
    sizes=st.lists(st.integers(0, 4), min_size=1, max_size=4),
    data=st.data(),
)
@settings(max_examples=50, deadline=None)
def test_split_undoes_concatenate(shape, sizes, data):
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    parts = []
    for size in sizes:
        own = list(shape)
        own[axis] = size
        parts.append(numbered(own))
    joined = run("concatenate", *parts, axis=axis)
    np.testing.assert_array_equal(joined, np.concatenate(parts, axis))
    back = run("split", joined, sections=np.cumsum(sizes)[:-1].tolist(), axis=axis)
    assert len(back) == len(parts)
    for part, own in zip(back, parts, strict=True):
        np.testing.assert_array_equal(part, own)


@pytest.mark.parametrize(("sections", "axis"), [(3, 0), (2, 1), ([1, 4], 0), ([-1], -1), ([], 1), ([0, 6], 0)])
def test_split_agrees_with_numpy(sections, axis):
    x = numbered((6, 4))
    for own, expected in zip(run("split", x, sections=sections, axis=axis), np.split(x, sections, axis), strict=True):
        np.testing.assert_array_equal(own, expected)


@given(shape=hnp.array_shapes(min_dims=0, max_dims=3, max_side=4), count=st.integers(1, 4), data=st.data())
@settings(max_examples=30, deadline=None)
def test_stack_agrees_with_numpy(shape, count, data):
    axis = data.draw(st.integers(-len(shape) - 1, len(shape)))
    parts = [numbered(shape) + k for k in range(count)]
    np.testing.assert_array_equal(run("stack", *parts, axis=axis), np.stack(parts, axis))


def test_joining_promotes_element_types():
    graph = DifferentiableGraph(F32)
    parts = [graph.placeholder(symbolic(2, dtype=dtype)) for dtype in (I64, F32, BOOL)]
    assert OPERATIONS["concatenate"](*parts).type.dtype is F32
    assert OPERATIONS["stack"](parts[0], parts[2]).type.dtype is I64


@pytest.mark.parametrize("reps", [2, (2,), (2, 1), (1, 3), (2, 1, 2), (0,)])
def test_tile_agrees_with_numpy(reps):
    np.testing.assert_array_equal(run("tile", numbered((2, 3)), reps=reps), np.tile(numbered((2, 3)), reps))


@pytest.mark.parametrize(("repeats", "axis"), [(2, None), (3, 0), (2, -1), (0, 1)])
def test_repeat_agrees_with_numpy(repeats, axis):
    x = numbered((2, 3))
    np.testing.assert_array_equal(run("repeat", x, repeats=repeats, axis=axis), np.repeat(x, repeats, axis))


@pytest.mark.parametrize("width", [0, 2, (1, 0), ((1, 2), (0, 3))])
def test_pad_agrees_with_numpy(width):
    x = numbered((2, 3))
    expected = np.pad(x, width, constant_values=-1.5)
    np.testing.assert_array_equal(run("pad", x, pad_width=width, constant_values=-1.5), expected)


# -- creation ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", ["f16", "f32", "f64", "i32", "i64", "bool", None])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0, 3)])
def test_constants_agree_with_numpy(shape, dtype):
    numpy_type = {"bool": np.bool_, None: np.float64}.get(dtype) or f"{dtype[0]}{int(dtype[1:]) // 8}"
    for name in ("zeros", "ones"):
        result = run(name, shape=shape, dtype=dtype)
        assert result.dtype == np.dtype(numpy_type)
        np.testing.assert_array_equal(result, getattr(np, name)(shape))
    np.testing.assert_array_equal(run("full", shape=shape, value=1, dtype=dtype), np.ones(shape, numpy_type))


@pytest.mark.parametrize("bounds", [(5,), (2, 9), (2, 9, 3), (9, 2, -2), (3, 1), (0, 1, 0.1), (1, 2.5, 0.5), (-0.5,)])
def test_arange_agrees_with_numpy(bounds):
    result = run("arange", **dict(zip(("start", "stop", "step"), bounds, strict=False)))
    np.testing.assert_allclose(result, np.arange(*bounds), rtol=1e-14)
    assert result.dtype == (np.float64 if any(isinstance(bound, float) for bound in bounds) else np.int64)


@pytest.mark.parametrize(
    "bounds", [(0, 1, 5, True), (0, 1, 5, False), (-2.5, 2.5, 1, True), (3, 1, 4, True), (0, 1, 0, True)]
)
def test_linspace_agrees_with_numpy(bounds):
    start, stop, num, endpoint = bounds
    result = run("linspace", start=start, stop=stop, num=num, endpoint=endpoint)
    np.testing.assert_array_equal(result, np.linspace(*bounds))


def test_eye_is_square_unless_columns_are_given():
    np.testing.assert_array_equal(run("eye", n=3), np.eye(3))
    np.testing.assert_array_equal(run("eye", n=2, m=4, dtype="i32"), np.eye(2, 4))


def test_created_values_take_the_programs_floating_type():
    graph = DifferentiableGraph(F32)
    made = {
        "zeros": {"shape": 2},
        "ones": {"shape": 2},
        "full": {"shape": 2, "value": 3},
        "eye": {"n": 2},
        "linspace": {"start": 0, "stop": 1},
    }
    assert all(OPERATIONS[name].within(graph, **given).type.dtype is F32 for name, given in made.items())


# -- symbolic sizes ---------------------------------------------------------------------------------------------------

BATCH = {"batch": 3}

SYMBOLIC = [
    (lambda x, op: op["mean"](x, axis=0), "[4]", lambda x: x.mean(0)),
    (lambda x, op: op["mean"](x), "", lambda x: x.mean()),
    (lambda x, op: op["var"](x, axis=0, ddof=1), "[4]", lambda x: x.var(0, ddof=1)),
    (lambda x, op: op["std"](x), "", lambda x: x.std()),
    (lambda x, op: op["prod"](x, axis=0), "[4]", lambda x: x.prod(0)),
    (lambda x, op: op["prod"](x), "", lambda x: x.prod()),
    (lambda x, op: op["max"](x, axis=0, keepdims=True), "[1, 4]", lambda x: x.max(0, keepdims=True)),
    (lambda x, op: op["logsumexp"](x, axis=1), "[batch]", lambda x: np.log(np.exp(x).sum(1))),
    (lambda x, op: op["norm"](x, axis=0), "[4]", lambda x: np.sqrt((x**2).sum(0))),
    (lambda x, op: op["flatten"](x), "[4*batch]", lambda x: x.ravel()),
    (lambda x, op: op["reshape"](x, shape=(-1, 2)), "[2*batch, 2]", lambda x: x.reshape(-1, 2)),
    (lambda x, op: op["transpose"](x), "[4, batch]", lambda x: x.T),
    (lambda x, op: op["concatenate"](x, x, axis=0), "[2*batch, 4]", lambda x: np.concatenate([x, x])),
    (lambda x, op: op["stack"](x, x, axis=1), "[batch, 2, 4]", lambda x: np.stack([x, x], 1)),
    (lambda x, op: op["tile"](x, reps=(2, 1)), "[2*batch, 4]", lambda x: np.tile(x, (2, 1))),
    (lambda x, op: op["tile"](x, reps=x.shape[0]), "[batch, 4*batch]", lambda x: np.tile(x, 3)),
    (lambda x, op: op["repeat"](x, repeats=x.shape[0], axis=1), "[batch, 4*batch]", lambda x: np.repeat(x, 3, 1)),
    (lambda x, op: op["repeat"](x, repeats=2), "[8*batch]", lambda x: np.repeat(x, 2)),
    (lambda x, op: op["pad"](x, pad_width=((1, 2), (0, 1))), "[batch + 3, 5]", lambda x: np.pad(x, ((1, 2), (0, 1)))),
    (
        lambda x, op: op["broadcast_to"](x, shape=(x.shape[0], *x.shape)),
        "[batch, batch, 4]",
        lambda x: np.stack([x] * 3),
    ),
    (lambda x, op: op["flip"](x, axis=0), "[batch, 4]", lambda x: x[::-1]),
    (lambda x, op: op["split"](x, sections=2, axis=1)[1], "[batch, 2]", lambda x: x[:, 2:]),
    (lambda x, op: op["split"](x, sections=[1])[1], "[batch - 1, 4]", lambda x: x[1:]),
    (lambda x, op: op["matmul"](x, op["transpose"](x)), "[batch, batch]", lambda x: x @ x.T),
    (lambda x, op: op["outer"](x, x), "[4*batch, 4*batch]", lambda x: np.outer(x, x)),
    (lambda x, op: x * op["dimension"].within(x.builder, size=x.shape[0], dtype="f64"), "[batch, 4]", lambda x: x * 3),
    (
        lambda x, op: x + op["linspace"].within(x.builder, start=0, stop=1, num=4),
        "[batch, 4]",
        lambda x: x + np.linspace(0, 1, 4),
    ),
    (lambda x, op: op["eye"].within(x.builder, n=x.shape[0]) @ x, "[batch, 4]", lambda x: x),
]


def with_two_derivatives(function, type, x):
    """The node that a function makes of a placeholder, and its values with those of two derivatives."""
    graph = DifferentiableGraph(F64)
    leaf = graph.placeholder(type)
    node = function(leaf, OPERATIONS)
    first = OPERATIONS["grad"](node, leaf)
    second = OPERATIONS["grad"](first * first, leaf)
    values = ReferenceEngine(graph, [node, first, second]).run({leaf: x}, BATCH)
    return node, [values[each] for each in (node, first, second)]


@pytest.mark.parametrize("index", range(len(SYMBOLIC)))
def test_symbolic_sizes_give_what_known_sizes_give_through_two_derivatives(index):
    function, shape, expected = SYMBOLIC[index]
    x = numbered((3, 4))
    node, found = with_two_derivatives(function, symbolic("batch", 4, dtype=F64), x)
    assert str(node.type) == f"f64{shape}"
    np.testing.assert_allclose(found[0], expected(x), rtol=1e-12, atol=1e-12)
    _, known = with_two_derivatives(function, symbolic(3, 4, dtype=F64), x)
    for own, other in zip(found, known, strict=True):
        np.testing.assert_array_equal(own, other)


def test_ranges_up_to_a_dimension():
    graph, n = DifferentiableGraph(), Dim.named("n")
    nodes = [
        OPERATIONS["arange"].within(graph, start=n),
        OPERATIONS["arange"].within(graph, start=1, stop=n + 1),
        OPERATIONS["arange"].within(graph, start=0, stop=n * 4, step=n),
    ]
    values = ReferenceEngine(graph, nodes).run({}, {"n": 3})
    assert [str(node.type) for node in nodes] == ["i64[n]", "i64[n]", "i64[4]"]
    assert [values[node].tolist() for node in nodes] == [[0, 1, 2], [1, 2, 3], [0, 3, 6, 9]]


# -- mistakes ---------------------------------------------------------------------------------------------------------


def test_a_matrix_product_that_does_not_fit_shows_both_sides():
    error = refused(lambda h, w: h @ w, symbolic("batch", 64), symbolic(32, 10))
    assert error.message == "`@` cannot multiply f32[batch, 64] by f32[32, 10]"
    assert error.notes == (
        (1, 0, "{name} has 32 rows, from here"),
        (0, None, "{name} is f32[batch, 64], from here"),
    )
    assert error.label == "the last dimension of {0} is 64"
    assert error.hint == "declare {1} as [64, 10], or transpose {0}"


@pytest.mark.parametrize(
    ("left", "right", "hint"),
    [
        ((5, 3), (4, 3), "transpose {1}: its last dimension is 3"),
        ((4, 3), (4, 5), "transpose {0}: its dimension before the last is 4"),
        ((3,), (4,), "declare {1} as [3]"),
        ((2, 3), (4,), "declare {1} as [3], or transpose {0}"),
        (("batch", 2, 3), (7, 4, 5), "declare {1} as [7, 3, 5], or transpose {0}"),
    ],
)
def test_the_hint_of_a_matrix_product_fits_the_case(left, right, hint):
    assert refused(lambda a, b: a @ b, symbolic(*left), symbolic(*right)).hint == hint


def test_stacks_of_matrices_must_broadcast():
    error = refused(lambda a, b: a @ b, symbolic(5, 2, 3), symbolic(4, 3, 2))
    assert error.message.startswith("`@` cannot multiply f32[5, 2, 3] by f32[4, 3, 2]")
    assert error.notes == ((0, 0, "{name} has size 5 here"), (1, 0, "{name} has size 4 here"))


def test_a_scalar_in_a_matrix_product_is_sent_to_the_other_star():
    error = refused(lambda a, b: a @ b, symbolic(2, 3), symbolic())
    assert (error.message, error.hint) == (
        "`@` multiplies vectors and matrices, and got f32[2, 3] and f32",
        "use `*` to multiply by a scalar",
    )


def applied(name, **attributes):
    return lambda *inputs: OPERATIONS[name](*inputs, **attributes)


@pytest.mark.parametrize(
    ("function", "types", "message"),
    [
        (
            applied("dot"),
            [symbolic(2, 3), symbolic(4, 3)],
            "`dot` cannot multiply f32[2, 3] by f32[4, 3]",
        ),
        (
            applied("reshape", shape=(3, 5)),
            [symbolic(2, 6)],
            "`reshape` cannot make [3, 5] of f32[2, 6]: 12 elements are there, and 15 are needed",
        ),
        (
            applied("reshape", shape=(Dim.named("batch"), 4)),
            [symbolic("batch", 8)],
            "`reshape` cannot make [batch, 4] of f32[batch, 8]: 8*batch elements are there, and 4*batch are needed",
        ),
        (
            applied("reshape", shape=(5, -1)),
            [symbolic(2, 6)],
            "`reshape` cannot make [5, -1] of f32[2, 6]: its 12 elements do not divide into groups of 5",
        ),
        (
            applied("reshape", shape=(8, -1)),
            [symbolic("batch", 4)],
            "`reshape` cannot make [8, -1] of f32[batch, 4]: "
            "its 4*batch elements do not for every size divide into groups of 8",
        ),
        (
            applied("reshape", shape=(-1, -1)),
            [symbolic(4)],
            "`reshape` can work out one size only, and [-1, -1] leaves 2",
        ),
        (
            applied("transpose", axes=(0, 0)),
            [symbolic(2, 3)],
            "`axes` of `transpose` must name each axis of f32[2, 3] once, not [0, 0]",
        ),
        (
            applied("moveaxis", source=(0, 1), destination=0),
            [symbolic(2, 3)],
            "`moveaxis` is given 2 axes to move and 1 places for them",
        ),
        (applied("swapaxes", axis1=0, axis2=2), [symbolic(2, 3)], "`swapaxes` has no axis 2 in f32[2, 3]"),
        (applied("flatten", start=2), [symbolic(2, 3)], "`flatten` has no axis 2 in f32[2, 3]"),
        (applied("expand_dims", axis=4), [symbolic(2, 3)], "`expand_dims` has no axis 4 in a result of 3 axes"),
        (
            applied("squeeze", axis=0),
            [symbolic("batch", 1)],
            "`squeeze` takes away axes of size 1, and axis 0 of f32[batch, 1] has size batch",
        ),
        (
            applied("broadcast_to", shape=(3, 4)),
            [symbolic(3)],
            "`broadcast_to` cannot repeat f32[3] to the shape [3, 4]",
        ),
        (
            applied("concatenate", axis=1),
            [symbolic("batch", 2), symbolic(8, 2)],
            "`concatenate` along axis 1 cannot join f32[batch, 2] and f32[8, 2]: "
            "axis 0 is batch in one and 8 in the other",
        ),
        (
            applied("concatenate"),
            [symbolic(2), symbolic(2, 2)],
            "`concatenate` needs values with as many axes each, and got f32[2] and f32[2, 2]",
        ),
        (applied("concatenate"), [symbolic()], "`concatenate` joins values along an axis, and got f32, a scalar"),
        (
            applied("stack"),
            [symbolic(2), symbolic(3)],
            "`stack` needs two values of one shape, and got f32[2] and f32[3]",
        ),
        (
            applied("split", sections=4),
            [symbolic(10, 2)],
            "`split` cannot divide axis 0 of f32[10, 2] into 4 equal parts: its size is 10",
        ),
        (
            applied("split", sections=[3, 2]),
            [symbolic(10)],
            "`split` cannot cut axis 0 of f32[10], whose size is 10, at [3, 2]",
        ),
        (
            applied("split", sections=0),
            [symbolic(10)],
            "`split` needs a number of parts that is known and at least 1, not 0",
        ),
        (applied("tile", reps=-1), [symbolic(2)], "`reps` of `tile` is -1, and cannot be negative"),
        (applied("repeat", repeats=-2), [symbolic(2)], "`repeats` of `repeat` is -2, and cannot be negative"),
        (
            applied("pad", pad_width=((1, 2),)),
            [symbolic(2, 3)],
            "`pad_width` of `pad` for f32[2, 3] is one width, a pair [before, after], or a list of 2 pairs",
        ),
        (
            applied("pad", pad_width=1, constant_values=0.5),
            [symbolic(2, dtype=I32)],
            "`constant_values` of `pad` is 0.5, which is no i32",
        ),
    ],
)
def test_what_does_not_fit_is_said(function, types, message):
    assert refused(function, *types).message == message


@pytest.mark.parametrize(
    ("name", "attributes", "message"),
    [
        ("zeros", {"shape": (2, -1)}, "`zeros` is given a negative size: -1"),
        ("full", {"shape": 2, "value": 0.5, "dtype": "i32"}, "`value` of `full` is 0.5, which is no i32"),
        ("full", {"shape": 2, "value": 2**40, "dtype": "i32"}, "`value` of `full` is 1099511627776, which is no i32"),
        ("full", {"shape": 2, "value": 2, "dtype": "bool"}, "`value` of `full` is 2, which is no bool"),
        ("arange", {"start": 0, "stop": 4, "step": 0}, "`step` of `arange` is 0, and nothing is reached"),
        ("arange", {"start": math.inf}, "`arange` cannot count from 0 to inf in steps of 1"),
        ("arange", {"start": 3, "dtype": "bool"}, "`arange` counts, and cannot make truth values"),
        (
            "arange",
            {"start": 0, "stop": Dim.named("n"), "step": 0.5},
            "`arange` cannot tell how many numbers there are from 0 to n in steps of 0.5 before the sizes are known",
        ),
        ("linspace", {"start": 0, "stop": 1, "dtype": "i64"}, "`linspace` makes fractions, and i64 has none"),
        ("eye", {"n": -3}, "`eye` is given a negative size: -3"),
        (
            "zeros",
            {"shape": [2.5]},
            "`shape` of `zeros` must be a shape: a list of integers and dimensions, not [2.5]",
        ),
    ],
)
def test_what_cannot_be_created_is_said(name, attributes, message):
    with pytest.raises(OperationError) as caught:
        OPERATIONS[name].within(DifferentiableGraph(), **attributes)
    assert caught.value.message == message
