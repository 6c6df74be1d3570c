"""What each word of a text is to a reader, whether the text is a program or is being written."""

from __future__ import annotations

import pytest
from every_program import documented_programs, golden_programs, own_programs

from dsl.language.highlighting.roles import Role, highlighted
from dsl.language.highlighting.vocabulary import signs_behind_targets, vocabulary
from dsl.language.parser import grammar
from dsl.ops.registry import load


def roles(text: str) -> dict[str, str]:
    """The role of each word and sign, by its text; a text that has several roles has them all."""
    found: dict[str, str] = {}
    for lexeme, role in highlighted(text):
        if role != Role.BLANK:
            before = found.get(lexeme.text)
            found[lexeme.text] = role.value if before in (None, role.value) else f"{before}, {role.value}"
    return found


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("dim batch", {"dim": "keyword", "batch": "name"}),
        ("dtype f64", {"dtype": "keyword", "f64": "type"}),
        ("x = relu(y)", {"x": "name", "=": "operator", "relu": "operation", "(": "punctuation", "y": "name"}),
        ("x = relu", {"relu": "name"}),
        (
            "x = y |> relu |> mine |> Dense(4)",
            {"relu": "operation", "mine": "function", "Dense": "layer", "4": "number"},
        ),
        ("x = y |>\n  relu", {"relu": "operation"}),
        ("x = y |> blocks.relu", {"blocks": "name", "relu": "attribute"}),
        ("x = X @ W", {"X": "name", "W": "name", "@": "operator"}),
        ("x = a.T.sum", {"a": "name", "T": "attribute", "sum": "attribute"}),
        ("x = sum(a, axis=0)", {"axis": "argument", "0": "number"}),
        ("def f(axis, keep=true) { return keep }", {"f": "function", "axis": "name", "keep": "argument, name"}),
        ("layer Gate(units)(x) { }", {"layer": "keyword", "Gate": "layer", "units": "name"}),
        (
            "x = true and not none or pi",
            {"true": "constant", "and": "operator word", "none": "constant", "pi": "constant"},
        ),
        ("pi = 3", {"pi": "name"}),
        ("x: f32", {"f32": "type"}),
        ('from "a.nn" import Block, accuracy_of', {"import": "keyword", "Block": "layer", "accuracy_of": "function"}),
        ('x = "a" # b', {'"a"': "string", "# b": "comment"}),
        ("## the file", {"## the file": "documentation"}),
        ("### loud", {"### loud": "comment"}),
        ("data = 3\ndata d { data = data }", {"data": "name, keyword, name, name"}),
        ("repeat i in 0..4 with h = x { }", {"in": "keyword", "with": "keyword", "..": "punctuation", "h": "name"}),
        ("expect x > 1 on d.test within 0.1", {"on": "keyword", "within": "keyword", "d": "name", "test": "attribute"}),
        ("x = $", {"$": "error"}),
        ('x = "a', {'"a': "string"}),
    ],
)
def test_a_word_has_its_role(text, expected):
    found = roles(text)
    assert {word: found[word] for word in expected} == expected


@pytest.mark.parametrize("texts", [own_programs, golden_programs, documented_programs])
def test_every_lexeme_has_a_role_and_none_is_lost(texts):
    for text in texts().values():
        found = highlighted(text)
        assert "".join(lexeme.text for lexeme, _ in found) == text
        assert all((role == Role.BLANK) == (not lexeme.text.strip(" \t\f\r\n")) for lexeme, role in found)


def test_programs_have_no_errors():
    assert [name for name, text in own_programs().items() if "error" in roles(text).values()] == []


class TestVocabulary:
    def test_the_keywords_of_the_grammar_are_all_there(self):
        words = vocabulary()
        assert sorted([*words.beginnings, *words.inner, *words.operators]) == sorted(grammar().keywords)
        assert words.operators == ("and", "not", "or")
        assert words.inner == ("else", "in", "on", "with", "within")
        assert {"dim", "train", "return", "if", "from"} <= set(words.beginnings)

    def test_the_operations_are_those_of_the_registry(self):
        assert vocabulary().operations == set(load())

    def test_what_says_that_a_word_is_a_name(self):
        assert signs_behind_targets(grammar()) == [",", "="]
