"""The programs of the repository are in the canonical layout; every other program can be brought into it, without loss."""

from __future__ import annotations

import pytest
from every_program import documented_programs, golden_programs, is_program, own_programs
from layout_checks import check_layout

import dsl
from dsl.language.parser import parse
from dsl.source.text import Source

OWN = own_programs()
DOCUMENTED = {name: text for name, text in documented_programs().items() if is_program(text)}
GOLDEN = {name: text for name, text in golden_programs().items() if is_program(text)}

SHOW_OTHER_LAYOUTS = ("a = 1; b = 2\n", "placeholder x=3")
"""What examples have that show how lines end, or what `nn fmt` does, and so are not in the canonical layout."""


@pytest.mark.parametrize("name", OWN)
def test_a_program_of_the_repository_is_in_the_canonical_layout(name):
    assert dsl.format_text(OWN[name]) == OWN[name]


@pytest.mark.parametrize("name", DOCUMENTED)
def test_a_program_of_the_documents_is_in_the_canonical_layout(name):
    laid_out = check_layout(DOCUMENTED[name])
    shows_other = any(piece in DOCUMENTED[name] for piece in SHOW_OTHER_LAYOUTS)
    assert (laid_out == DOCUMENTED[name]) != shows_other


@pytest.mark.parametrize("name", GOLDEN)
def test_a_bad_program_keeps_its_mistakes(name):
    check_layout(GOLDEN[name])


def test_there_are_many_programs():
    assert len(OWN) >= 26
    assert len(DOCUMENTED) >= 65
    assert len(GOLDEN) >= 500


@pytest.mark.parametrize("name", OWN)
def test_documentation_stays_with_what_it_documents(name):
    text = "\n".join(line.strip() for line in OWN[name].split("\n")).replace("\n\n", "\n\n\n")
    assert documented(dsl.format_text(text)) == documented(OWN[name])


def documented(text: str) -> list[tuple[int, str]]:
    """The documentation of a program: of the file, and of each statement by its number."""
    tree = parse(Source(text))
    lines = {statement.span.line: number for number, statement in enumerate(tree.statements, 1)}
    return [(lines.get(line, 0), words) for line, words in tree.docs.items()]


@pytest.mark.parametrize(
    "text",
    [
        "x = " + "(" * 5000 + "1" + ")" * 5000 + "\n",
        "x = " + "[" * 5000 + "]" * 5000 + "\n",
        "x = " + "-" * 5000 + "1\n",
        "x = 1" + " + 1" * 5000 + "\n",
        "x = " + "f(1, " * 500 + "1" + ")" * 500 + "\n",
        "x = " + "1 + (" * 500 + "1" + ")" * 500 + "\n",
        "x = a" + " |> f(a)" * 2000 + "\n",
        "if a {\n" * 500 + "x = 1\n" + "}\n" * 500,
        "x = [" + ", ".join(f"[{number}, 1]" for number in range(2000)) + "]\n",
    ],
    ids=["brackets", "lists", "signs", "sum", "calls", "sums in brackets", "pipeline", "blocks", "rows"],
)
def test_deep_and_long_programs_are_laid_out_without_recursion(text):
    laid_out = dsl.format_text(text)
    assert dsl.format_text(laid_out) == laid_out
    assert len(laid_out) < 300 * len(text)
