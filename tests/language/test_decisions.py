"""`if` is decided and `repeat` unrolled before anything runs."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from small_programs import complaint, values

import dsl

CHAIN = (
    "constant n = 3\nif n > 2 { y = 1 } else if n > 1 { y = 2 } else if n == 1 { y = 3 } else { y = 4 }\nz = y * 10\n"
)


@pytest.mark.parametrize(("n", "z"), [(3, 10), (2, 20), (1, 30), (0, 40)])
def test_the_first_branch_that_holds_is_taken(n, z):
    assert values(CHAIN, constants={"n": n})["z"] == z


def test_an_if_without_an_else_may_do_nothing():
    assert values("if false { x = [1, 2] + [1, 2, 3] }\ny = 2\n") == {"y": 2}


def test_only_the_branch_taken_is_elaborated():
    text = "constant deep = false\nif deep { parameter w: [5] = 1; y = sum(w) } else { y = 2 }\n"
    assert dsl.loads(text).parameters == {}
    assert list(dsl.loads(text, {"deep": True}).parameters) == ["w"]


def test_an_if_gives_a_name_from_outside_a_new_value():
    text = "layer L(twice=true)(x) { y = x + 1\n if twice { y = y * 2\n y = y + 0.5 }\n return y }\n"
    text += "a = 1 |> L()\nb = 1 |> L(twice=false)\n"
    assert complaint(text).message == "`y` is bound twice"
    assert values(text.replace("\n y = y + 0.5", "")) == {"a": 4, "b": 2}


def test_the_value_that_an_if_replaces_keeps_a_name():
    program = dsl.loads("y = 3\nif true { y = y * 2 }\nz = y\n")
    assert next(iter(program.graph)) == "y_1"
    assert program.run()["z"] == 6


def test_what_is_computed_cannot_decide():
    found = complaint("placeholder x = 3\nif x > 2 { y = 1 }\n")
    assert "where(" in found.hint


@pytest.mark.parametrize(
    ("passes", "seen"),
    [
        ("0..4", [0, 1, 2, 3]),
        ("2..4", [2, 3]),
        ("-1..1", [-1, 0]),
        ("3..3", []),
        ("4..2", []),
        ("n..n + 2", [3, 4]),
        ("[5, 7]", [5, 7]),
        ("[0.5, -1]", [0.5, -1]),
        ("[]", []),
        ("widths", [10, 20]),
    ],
)
def test_a_repeat_runs_over(passes, seen):
    text = f"constant n = 3\nconstant widths = [10, 20]\nrepeat i in {passes} with out = 0 {{ out = out * 100 + i }}\n"
    expected = 0
    for i in seen:
        expected = expected * 100 + i
    assert values(text)["out"] == expected


def test_a_repeat_runs_over_values_of_the_graph_too():
    text = "a, b, c = split([1, 2, 3], 3)\nrepeat part in [a, b, c] with total = [0] { total = total * 10 + part }\n"
    assert values(text)["total"] == [123]


def test_a_repeat_without_carried_names():
    program = dsl.loads("repeat i in 0..3 { parameter w = i\n y = w * 2 }\n")
    assert [value.item() for value in program.parameters.values()] == [0, 1, 2]


def test_a_repeat_of_no_passes_hands_on_what_it_was_given():
    found = values("x = 3\nrepeat i in 0..0 with h = x, g = x * 2, k = 7 { h = h + 1; g = g + 1; k = k + 1 }\n")
    assert found == {"x": 3, "h": 3, "g": 6, "k": 7}


def test_a_repeat_of_no_passes_leaves_the_names_of_others_alone():
    program = dsl.loads(
        "repeat i in 0..0 with h = y { h = h + 1 }\nrepeat i in 0..0 with g = g_0 { g = g * 2 }\ny = x + 1\nx = 1\ng_0 = 5\n"
    )
    assert program.run(fetch=["h", "y", "g", "g_0"]) == {"h": 2, "y": 2, "g": 5, "g_0": 5}
    assert {program.node(name).name for name in ("h", "y", "g", "g_0")} == {"h", "y", "g", "g_0"}


def test_carried_names_are_exchanged_at_the_end_of_a_pass():
    assert values("repeat i in 0..5 with a = 0, b = 1 { c = b\n b = a + b\n a = c }\n") == {"a": 5, "b": 8}


def test_what_a_pass_binds_is_gone_after_it():
    assert complaint("repeat i in 0..2 with h = 0 { k = i\n h = h + k }\ny = k\n").code == "name"
    assert complaint("repeat i in 0..2 with h = 0 { h = h + i }\ny = i\n").code == "name"


def test_a_name_in_a_pass_hides_one_outside_with_a_warning():
    program = dsl.loads("s = 10\nrepeat i in 0..3 { s = s + i }\ny = s\n")
    assert program.run()["y"] == 10
    assert [warning.code for warning in program.warnings] == ["shadow"]


def test_the_passes_of_carried_names_are_numbered_and_the_last_has_the_plain_name():
    program = dsl.loads("placeholder x = 1\nrepeat i in 0..3 with h = x { h = h * 2 }\n")
    assert [node.name for node in program.forward if node.operation] == ["h_1", "h_2", "h"]


def test_repeats_in_repeats():
    program = dsl.loads(
        "repeat i in 0..2 with h = 1 { repeat j in 0..2 with h = h { h = h * 2 + i } }\nconstant one = 1\n"
    )
    assert program.run()["h"] == ((1 * 2 * 2) * 2 + 1) * 2 + 1
    assert [name for name in program.graph if "." not in name] == ["h_1_1", "h_1", "h_2_1", "h"]


def test_a_carried_name_sees_the_if_in_its_pass():
    assert values("repeat i in 0..4 with h = 1 { if i == 2 { h = h * 100 } else { h = h + 1 } }\n")["h"] == 301
    assert values("repeat i in 0..4 with h = 1 { if i == 2 { h = h * 100 } }\n")["h"] == 100


def test_a_repeat_in_a_function_and_in_a_layer():
    text = """
def horner(x, coefficients) {
    repeat c in coefficients with total = 0 { total = total * x + c }
    return total
}
layer Deep(depth)(x) {
    repeat i in 0..depth with h = x { parameter k = 2
        h = h * k }
    return h
}
y = horner(2, [1, 0, 5])
z = 1 |> Deep(3)
"""
    program = dsl.loads(text)
    assert program.run(fetch=["y", "z"]) == {"y": 9, "z": 8}
    assert list(program.parameters) == ["z.Deep.k", "z.Deep.k_2", "z.Deep.k_3"]


@settings(deadline=None, max_examples=40)
@given(
    st.lists(st.integers(-3, 3), max_size=6),
    st.integers(-5, 5),
    st.sampled_from(["h + {i}", "h * {i}", "h - {i} * g", "g - h + {i}"]),
    st.sampled_from(["g + 1", "g * {i}", "h + {i}"]),
)
def test_a_repeat_is_its_body_written_out(passes, start, first, second):
    body = f"p = {first}; q = {second}; h = p; g = q".replace("{i}", "i")
    found = values(f"dtype f64\nrepeat i in {passes} with h = {start}, g = 1 {{ {body} }}\n")
    h, g = start, 1
    for i in passes:
        names = {"h": h, "g": g, "i": i}
        h, g = (eval(side.replace("{i}", "i"), names) for side in (first, second))
    assert (found["h"], found["g"]) == (h, g)
