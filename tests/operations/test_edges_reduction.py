"""Reductions where they are delicate: zeros, ties, constants, infinities, empty axes; in single and double precision."""

import math
from itertools import combinations

import numpy as np
import pytest

from dsl.engine.reference import ReferenceEngine
from dsl.graph.gradient import DifferentiableGraph, gradients
from dsl.ops.dims import Dim, as_shape
from dsl.ops.dtypes import BOOL, DTYPES, F32, F64, I32, I64
from dsl.ops.operation import OperationError
from dsl.ops.registry import load
from dsl.ops.types import TensorType

OPERATIONS = load()
PRECISIONS = [pytest.param(F32, id="f32"), pytest.param(F64, id="f64")]


def derivatives(function, x, dtype, order=2):
    """The value of a function of one array, its gradient, and the gradient of that summed with weights 1, 2, 3 …"""
    graph = DifferentiableGraph(dtype)
    x = np.asarray(x, dtype.numpy)
    leaf = graph.placeholder(TensorType(dtype, as_shape(x.shape)))
    nodes = [function(leaf)]
    for level in range(order):
        of = nodes[-1] if level == 0 else OPERATIONS["sum"](nodes[-1] * weights(x, dtype))
        nodes.append(OPERATIONS["grad"](of, leaf))
    values = ReferenceEngine(graph, nodes).run({leaf: x})
    for node in nodes:
        assert values[node].shape == tuple(dim.value for dim in node.shape)
        assert values[node].dtype == node.type.dtype.numpy
    return [values[node] for node in nodes]


def weights(x, dtype):
    return np.arange(1, x.size + 1, dtype=dtype.numpy).reshape(x.shape)


def close(actual, expected, dtype):
    np.testing.assert_allclose(
        actual, expected, rtol=1e-5 if dtype is F32 else 1e-13, atol=1e-6 if dtype is F32 else 1e-14
    )


def refused(function, *types):
    """The error of applying an operation to placeholders of these types."""
    graph = DifferentiableGraph()
    leaves = [graph.placeholder(type) for type in types]
    with pytest.raises(OperationError) as caught:
        function(*leaves)
    return caught.value


def f32(*sizes):
    return TensorType(F32, tuple(Dim.named(size) if isinstance(size, str) else Dim.fixed(size) for size in sizes))


# -- products with zeros ----------------------------------------------------------------------------------------------


def product_without(x, left_out):
    return math.prod(value for index, value in enumerate(x) if index not in left_out)


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("zeros", [(), (1,), (0, 3), (0, 1, 3), (0, 1, 2, 3)])
def test_product_and_its_derivatives_are_right_at_zeros(zeros, dtype):
    x = [0.0 if index in zeros else value for index, value in enumerate([2.0, -3.0, 0.5, 7.0])]
    value, gradient, second = derivatives(OPERATIONS["prod"], x, dtype)
    close(value, math.prod(x), dtype)
    close(gradient, [product_without(x, {index}) for index in range(4)], dtype)
    expected = np.zeros(4)
    for i, k in combinations(range(4), 2):
        both = product_without(x, {i, k})
        expected[i] += (k + 1) * both
        expected[k] += (i + 1) * both
    close(second, expected, dtype)


def test_third_derivative_of_a_product_of_zeros_is_right():
    """Of x y z, by all three in turn, it is 1: what is left when nothing else is."""
    graph = DifferentiableGraph(F64)
    x = graph.placeholder(TensorType(F64, as_shape([3])))
    node = OPERATIONS["prod"](x)
    for index in range(3):
        node = OPERATIONS["getitem"](gradients(graph, node, [x])[x], index=(index,))
    assert ReferenceEngine(graph, [node]).run({x: np.zeros(3)})[node] == 1


@pytest.mark.parametrize("axis", [None, 0, (0, 2), (1, 2)])
def test_products_along_several_axes_are_right_at_zeros(axis):
    x = np.arange(12.0).reshape(2, 3, 2) % 5
    value, gradient, _ = derivatives(lambda x: OPERATIONS["prod"](x, axis=axis), x, F64)
    np.testing.assert_array_equal(value, np.prod(x, axis=axis))
    step = 1e-6 * np.eye(12).reshape(12, 2, 3, 2)
    slopes = [(np.prod(x + h, axis=axis) - np.prod(x - h, axis=axis)).sum() / 2e-6 for h in step]
    np.testing.assert_allclose(gradient.ravel(), slopes, rtol=1e-6, atol=1e-6)


def test_gradient_of_a_long_product_takes_no_square_table():
    x = np.full(200_000, 1.00001)
    value, gradient = derivatives(OPERATIONS["prod"], x, F64, order=1)
    np.testing.assert_allclose(gradient, value / x, rtol=1e-9)


