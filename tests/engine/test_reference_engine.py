"""The reference engine: NumPy's values in the types that were inferred, nothing computed that is not asked for."""

from __future__ import annotations

import numpy as np
import pytest

import dsl
from dsl.engine.reference import ReferenceEngine

TYPES = {"f16": np.float16, "f32": np.float32, "f64": np.float64}


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    ("expression", "numpy"),
    [
        ("x + 1", lambda x: x + x.dtype.type(1)),
        ("x * 0.1", lambda x: x * x.dtype.type(0.1)),
        ("x / 3", lambda x: x / x.dtype.type(3)),
        ("exp(x)", np.exp),
        ("sum(x)", np.sum),
        ("mean(x, axis=0)", lambda x: np.mean(x, axis=0)),
        ("x @ x.T", lambda x: x @ x.T),
        ("x[0] - x[1]", lambda x: x[0] - x[1]),
        ("maximum(x, 0.25)", lambda x: np.maximum(x, x.dtype.type(0.25))),
        ("concatenate([x, x])", lambda x: np.concatenate([x, x])),
        ("sqrt(square(x))", lambda x: np.sqrt(np.square(x))),
    ],
)
def test_values_are_numpys_in_the_type_of_the_program(dtype, expression, numpy):
    x = np.random.default_rng(0).normal(size=(2, 3)).astype(TYPES[dtype])
    found = dsl.loads(f"dtype {dtype}\nplaceholder x: [2, 3]\ny = {expression}\n").run({"x": x})["y"]
    assert found.dtype == TYPES[dtype]
    np.testing.assert_allclose(found, numpy(x), rtol=2 * np.finfo(TYPES[dtype]).eps)


@pytest.mark.parametrize("dtype", TYPES)
def test_gradients_and_parameters_have_the_type_of_the_program(dtype):
    program = dsl.loads(
        f"dtype {dtype}\nx = [[1.0, 2.0]]\nh = x |> Dense(3) |> LayerNorm() |> gelu\nloss = mean(h * h)\n"
    )
    for value in [
        *program.parameters.values(),
        *program.gradients("loss").values(),
        *program.run(fetch=["loss", "h"]).values(),
    ]:
        assert value.dtype == TYPES[dtype]


def test_every_node_has_the_type_and_the_shape_that_were_inferred():
    text = """
placeholder labels: i32[3] = [0, 2, 1]
x = [[1.0, -2.0, 0.5], [0.0, 4.0, 1.0], [2.0, 2.0, 2.0]]
p = softmax(x * 3)
right = argmax(p, axis=1) == labels
counted = sum(right)
mixed = labels * 2 + right
loss = cross_entropy(x, labels) + mean(mixed / 3)
"""
    program = dsl.loads(text)
    program.gradient_nodes("loss", [program.node("x")])
    engine = ReferenceEngine(program.model.graph, program.model.graph.nodes)
    values = engine.run({program.node("labels"): np.int32([0, 2, 1])})
    assert len(values) == len(program.model.graph.nodes)
    for node, value in values.items():
        assert value.dtype == node.type.dtype.numpy
        assert value.shape == tuple(dim.value for dim in node.shape)


def test_only_what_is_asked_for_is_computed():
    program = dsl.loads("placeholder x = 2\nplaceholder unfed: [3]\na = x * 2\nb = unfed * a\nc = a + 1\n")
    assert program.run(fetch=["c"]) == {"c": 5}
    engine = ReferenceEngine(program.model.graph, [program.node("c")])
    assert [node.name for node in engine.order if "." not in node.name] == ["x", "a", "c"]
    assert [node.name for node in engine.leaves] == ["x"]


def test_nodes_run_in_their_order_and_each_is_seen_once():
    program = dsl.loads("placeholder x = 2\na = x * x\nb = a + x\nc = a * b\n")
    seen: list[str] = []
    engine = ReferenceEngine(program.model.graph, [program.node("c"), program.node("a")])
    engine.run(
        {program.node("x"): np.float32(2)}, watch=lambda node, value, values: seen.append(f"{node.name}={value}")
    )
    assert seen == ["a=4.0", "b=6.0", "c=24.0"]


def test_what_is_fed_is_not_changed():
    x = np.array([3.0, 1.0, 2.0])
    before = x.copy()
    program = dsl.loads("dtype f64\nplaceholder x: [3]\na = relu(x) * 2 + x\nb = x.T\nc = identity(x)\n")
    program.run({"x": x}, fetch=["a", "b", "c"])
    program.gradients("a", ["x"], {"x": x})
    np.testing.assert_array_equal(x, before)


def test_infinities_and_nan_are_values_without_a_warning():
    text = "placeholder x = [0.0, -1.0]\na = 1 / x\nb = log(x)\nc = a - a\nd = exp(x * -1000)\n"
    found = dsl.loads(text).run(fetch=["a", "b", "c", "d"])
    assert np.isposinf(found["a"][0])
    assert np.isneginf(found["b"][0])
    assert np.isnan(found["b"][1])
    assert np.isnan(found["c"][0])
    assert np.isinf(found["d"][1])


def test_a_run_after_another_with_other_sizes():
    program = dsl.loads(
        "dim n\nplaceholder x: [n, 2]\ny = reshape(x, [2 * n]) |> sum\nz = zeros([n])\nw = x.shape[0] * 1\n"
    )
    for count in (1, 5, 3, 5):
        found = program.run({"x": np.ones((count, 2))}, fetch=["y", "z", "w"])
        assert found["y"] == 2 * count
        assert found["z"].shape == (count,)
        assert found["w"] == count


def test_training_repeats_to_the_last_bit():
    text = """
x = [[0.1, 0.2], [0.3, -0.4], [1.0, 0.0]]
y = [1.0, 0.0, 0.5]
p = x |> Dense(8) |> tanh |> Dense(1)
loss = mse(p[:, 0], y)
train { minimize = loss; optimizer = adam(lr=0.01); steps = 20; seed = 5 }
"""
    runs = []
    for _ in range(2):
        program = dsl.loads(text)
        program.train()
        runs.append({name: value.tobytes() for name, value in program.parameters.items()})
    assert runs[0] == runs[1]
