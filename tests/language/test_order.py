"""The order of statements: values may be used above the line that binds them, and run in an order that repeats."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_programs import complaint, values

import dsl


def names_in_order(text: str) -> list[str]:
    """The values of a program in running order."""
    return [node.name for node in dsl.loads(text).forward if "." not in node.name]


def test_a_value_can_be_used_above_its_line():
    text = "loss = mse(y, out)\nout = k * x + b\nparameter b = 1\n"
    text += "placeholder x = n\nparameter k = 2\nconstant n = 3\nplaceholder y = 0\n"
    assert values(text)["loss"] == 49


@pytest.mark.parametrize(
    "statement",
    [
        "constant k = 3",
        "dim k = 3",
        "placeholder k = 3",
        "parameter k = 3",
        "k = 3",
        "k, other = f(2)",
        "metric k = 1 + 2",
        "if true { k = 3 }",
        "repeat i in 0..3 with k = 0 { k = k + 1 }",
    ],
)
def test_whatever_binds_a_name_may_stand_below_its_use(statement):
    assert values(f"y = k * 2\n{statement}\ndef f(x) {{ return x + 1, x }}\n")["y"] == 6


def test_dimensions_and_constants_below_the_types_that_use_them():
    text = "placeholder x: [n, m + 1]\nparameter w: [m + 1, width] = 1\ny = x @ w\nconstant width = m * 2\ndim m = 1\ndim n\n"
    assert values(text, {"x": [[1.0, 2.0]]})["y"] == [[3, 3]]


def test_the_text_gives_the_order_wherever_it_is_topological():
    assert names_in_order("c = 3\na = 1\nb = 2\nd = a + b\ne = c * a\n") == ["c", "a", "b", "d", "e"]


def test_what_is_used_before_its_line_is_run_just_before_its_first_user():
    assert names_in_order("a = 1\nb = d + a\nc = 3\nd = e * 2\ne = 5\n") == ["a", "e", "d", "b", "c"]


@pytest.mark.parametrize(
    ("text", "ring"),
    [
        ("a = a + 1\n", ["a"]),
        ("a = b\nb = a\n", ["a", "b"]),
        ("x = 1\na = x + b\nb = c * 2\nc = a\n", ["a", "b", "c"]),
        ("a = f(1)\ndef f(x) { return x + b }\nb = a\n", ["a", "b"]),
        ("dim n = m\ndim m = n\n", ["n", "m"]),
        ("repeat i in 0..2 with h = y { h = h + 1 }\ny = h * 2\n", ["h", "y"]),
    ],
)
def test_a_ring_of_values_is_a_mistake_that_names_them(text, ring):
    found = complaint(text)
    assert found.code == "cycle"
    for name in ring:
        assert f"`{name}`" in found.message


def test_a_value_defined_after_twenty_thousand_lines_in_the_wrong_order():
    count = 20_000
    lines = [f"y{i} = y{i + 1} + 1\n" for i in range(count)]
    program = dsl.loads("".join(lines) + f"placeholder y{count} = 2\n")
    assert program.run(fetch=["y0"])["y0"] == count + 2


# -- random programs

OPERATIONS = (
    "{a} + {b}",
    "{a} * 0.5 - {b}",
    "tanh({a}) + {b}",
    "maximum({a}, {b})",
    "({a} |> sin) * {b}",
    "f({a}, {b})",
)


@st.composite
def programs(draw: st.DrawFn) -> list[str]:
    """The statements of a program in an order in which every value is bound before it is used."""
    count = draw(st.integers(2, 12))
    statements = ["placeholder v0 = 0.75", "parameter v1 = -1.25", "def f(p, q) { r = p * q\n return r - p }"]
    for index in range(2, count + 2):
        operation = draw(st.sampled_from(OPERATIONS))
        a, b = (f"v{draw(st.integers(0, index - 1))}" for _ in "ab")
        statements.append(f"v{index} = {operation.format(a=a, b=b)}")
    return statements


@settings(deadline=None, max_examples=40)
@given(programs(), st.randoms(use_true_random=False))
def test_the_order_of_statements_does_not_matter(statements, chance: random.Random):
    shuffled = list(statements)
    chance.shuffle(shuffled)
    straight, mixed = (dsl.loads("dtype f64\n" + "\n".join(lines) + "\n") for lines in (statements, shuffled))
    names = list(straight.model.names)
    first, second = straight.run(fetch=names), mixed.run(fetch=names)
    for name in names:
        np.testing.assert_array_equal(first[name], second[name])
    assert {node.name for node in straight.forward} == {node.name for node in mixed.forward}
    last = names[-1]
    for name, gradient in straight.gradients(last, ["v0", "v1"]).items():
        np.testing.assert_allclose(mixed.gradients(last, ["v0", "v1"])[name], gradient, rtol=1e-12, atol=1e-12)


@settings(deadline=None, max_examples=40)
@given(programs(), st.randoms(use_true_random=False))
def test_every_input_comes_before_its_user(statements, chance: random.Random):
    chance.shuffle(statements)
    program = dsl.loads("\n".join(statements) + "\n")
    program.gradient_nodes("v2", [program.node("v0"), program.node("v1")])
    nodes = program.model.graph.nodes
    assert [node.index for node in nodes] == list(range(len(nodes)))
    for node in nodes:
        assert all(source.index < node.index for source in node.inputs)


@settings(deadline=None, max_examples=20)
@given(programs())
def test_a_program_always_runs_in_the_same_order(statements):
    text = "\n".join(statements) + "\n"
    assert [node.name for node in dsl.loads(text).forward] == [node.name for node in dsl.loads(text).forward]