# -- ties -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize(("name", "sign"), [("max", 1), ("min", -1)])
def test_ties_share_the_gradient_equally(name, sign, dtype):
    x = sign * np.array([[1.0, 5.0, 5.0], [2.0, 2.0, 2.0], [3.0, 0.0, 1.0]])
    value, gradient, second = derivatives(lambda x: OPERATIONS[name](x, axis=1), x, dtype)
    close(value, sign * np.array([5, 2, 3]), dtype)
    close(gradient, [[0, 1 / 2, 1 / 2], [1 / 3, 1 / 3, 1 / 3], [1, 0, 0]], dtype)
    close(second, np.zeros((3, 3)), dtype)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_largest_magnitude_shares_between_signs(dtype):
    value, gradient, second = derivatives(lambda x: OPERATIONS["norm"](x, ord=math.inf), [-3.0, 1.0, 3.0], dtype)
    close(value, 3, dtype)
    close(gradient, [-1 / 2, 0, 1 / 2], dtype)
    close(second, np.zeros(3), dtype)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_elements_not_picked_get_zero_even_past_an_infinite_derivative(dtype):
    value, gradient, second = derivatives(lambda x: OPERATIONS["max"](OPERATIONS["log"](x)), [0.0, 2.0, 1.0], dtype)
    close(value, math.log(2), dtype)
    close(gradient, [0, 1 / 2, 0], dtype)
    close(second, [0, -2 / 4, 0], dtype)


def test_positions_are_those_of_the_first_of_equals():
    graph = DifferentiableGraph()
    x = graph.constant(np.array([[1.0, 4.0, 4.0], [0.0, 0.0, 9.0]]))
    nodes = [OPERATIONS["argmax"](x, axis=1), OPERATIONS["argmin"](x, axis=1), OPERATIONS["argmax"](x)]
    values = ReferenceEngine(graph, nodes).run({})
    assert [values[node].tolist() for node in nodes] == [[1, 2], [0, 0], 5]
    assert all(node.type.dtype is I64 for node in nodes)


# -- spreads and lengths at 0 -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("ord", [1, 2, math.inf])
def test_norm_of_zero_has_gradient_zero(ord, dtype):
    for result in derivatives(lambda x: OPERATIONS["norm"](x, ord=ord), np.zeros(3), dtype):
        close(result, np.zeros(result.shape), dtype)


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("ddof", [0, 1])
@pytest.mark.parametrize("constant", [0.0, 2.0, 0.1, 0.7, 1e-3, -123.456])
def test_spread_of_a_constant_is_zero_with_gradient_zero(constant, ddof, dtype):
    x = np.full((4, 3), constant)
    for name in ("std", "var"):
        value, gradient, second = derivatives(lambda x, name=name: OPERATIONS[name](x, axis=1, ddof=ddof), x, dtype)
        np.testing.assert_array_equal(value, np.zeros(4))
        np.testing.assert_array_equal(gradient, np.zeros((4, 3)))
        assert np.all(np.isfinite(second))
    close(second, 2 / (3 - ddof) * np.tile([-1, 0, 1], (4, 1)), dtype)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_one_constant_row_does_not_disturb_the_others(dtype):
    rows = np.array([[2.0, 2.0, 2.0], [1.0, 2.0, 6.0]])
    _, gradient, second = derivatives(lambda x: OPERATIONS["std"](x, axis=1), rows, dtype)
    close(gradient, [[0, 0, 0], (rows[1] - 3) / (3 * np.std(rows[1]))], dtype)
    assert np.all(np.isfinite(second))


@pytest.mark.parametrize(("dtype", "offset"), [(F32, 1e4), (F64, 1e9)])
def test_spread_far_from_zero_keeps_its_digits(dtype, offset):
    x = offset + np.array([1.0, 2.0, 3.0, 6.0])
    value, gradient, _ = derivatives(OPERATIONS["var"], x, dtype)
    close(value, 3.5, dtype)
    close(gradient, [-1, -0.5, 0, 1.5], dtype)


# -- exponentials -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", PRECISIONS)
@pytest.mark.parametrize("shift", [0.0, 1000.0, -1000.0])
def test_logsumexp_is_stable_far_from_zero(shift, dtype):
    x = np.array([1.0, 2.0, 4.0])
    share = np.exp(x) / np.exp(x).sum()
    value, gradient, second = derivatives(OPERATIONS["logsumexp"], x + shift, dtype)
    tolerance = 1e-4 if dtype is F32 else 1e-12
    np.testing.assert_allclose(value, shift + math.log(np.exp(x).sum()), rtol=tolerance)
    np.testing.assert_allclose(gradient, share, rtol=tolerance)
    np.testing.assert_allclose(second, share * ([1, 2, 3] - share @ [1, 2, 3]), rtol=10 * tolerance)


