"""`layer`: what owns parameters, made once, shared by all its uses, with names that stay the same."""

from __future__ import annotations

import numpy as np
import pytest
from small_programs import complaint

import dsl


def shapes(text: str) -> dict[str, tuple[int, ...]]:
    """The shapes of a program's parameters by their names."""
    return {name: value.shape for name, value in dsl.loads(text).parameters.items()}


DENSE = """
layer MyDense(units, bias=true)(x: [..., n]) {
    parameter w: [n, units] ~ glorot_uniform()
    y = x @ w
    if bias {
        parameter b: [units] = 0
        y = y + b
    }
    return y
}
placeholder left = [[1, 2, 3]]
placeholder right = [[4, 5, 6]]
"""


def test_a_layer_applied_twice_shares_its_parameters():
    program = dsl.loads(
        DENSE + "encoder = MyDense(2)\na = encoder(left)\nc = encoder(right)\nloss = sum(a) + sum(2 * c)\n"
    )
    assert {name: value.shape for name, value in program.parameters.items()} == {"encoder.w": (3, 2), "encoder.b": (2,)}
    w = program.parameters["encoder.w"]
    found = program.run(fetch=["a", "c"])
    np.testing.assert_allclose(found["a"], np.float32([[1, 2, 3]]) @ w, rtol=1e-5)
    np.testing.assert_allclose(found["c"], np.float32([[4, 5, 6]]) @ w, rtol=1e-5)
    assert program.gradients("loss")["encoder.w"][:, 0].tolist() == [9, 12, 15]
    assert program.gradients("loss")["encoder.b"].tolist() == [3, 3]


def test_the_dimensions_of_a_signature_are_bound_by_each_layer_anew():
    text = "a = left |> MyDense(4) |> MyDense(5, bias=false)\n"
    assert shapes(DENSE + text) == {"a.MyDense.w": (3, 4), "a.MyDense.b": (4,), "a.MyDense_2.w": (4, 5)}


def test_a_layer_made_and_applied_in_one_expression():
    names = ["a.MyDense.w", "a.MyDense.b"]
    assert list(shapes(DENSE + "a = left |> MyDense(2)\n")) == names
    assert list(shapes(DENSE + "a = MyDense(2)(left)\n")) == names
    assert list(shapes(DENSE + "a = left |> MyDense(units=2)\n")) == names


def test_a_shared_layer_cannot_take_values_of_two_sizes():
    found = complaint(DENSE + "d = MyDense(2, bias=false)\na = d(left)\nb = d(a)\n")
    assert found.code == "shape"
    assert "`w`" in found.message


PATHS = """
placeholder left = [[1, 2, 3]]
placeholder right = [[4, 5, 6]]
layer Plain()(x: [..., n]) { return x + (x |> Dense(4, bias=false) |> Dense(n, bias=false)) }
layer Named()(x: [..., n]) {
    h = x |> Dense(n, bias=false)
    parameter scale = 2
    encoder = Dense(n, bias=false)
    return encoder(h |> encoder) * scale
}
layer Outer()(x) { return x |> Named() |> Named() }
"""


@pytest.mark.parametrize(
    ("statements", "names"),
    [
        ("h = left |> Dense(3)", ["h.Dense.w", "h.Dense.b"]),
        ("h = left |> Dense(3, bias=false) |> relu |> Dense(2, bias=false)", ["h.Dense.w", "h.Dense_2.w"]),
        ("h = (left |> Dense(3, bias=false)) + (right |> Dense(3, bias=false))", ["h.Dense.w", "h.Dense_2.w"]),
        ("a = left |> Dense(3, bias=false)\nc = left |> Dense(3, bias=false)", ["a.Dense.w", "c.Dense.w"]),
        ("encoder = Dense(3, bias=false)\nh = left |> encoder", ["encoder.w"]),
        ("h = left |> encoder |> encoder\nencoder = Dense(3, bias=false)", ["encoder.w"]),
        ("h = left |> Plain()", ["h.Plain.Dense.w", "h.Plain.Dense_2.w"]),
        ("plain = Plain()\nh = left |> plain |> plain", ["plain.Dense.w", "plain.Dense_2.w"]),
        ("h = left |> Named()", ["h.Named.h.Dense.w", "h.Named.scale", "h.Named.encoder.w"]),
        ("named = Named()\nh = named(named(left))", ["named.h.Dense.w", "named.scale", "named.encoder.w"]),
        (
            "outer = Outer()\nh = outer(outer(left))",
            [f"outer.{name}.{part}" for name in ("Named", "Named_2") for part in ("h.Dense.w", "scale", "encoder.w")],
        ),
        ("a, b = split(left |> Dense(4, bias=false), 2, axis=1)", ["a.Dense.w"]),
        ("show left |> Dense(1, bias=false)", ["Dense.w"]),
        ("metric m = mean(left |> Dense(1, bias=false))", ["m.Dense.w"]),
        ("parameter k = 1\ny = k * left", ["k"]),
    ],
)
def test_the_names_of_parameters_are_paths(statements, names):
    assert list(shapes(f"{PATHS}{statements}\n")) == names


