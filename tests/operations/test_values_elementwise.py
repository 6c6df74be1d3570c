"""What elementwise operations and activations return: against the textbook's formulas, for every element type."""

import math
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from dsl.engine.reference import ReferenceEngine
from dsl.graph.check import check_gradient
from dsl.graph.gradient import DifferentiableGraph
from dsl.ops.domains import sample
from dsl.ops.dtypes import BOOL, DTYPES, F32, F64, I64
from dsl.ops.operation import OperationError
from dsl.ops.registry import OPERATIONS, load
from dsl.ops.types import TensorType

o = load()
assert o is OPERATIONS


def phi(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2))


UNARY: dict[str, Callable[[float], float]] = {
    "neg": lambda x: -x,
    "abs": math.fabs,
    "sign": lambda x: math.copysign(1, x),
    "exp": math.exp,
    "expm1": math.expm1,
    "log": math.log,
    "log1p": math.log1p,
    "log2": math.log2,
    "log10": math.log10,
    "sqrt": math.sqrt,
    "rsqrt": lambda x: 1 / math.sqrt(x),
    "square": lambda x: x * x,
    "reciprocal": lambda x: 1 / x,
    "sin": math.sin,
    "cos": math.cos,
    "tan": math.tan,
    "arcsin": math.asin,
    "arccos": math.acos,
    "arctan": math.atan,
    "sinh": math.sinh,
    "cosh": math.cosh,
    "tanh": math.tanh,
    "erf": math.erf,
    "erfc": math.erfc,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": round,
    "isnan": math.isnan,
    "isinf": math.isinf,
    "identity": lambda x: x,
    "sigmoid": lambda x: 1 / (1 + math.exp(-x)),
    "relu": lambda x: max(x, 0),
    "leaky_relu": lambda x: x if x > 0 else 0.01 * x,
    "elu": lambda x: x if x > 0 else math.exp(x) - 1,
    "selu": lambda x: 1.0507009873554805 * (x if x > 0 else 1.6732632423543772 * (math.exp(x) - 1)),
    "gelu": lambda x: x * phi(x),
    "silu": lambda x: x / (1 + math.exp(-x)),
    "softplus": lambda x: math.log(1 + math.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "log_sigmoid": lambda x: -math.log(1 + math.exp(-x)),
}
BINARY: dict[str, Callable[[float, float], float]] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / b,
    "mod": lambda a, b: a - b * math.floor(a / b),
    "power": lambda a, b: a**b,
    "maximum": max,
    "minimum": min,
    "atan2": math.atan2,
    "hypot": math.hypot,
    "logaddexp": lambda a, b: math.log(math.exp(a) + math.exp(b)),
    "equal": lambda a, b: a == b,
    "not_equal": lambda a, b: a != b,
    "less": lambda a, b: a < b,
    "less_equal": lambda a, b: a <= b,
    "greater": lambda a, b: a > b,
    "greater_equal": lambda a, b: a >= b,
}


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("name", [*UNARY, *BINARY])
def test_values_are_those_of_the_formula(name: str, dtype: str, value_of: Any) -> None:
    function = UNARY.get(name) or BINARY[name]
    rng = np.random.default_rng(11)
    count = 1 if name in UNARY else 2
    precision = DTYPES[dtype].numpy
    inputs = [sample(o[name], index, rng, (40,)).astype(precision) for index in range(count)]
    expected = [function(*map(float, point)) for point in zip(*inputs, strict=True)]
    tolerance = 1e-14 if dtype == "f64" else 2e-6
    np.testing.assert_allclose(value_of(o[name], *inputs, dtype=dtype), expected, rtol=tolerance, atol=tolerance)


def test_the_tables_above_leave_out_no_operation() -> None:
    families = {"elementwise", "arithmetic", "comparison", "activation"}
    tested_elsewhere = {"astype", "where", "clip", "logical_and", "logical_or", "logical_not", "softmax", "log_softmax"}
    tested_elsewhere |= {"unless_masked"}
    known = {name for name, operation in o.items() if operation.family in families}
    assert known == set(UNARY) | set(BINARY) | tested_elsewhere


def test_the_neuron_of_the_tutorial_is_exact(value_of: Any, derivative_of: Any) -> None:
    linear = 1.4512183820274032
    assert value_of(o["sigmoid"], linear) == 0.8101858733432837
    slope = derivative_of(lambda x: 0.402796525409167 * o["sigmoid"](x), linear)
    assert slope == pytest.approx(0.06194395247945269, rel=1e-15)