@pytest.mark.parametrize("dtype", PRECISIONS)
def test_logsumexp_passes_over_minus_infinity(dtype):
    rows = np.array([[-np.inf, 0.0, 0.0], [-1000.0, 1000.0, -np.inf], [-np.inf, -np.inf, -np.inf]])
    value, gradient, second = derivatives(lambda x: OPERATIONS["logsumexp"](x, axis=1), rows, dtype)
    np.testing.assert_allclose(value, [math.log(2), 1000, -np.inf], rtol=1e-6)
    close(gradient, [[0, 1 / 2, 1 / 2], [0, 1, 0], [0, 0, 0]], dtype)
    assert np.all(np.isfinite(second))


def test_logsumexp_of_plus_infinity_is_infinite():
    (value,) = derivatives(OPERATIONS["logsumexp"], [np.inf, 1.0], F64, order=0)
    assert value == np.inf


# -- element types ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "of", "expected"),
    [
        ("sum", BOOL, I64),
        ("sum", I32, I32),
        ("prod", BOOL, I64),
        ("mean", BOOL, F32),
        ("mean", I64, F32),
        ("mean", F64, F64),
        ("var", I32, F32),
        ("std", BOOL, F32),
        ("norm", I32, F32),
        ("logsumexp", I64, F32),
        ("max", I32, I32),
        ("min", BOOL, BOOL),
        ("any", F32, BOOL),
        ("all", BOOL, BOOL),
    ],
)
def test_element_type_of_a_reduction(name, of, expected):
    graph = DifferentiableGraph(F32)
    x = graph.constant(np.array([0, 1, 1, 1]), of)
    node = OPERATIONS[name](x)
    assert node.type == TensorType(expected, ())
    value = ReferenceEngine(graph, [node]).run({})[node]
    reference = {"norm": np.linalg.norm, "logsumexp": lambda x: np.log(np.exp(x * 1.0).sum())}.get(name)
    assert value == pytest.approx((reference or getattr(np, name))(x.value), rel=1e-6)


@pytest.mark.parametrize("name", ["mean", "var", "std", "norm", "sum", "max", "logsumexp"])
def test_half_precision_stays_half_precision(name):
    graph = DifferentiableGraph(DTYPES["f16"])
    x = graph.constant(np.array([300.0, 100.0, 200.0, 400.0]))
    node = OPERATIONS[name](x)
    value = ReferenceEngine(graph, [node]).run({})[node]
    assert value.dtype == np.float16
    assert np.isfinite(value)


# -- mistakes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["max", "min", "argmax", "argmin", "mean", "var"])
def test_an_axis_known_to_be_empty_is_refused(name):
    error = refused(lambda x: OPERATIONS[name](x, axis=1), f32("batch", 0))
    assert error.code == "shape"
    assert error.message.startswith(f"`{name}` needs at least one element")


@pytest.mark.parametrize("name", ["sum", "prod", "any", "all", "logsumexp", "norm"])
def test_an_empty_axis_gives_the_neutral_element(name):
    graph = DifferentiableGraph()
    node = OPERATIONS[name](graph.constant(np.zeros((2, 0), np.float32)), axis=1)
    value = ReferenceEngine(graph, [node]).run({})[node]
    assert (
        value.tolist()
        == [{"sum": 0, "prod": 1, "any": False, "all": True, "logsumexp": -math.inf, "norm": 0}[name]] * 2
    )


def test_an_empty_axis_beside_the_reduced_one_is_allowed():
    assert str(OPERATIONS["max"](DifferentiableGraph().placeholder(f32(3, 0)), axis=0).type) == "f32[0]"


def test_variance_needs_more_elements_than_ddof():
    error = refused(lambda x: OPERATIONS["var"](x, axis=0, ddof=1), f32(1, 3))
    assert error.message == "`var` needs at least 2 elements to reduce, and f32[1, 3] has 1 along axis 0"
    assert refused(lambda x: OPERATIONS["std"](x, ddof=-1), f32(3)).code == "argument"
    assert str(OPERATIONS["var"](DifferentiableGraph().placeholder(f32("batch")), ddof=1).type) == "f32"


def test_an_axis_that_is_not_there_is_named_with_those_that_are():
    error = refused(lambda x: OPERATIONS["sum"](x, axis=2), f32("batch", 4))
    assert (error.message, error.hint) == ("`sum` has no axis 2 in f32[batch, 4]", "axes go from -2 to 1")


def test_an_axis_given_twice_is_refused():
    error = refused(lambda x: OPERATIONS["mean"](x, axis=[0, -2]), f32("batch", 4))
    assert (error.code, error.message) == ("argument", "`mean` is given an axis twice: [0, -2]")


def test_other_orders_of_norm_are_refused():
    error = refused(lambda x: OPERATIONS["norm"](x, ord=3), f32(4))
    assert (error.code, error.message) == ("argument", "`ord` of `norm` must be 1, 2 or infinity, not 3")
