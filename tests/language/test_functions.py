"""`def`: pure functions, unrolled where they are called."""

from __future__ import annotations

import pytest
from small_programs import complaint, values

import dsl

HUBER = """
def huber(y, yhat, delta=1.0) {
    e = abs(y - yhat)
    return mean(where(e <= delta, 0.5 * e**2, delta * (e - 0.5 * delta)))
}
"""


def test_a_function_is_its_body_with_the_arguments_in_place():
    assert (
        values(HUBER + "placeholder y = [0, 0]\na = huber(y, [0.5, 3])\nb = huber(y, [0.5, 3], delta=2)\n")["a"]
        == 1.3125
    )
    assert values(HUBER + "a = huber([0, 0], [0.5, 3], delta=2)\n")["a"] == 2.0625


def test_arguments_are_given_by_place_or_by_keyword_in_any_order():
    function = "def f(a, b, c=100) { return a + 10 * b + c }\n"
    assert values(function + "y = f(1, 2)\n")["y"] == 121
    assert values(function + "y = f(1, b=2, c=0)\n")["y"] == 21
    assert values(function + "y = f(c=0, b=2, a=1)\n")["y"] == 21
    assert values(function + "y = 1 |> f(2, c=0)\n")["y"] == 21


def test_a_default_is_an_expression_of_the_file():
    assert values("def f(x, by=2 * k) { return x * by }\nk = 3\ny = f(5)\n")["y"] == 30


def test_a_function_sees_the_values_of_its_file_wherever_they_stand():
    assert values("y = f(2)\ndef f(x) { return x * k + shift }\nk = shift * 2\nconstant shift = 5\n")["y"] == 25


def test_a_function_sees_the_file_and_not_its_caller():
    text = "def inner(x) { return x + k }\ndef outer(x) { k = 100\n return inner(x) }\nk = 1\ny = outer(0)\n"
    assert values(text)["y"] == 1


def test_names_inside_a_function_are_its_own():
    assert values("x = 3\ndef f(a) { x = a + 1\n return x }\ny = f(x)\nz = f(y)\n") == {"x": 3, "y": 4, "z": 5}


def test_functions_call_functions_defined_further_down():
    assert (
        values(
            "y = f(2)\ndef f(x) { return g(x) + 1 }\ndef g(x) { return x |> square |> h }\ndef h(x) { return -x }\n"
        )["y"]
        == -3
    )


def test_a_function_can_return_several_values():
    assert values("def halves(x) { a, b = split(x, 2)\n return b, a, a + b }\np, q, r = halves([1, 2])\n") == {
        "p": [2],
        "q": [1],
        "r": [3],
    }


def test_what_follows_a_return_is_not_elaborated():
    text = "def f(early) { if early { return 1 }\n return [1, 2] + [1, 2, 3] }\ny = f(true)\n"
    assert values(text)["y"] == 1
    assert complaint(text.replace("true", "false")).code == "shape"


def test_a_function_can_choose_by_what_is_known_at_compile_time():
    text = 'def f(x, kind="sum") { if kind == "sum" { return sum(x) } else if kind == "max" { return max(x) }\n return x }\n'
    assert values(text + 'a = f([1, 2])\nb = f([1, 2], kind="max")\nc = f([1, 2], "none")\n') == {
        "a": 3,
        "b": 2,
        "c": [1, 2],
    }


def test_a_function_can_repeat():
    text = "def power(x, n) { repeat i in 0..n with out = 1 { out = out * x }\n return out }\n"
    assert values(text + "a = power(2, 10)\nb = power(3, 0)\n") == {"a": 1024, "b": 1}


def test_a_function_can_take_and_apply_a_layer():
    text = "def twice(f, x) { return x |> f |> f }\ndouble = Scale(2)\nlayer Scale(by)(x) { parameter w = by\n return x * w }\n"
    program = dsl.loads(text + "y = twice(double, 3)\n")
    assert program.run()["y"] == 12
    assert list(program.parameters) == ["double.w"]


def test_a_function_can_have_the_name_of_an_operation_with_a_warning():
    program = dsl.loads("def relu(x) { return x * 2 }\ny = relu(-1)\nz = -1 |> relu\n")
    assert program.run()["y"] == -2
    assert program.run()["z"] == -2
    assert [warning.code for warning in program.warnings] == ["shadow"]


def test_values_and_functions_have_namespaces_of_their_own():
    text = "sigmoid = sigmoid(line)\nline = 0\nf = f(sigmoid)\ndef f(x) { return x * 4 }\nrelu = relu(f) + relu(-1)\n"
    assert values(text) == {"line": 0, "sigmoid": 0.5, "f": 2, "relu": 2}


def test_declared_types_of_arguments_are_checked():
    function = "def f(x: [n, m], y: [m]) { return x @ y / m + n }\n"
    assert values(function + "a = f([[1, 2], [3, 4]], [1, 1])\n")["a"] == [3.5, 5.5]
    assert values(function + "a = f(ones([2, 3]), [1, 2, 3])\nb = f(ones([1, 1]), [1])\n")["a"] == [4, 4]
    assert complaint(function + "a = f(ones([2, 3]), ones([2]))\n").code == "shape"
    assert complaint(function + "a = f(ones([2]), ones([2]))\n").code == "shape"


def test_a_dimension_in_a_signature_is_bound_by_the_call():
    text = "def total(x: [..., n]) { return sum(x, axis=-1) / n }\n"
    assert values(text + "a = total([[1, 3], [5, 7]])\nb = total([1, 2, 3])\n") == {"a": [2, 6], "b": 2}
    named = "dim batch\nplaceholder x: [batch, 2]\n" + text + "y = total(x.T)\n"
    assert values(named, {"x": [[1.0, 2.0], [3.0, 4.0]]})["y"] == [2, 3]


def test_an_element_type_in_a_signature_is_checked():
    function = "def f(labels: i64[n]) { return one_hot(labels, 3) }\n"
    assert values(function + "y = f([2, 0])\n")["y"] == [[0, 0, 1], [1, 0, 0]]
    assert complaint(function + "y = f([2.5, 0])\n").code == "dtype"


@pytest.mark.parametrize(
    "text",
    [
        "def f(x) { return f(x) }\ny = f(1)\n",
        "def f(x) { return g(x) }\ndef g(x) { return f(x) }\ny = f(1)\n",
        "layer A()(x) { return A()(x) }\ny = A()(1)\n",
        "layer A()(x) { return B()(x) }\nlayer B()(x) { return A()(x) }\na = A()\ny = a(1)\n",
        "layer A()(x, f) { return f(x, f) }\na = A()\ny = a(1, a)\n",
    ],
)
def test_recursion_is_a_mistake(text):
    assert complaint(text).code == "recursion"


def test_four_hundred_functions_each_calling_the_previous_one():
    functions = "".join(f"def f{i}(x) {{ return f{i - 1}(x) + 1 }}\n" for i in range(1, 401))
    program = dsl.loads(f"placeholder x = 2\ndef f0(x) {{ return x * x }}\n{functions}y = f400(x)\n")
    assert program.run()["y"] == 404
    assert program.gradients("y", ["x"])["x"] == 4
