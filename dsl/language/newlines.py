"""The filter between lexer and parser: which newlines end a statement."""

from __future__ import annotations

from collections.abc import Iterator

from lark import Token
from lark.lark import PostLex

_OPENING = {"LPAR", "LSQB"}
_CLOSING = {"RPAR", "RSQB"}
_OPERATORS = {"PIPE", "OR", "AND", "NOT", "COMPARISON", "PLUS", "MINUS", "STAR", "SLASH", "AT", "PERCENT", "POWER"}


class StatementNewlines(PostLex):
    """Drops newlines inside `(` and `[` and after a trailing operator."""

    always_accept = ("_NEWLINE",)

    def process(self, stream: Iterator[Token]) -> Iterator[Token]:
        """The tokens of the stream without the newlines that end nothing."""
        opening, closing, operators = _OPENING, _CLOSING, _OPERATORS
        depth = 0
        previous = ""
        for token in stream:
            kind = token.type
            if kind == "_NEWLINE":
                if depth or previous in operators:
                    continue
            elif kind in opening:
                depth += 1
            elif kind in closing:
                depth -= 1
            previous = kind
            yield token
