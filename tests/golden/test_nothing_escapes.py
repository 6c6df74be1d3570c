"""Programs broken at random: whatever a text is, the answer is a program or a diagnostic in the language's own words."""

from __future__ import annotations

import random
import re
from pathlib import Path

import pytest

import dsl

PROGRAMS = sorted((Path(__file__).parents[2] / "programs").glob("*.nn"))
ANSWERS = sorted((Path(__file__).parent / "bad").rglob("*.txt"))
TOKEN = re.compile(r'"[^"\n]*"|\w+|#[^\n]*|\s+|.', re.DOTALL)
STRAY = [
    "0",
    "-1",
    "1e300",
    "999999999999",
    "none",
    "[]",
    "()",
    "{}",
    "...",
    "..",
    ":",
    "@",
    "|>",
    ".T",
    ".shape",
    '"',
    "'",
    "\\",
]
PYTHON = re.compile(
    r"__|Traceback|<class|object at 0x|NoneType|ndarray|\bdsl\.|\bNode\b|\bDim\(|\bint64\b(?!`)|site-packages|/tmp/|/home/"
)


def broken(text: str, chance: random.Random) -> str:
    """The text with one to three of its tokens deleted, doubled, exchanged or replaced by something stray."""
    tokens = TOKEN.findall(text)
    for _ in range(chance.randint(1, 3)):
        at, other = chance.randrange(len(tokens)), chance.randrange(len(tokens))
        match chance.randrange(4):
            case 0:
                tokens[at] = ""
            case 1:
                tokens[at] *= 2
            case 2:
                tokens[at], tokens[other] = tokens[other], tokens[at]
            case _:
                tokens[at] = chance.choice(STRAY)
    return "".join(tokens)


def answer(text: str) -> str:
    """What is said of a text: its mistakes, or nothing of a program that is right."""
    try:
        dsl.loads(text)
    except dsl.ProgramError as error:
        return str(error) or "a mistake without words: __"
    return ""


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
@pytest.mark.parametrize("times", [15, pytest.param(300, marks=pytest.mark.slow)])
def test_a_broken_program_is_answered_in_the_languages_own_words(path, times):
    chance = random.Random(path.stem)
    text = path.read_text(encoding="utf-8")
    for _ in range(times):
        assert not PYTHON.search(answer(broken(text, chance)))


@pytest.mark.parametrize(
    "text", ["(" * 3000, "y = " + "[" * 3000 + "1" + "]" * 3000, "x = " + "9" * 5000, "{\n" * 2000, "\x00", '"']
)
def test_extreme_texts_are_answered(text):
    assert isinstance(answer(text), str)


def test_answers_are_free_of_python():
    found = [(path.name, match[0]) for path in ANSWERS if (match := PYTHON.search(path.read_text(encoding="utf-8")))]
    assert found == []
