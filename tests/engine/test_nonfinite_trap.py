"""The trap: the first value that is infinite or not a number is named, with its line, its inputs and the step."""

from __future__ import annotations

import pytest

import dsl
from dsl.training.watch import NonFiniteTrap


def trapped(program: dsl.Program, *globs: str) -> dsl.Diagnostic:
    """What the trap says of a run of the program, forward and backward."""
    program.trap = NonFiniteTrap(globs or ("*",))
    with pytest.raises(dsl.ProgramError) as caught:
        program.gradients("loss") if program.parameters else program.run(fetch=["loss"])
    (found,) = caught.value.diagnostics
    assert found.code == "nonfinite"
    return found


def test_the_first_infinite_value_is_named_with_its_line_and_its_inputs():
    found = trapped(dsl.loads("placeholder x = [0.5, 0.0, 2.0]\na = x * 3\nb = log(a)\nloss = sum(exp(b) * b)\n"))
    assert "`b` is infinite" in found.message
    assert "`log` of `a` in [0, 6]" in found.message
    assert found.span is not None
    assert found.span.line == 3


def test_nan_is_told_from_infinity():
    assert "`b` is nan" in trapped(dsl.loads("placeholder x = [-1.0, 2.0]\nb = sqrt(x)\nloss = sum(b)\n")).message


def test_a_value_inside_an_expression_is_named_after_its_line():
    found = trapped(dsl.loads("placeholder x = 0\nloss = tanh(1 / x) + 1\n"))
    assert "`loss.divide` is infinite" in found.message


def test_a_gradient_that_is_not_finite_is_named_with_the_value_it_flows_through():
    found = trapped(dsl.loads("parameter w = [0.0, 4.0]\nr = sqrt(w)\nloss = sum(r)\n"))
    assert "the gradient that flows back through `r` is infinite" in found.message
    assert found.span is not None
    assert found.span.line == 2


def test_finite_values_pass():
    program = dsl.loads("parameter w = [1.0, 4.0]\nloss = sum(sqrt(w))\n")
    program.trap = NonFiniteTrap()
    assert program.run(fetch=["loss"])["loss"] == 3
    assert program.gradients("loss")["w"].tolist() == [0.5, 0.25]


def test_only_what_is_watched_is_trapped():
    program = dsl.loads("placeholder x = 0\na = 1 / x\nb = a - a\nloss = b + 1\n")
    assert "`b` is nan" in trapped(program, "b").message
    assert "`a` is infinite" in trapped(program, "a", "loss").message
    program.trap = NonFiniteTrap(("x",))
    program.run(fetch=["loss"])


def test_training_names_the_step():
    text = "parameter w = 2\nh = w ** 4\nloss = h * h\n"
    text += 'train { minimize = loss; optimizer = sgd(lr=10); steps = 100; watch = ["*"] }\n'
    with pytest.raises(dsl.ProgramError) as caught:
        dsl.loads(text).train()
    (found,) = caught.value.diagnostics
    assert found.code == "nonfinite"
    assert "in step" in found.message
    assert dsl.loads(text.replace('; watch = ["*"]', "")).train().rows


def test_the_trap_of_a_program_watches_its_training():
    program = dsl.loads("parameter w = 0\nloss = sqrt(w)\ntrain { minimize = loss; steps = 3 }\n")
    program.trap = NonFiniteTrap()
    with pytest.raises(dsl.ProgramError, match="in step 1"):
        program.train()
