"""What expressions come to: known at compile time or computed by the graph, the value is the same."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_programs import complaint, value, values

import dsl

ARITHMETIC = [
    ("2 + 3", 5), ("2 - 3", -1), ("2 * 3", 6), ("6 / 4", 1.5), ("6 / 3", 2), ("7 % 3", 1), ("-7 % 3", 2), ("2 ** 3", 8),
    ("2 ** -1", 0.5), ("-2 ** 2", -4), ("2 ** 3 ** 2", 512), ("(2 + 3) * 4", 20), ("+3", 3), ("--3", 3), ("1 - -1", 2),
    ("9 ** 0.5", 3), ("1e2 / 8", 12.5),
]  # fmt: skip
LOGIC = [
    ("1 < 2", True), ("2 <= 1", False), ("2 > 1", True), ("2 >= 2", True), ("1 == 2", False), ("1 != 2", True),
    ("1 < 2 and 2 < 3", True), ("1 < 2 and 3 < 2", False), ("2 < 1 or 1 < 2", True), ("not 1 < 2", False),
    ("1 == 1 or 1 == 1 and 1 == 2", True), ("not (1 == 1 and 1 == 2)", True),
]  # fmt: skip


@pytest.mark.parametrize(("expression", "result"), [*ARITHMETIC, *LOGIC])
def test_numbers_in_a_program(expression, result):
    assert value(expression) == result


@pytest.mark.parametrize(("expression", "result"), [*ARITHMETIC, *LOGIC])
def test_the_same_expression_of_values_is_computed_by_the_graph(expression, result):
    names: dict[str, str] = {}
    computed = re.sub(r"\d[\d.e]*", lambda match: names.setdefault(match[0], f"v{len(names)}"), expression)
    before = "".join(f"placeholder {name} = {number}\n" for number, name in names.items())
    assert value(computed, before) == pytest.approx(result)


@pytest.mark.parametrize(
    "expression", ["[1, 2] / 0", "[true, true] + [true, false]", "[2, 3] ** -1", "-[1, 2] + 1", "[0.1] * 3"]
)
def test_arithmetic_on_lists_is_that_of_the_operations(expression):
    computed = expression.replace("[", "identity([").replace("]", "])")
    assert value(expression) == value(computed)


def test_lists_that_do_not_fit_are_a_mistake_of_shapes():
    found = complaint("x = [1, 2] + [1, 2, 3]\n")
    assert found.code == "shape"
    assert "i64[2]" in found.message


def test_the_logic_of_lists_is_elementwise():
    assert value("not [true, false]") == [False, True]
    assert value("[true, true] and [true, false]") == [True, False]
    assert value("[1, 2] == [1, 3] or [false, true]") == [True, True]


def test_the_matrix_product_is_no_product_of_numbers():
    assert complaint("x = 2 @ 3\n").code == "shape"
    assert value("[[1, 2], [3, 4]] @ [1, 10]") == [21, 43]


def test_a_number_takes_the_type_of_the_value_beside_it():
    program = dsl.loads(
        "placeholder x: f16 = 1\nplaceholder i: i32 = 3\na = x * 2.5\nb = 2 ** x\nc = i * 2\nd = i * 0.5\n"
    )
    types = {name: str(node.type.dtype) for name, node in program.model.names.items()}
    assert types == {"x": "f16", "i": "i32", "a": "f16", "b": "f16", "c": "i32", "d": "f32"}


def test_numbers_are_computed_in_double_precision_before_they_are_rounded():
    assert values("y = (1 + 1e-12 - 1) * 1e12\n")["y"] == pytest.approx(1, abs=1e-3)


# -- indexing

X = np.arange(24).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "index",
    [
        "0", "-1", "1, 2", "1, 2, 3", "0:1", ":", "1:", ":-1", "::2", "::-1", "..., 0", "0, ...", ":, 1:", "..., 1:3", "None",
        ":, None", "..., None", "0, None, :, 1", "5:9", "-2:", "1, ::2, -1", ":, :, ::-2", "...",
    ],
)  # fmt: skip
def test_an_index_means_what_it_means_in_numpy(index):
    expected = eval(f"X[{index}]", {"X": X})
    assert value(f"x[{index}]", f"x = {X.tolist()}") == expected.tolist()
    assert value(f"{X.tolist()}[{index}]") == expected.tolist()


@pytest.mark.parametrize(
    ("index", "numpy"), [("i", "1"), ("-i", "-1"), ("i:n", "1:2"), (":, n", ":, 2"), ("::n, i", "::2, 1")]
)
def test_an_index_can_be_a_constant(index, numpy):
    assert (
        value(f"x[{index}]", f"constant i = 1\nconstant n = i * 2\nx = {X.tolist()}")
        == eval(f"X[{numpy}]", {"X": X}).tolist()
    )


def test_an_index_can_be_a_list_or_a_value_of_integers():
    before = f"x = {X.tolist()}\nplaceholder i: i64[2] = [2, 0]"
    assert value("x[:, [2, 0]]", before) == X[:, [2, 0]].tolist()
    assert value("x[:, i]", before) == X[:, [2, 0]].tolist()
    assert value("x[argmax([1, 5])]", before) == X[1].tolist()


def test_an_index_of_an_index():
    assert value("x[1][2][0]", f"x = {X.tolist()}") == X[1][2][0]


def test_lists_known_at_compile_time_are_indexed():
    assert values("constant widths = [64, 32, 16]\nx = zeros([widths[0] - 63, widths[-1] - 15])\n")["x"] == [[0]]


# -- attributes


def test_a_value_knows_its_transpose_shape_and_rank():
    before = f"x = {X.tolist()}"
    assert value("x.T", before) == X.T.tolist()
    assert value("x[0].T @ x[0]", before) == (X[0].T @ X[0]).tolist()
    assert value("x.shape[1] * 10", before) == 30
    assert value("zeros(x.shape)", before) == np.zeros(X.shape).tolist()
    assert value("x.rank", before) == 3
    assert value("[[1, 2]].T", before) == [[1], [2]]


def test_a_known_size_is_a_number_at_compile_time():
    assert values("x = zeros([2, 3])\nconstant n = x.shape[1]\nif n == 3 { y = eye(n) }\n")["y"] == np.eye(3).tolist()


def test_a_named_size_is_a_value_when_data_is_there():
    text = "dim n\nplaceholder x: [n, 2]\nmean_of_rows = sum(x, axis=0) / x.shape[0]\ndouble = x.shape[0] * 2 + 1\n"
    found = values(text, {"x": [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]})
    assert found["mean_of_rows"] == [3, 4]
    assert found["double"] == 7


def test_the_type_of_a_value_can_be_handed_on():
    assert values("x = [1, 2] == 1\ny = astype([0, 1, 2], x.dtype)\n")["y"] == [False, True, True]


# -- calls and pipes


def test_tensors_are_given_by_place_and_options_by_keyword():
    assert value("sum([[1, 2], [3, 4]], axis=0, keepdims=true)") == [[4, 6]]
    assert value("sum([[1, 2], [3, 4]], keepdims=true, axis=1)") == [[3], [7]]
    assert value("subtract(b=1, a=3)") == 2


def test_a_pipe_gives_the_first_argument():
    assert value("3 |> subtract(1)") == 2
    assert value("[[1, 2], [3, 4]] |> sum(axis=0) |> max") == 6
    assert value("1 + 2 |> square") == 9
    assert value("(1 |> add(2)) * 4") == 12


def test_a_pipe_into_a_layer_applies_it():
    text = "layer Scale(by)(x) { return x * by }\ndouble = Scale(2)\n"
    text += "a = 3 |> Scale(5)\nb = 3 |> double\nc = 3 |> double |> Scale(7)\n"
    assert values(text) == {"a": 15, "b": 6, "c": 42}


def test_a_list_of_values_is_stacked():
    before = "placeholder a = 1\nplaceholder b = 2"
    assert value("[a, b, 3]", before) == [1, 2, 3]
    assert value("[[a, b], [b, a]] @ [1, 10]", before) == [21, 12]


def test_operations_on_several_values_take_a_list():
    assert value("concatenate([x, [3], x])", "x = [1, 2]") == [1, 2, 3, 1, 2]
    assert value("stack([x, x], axis=1)", "x = [1, 2]") == [[1, 1], [2, 2]]


def test_several_results():
    assert values("a, b, c = split([1, 2, 3], 3)\n") == {"a": [1], "b": [2], "c": [3]}
    assert values("def f(x) { return x, x + 1 }\na, b = f(1)\nc, d = [a, b]\n") == {"a": 1, "b": 2, "c": 1, "d": 2}


def test_as_many_names_as_results_are_needed():
    assert "gives 3 results" in complaint("a, b = split([1, 2, 3], 3)\n").message
    assert "gives one" in complaint("a, b = square([1, 2, 3])\n").message
    assert "2 results" in complaint("a = split([1, 2], 2)\n").message


# -- random arithmetic: known before the program runs or computed by it, it is that of Python

NUMBERS = {"a": 2.0, "b": -0.75, "c": 3.5, "d": 0.1}
EXPRESSIONS = st.recursive(
    st.sampled_from([*NUMBERS, "2", "0.5", "3", "1e-2"]),
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from(["+", "-", "*", "/"]), inner).map(" ".join),
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"-{text}"),
        st.tuples(inner, st.sampled_from(["2", "3"])).map(lambda parts: f"({parts[0]}) ** {parts[1]}"),
    ),
    max_leaves=10,
)


@settings(deadline=None, max_examples=100)
@given(EXPRESSIONS)
def test_random_expressions_agree_with_python(expression):
    try:
        expected = eval(expression, dict(NUMBERS))
    except ArithmeticError:
        return
    for keyword in ("constant", "placeholder"):
        before = "".join(f"{keyword} {name} = {number}\n" for name, number in NUMBERS.items())
        assert value(expression, before) == pytest.approx(expected, rel=1e-12)