@pytest.mark.parametrize("axis", [0, 1, -1])
def test_softmax_sums_to_one_along_its_axis(axis: int, value_of: Any) -> None:
    x = np.random.default_rng(2).normal(size=(3, 5))
    weights = value_of(lambda x: o["softmax"](x, axis=axis), x)
    np.testing.assert_allclose(weights.sum(axis=axis), 1, rtol=1e-15)
    np.testing.assert_allclose(weights, np.exp(x) / np.exp(x).sum(axis=axis, keepdims=True), rtol=1e-14)
    np.testing.assert_allclose(value_of(lambda x: o["log_softmax"](x, axis=axis), x), np.log(weights), rtol=1e-13)


def test_softmax_of_no_rows_and_of_integers(value_of: Any) -> None:
    assert value_of(o["softmax"], np.zeros((0, 3))).shape == (0, 3)
    assert value_of(o["softmax"], np.zeros((3, 0))).shape == (3, 0)
    np.testing.assert_allclose(value_of(o["softmax"], [0, 0], dtype="f32"), [0.5, 0.5])


def test_softmax_needs_its_axis(value_of: Any) -> None:
    with pytest.raises(OperationError, match="no axis 2"):
        value_of(lambda x: o["softmax"](x, axis=2), np.zeros((2, 2)))
    with pytest.raises(OperationError, match="no axis -1") as raised:
        value_of(o["softmax"], 1.0)
    assert raised.value.hint == "a scalar has no axes"


def test_the_remainder_has_the_sign_of_the_divisor(value_of: Any, derivative_of: Any) -> None:
    a, b = [7.0, -7.0, 7.0, -7.0, 1.0], [3.0, 3.0, -3.0, -3.0, 0.1]
    np.testing.assert_array_equal(value_of(o["mod"], a, b), np.mod(a, b))
    by_a, by_b = derivative_of(o["mod"], a, b)
    np.testing.assert_array_equal(by_a, np.ones(5))
    np.testing.assert_array_equal(by_b, [-2, 3, 3, -2, -9])


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "mod", "maximum", "minimum", "power"])
def test_arithmetic_of_integers_gives_integers(name: str, node_of: Any) -> None:
    a, b = np.array([5, -4, 3]), np.array([2, 3, 1])
    node, value = node_of(o[name], a, b, dtype="f32")
    assert (node.type.dtype, value.dtype) == (I64, np.dtype(np.int64))
    np.testing.assert_array_equal(value, BINARY_OF_INTEGERS[name](a, b))


BINARY_OF_INTEGERS: dict[str, Any] = {
    "add": np.add,
    "subtract": np.subtract,
    "multiply": np.multiply,
    "mod": np.mod,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "power": np.power,
}


@pytest.mark.parametrize("name", ["neg", "abs", "sign", "square", "floor", "ceil", "round", "relu"])
def test_functions_that_keep_integers(name: str, node_of: Any) -> None:
    node, value = node_of(o[name], np.array([-3, 0, 2], np.int32), dtype="f32")
    assert (node.type.dtype.name, value.dtype) == ("i32", np.dtype(np.int32))
    np.testing.assert_array_equal(value, [UNARY[name](x) if x else 0 for x in (-3, 0, 2)])


@pytest.mark.parametrize(
    "name", ["exp", "sin", "sigmoid", "softplus", "gelu", "erf", "elu", "leaky_relu", "reciprocal"]
)
def test_functions_that_turn_integers_into_the_program_s_float(name: str, node_of: Any) -> None:
    node, value = node_of(o[name], np.array([1, 2]), dtype="f32")
    assert (node.type.dtype, value.dtype) == (F32, np.dtype(np.float32))
    np.testing.assert_allclose(value, [UNARY[name](x) for x in (1, 2)], rtol=1e-6)


@pytest.mark.parametrize("name", ["exp", "sigmoid", "erf", "gelu", "tan", "softsign", "selu"])
def test_truth_values_count_as_exact_integers(name: str, value_of: Any) -> None:
    np.testing.assert_allclose(value_of(o[name], [False, True]), [UNARY[name](0), UNARY[name](1)], rtol=1e-15)


@pytest.mark.parametrize("name", ["add", "subtract", "multiply", "mod", "maximum", "minimum", "power"])
def test_arithmetic_of_truth_values_gives_integers(name: str, node_of: Any) -> None:
    node, value = node_of(o[name], [True, False], [True, True])
    assert (node.type.dtype, value.dtype) == (I64, np.dtype(np.int64))
    np.testing.assert_array_equal(value, BINARY_OF_INTEGERS[name](np.array([1, 0]), np.array([1, 1])))


