"""Every operation is told by being registered: its value, its formula, and its gradient by the chain rule."""

from __future__ import annotations

import re

import matplotlib.mathtext as mathtext
import numpy as np
import pytest

import dsl
from dsl.explain.compose import Composer
from dsl.explain.formats import FORMATS, Style
from dsl.explain.tex import Tex
from dsl.language import syntax
from dsl.language.parser import parse_expression
from dsl.ops.operation import Operation
from dsl.ops.registry import load
from dsl.source.text import Source

OPERATIONS = [operation for operation in load().values() if operation.example]


def as_program(operation: Operation) -> str:
    """The operation's example with parameters in place of the numbers that are written in it."""
    call = operation.example.partition("#")[0].strip()
    tree = parse_expression(Source(call))
    lines = ["dtype f64"]

    def parameter(name: str, text: str) -> str:
        lines.append(f"parameter {name} = {text}")
        return name

    if isinstance(tree, syntax.Binary):
        left, right = parameter("a", tree.left.span.text), parameter("b", tree.right.span.text)
        lines.append(f"y = {left} {tree.operator} {right}")
    elif isinstance(tree, syntax.Call):
        names: list[str] = []
        for place, argument in enumerate(tree.arguments):
            text = argument.span.text
            known = operation.parameters[place] if place < len(operation.parameters) else None
            is_tensor = known is not None and known.kind.name == "tensor" and not operation.takes_integers(place)
            is_numbers = argument.name is None and re.fullmatch(r"[-\d.,\[\] e]+", text)
            names.append(parameter(f"{known.name}_", text) if known and is_tensor and is_numbers else text)
        lines.append(f"y = {operation.name}({', '.join(names)})")
    else:
        lines.append(f"y = {call}")
    return "\n".join([*lines, "loss = sum(y)"]) + "\n"


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_an_example_is_told_with_the_engine_s_numbers(operation: Operation) -> None:
    program = loaded(operation)
    story = program.explain().story
    values = program.run(fetch=[each.node.name for each in story.forward])
    for each in story.forward:
        np.testing.assert_array_equal(each.value, values[each.node.name])
    if story.of:
        found = program.gradients(story.of, [each.node.name for each in story.backward])
        for each in story.backward:
            np.testing.assert_array_equal(each.gradient, found[each.node.name])
            if each.ways:
                total = np.sum([way.flow for way in each.ways], axis=0)
                np.testing.assert_allclose(total, each.gradient, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_every_format_writes_it(operation: Operation) -> None:
    document = Composer().document(loaded(operation).explain().story)
    for format in FORMATS.values():
        assert format(Style()).write(document).strip()


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_its_latex_can_be_read(operation: Operation) -> None:
    """By matplotlib's parser, which knows no environments: what these hold is read by itself."""
    notation = Tex()
    parser = mathtext.MathTextParser("path")
    document = Composer().document(loaded(operation).explain().story)
    for block in document.blocks:
        for line in getattr(block, "equations", ()):
            for side in line.equation.sides:
                for part in readable(notation.write(side)):
                    parser.parse(f"${part}$")


def readable(latex: str) -> list[str]:
    """The parts of a formula that matplotlib can read."""
    latex = re.sub(r"\\text\{((?:[^{}]|\{[^{}]*\})*)\}", r"\\mathrm{x}", latex)
    latex = (
        latex.replace(r"\allowbreak", "").replace(r"\lvert", "|").replace(r"\rvert", "|").replace(r"\land", r"\wedge")
    )
    latex = (
        latex.replace(r"\lor", r"\vee")
        .replace(r"\lnot", r"\neg")
        .replace(r"\left\lVert", r"\|")
        .replace(r"\right\rVert", r"\|")
    )
    latex = re.sub(r"\\begin\{\w+\}|\\end\{\w+\}", " ", latex).replace("&", " ")
    latex = latex.replace(r"\bmod", r"\;\mathrm{mod}\;").replace(r"\mathrel{+}=", "=").replace(r"\vdots", r"\cdots")
    latex = latex.replace(r"\operatorname{arg\,max}", r"\mathrm{argmax}").replace(
        r"\operatorname{arg\,min}", r"\mathrm{argmin}"
    )
    return [part for part in latex.split(r"\\") if part.strip() and balanced(part)]


def balanced(text: str) -> bool:
    return text.count("{") == text.count("}") and text.count(r"\left") == text.count(r"\right")


def loaded(operation: Operation) -> dsl.Program:
    before, _, expression = operation.example.partition("  # ")[0].rpartition("; ")
    results = "first, second" if operation.name == "split" else "y"
    try:
        return dsl.loads(as_program(operation))
    except dsl.ProgramError:
        return dsl.loads(f"dtype f64\n{before and 'parameter '}{before}\n{results} = {expression}\n")
