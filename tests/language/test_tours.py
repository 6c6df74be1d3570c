"""The tours of the language's page, as they stand there."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_programs import diagnostics

import dsl

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"

NEURON = """\
## One neuron, by hand.
dtype f64                                    # default is f32

placeholder x = 3
placeholder y = 0.6087876106387002
parameter   k = 0.35915077292816744
parameter   b = 0.3737660632429008

linear  = linear(x, k, b)                    # k*x + b
sigmoid = sigmoid(linear)
loss    = mse(y, sigmoid)
"""

DIGITS = """\
## Handwritten digits, a small multilayer perceptron.
dim batch                                    # symbolic: known when data arrives
constant hidden = 64                         # compile-time; `--set hidden=128` overrides it

placeholder x: [batch, 64]                   # f32[batch, 64]; dtypes f16 f32 f64 i32 i64 bool
placeholder y: i32[batch]

logits = x |> Dense(hidden) |> relu |> Dense(10)
loss   = cross_entropy(logits, y)
metric accuracy = mean(argmax(logits, axis=-1) == y)

data digits {                                # field names are the placeholders they feed
    source = csv("data/digits.csv")
    x      = source["pixel_0":"pixel_63"] / 16
    y      = source["label"]
    split  = fractions(train=0.8, test=0.2)      # or folds(5), or its own files
}

train {
    minimize  = loss
    data      = digits.train
    validate  = digits.test
    optimizer = adam(lr=1e-3)
    epochs    = 30
    batch     = 64
    seed      = 7
}

expect accuracy >= 0.95 on digits.test       # the program checks itself
"""

FUNCTIONS = """\
def huber(y, yhat, delta=1.0) {              # pure: a `parameter` inside is an error
    e = abs(y - yhat)
    return mean(where(e <= delta, 0.5 * e**2, delta * (e - 0.5 * delta)))
}

layer Dense(units, bias=true)(x: [..., n]) { # owns parameters; dims in a signature are bound by the call
    parameter w: [n, units] ~ glorot_uniform()
    y = x @ w
    if bias {                                # decided at compile time
        parameter b: [units] = 0
        y = y + b
    }
    return y
}

encoder = Dense(32)                          # created once, parameters encoder.w, encoder.b
a = encoder(left)                            # applied twice: the parameters are shared
c = encoder(right)

repeat i in 0..4 with h = x {                # unrolled at compile time, fresh parameters each pass
    h = h + (h |> LayerNorm() |> Dense(64) |> gelu)
}

du  = grad(u, t)                             # differential operators are operations: grad of grad works
ddu = grad(du, t)
"""
AROUND_FUNCTIONS = """
placeholder left: [2, 8] = 1
placeholder right: [2, 8] = 2
placeholder x: [2, 64] = 0.5
placeholder t = [0.1, 0.2]
u = sin(3 * t)
loss = huber(a, c, delta=2) + mean(h)
"""

NODES = {
    "x": (3, 0.02224721841122111),
    "k": (0.35915077292816744, 0.18583185743835806),
    "b": (0.3737660632429008, 0.06194395247945269),
    "y": (0.6087876106387002, -0.402796525409167),
    "linear": (1.4512183820274032, 0.06194395247945269),
    "sigmoid": (0.8101858733432837, 0.402796525409167),
    "loss": (0.04056126022042443, 1),
}


@pytest.mark.parametrize("name", NODES)
def test_the_neuron_has_the_numbers_of_the_tutorial(name):
    value, gradient = NODES[name]
    program = dsl.loads(NEURON)
    assert program.run(fetch=[name])[name] == pytest.approx(value, rel=1e-15)
    assert program.gradients("loss", [name])[name] == pytest.approx(gradient, rel=1e-15)


def test_the_neuron_is_seven_nodes_in_the_order_of_its_lines():
    program = dsl.loads(NEURON)
    assert list(program.graph) == ["x", "y", "k", "b", "linear", "sigmoid", "loss"]
    assert program.model.documentation == "One neuron, by hand."
    assert program.outputs == ["loss"]
    assert not program.warnings


@pytest.fixture
def digits(tmp_path):
    """The tour's second program, beside the data it names."""
    (tmp_path / "data").symlink_to(PROGRAMS / "data")
    (tmp_path / "digits.nn").write_text(DIGITS)
    return tmp_path / "digits.nn"


def test_the_digits_are_a_model_with_data_and_a_run(digits):
    program = dsl.load(digits)
    shapes = {name: value.shape for name, value in program.parameters.items()}
    assert shapes == {
        "logits.Dense.w": (64, 64),
        "logits.Dense.b": (64,),
        "logits.Dense_2.w": (64, 10),
        "logits.Dense_2.b": (10,),
    }
    assert str(program.node("logits").type) == "f32[batch, 10]"
    assert list(program.model.metrics) == ["accuracy"]
    assert program.model.runs[0].validate == ("digits.test",)
    assert not program.warnings


def test_the_digits_learn_in_one_epoch(digits):
    program = dsl.load(digits, {"train.epochs": 1})
    before = program.run(fetch=["accuracy", "loss"], on="digits.test")
    row = program.train().last
    assert row["digits.test.loss"] < before["loss"]
    assert row["digits.test.accuracy"] > before["accuracy"]
    (result,) = program.check_all()
    assert result.value == pytest.approx(row["digits.test.accuracy"])
    assert not result.passed


def test_the_width_of_the_digits_can_be_set(digits):
    assert dsl.load(digits, {"hidden": 128}).parameters["logits.Dense.w"].shape == (64, 128)


def test_predictions_need_no_labels(digits):
    logits = dsl.load(digits).predict({"x": np.zeros((3, 64))})["logits"]
    assert logits.shape == (3, 10)


def test_the_tour_of_functions_and_layers():
    program = dsl.loads(FUNCTIONS + AROUND_FUNCTIONS)
    names = list(program.parameters)
    assert names[:2] == ["encoder.w", "encoder.b"]
    assert [name for name in names if name.startswith("h.")] == [
        f"h.{layer}{number}.{parameter}"
        for number in ("", "_2", "_3", "_4")
        for layer, parameters in (("LayerNorm", ("scale", "shift")), ("Dense", ("w", "b")))
        for parameter in parameters
    ]
    found = program.run(fetch=["du", "ddu", "h", "loss"])
    np.testing.assert_allclose(found["du"], 3 * np.cos([0.3, 0.6]), rtol=1e-6)
    np.testing.assert_allclose(found["ddu"], -9 * np.sin([0.3, 0.6]), rtol=1e-6)
    assert found["h"].shape == (2, 64)


def test_a_parameter_in_a_function_is_a_mistake():
    found = diagnostics("def f(x) { parameter w = 1\n return x * w }\ny = f(2)\n")
    assert found[0].message == "the function `f` cannot own the parameter `w`"