def test_the_names_of_parameters_do_not_depend_on_what_else_the_program_does():
    block = "h = left |> Outer() |> Plain()\n"
    alone = shapes(PATHS + block)
    among_others = shapes(f"a = left |> Plain()\n{PATHS}Dense = 3\n{block}w = 2\nk = right |> Outer()\n")
    assert [name for name in among_others if name.startswith("h.")] == list(alone)


def test_fresh_parameters_in_each_pass_of_a_repeat():
    text = "repeat i in 0..3 with h = left { h = h + (h |> Dense(2, bias=false) |> Dense(3, bias=false)) }\n"
    assert list(shapes(PATHS + text)) == [f"h.Dense{end}.w" for end in ("", "_2", "_3", "_4", "_5", "_6")]


def test_parameters_and_layers_named_in_a_repeat_are_numbered_by_pass():
    text = "repeat i in 0..2 { parameter k: [i + 1] = i\n enc = Dense(2, bias=false)\n y = enc(left) * sum(k) }\n"
    assert shapes(PATHS + text) == {"k": (1,), "enc.w": (3, 2), "k_2": (2,), "enc_2.w": (3, 2)}


def test_a_layer_from_outside_a_repeat_is_shared_by_all_passes():
    text = "d = Dense(3, bias=false)\nrepeat i in 0..3 with h = left { h = d(h) }\nloss = sum(h)\n"
    assert list(shapes(PATHS + text)) == ["d.w"]


def test_a_layer_can_be_carried_from_pass_to_pass():
    text = "repeat i in 0..2 with f = Dense(3), h = left { h = f(h)\n f = Dense(3) }\ny = f(h)\n"
    assert list(shapes(PATHS + text)) == ["h.Dense.w", "h.Dense.b", "f.w", "f.b", "f_2.w", "f_2.b"]


def test_every_value_of_a_program_has_a_name_of_its_own():
    text = (
        PATHS
        + "o = Outer()\nh = o(o(left))\nrepeat i in 0..3 with g = h * 2 + 1 { k = exp(g) + 1\n g = o(k) |> Plain() }\n"
    )
    names = [node.name for node in dsl.loads(text + "show g + 1\nexpect sum(g) + 1 > 0\n").forward]
    assert "" not in names
    assert len(names) == len(set(names))


# -- layers in layers

COMBINATORS = """
placeholder x = [[1, 2, 3]]
layer Residual(inner)(x) { return x + inner(x) }
layer Chain(parts)(x) { repeat part in parts with h = x { h = part(h) }
    return h }
layer Scale(by)(x) { parameter w = by
    return x * w }
"""


def test_a_layer_can_be_given_to_a_layer():
    program = dsl.loads(COMBINATORS + "y = x |> Residual(Scale(2))\nd = Scale(3)\nz = x |> Residual(d)\nu = d(x)\n")
    found = program.run(fetch=["y", "z", "u"])
    assert found["y"].tolist() == [[3, 6, 9]]
    assert found["z"].tolist() == [[4, 8, 12]]
    assert found["u"].tolist() == [[3, 6, 9]]
    assert list(program.parameters) == ["y.Residual.Scale.w", "d.w"]


def test_a_layer_can_be_given_another_of_its_own_kind():
    program = dsl.loads(
        COMBINATORS
        + "y = x |> Residual(Residual(Scale(2)))\nchain = Chain([Chain([Scale(2)]), Scale(3)])\nz = chain(x)\n"
    )
    assert program.run()["y"].tolist() == [[4, 8, 12]]
    assert program.run()["z"].tolist() == [[6, 12, 18]]
    assert len(program.parameters) == 3


