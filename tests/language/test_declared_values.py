"""`dtype`, `dim`, `constant`, `placeholder`, `parameter`: what is declared, and what is known of it before anything runs."""

from __future__ import annotations

import numpy as np
import pytest
from small_programs import complaint, values

import dsl


def type_of(declaration: str, name: str = "x") -> str:
    """The inferred type of a value."""
    return str(dsl.loads(declaration + "\n").node(name).type)


@pytest.mark.parametrize(
    ("declaration", "type"),
    [
        ("placeholder x", "f32"),
        ("placeholder x = 3", "f32"),
        ("placeholder x = 0.5", "f32"),
        ("placeholder x = true", "bool"),
        ("placeholder x = [1.0, 2.0]", "f32[2]"),
        ("placeholder x = [[1, 2], [3, 4]]", "f32[2, 2]"),
        ("placeholder x = [true, false]", "bool[2]"),
        ("placeholder x: []", "f32"),
        ("placeholder x: [4]", "f32[4]"),
        ("placeholder x: [2, 3] = 0", "f32[2, 3]"),
        ("placeholder x: i32", "i32"),
        ("placeholder x: i32 = 3", "i32"),
        ("placeholder x: bool[2] = [true, false]", "bool[2]"),
        ("placeholder x: i64[2] = [1, 2]", "i64[2]"),
        ("placeholder x: f16[2] = [1, 2]", "f16[2]"),
        ("dim n\nplaceholder x: [n, 2 * n + 1, 3]", "f32[n, 2*n + 1, 3]"),
        ("dim n = 3\nplaceholder x: [n, n - 1]", "f32[3, 2]"),
        ("constant k = 2\nplaceholder x: [k, k ** 3, 6 / k]", "f32[2, 8, 3]"),
        ("dim n\nplaceholder x: [n] = [1.0, 2.0]", "f32[n]"),
        ("dtype f64\nplaceholder x: [2]", "f64[2]"),
        ("dtype f16\nplaceholder x = 1", "f16"),
        ("dtype f64\nplaceholder x: f32[2]", "f32[2]"),
        ("parameter x = 3", "f32"),
        ("parameter x = [1, 2]", "f32[2]"),
        ("parameter x: f64[2] = 0", "f64[2]"),
        ("dtype f64\nparameter x: [2, 2] ~ normal(0, 1)", "f64[2, 2]"),
        ("x = 3", "f32"),
        ("dtype f64\nx = 3", "f64"),
        ("x = [1, 2]", "i64[2]"),
        ("x = [1, 2.5]", "f32[2]"),
        ("x = true", "bool"),
    ],
)
def test_the_type_of_what_is_declared(declaration, type):
    assert type_of(declaration) == type


def test_the_default_of_a_placeholder_is_used_unless_it_is_fed():
    program = dsl.loads("placeholder x = 3\nplaceholder v: [2] = 0.5\ny = x * sum(v)\n")
    assert program.run()["y"] == 3
    assert program.run({"x": 5})["y"] == 5
    assert program.run({"x": 5, "v": [1, 2]})["y"] == 15


def test_a_default_that_does_not_fit_its_declaration():
    assert complaint("placeholder x: [3] = [1, 2]\n").code == "shape"
    assert complaint("placeholder x: [] = [1]\n").code == "shape"


def test_dtype_stands_before_the_first_value():
    assert complaint("x = 1\ndtype f64\n").code == "type"
    assert complaint("dtype i32\n").code == "type"
    assert "f64" in complaint("dtype float64\n").hint


@pytest.mark.parametrize(
    ("expression", "value"),
    [
        ("2 * 3 + 1", 7),
        ('"a" + "b"', "ab"),
        ("[1, 2, 3]", [1, 2, 3]),
        ('["a", "b"]', ["a", "b"]),
        ("3 > 2 and not false", True),
        ('"mean" == "mean"', True),
        ("none", None),
        ("sqrt(16.0)", 4),
        ("sum([1, 2, 3])", 6),
        ("7 / 2", 3.5),
        ("6 / 2", 3),
        ("[10, 20, 30][1:]", [20, 30]),
        ("f(4)", 8),
    ],
)
def test_constants_are_known_before_anything_runs(expression, value):
    constant = dsl.loads(f"constant k = {expression}\ndef f(x) {{ return x * 2 }}\n").model.constants["k"]
    assert (constant.tolist() if isinstance(constant, np.ndarray) else constant) == value


def test_a_computed_value_is_no_constant():
    found = complaint("placeholder x = 3\nconstant k = x + 1\n")
    assert "not known before the program runs" in found.message


def test_constants_can_be_used_wherever_something_is_known_at_compile_time():
    text = """
constant axis = 1
constant how = "sum"
constant widths = [3, 2]
constant keep = true
x = [[1, 2], [3, 4]]
a = sum(x, axis=axis, keepdims=keep)
b = mse([1, 2], [2, 4], reduction=how)
c = zeros(widths)
d = x[axis, :axis]
e = zeros([widths[0] - axis])
"""
    found = values(text)
    assert found["a"] == [[3], [7]]
    assert found["b"] == 5
    assert np.shape(found["c"]) == (3, 2)
    assert found["d"] == [3]
    assert found["e"] == [0, 0]


@pytest.mark.parametrize(
    "text",
    [
        "x = 1\nx = 2\n",
        "placeholder x\nx = 2\n",
        "dim x\nparameter x = 1\n",
        "x, x = split([1, 2], 2)\n",
        "constant x = 1\nmetric x = 2\n",
        "x = 1\nrepeat i in 0..2 with x = 3 { x = x + 1 }\n",
        "if true { x = 1 }\nx = 2\n",
    ],
)
def test_a_name_is_bound_once(text):
    assert complaint(text).message == "`x` is bound twice"


def test_a_name_for_another_value_is_a_value_of_its_own():
    program = dsl.loads("placeholder x = 3\ny = x\nz = y\n")
    assert [node.name for node in program.forward] == ["x", "y", "z"]
    assert program.gradients("z", ["x", "y"]) == {"x": 1, "y": 1}


def test_the_outputs_of_a_program_are_the_values_that_no_other_uses():
    assert dsl.loads("placeholder x = 2\na = x * 2\nb = a + 1\nc = x - 1\nd = 1 + 2\n").run() == {
        "b": 5,
        "c": 1,
        "d": 3,
    }
