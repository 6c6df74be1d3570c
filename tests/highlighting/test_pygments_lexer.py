"""Pygments, Rich and Sphinx colour `.nn` by what the parser's own lexemes are."""

from __future__ import annotations

import io

import pytest
from every_program import golden_programs, own_programs
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import get_lexer_by_name, get_lexer_for_filename
from pygments.token import Error, Keyword, Name, Number, is_token_subtype
from rich.console import Console
from rich.syntax import Syntax

from dsl.language.highlighting.pygments_lexer import TOKENS, NnLexer
from dsl.language.highlighting.roles import Role
from dsl.language.lexemes import lexemes

KINDS = {
    "NUMBER": (Number,),
    "STRING": (TOKENS[Role.STRING],),
    "NAME": (Name, TOKENS[Role.CONSTANT], TOKENS[Role.TYPE]),
    "COMMENT": (TOKENS[Role.COMMENT], TOKENS[Role.DOCUMENTATION]),
    "PIPE": (TOKENS[Role.OPERATOR],),
    "LPAR": (TOKENS[Role.PUNCTUATION],),
    "_NEWLINE": (TOKENS[Role.BLANK],),
}


@pytest.mark.parametrize("texts", [own_programs, golden_programs])
def test_tokens_agree_with_the_parsers_lexemes(texts):
    for text in texts().values():
        tokens = list(NnLexer().get_tokens_unprocessed(text))
        assert "".join(value for _, _, value in tokens) == text
        for lexeme, (start, token, value) in zip(lexemes(text), tokens, strict=True):
            assert (lexeme.start, lexeme.text) == (start, value)
            if lexeme.keyword:
                assert token in (Keyword, TOKENS[Role.OPERATOR_WORD])
            elif lexeme.kind in KINDS:
                assert any(is_token_subtype(token, kind) for kind in KINDS[lexeme.kind])
                assert token is not Keyword


def test_every_role_has_a_token_of_its_own():
    assert set(TOKENS) == set(Role)
    assert len(set(TOKENS.values())) == len(Role)


class TestPygments:
    @pytest.mark.parametrize("lexer", [lambda: get_lexer_by_name("nn"), lambda: get_lexer_for_filename("digits.nn")])
    def test_it_finds_the_lexer(self, lexer):
        assert type(lexer()) is NnLexer

    def test_pages(self):
        page = highlight("data = 3\ntrain { data = relu(x) }\n", NnLexer(), HtmlFormatter())
        assert page.count('<span class="k">') == 1
        assert '<span class="nb">relu</span>' in page

    def test_texts_that_are_no_program(self):
        tokens = list(NnLexer().get_tokens("x = $ (\nshow x\n"))
        assert (Error, "$") in tokens
        assert (Keyword, "show") in tokens


def test_rich_colours_programs():
    page = io.StringIO()
    Console(file=page, force_terminal=True, width=60).print(Syntax("dim batch\n", "nn", theme="ansi_dark"))
    assert "\x1b[" in page.getvalue()
    assert page.getvalue().count("dim") == 1
