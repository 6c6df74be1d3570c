"""A text cut into lexemes: nothing is lost, words are what the parser reads them as, and a mistake is not the end."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from every_program import documented_programs, golden_programs, is_program, own_programs
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark, Token
from lark.lark import PostLex

from dsl.language.lexemes import LINE_BREAK, STRAY, TRIVIA, Lexeme, clings, lexemes, significant
from dsl.language.tables import grammar_path

TEXTS = {**own_programs(), **golden_programs(), **documented_programs()}
PROGRAMS = {name: text for name, text in TEXTS.items() if is_program(text)}


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


@pytest.fixture(scope="module")
def lark() -> Lark:
    grammar = grammar_path().read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", start="start", postlex=StatementNewlines(), maybe_placeholders=True)


def words(text: str) -> list[tuple[str, str]]:
    """The kinds and texts of what matters to the parser, newlines left out."""
    return [(each.kind, each.text) for each in significant(lexemes(text)) if each.kind != "_NEWLINE"]


def keywords(text: str) -> list[str]:
    """The words that are keywords, in their order."""
    return [each.text for each in lexemes(text) if each.keyword]


def check_whole(text: str) -> list[Lexeme]:
    found = lexemes(text)
    assert "".join(each.text for each in found) == text
    starts = [0, *(each.end for each in found)]
    assert [each.start for each in found] == starts[:-1]
    assert all(each.text for each in found)
    return found


class TestPrograms:
    @pytest.mark.parametrize("name", TEXTS)
    def test_nothing_is_left_out(self, name):
        check_whole(TEXTS[name])

    @pytest.mark.parametrize("name", PROGRAMS)
    def test_words_are_what_lark_reads(self, name, lark):
        ours = [(each.kind, each.start) for each in significant(lexemes(PROGRAMS[name]))]
        theirs = [(token.type, token.start_pos) for token in lark.parse_interactive(PROGRAMS[name]).iter_parse()]
        assert len(ours) == len(theirs)
        for (kind, start), (other, place) in zip(ours, theirs, strict=True):
            # Where a statement begins, Lark calls a word a keyword before it knows that it is a name.
            assert (start, kind) == (place, other) or (start == place and kind == "NAME" and other.isalpha())

    def test_there_are_many(self):
        assert len(PROGRAMS) >= 600


class TestWords:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("data = 3", []),
            ("data, train = split(x, 2)", []),
            ("data d { data = csv(data) }", ["data"]),
            ("train { train = train; data = data.train }", ["train"]),
            ("train train { }", ["train"]),
            ("show show", ["show"]),
            ("dim = dim + 1", []),
            ("dim dim = 3", ["dim"]),
            ("expect on > within on on.on within within", ["expect", "on", "within"]),
            ("repeat in in in with with = with { }", ["repeat", "in", "with"]),
            ("if else { else = 1 } else if if { }", ["if", "else", "if"]),
            ('from "a.nn" import import, from', ["from", "import"]),
            ("x = f(\ndata=3,\ntrain=4)", []),
            ("x = a +\ntrain", []),
            ("x = not a and b or not c", ["not", "and", "or", "not"]),
            ("x = a.not.and.data", []),
            ("placeholder and = 3", ["placeholder"]),
            ("def data(train) { return return }", ["def", "return"]),
        ],
    )
    def test_a_word_is_a_keyword_where_the_parser_takes_it_for_one(self, text, expected):
        assert is_program(text)
        assert keywords(text) == expected

    def test_dots_belong_to_ranges_not_to_numbers(self):
        assert words("repeat i in 0...5 { }")[3:6] == [("NUMBER", "0"), ("__ANON_0", ".."), ("NUMBER", ".5")]

    def test_a_newline_ends_a_statement_or_does_not(self):
        kinds = [each.kind for each in lexemes("x = (1 +\n2)\n\n# c\ny = x\n|> f # d\n")]
        ends = [kind == "_NEWLINE" for kind in kinds if kind in (LINE_BREAK, "_NEWLINE")]
        assert ends == [False, True, False, False, False, True]

    def test_comments_end_before_the_line_does(self):
        assert [each.text for each in lexemes("x = 1 # why\r\n# so\r\n") if each.kind == "COMMENT"] == ["# why", "# so"]

    @pytest.mark.parametrize(("left", "right"), [("1.", ".T"), ("..", ".5"), ("1", ".T"), ("0", ".")])
    def test_what_would_be_read_as_something_else_clings(self, left, right):
        assert clings(left, right)

    @pytest.mark.parametrize(("left", "right"), [("1.5", ".T"), ("1", ".."), ("f", "("), ("-", "-"), ("x", ".T")])
    def test_what_keeps_its_meaning_does_not_cling(self, left, right):
        assert not clings(left, right)


class TestBrokenTexts:
    @pytest.mark.parametrize(
        ("text", "expected"),
        [
            ("show\nshow x\n", ["show", "show"]),
            ("x =\ntrain { }\n", ["train"]),
            ("x = = 3; show x\n", ["show"]),
            ("x = f(1,\ntrain { data = d }\n", ["train"]),
            ("x = [1, 2\nshow x\n", ["show"]),
            ("train { a = ; b = 3 }\nshow x", ["train", "show"]),
            ("def f(x {\n return x\n}\nshow y\n", ["def", "return", "show"]),
            ("if {\n show x\n} else {\n show y\n}\n", ["if", "show", "show"]),
            ("while true {\n show x\n}\ndata d { }\n", ["show", "data"]),
            ("}\nshow x\n", ["show"]),
            ("x = 'a'\nshow x\n", ["show"]),
            ("x and y\n", ["and"]),
            ("expect accuracy >= \nmetric m = 3\n", ["expect", "metric"]),
            ("data d {\n x = csv(\n y = 3\n}\ntrain { }\n", ["data", "train"]),
        ],
    )
    def test_the_next_statement_is_read_again(self, text, expected):
        assert not is_program(text)
        check_whole(text)
        assert keywords(text) == expected

    def test_a_string_that_is_not_closed_ends_with_its_line(self):
        assert [each.text for each in lexemes('x = "abc # d\nshow x') if each.kind == STRAY] == ['"abc # d']

    def test_a_character_without_meaning_is_alone(self):
        assert [each.text for each in lexemes("x = a & b ? c\n") if each.kind == STRAY] == ["&", "?"]

    def test_an_expression_alone_is_read_by_its_own_rule(self):
        found = lexemes("x + data |> f", "expression_only")
        assert [each.kind for each in found if each.kind not in TRIVIA] == ["NAME", "PLUS", "NAME", "PIPE", "NAME"]

    @pytest.mark.parametrize(
        "text", ["(" * 20_000, "if a {\n" * 3000, "x = " + "-" * 50_000, '"', "\x00", "\r", "}" * 500]
    )
    def test_extreme_texts_are_cut(self, text):
        check_whole(text)


PIECES = [
    "x", "relu", "data", "train", "def", "layer", "if", "else", "repeat", "in", "with", "dim", "parameter", "show", "expect",
    "on", "within", "return", "import", "from", "not", "and", "or", "0", "1.5", ".5", '"a.nn"', '"', "(", ")", "[", "]", "{",
    "}", ",", ";", ":", ".", "..", "...", "=", "==", "+", "-", "**", "~", "|>", "|", "\n", "# a comment\n", "\r\n", "\r", " ",
    "\t", "\f", "$", "\\", "é",
]  # fmt: skip


@settings(deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=20), st.sampled_from(["", " "]))
def test_any_words_and_signs_are_cut_without_loss(pieces, between):
    check_whole(between.join(pieces))


@settings(deadline=None)
@given(st.sampled_from(sorted(PROGRAMS)), st.integers(0, 400), st.integers(0, 5), st.sampled_from(["", *PIECES]))
def test_what_stands_before_a_slip_is_read_as_without_it(name, place, length, piece):
    text = PROGRAMS[name]
    start = text.rfind("\n\n", 0, place) + 1  # the lines above are whole, and no bracket is open at a blank line
    slipped = text[:place] + piece + text[place + length :]
    before = [each for each in lexemes(text) if each.end <= start]
    found = check_whole(slipped)
    assert [each for each in found if each.end <= start] == before


def test_kinds_are_terminals_of_the_grammar():
    known = set(re.findall(r"^(\w+)(?:\.\d)?:", grammar_path().read_text(encoding="utf-8"), re.MULTILINE))
    anonymous = {"__ANON_0", "COMMA", "DOT", "EQUAL", "TILDE"}
    used = {each.kind for text in TEXTS.values() for each in lexemes(text)}
    assert used - known - anonymous == {LINE_BREAK, STRAY}
