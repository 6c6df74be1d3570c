"""The gradient of a node is the sum over all its ways to the loss."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dsl
from dsl.graph.check import compare_gradients

X = 0.7


def derivative(text: str, x: float = X) -> float:
    """The derivative of `y` at `x`, in double precision."""
    return dsl.loads(f"dtype f64\nplaceholder x = {x}\n{text}\n").gradients("y", ["x"])["x"].item()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("y = x * x", 2 * X, id="twice, as both inputs of one operation"),
        pytest.param("y = x * x * x", 3 * X**2, id="three times"),
        pytest.param("y = x + x", 2, id="twice, in a sum"),
        pytest.param("y = x - x", 0, id="twice, cancelling"),
        pytest.param("y = x / x", 0, id="above and below a line"),
        pytest.param("y = x ** x", X**X * (np.log(X) + 1), id="as base and exponent"),
        pytest.param("a = x * 2\ny = a * a + a", 8 * X + 2, id="a value used three times"),
        pytest.param("a = sin(x)\nb = exp(a)\nc = cos(a)\ny = b * c", None, id="through a diamond"),
        pytest.param("a = x * x\nb = a + a\nc = b * a\ny = c + b * c", None, id="through diamonds within diamonds"),
        pytest.param("repeat i in 0..5 with h = x { h = h * x }\ny = h", 6 * X**5, id="in every pass of a repeat"),
        pytest.param("repeat i in 0..4 with h = x { h = h + h }\ny = h", 16, id="doubled in every pass"),
        pytest.param("def f(a) { return a * x }\ny = f(f(f(1)))", 3 * X**2, id="closed over by a function"),
        pytest.param("y = maximum(x, x)", 1, id="on both sides of a tie"),
        pytest.param("y = [x, x, 2 * x] |> sum", 4, id="in a list"),
        pytest.param("a, b = split(stack([x, x * x]), 2)\ny = sum(a * b)", 3 * X**2, id="over several results"),
        pytest.param("y = where(x > 0, x * x, x) + x", 2 * X + 1, id="in both branches of a choice"),
    ],
)
def test_the_contributions_of_all_uses_are_summed(text, expected):
    found = derivative(text)
    step = 1e-5
    values = [
        dsl.loads(f"dtype f64\nplaceholder x = {X + shift}\n{text}\n").run(fetch=["y"])["y"].item()
        for shift in (2 * step, step, -step, -2 * step)
    ]
    difference = (-values[0] + 8 * values[1] - 8 * values[2] + values[3]) / (12 * step)
    assert found == pytest.approx(difference, rel=1e-8, abs=1e-9)
    if expected is not None:
        assert found == pytest.approx(expected, rel=1e-12, abs=1e-15)


def test_a_parameter_shared_by_two_uses_of_a_layer_gets_both_contributions():
    text = "dtype f64\nlayer Scale()(x) { parameter w = 2\n return x * w }\ns = Scale()\ny = s(3) + 5 * s(7)\nz = s(s(s(1)))\n"
    program = dsl.loads(text)
    assert program.gradients("y")["s.w"] == 3 + 5 * 7
    assert program.gradients("z")["s.w"] == 3 * 2**2


def test_a_value_that_the_loss_does_not_depend_on_has_a_gradient_of_zeros():
    program = dsl.loads("placeholder x = 3\nparameter w = [1.0, 2.0]\nu = w * 2\ny = x * 2\n")
    found = program.gradients("y", ["w", "u"])
    assert found["w"].tolist() == [0, 0]
    assert found["u"].tolist() == [0, 0]


def test_the_gradient_of_every_value_between_is_there():
    program = dsl.loads("dtype f64\nplaceholder x = 2\na = x * x\nb = a * 3\ny = b * b + a\n")
    assert program.gradients("y", ["y", "b", "a", "x"]) == {"y": 1, "b": 24, "a": 73, "x": 292}


def test_gradients_are_those_of_the_sum_of_a_field():
    program = dsl.loads("dtype f64\nplaceholder x = [1.0, 2.0, 3.0]\ny = x ** 2\n")
    assert program.gradients("y", ["x"])["x"].tolist() == [2, 4, 6]


def test_running_backward_twice_gives_the_same_numbers():
    text = "dtype f64\nparameter w: [4, 4] ~ normal(0, 1)\nx = w @ w\n"
    text += "repeat i in 0..5 with h = x { h = tanh(h @ w) + x }\nloss = mean(h)\n"
    program = dsl.loads(text)
    first = program.gradients("loss")["w"]
    again = program.gradients("loss")["w"]
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, dsl.loads(text).gradients("loss")["w"])


@pytest.mark.parametrize(
    ("shapes", "expression"),
    [
        (((3,), ()), "a * b"),
        (((2, 3), (3,)), "a * b"),
        (((2, 3), (2, 1)), "a * b"),
        (((2, 1), (1, 3)), "a / (b + 4)"),
        (((1,), (4,)), "a ** 2 + b * a"),
        (((1, 1, 1), (2, 3, 2)), "a * b"),
        (((2, 3), (4, 3, 1)), "(a @ b) * 2"),
        (((3,), (2, 3, 2)), "a @ b"),
        (((2, 2), (2, 2)), "where(a > 0, b, a * 2)"),
        (((1, 3), (2, 1)), "where(a * b > 0, a, b)"),
        (((2, 3), (1,)), "maximum(a, b)"),
        (((2, 3), (3,)), "concatenate([a, a * b], axis=0)"),
    ],
)
def test_broadcasting_is_undone(shapes, expression):
    rng = np.random.default_rng(3)
    arrays = dict(zip("ab", (rng.normal(size=shape) for shape in shapes), strict=True))
    declared = "".join(f"placeholder {name}: {list(array.shape)}\n" for name, array in arrays.items())
    program = dsl.loads(
        f"dtype f64\n{declared}weights = cos(2 * ({expression}))\nloss = sum(weights * ({expression}))\n"
    )
    for name, gradient in program.gradients("loss", ["a", "b"], arrays).items():
        assert gradient.shape == arrays[name].shape
    nodes = {program.node(name): array for name, array in arrays.items()}
    assert compare_gradients(program.model.graph, program.node("loss"), list(nodes), nodes).error < 1e-6


def test_a_gradient_has_the_type_of_its_value():
    program = dsl.loads("placeholder a: f16 = 2\nplaceholder b: f64 = 3\nparameter c = [1.0]\ny = sum(a * b * c)\n")
    assert {name: str(value.dtype) for name, value in program.gradients("y", ["a", "b", "c"]).items()} == {
        "a": "float16",
        "b": "float64",
        "c": "float32",
    }


def test_nothing_flows_to_integers_and_through_comparisons():
    program = dsl.loads("placeholder i: i32[2] = [1, 2]\nplaceholder x = [1.0, 3.0]\ny = sum((x > 2) * x + i)\n")
    found = program.gradients("y", ["i", "x"])
    assert found["i"].tolist() == [0, 0]
    assert found["x"].tolist() == [0, 1]


# -- random graphs: the derivative is that of dual numbers

NODES = st.lists(
    st.tuples(st.sampled_from(["+", "*", "-", "sin", "tanh"]), st.integers(0, 99), st.integers(0, 99)),
    min_size=1,
    max_size=14,
)


@settings(deadline=None, max_examples=80)
@given(NODES, st.floats(-1.5, 1.5))
def test_random_graphs_agree_with_dual_numbers(nodes, x):
    lines, duals = [], [(x, 1.0)]
    scales = [(abs(x), 1.0)]  # the same without anything that cancels, of which rounding is a part
    for index, (operation, a, b) in enumerate(nodes, 1):
        a, b = a % index, b % index
        (u, du), (v, dv) = duals[a], duals[b]
        (m, dm), (n, dn) = scales[a], scales[b]
        scale = (m * n, dm * n + m * dn) if operation == "*" else (m + n, dm + dn)
        match operation:
            case "+":
                dual = (u + v, du + dv)
            case "-":
                dual = (u - v, du - dv)
            case "*":
                dual = (u * v, du * v + u * dv)
            case "sin":
                dual, scale = (np.sin(u), np.cos(u) * du), (m, dm * (1 + m))
            case _:
                dual, scale = (np.tanh(u), (1 - np.tanh(u) ** 2) * du), (m, dm * (1 + m))
        call = f"{operation}(v{a})" if operation.isalpha() else f"v{a} {operation} v{b}"
        lines.append(f"v{index} = {call}\n")
        duals.append(dual)
        scales.append(scale)
    if scales[-1][0] > 1e6:
        return
    program = dsl.loads(f"dtype f64\nplaceholder v0 = {x!r}\n{''.join(lines)}")
    last = f"v{len(nodes)}"
    assert program.run(fetch=[last])[last] == pytest.approx(duals[-1][0], abs=1e-13 * scales[-1][0])
    assert program.gradients(last, ["v0"])["v0"] == pytest.approx(duals[-1][1], abs=1e-13 * scales[-1][1])
