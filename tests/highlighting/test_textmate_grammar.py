"""The TextMate grammar colours every program as the parser reads it, though it has nothing but regular expressions."""

from __future__ import annotations

import re

import pytest
from every_program import documented_programs, golden_programs, is_program, own_programs
from textmate_matcher import Matcher

import dsl
from dsl.language.highlighting.roles import Role, highlighted
from dsl.language.highlighting.textmate import SCOPES, textmate_grammar
from dsl.language.parser import parse
from dsl.source.text import Source

GRAMMAR = textmate_grammar()
TEXTS = {**own_programs(), **documented_programs(), **golden_programs()}
PROGRAMS = {name: text for name, text in TEXTS.items() if is_program(text)}
BROKEN = {name: text for name, text in TEXTS.items() if name not in PROGRAMS}
_ROLES = {scope: role for role, scope in SCOPES.items()}


def disagreements(text: str, end: int | None = None) -> list[tuple[str, Role, set[Role | None]]]:
    """The lexemes, up to an offset, that the grammar takes for something else: text, role and what it makes of them."""
    scopes = Matcher(GRAMMAR).scopes(text)
    found: list[tuple[str, Role, set[Role | None]]] = []
    for lexeme, role in highlighted(text):
        if role == Role.BLANK or (end is not None and lexeme.end > end):
            continue
        coloured = {_role(scopes[at]) for at in range(lexeme.start, lexeme.end)}
        if coloured != {role}:
            found.append((lexeme.text, role, coloured))
    return found


def _role(scopes: tuple[str, ...]) -> Role | None:
    return next((_ROLES[scope] for scope in reversed(scopes) if scope in _ROLES), None)


@pytest.mark.parametrize("name", PROGRAMS)
def test_a_program_is_coloured_as_it_is_read(name):
    assert disagreements(PROGRAMS[name]) == []


@pytest.mark.parametrize("name", BROKEN)
def test_a_text_is_coloured_as_it_is_read_up_to_its_first_mistake(name):
    text = BROKEN[name]
    with pytest.raises(dsl.ProgramError) as caught:
        parse(Source(text))
    first = min(place.span.start for found in caught.value.diagnostics for place in found.places)
    assert disagreements(text, text.rfind("\n", 0, first) + 1) == []


def test_behind_a_mistake_few_words_are_coloured_otherwise():
    texts = "".join(BROKEN.values())
    assert sum(len(disagreements(text)) for text in BROKEN.values()) < 0.02 * len(re.findall(r"\w+", texts))


def test_there_are_many_programs():
    assert len(PROGRAMS) >= 650


@pytest.mark.parametrize(
    "text",
    [
        "data = 3\ndata d { data = data }\ntrain train { train = train }",
        "show = show2; show show",
        "a, b = c\ndata, train = d",
        "x = f(\ndata=3,\ntrain\n)",
        "x = [\nshow,\ntrain\n]",
        "x = a +\ntrain",
        "x = a and # why\n\ntrain",
        "x = a + # why\nrelu(b) -\n  mine(c) *\n  Dense(3)(d)",
        "h = x |>\n  # what\n  relu |> mine",
        "if a { show b } else if c { show d } else { show e }",
        "repeat i in n - 3..n with h = x, with = 2 { h = h }",
        "expect f(x) > within on d.test within 0.5 * t",
        'from "a.nn" import Block, f\nimport "b.nn"',
        'x = "a \\" # b" # "c',
        "x = y.data.T.train |> z.relu",
        "x = relu(relu=relu, axis=-1)[..., 1:, none]",
        "pi = 3; x = pi * true; f32 = 2",
        "placeholder x: f32[n, 2 * n] = 1.5e-3",
        "def größe(α=1) { return α**2 }",
        "## one\n### two\n# three",
        "x = a == b != c",
    ],
)
def test_what_only_looks_like_a_keyword_is_none(text):
    assert disagreements(text) == []


def test_escapes_and_unclosed_strings_are_shown():
    scopes = Matcher(GRAMMAR).scopes('x = "a\\n"; y = "b')
    assert "constant.character.escape.nn" in scopes[6]
    assert "invalid.illegal.unclosed.nn" in scopes[-1]


def test_the_grammar_uses_what_every_editor_knows():
    """Expressions that are the same in Oniguruma, which editors use, and here: no flags, no named groups."""
    patterns = re.findall(r"'(?:match|begin|end)': (?:'((?:[^'\\]|\\.)*)'|\"([^\"]*)\")", repr(GRAMMAR))
    assert len(patterns) > 40
    for pattern in map("".join, patterns):
        assert not re.search(r"\(\?[a-zA-Z<P](?![!=<])|\(\?P|\(\?<\w", pattern.replace("(?<=", "").replace("(?<!", ""))


class TestMatcher:
    """The interpreter of grammars that these tests rest on."""

    def test_the_leftmost_match_counts_and_of_several_the_first(self):
        matcher = Matcher(
            {"patterns": [{"match": "b", "name": "b"}, {"match": "ab?", "name": "a"}, {"match": "a", "name": "c"}]}
        )
        assert matcher.scopes("abcb") == [("a",), ("a",), (), ("b",)]

    def test_a_rule_stays_open_over_lines(self):
        rule = {"begin": r"\(", "end": r"\)", "name": "group", "patterns": [{"match": "x", "name": "x"}]}
        found = Matcher({"patterns": [rule]}).scopes("x(\nx)x")
        assert found == [(), ("group",), ("group",), ("group", "x"), ("group",), ()]

    def test_groups_have_scopes_and_rules(self):
        inner = {"patterns": [{"match": r"\d", "name": "digit"}]}
        rule = {"match": "(a)(.*)", "captures": {"1": {"name": "a"}, "2": inner}}
        assert Matcher({"patterns": [rule]}).scopes("ab1") == [("a",), (), ("digit",)]

    def test_what_is_included_comes_from_the_repository(self):
        grammar = {"patterns": [{"include": "#it"}], "repository": {"it": {"patterns": [{"match": "a", "name": "a"}]}}}
        assert Matcher(grammar).scopes("ba") == [(), ("a",)]