def test_a_list_of_layers_is_applied_one_after_the_other():
    program = dsl.loads(COMBINATORS + "chain = Chain([Scale(2), Scale(3), Scale(4)])\ny = chain(x)\nz = chain(y)\n")
    assert program.run(fetch=["y"])["y"].tolist() == [[24, 48, 72]]
    assert len(program.parameters) == 3


def test_a_layer_can_take_and_return_several_values():
    text = "layer Swap()(a, b) { parameter s = 2\n return b * s, a * s }\n"
    text += "p, q = Swap()(3, 4)\nswap = Swap()\nr, t = swap(p, q)\n"
    program = dsl.loads(text)
    assert [program.run(fetch=["p", "q", "r", "t"])[name].tolist() for name in "pqrt"] == [8, 6, 12, 16]
    assert list(program.parameters) == ["p.Swap.s", "swap.s"]


def test_a_member_of_a_layer_that_was_applied_is_a_value():
    text = (
        PATHS
        + "d = Dense(2)\nh = d(left)\npenalty = sum(square(d.w))\nn = Named()\ng = n(left)\ninner = sum(n.encoder.w)\n"
    )
    program = dsl.loads(text)
    found = program.run(fetch=["penalty", "inner"])
    assert found["penalty"] == pytest.approx(float(np.sum(np.square(program.parameters["d.w"]))), rel=1e-6)
    assert found["inner"] == pytest.approx(float(np.sum(program.parameters["n.encoder.w"])), rel=1e-5)


def test_the_standard_layers_are_there_without_an_import():
    text = "y = left |> LayerNorm() |> RMSNorm() |> Dense(4)\n"
    program = dsl.loads(PATHS + text)
    assert program.node("y").type.shape[-1] == 4
    normed = dsl.loads(PATHS + "y = left |> LayerNorm()\n").run()["y"]
    np.testing.assert_allclose(normed, [[-1.2247, 0, 1.2247]], atol=1e-3)


def test_a_file_can_have_a_layer_of_its_own_in_place_of_a_standard_one():
    assert dsl.loads("layer Dense(n)(x) { return x * n }\ny = 3 |> Dense(4)\n").run()["y"] == 12


# -- first values


def test_the_first_values_of_parameters_depend_on_their_names_and_the_seed_only():
    alone = dsl.loads(PATHS + "h = left |> Dense(3)\n").parameters["h.Dense.w"]
    others = dsl.loads(PATHS + "a = left |> Dense(3)\nh = left |> Dense(3)\n").parameters
    np.testing.assert_array_equal(others["h.Dense.w"], alone)
    assert (others["a.Dense.w"] != alone).any()
    seeded = dsl.loads(
        PATHS + "h = left |> Dense(3)\nloss = mean(h)\ntrain { minimize = loss; steps = 1; seed = 4 }\n"
    ).parameters
    assert (seeded["h.Dense.w"] != alone).any()


@pytest.mark.parametrize(
    ("declaration", "value"),
    [
        ("parameter w = 3", 3),
        ("parameter w: [2] = 0.5", [0.5, 0.5]),
        ("parameter w = [0.5, 1.5]", [0.5, 1.5]),
        ("parameter w = [1, 2]", [1, 2]),
        ("parameter w: [2, 2] = eye(2)", [[1, 0], [0, 1]]),
        ("parameter w: f64[2] ~ constant(0.1)", [0.1, 0.1]),
        ("constant n = 2\nparameter w: [n] ~ ones()", [1, 1]),
        ("parameter w: [3] ~ zeros", [0, 0, 0]),
    ],
)
def test_a_parameter_begins_with_what_is_declared(declaration, value):
    assert dsl.loads(declaration + "\ny = w * 2\n").parameters["w"].tolist() == value


def test_a_drawn_parameter_has_its_distribution():
    drawn = dsl.loads("parameter w: [100, 50] ~ normal(1, 0.1)\ny = sum(w)\n").parameters["w"]
    assert drawn.mean() == pytest.approx(1, abs=0.01)
    assert drawn.std() == pytest.approx(0.1, abs=0.01)
