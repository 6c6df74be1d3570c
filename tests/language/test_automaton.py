"""The parser reads exactly what Lark's own contextual lexer and LALR parser read, and stops where they stop."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from lark import Lark, Token, UnexpectedInput, UnexpectedToken
from lark.lark import PostLex

from dsl.language import automaton
from dsl.language.automaton import Automaton
from dsl.language.tables import grammar_path, make_tables

GRAMMAR = grammar_path().read_text(encoding="utf-8")
TOP = Path(__file__).resolve().parents[2]
PROGRAMS = sorted(
    path for folder in ("programs", "dsl/language/library", "tests/golden/bad") for path in (TOP / folder).rglob("*.nn")
)


class StatementNewlines(PostLex):
    """Drops newlines inside `(` and `[` and after an operator."""

    always_accept = ("_NEWLINE",)
    operators = ("PIPE", "OR", "AND", "NOT", "COMPARISON", "PLUS", "MINUS", "STAR", "SLASH", "AT", "PERCENT", "POWER")

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        depth, previous = 0, ""
        for token in stream:
            if token.type == "_NEWLINE" and (depth or previous in self.operators):
                continue
            depth += (token.type in ("LPAR", "LSQB")) - (token.type in ("RPAR", "RSQB"))
            previous = token.type
            yield token


class Outline:
    """Builds nested tuples: the rule's name and what it was made of, tokens with their places."""

    def __getattr__(self, rule: str) -> Any:
        if rule.startswith("_") or rule.isupper():
            raise AttributeError(rule)
        return lambda parts: (rule, *(self._plain(part) for part in parts))

    @staticmethod
    def _plain(part: Any) -> Any:
        return (part.type, str(part), part.start_pos, part.end_pos) if isinstance(part, str) else part


@pytest.fixture(scope="module")
def lark() -> Lark:
    return Lark(
        GRAMMAR,
        parser="lalr",
        start=["start", "expression_only"],
        transformer=Outline(),
        postlex=StatementNewlines(),
        maybe_placeholders=True,
    )


@pytest.fixture(scope="module")
def ours() -> Automaton:
    return Automaton(make_tables(GRAMMAR), Outline())


def by_lark(lark: Lark, text: str, start: str) -> Any:
    """The outline, or what cannot be read and what could have stood there."""
    try:
        return lark.parse(text, start=start)
    except UnexpectedToken as error:
        end = error.token.type == "$END"
        return error.token.type, str(error.token), None if end else error.token.start_pos, error.accepts
    except UnexpectedInput as error:
        return error.pos_in_stream


def by_us(ours: Automaton, text: str, start: str) -> Any:
    try:
        return ours.parse(text, start)
    except automaton.UnexpectedTokenError as error:
        end = error.token.type == "$END"
        return error.token.type, str(error.token), None if end else error.token.start_pos, error.accepts
    except automaton.UnreadableError as error:
        return error.offset


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: str(path.relative_to(TOP)))
def test_every_program_is_read_as_lark_reads_it(path, lark, ours):
    text = path.read_bytes().decode("utf-8", "replace")
    assert by_us(ours, text, "start") == by_lark(lark, text, "start")


PIECES = [
    "x", "y1", "relu", "in_", "data", "train", "def", "layer", "if", "else", "repeat", "in", "with", "dim", "parameter",
    "show", "expect", "on", "within", "return", "import", "from", "not", "and", "or", "0", "4", "1.5", "1e-3", ".5",
    '"a.nn"', '"', "(", ")", "[", "]", "{", "}", ",", ";", ":", ".", "..", "...", "=", "==", "<=", "<", "+", "-", "*", "**",
    "/", "@", "%", "~", "|>", "|", "\n", "\n\n", "# a comment\n", "\n# a comment\n|> ", "\r\n", " ", "\t", "$",
]  # fmt: skip
STATEMENTS = [
    "x = (a\n + b) *\n c\n",
    "a, b = split(x, 2)\n",
    "y = x |> relu\n |> Dense(3)(z)\n",
    "def f(x: [n], y=1) {\n return x\n}\n",
    "repeat i in 0..4 with h = x { h = h + i }\n",
    "if a { b = 1 } else if c { b = 2 } else { b = 3 }\n",
    "z = x[1:, ..., ::2, None]\n",
    "train { epochs = 3; data = d.train }\n",
    "expect a >= 1 on d.test within 0.1\n",
    "parameter w: f32[n, 3] ~ normal(0, 1)\n",
    'from "b.nn" import A, B\n',
    "data = train\n",
    "v = [1, [2, 3,], -x.T.shape[0] ** 2]\n",
]


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=14), st.sampled_from(["", " "]))
def test_any_words_and_signs_are_read_as_lark_reads_them(lark, ours, pieces, between):
    check_alike(lark, ours, between.join(pieces), "start")
    check_alike(lark, ours, between.join(pieces), "expression_only")


@settings(deadline=None)
@given(
    st.lists(st.sampled_from(STATEMENTS), min_size=1, max_size=4).map("".join),
    st.integers(0, 200),
    st.integers(0, 3),
    st.sampled_from(["", *PIECES]),
)
def test_a_program_with_a_slip_is_read_as_lark_reads_it(lark, ours, text, place, length, piece):
    check_alike(lark, ours, text[:place] + piece + text[place + length :], "start")


def check_alike(lark: Lark, ours: Automaton, text: str, start: str) -> None:
    # Where `in` can follow and no name, Lark reads `inside` as `in` and `side`; we do not.
    assume(not re.search(r"(?:else|if|in|with|import|on|within|or|and)\w", text))
    assert by_us(ours, text, start) == by_lark(lark, text, start)


def test_a_keyword_ends_where_the_word_ends(ours):
    with pytest.raises(automaton.UnexpectedTokenError) as caught:
        ours.parse("repeat i inside { }", "start")
    assert caught.value.token == "inside"
    assert caught.value.accepts == {"IN"}


@pytest.mark.parametrize(
    "text", ["x = " + "(" * 20_000 + "1" + ")" * 20_000, "x = " + "-" * 50_000 + "1", "x = 1" + " + 1" * 50_000]
)
def test_a_deep_expression_is_read_without_recursion(ours, text):
    assert by_us(ours, text, "start")[0] == "start"


def test_blanks_behind_the_last_token_are_read_once(ours):
    assert by_us(ours, "x = 1" + " \t" * 200_000 + "# the end" * 50_000, "start")[0] == "start"
