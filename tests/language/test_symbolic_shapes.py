"""Dimensions that are names until data arrives: checked everywhere by name, with the lines that fixed them."""

from __future__ import annotations

import numpy as np
import pytest
from small_programs import complaint

import dsl

HEAD = "dim n\ndim m\nplaceholder x: [n, m]\nplaceholder y: [m, n]\nplaceholder v: [n]\n"


@pytest.mark.parametrize(
    ("expression", "shape"),
    [
        ("x + 1", "[n, m]"),
        ("x * v[:, None]", "[n, m]"),
        ("x.T + y", "[m, n]"),
        ("x @ y", "[n, n]"),
        ("x @ y @ v", "[n]"),
        ("v @ x", "[m]"),
        ("outer(v, v)", "[n, n]"),
        ("sum(x, axis=1)", "[n]"),
        ("mean(x, axis=0, keepdims=true)", "[1, m]"),
        ("sum(x)", "[]"),
        ("flatten(x)", "[m*n]"),
        ("reshape(x, [m, n])", "[m, n]"),
        ("reshape(x, [-1])", "[m*n]"),
        ("reshape(x, [n * m, 1])", "[m*n, 1]"),
        ("concatenate([x, y.T], axis=0)", "[2*n, m]"),
        ("concatenate([x, ones([3, m])])", "[n + 3, m]"),
        ("stack([v, v, v])", "[3, n]"),
        ("x[0]", "[m]"),
        ("x[:, :, None]", "[n, m, 1]"),
        ("pad(v, 2)", "[n + 4]"),
        ("tile(v, 3)", "[3*n]"),
        ("one_hot(argmax(x, axis=1), 10)", "[n, 10]"),
        ("zeros([n + 1, 2 * m])", "[n + 1, 2*m]"),
        ("broadcast_to(v, [m, n])", "[m, n]"),
        ("expand_dims(x, 0)", "[1, n, m]"),
        ("x |> Dense(8)", "[n, 8]"),
        ("softmax(x)", "[n, m]"),
    ],
)
def test_shapes_are_carried_as_polynomials_of_names(expression, shape):
    head = HEAD.replace("dim m", "dim m = 4") if "Dense" in expression else HEAD
    program = dsl.loads(f"{head}z = {expression}\n")
    inferred = program.node("z").shape
    assert str([*inferred]) == shape
    found = program.run({"x": np.ones((3, 4)), "y": np.ones((4, 3)), "v": np.ones(3)}, ["z"])["z"]
    assert found.shape == tuple(dim.evaluate({"n": 3, "m": 4}) for dim in inferred)


@pytest.mark.parametrize(
    "expression",
    [
        "x + y",
        "x + v",
        "x @ x",
        "x @ v",
        "v @ y.T @ v",
        "concatenate([x, y])",
        "stack([x, y])",
        "reshape(x, [2 * n, m])",
        "where(x > 0, y, 0)",
        "maximum(x, v)",
        "mse(x, y)",
        "x + zeros([n + 1, m])",
        "x[:, 0] + y[:, 0]",
        "broadcast_to(x, [n, n])",
    ],
)
def test_names_that_differ_do_not_fit(expression):
    found = complaint(HEAD + f"z = {expression}\n")
    assert found.code == "shape"
    assert found.span is not None
    assert found.span.line == 6


def test_a_conflict_shows_the_lines_that_fixed_the_sizes():
    found = complaint(HEAD + "a = x * 2\nb = a\nz = b + y\n")
    assert {label.span.line for label in found.labels} == {3, 4}
    found = complaint("parameter w: [32, 10] = 0\nplaceholder x: [5, 64]\nh = relu(x)\nlogits = h @ w\n")
    assert found.span is not None
    assert found.span.line == 4
    assert {label.span.line for label in found.labels} == {1, 3}


def test_what_depends_on_the_sizes_of_the_data_is_checked_when_they_are_known():
    program = dsl.loads("dim n\ndim m\nplaceholder x: [n, m]\nz = reshape(x, [n, n])\n")
    assert program.run({"x": np.ones((3, 3))})["z"].shape == (3, 3)
    with pytest.raises(dsl.ProgramError) as caught:
        program.run({"x": np.ones((2, 3))})
    (found,) = caught.value.diagnostics
    assert found.span is not None
    assert found.span.line == 4
    assert "`x` of shape [2, 3]" in found.message


def test_a_mistake_in_one_line_is_told_once_and_the_rest_is_still_checked():
    with pytest.raises(dsl.ProgramError) as caught:
        dsl.loads(HEAD + "a = x + y\nb = a * 2\nc = b @ a\nd = x @ x\n")
    lines = [diagnostic.span.line for diagnostic in caught.value.diagnostics if diagnostic.span]
    assert lines == [6, 9]


def test_a_dimension_is_a_value_in_equations():
    program = dsl.loads(HEAD + "mean_of_v = sum(v) / n\ntotal = n * m + 1\nscaled = x / sqrt(m)\n")
    found = program.run({"x": np.ones((3, 4)), "v": [1.0, 2.0, 6.0]}, ["mean_of_v", "total", "scaled"])
    assert found["mean_of_v"] == 3
    assert found["total"] == 13
    assert found["scaled"][0, 0] == 0.5


def test_gradients_of_shapes_known_by_name_only():
    program = dsl.loads(
        "dtype f64\n" + HEAD + "loss = mean(square(x @ y)) + sum(mean(x, axis=0) * v[0]) + sum(flatten(x)[1:])\n"
    )
    feeds = {"x": np.full((3, 2), 0.5), "y": np.full((2, 3), 2.0), "v": np.ones(3)}
    found = program.gradients("loss", ["x", "y", "v"], feeds)
    expected = 2 * (feeds["x"] @ feeds["y"]) @ feeds["y"].T / 9 + 1 / 3 + 1
    expected[0, 0] -= 1
    np.testing.assert_allclose(found["x"], expected)
    assert found["y"].shape == (2, 3)
    assert found["v"].tolist() == [1, 0, 0]


def test_the_same_program_takes_batches_of_any_size():
    program = dsl.loads("dim batch\nplaceholder x: [batch, 3]\nh = x |> Dense(4) |> relu |> Dense(2)\nloss = mean(h)\n")
    for size in (1, 7, 64):
        assert program.run({"x": np.ones((size, 3))}, ["h"])["h"].shape == (size, 2)
        assert program.gradients("loss", feeds={"x": np.ones((size, 3))})["h.Dense.w"].shape == (3, 4)


def test_the_size_of_a_parameter_has_to_be_known_by_then():
    program = dsl.loads("dim n\nparameter w: [n] = 1\ny = sum(w)\n")
    with pytest.raises(dsl.ProgramError, match="the parameter `w` is not known"):
        program.run()


def test_a_condition_on_a_named_size_is_not_known_before_data():
    found = complaint(HEAD + "if n > 2 { z = 1 }\n")
    assert "not known before data arrives" in found.message


def test_a_condition_on_shapes_may_have_one_answer_for_all_sizes():
    text = (
        HEAD + "if x.shape[0] == n { z = 1 } else { z = 2 }\nif n + 1 == n { w = 1 } else { w = 2 }\nu = z * 10 + w\n"
    )
    assert dsl.loads(text).run(fetch=["u"])["u"] == 12
