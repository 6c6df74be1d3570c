"""Texts with syntax errors: the same diagnostics as when the whole text is read anew after each, and what is left of them."""

from __future__ import annotations

import random

import pytest
from every_program import golden_programs, own_programs

from dsl.language import parser
from dsl.language.automaton import UnreadableError
from dsl.language.mistakes import explain, without
from dsl.language.parser import read
from dsl.source.text import Source

PIECES = [
    "(",
    ")",
    "[",
    "]",
    "{",
    "}",
    "=",
    "|>",
    "\n",
    "\n\n",
    ";",
    '"',
    "# ",
    "\\",
    ",",
    "..",
    "else",
    "def f(",
    "**",
    " x ",
]


def plainly(source):
    """Every syntax error, by reading the text again from its beginning without the lines of those found so far."""
    text, found = source.text, []
    while len(found) < 10:
        try:
            parser._run(source, text, "start")
            break
        except UnreadableError as error:
            diagnostic = explain(source, text, error)
            if not found or diagnostic.span != found[-1].span:
                found.append(diagnostic)
            text = without(text, error)
            if text is None:
                break
    return tuple(found)


def spoilt(text, chance):
    """The text with a few pieces put in and taken out."""
    for _ in range(chance.randint(1, 6)):
        at = chance.randrange(len(text) + 1)
        if chance.random() < 0.6:
            text = text[:at] + chance.choice(PIECES) + text[at:]
        else:
            text = text[:at] + text[at + chance.randint(1, 4) :]
    return text


def check(text):
    source = Source(text)
    reading = read(source)
    assert reading.mistakes == plainly(source)
    for statement in reading.tree.statements:
        assert 0 <= statement.span.start <= statement.span.end <= len(text)
    starts = [statement.span.start for statement in reading.tree.statements]
    assert starts == sorted(set(starts))


@pytest.mark.parametrize("name", [*own_programs(), *golden_programs()])
def test_a_program_has_the_syntax_errors_that_reading_it_again_and_again_finds(name):
    check({**own_programs(), **golden_programs()}[name])


@pytest.mark.parametrize("seed", range(300))
def test_a_spoilt_program_has_the_syntax_errors_that_reading_it_again_and_again_finds(seed):
    chance = random.Random(seed)
    check(spoilt(chance.choice(list(own_programs().values())), chance))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(300, 4000))
def test_many_spoilt_programs_have_the_syntax_errors_that_reading_them_again_and_again_finds(seed):
    chance = random.Random(seed)
    check(spoilt(chance.choice(list(own_programs().values())), chance))


def test_what_is_above_and_below_a_mistake_is_read():
    reading = read(Source("a = 1\nb = ) + 2\nc = 3\n"))
    assert [statement.span.text for statement in reading.tree.statements] == ["a = 1", "c = 3"]


def test_a_block_that_is_not_closed_leaves_the_rest():
    reading = read(Source("a = 1\nif a {\nb = 2\n\nc = 3\n"))
    assert [statement.span.text for statement in reading.tree.statements] == ["a = 1", "b = 2", "c = 3"]
