"""Values set from outside: constants, dimensions, and the keys of `train` blocks."""

from __future__ import annotations

import numpy as np
import pytest
from small_programs import complaint, values

import dsl

TEXT = """
constant hidden = 64
constant name = "relu"
constant widths = [4, 2]
constant deep = false
dim n = 3
dim batch
constant double = hidden * 2
placeholder x: [n, hidden] = 1
y = sum(x) * double + widths[0]
"""


def test_a_constant_is_what_the_program_says_unless_it_is_set():
    assert values(TEXT)["y"] == 3 * 64 * 128 + 4
    assert values(TEXT, constants={"hidden": 2})["y"] == 3 * 2 * 4 + 4


def test_what_follows_from_a_constant_follows_from_what_it_is_set_to():
    model = dsl.loads(TEXT, {"hidden": 10}).model
    assert model.constants["double"] == 20
    assert dsl.loads(TEXT, {"double": 7}).model.constants["double"] == 7


def test_dimensions_can_be_set():
    assert values(TEXT, constants={"n": 5, "hidden": 1})["y"] == 5 * 1 * 2 + 4
    program = dsl.loads("dim batch\nplaceholder x: [batch, 2]\ny = sum(x) / batch\n", {"batch": 3})
    assert program.node("x").type.shape[0] == 3
    assert program.run({"x": np.ones((3, 2))})["y"] == 2
    with pytest.raises(dsl.ProgramError, match="axis 0 of `x`"):
        program.run({"x": np.ones((4, 2))})


def test_lists_strings_and_truth_values_can_be_set():
    constants = dsl.loads(TEXT, {"widths": [9, 8, 7], "name": "gelu", "deep": True}).model.constants
    assert constants == {"hidden": 64, "name": "gelu", "widths": [9, 8, 7], "deep": True, "double": 128}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("hidden", "many"),
        ("hidden", True),
        ("name", 3),
        ("deep", 1),
        ("n", -1),
        ("n", 2.5),
        ("n", "x"),
    ],
)
def test_a_constant_is_set_to_a_value_of_its_kind(name, value):
    found = complaint(TEXT, {name: value})
    assert found.code == "argument"
    assert f"`{name}`" in found.message


def test_what_is_no_constant_cannot_be_set():
    found = complaint(TEXT, {"hiden": 3})
    assert found.code == "argument"
    assert "`hidden`" in found.hint
    assert complaint(TEXT, {"y": 3}).code == "argument"
    assert complaint(TEXT, {"train.epochs": 3}).code == "argument"


def test_a_constant_inside_a_function_is_the_functions_own():
    text = "constant n = 2\ndef f(x) { constant n = 10\n dim m = 100\n return x * n + m }\ny = f(n)\n"
    assert values(text, constants={"n": 3})["y"] == 130
    assert complaint(text, {"m": 3}).code == "argument"


TRAIN = """
parameter w = [1, 2]
loss = sum(square(w))
train { minimize = loss; optimizer = sgd(lr=0.1); steps = 10; seed = 3 }
"""


def test_the_keys_of_a_train_block_can_be_set():
    (run,) = dsl.loads(TRAIN, {"train.steps": 4, "train.seed": 8}).model.runs
    assert run.settings.steps == 4
    assert run.settings.seed == 8
    assert run.settings.epochs is None


def test_a_key_that_the_block_does_not_have_can_be_set():
    (run,) = dsl.loads(TRAIN, {"train.clip_norm": 1.5}).model.runs
    assert run.settings.clip_norm == 1.5


def test_an_expression_can_be_set_as_text():
    (run,) = dsl.loads(TRAIN, {"train.optimizer": "adam(lr=0.5)"}).model.runs
    assert run.optimizer.name == "adam"
    assert run.optimizer.lr == 0.5


def test_epochs_set_from_outside_replace_steps_of_the_block():
    (run,) = dsl.loads(TRAIN, {"train.epochs": 2}).model.runs
    assert (run.settings.epochs, run.settings.steps) == (2, None)


def test_every_train_block_or_one_of_them_is_set():
    text = TRAIN + "train again { minimize = loss; steps = 5 }\n"
    general, again = dsl.loads(text, {"train.seed": 9, "again.steps": 6}).model.runs
    assert (general.settings.seed, again.settings.seed) == (9, 9)
    assert (general.settings.steps, again.settings.steps) == (10, 6)


def test_an_unknown_key_of_a_train_block_cannot_be_set():
    assert complaint(TRAIN, {"train.epoch": 3}).code == "argument"


def test_training_takes_overrides_too():
    program = dsl.loads(TRAIN)
    program.train(steps=1)
    np.testing.assert_allclose(program.parameters["w"], [0.8, 1.6], rtol=1e-6)
