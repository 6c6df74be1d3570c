"""Keywords are words of the language only where a statement needs them; everywhere else they are names."""

from __future__ import annotations

import pytest
from small_programs import values

import dsl

BEGIN_STATEMENTS = (
    "dtype", "dim", "constant", "placeholder", "parameter", "metric", "def", "layer", "if", "repeat", "import", "from",
    "data", "train", "expect", "show", "return",
)  # fmt: skip
INSIDE_STATEMENTS = ("in", "with", "on", "within", "else")
OPERATORS = ("and", "or", "not")
BUILTIN = ("true", "false", "none", "None", "pi", "inf", "nan", "f32", "i64", "bool")


@pytest.mark.parametrize("word", [*BEGIN_STATEMENTS, *INSIDE_STATEMENTS, *BUILTIN])
def test_a_keyword_can_be_the_name_of_a_value(word):
    assert values(f"{word} = 3\ny = {word} + 1\nz = [{word}, {word}] |> sum\n") == {word: 3, "y": 4, "z": 6}


@pytest.mark.parametrize("word", [*BEGIN_STATEMENTS, *INSIDE_STATEMENTS])
def test_a_keyword_can_be_declared(word):
    program = dsl.loads(
        f"placeholder {word} = 3\ndef f({word}, b=1) {{ return {word} * b }}\ny = f({word}, b=2)\nz = f({word}={word})\n"
    )
    assert program.run({word: 5})["y"] == 10
    assert program.run(fetch=["z"])["z"] == 3


@pytest.mark.parametrize("word", [*BEGIN_STATEMENTS, *INSIDE_STATEMENTS])
def test_a_keyword_can_be_a_dimension_a_loop_variable_and_a_carried_name(word):
    text = f"dim {word} = 3\nx = ones([{word}])\nrepeat {word} in 1..4 with out = 1 {{ out = out * {word} }}\n"
    assert values(text) == {"x": [1, 1, 1], "out": 6}


@pytest.mark.parametrize("word", ["data", "train", "show", "from"])
def test_a_keyword_can_be_a_function_or_a_layer(word):
    assert values(f"def {word}(x) {{ return x + 1 }}\ny = {word}(2)\nz = 2 |> {word}\n") == {"y": 3, "z": 3}
    text = f"layer {word}(n)(x) {{ parameter w = n\n return x * w }}\ny = {word}(4)(2)\nz = 2 |> {word}(5)\n"
    assert values(text) == {"y": 8, "z": 10}


@pytest.mark.parametrize("word", OPERATORS)
def test_a_word_that_is_an_operator_can_be_bound_but_reads_as_the_operator(word):
    assert dsl.loads(f"placeholder {word} = 2\n").run(fetch=[word])[word] == 2


def test_a_word_that_begins_with_a_keyword_is_a_name():
    text = (
        "iff = 1; dims = iff + 1; data_2 = dims; importance = 3; android = true; nothing = not android; ornament = 2\n"
    )
    assert values(text)["nothing"] is False


def test_every_keyword_at_once():
    names = [*BEGIN_STATEMENTS, *INSIDE_STATEMENTS]
    text = "".join(f"{name} = {index}\n" for index, name in enumerate(names))
    total = values(text + f"total = {' + '.join(names)}\n")["total"]
    assert total == sum(range(len(names)))


def test_the_keys_of_blocks_are_names_elsewhere():
    text = "minimize = 1; epochs = 2; split = 3; source = 4; seed = 5\ny = minimize + epochs + split + source + seed\n"
    assert values(text)["y"] == 15


def test_the_names_of_readers_and_optimizers_are_free():
    assert values("csv = 1; adam = 2; normal = 3\ny = csv + adam + normal\n")["y"] == 6