def test_a_negative_integer_exponent_cuts_to_an_integer(value_of: Any) -> None:
    bases = np.array([-2, -1, 0, 1, 2])
    np.testing.assert_array_equal(value_of(o["power"], bases, np.array(-1)), [0, -1, 0, 1, 0])
    np.testing.assert_array_equal(value_of(o["power"], bases, np.array(-2)), [0, 1, 0, 1, 0])


def test_bare_numbers_do_not_widen(node_of: Any) -> None:
    for function in (lambda x: x**2, lambda x: x**0.5, lambda x: 2 * x, lambda x: o["maximum"](x, 0)):
        assert node_of(function, [1.0], dtype="f32")[0].type.dtype is F32


@pytest.mark.parametrize("name", ["logical_and", "logical_or", "logical_not"])
def test_logic_needs_truth_values(name: str, value_of: Any) -> None:
    inputs = [[True, False]] * (o[name].tensor_count or 0)
    expected = {"logical_and": [True, False], "logical_or": [True, False], "logical_not": [False, True]}
    np.testing.assert_array_equal(value_of(o[name], *inputs), expected[name])
    inputs[-1] = [1.0, 0.0]
    with pytest.raises(OperationError, match=r"needs truth values \(bool\), and got f64\[2\]") as raised:
        value_of(o[name], *inputs)
    assert raised.value.code == "dtype"
    assert "x != 0" in raised.value.hint


def test_where_chooses_by_truth_values_only(node_of: Any) -> None:
    node, value = node_of(o["where"], [True, False], [1.0, 2.0], 5, dtype="f32")
    assert node.type.dtype is F32
    np.testing.assert_array_equal(value, [1, 5])
    assert node_of(lambda c: o["where"](c, True, False), [True])[0].type.dtype is BOOL
    with pytest.raises(OperationError, match="`where` needs truth values"):
        node_of(o["where"], [1.0, 0.0], 1.0, 2.0)


def test_conversion_of_element_types(node_of: Any, derivative_of: Any) -> None:
    node, value = node_of(lambda x: o["astype"](x, dtype="i32"), [1.7, -1.7])
    assert node.type.dtype.name == "i32"
    np.testing.assert_array_equal(value, [1, -1])
    assert node_of(lambda x: o["astype"](x, dtype="bool"), [0.0, 0.5])[1].tolist() == [False, True]
    assert node_of(lambda x: o["astype"](x, dtype=None), [1, 2], dtype="f32")[0].type.dtype is F32
    with pytest.raises(OperationError, match="element type"):
        node_of(lambda x: o["astype"](x, dtype="float"), [1.0])
    with pytest.raises(OperationError, match="needs `dtype`"):
        node_of(o["astype"], [1.0])


def test_gradients_flow_through_floating_conversions_only(derivative_of: Any) -> None:
    def through(name: str) -> np.ndarray:
        return derivative_of(lambda x: 3 * o["astype"](o["astype"](x, dtype=name), dtype="f64"), [1.0, 2.0])

    assert through("f32").dtype == np.float64
    np.testing.assert_array_equal(through("f32"), [3, 3])
    np.testing.assert_array_equal(through("i64"), [0, 0])


def test_a_literal_exponent_makes_a_short_gradient() -> None:
    graph = DifferentiableGraph(F64)
    x = graph.placeholder(TensorType(F64))
    y = x**2
    before = len(graph.nodes)
    slope = graph.gradient(y, x)
    made = [node.label for node in graph.nodes[before:] if node.operation]
    assert made == ["multiply", "multiply"]
    assert ReferenceEngine(graph, [slope]).run({x: np.array(3.0)})[slope] == 6


def test_mixed_floating_types_send_back_the_type_of_the_input() -> None:
    graph = DifferentiableGraph(F32)
    x, k = graph.placeholder(TensorType(F32)), graph.placeholder(TensorType(F64))
    assert (x * k).type.dtype is F64
    assert graph.gradient(x * k, x).type.dtype is F32


def test_derivatives_of_higher_order() -> None:
    point = [np.array([0.3, -0.7, 1.4])]
    for name in ("tanh", "sigmoid", "gelu", "softplus", "exp", "sin", "erf"):
        assert check_gradient(o[name], point, order=4).error < 1e-6
