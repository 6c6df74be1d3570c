"""Highlighting of `.nn` by Pygments, and so by Rich and Sphinx, which find this class by the package's entry point."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar

from pygments.lexer import Lexer
from pygments.token import Comment, Error, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from dsl.language.highlighting.roles import Role, highlighted

TOKENS: dict[Role, Any] = {
    Role.KEYWORD: Keyword,
    Role.OPERATOR_WORD: Operator.Word,
    Role.OPERATION: Name.Builtin,
    Role.LAYER: Name.Class,
    Role.FUNCTION: Name.Function,
    Role.CONSTANT: Keyword.Constant,
    Role.TYPE: Keyword.Type,
    Role.ATTRIBUTE: Name.Property,
    Role.ARGUMENT: Name.Attribute,
    Role.NAME: Name,
    Role.NUMBER: Number,
    Role.STRING: String,
    Role.OPERATOR: Operator,
    Role.PUNCTUATION: Punctuation,
    Role.COMMENT: Comment.Single,
    Role.DOCUMENTATION: String.Doc,
    Role.BLANK: Whitespace,
    Role.ERROR: Error,
}
"""What Pygments calls the roles."""


class NnLexer(Lexer):
    """Programs of nn-lang, cut by its own parser: a word is a keyword where it is one."""

    name = "nn-lang"
    aliases: ClassVar[Sequence[str]] = ["nn", "nn-lang"]
    filenames: ClassVar[Sequence[str]] = ["*.nn"]
    mimetypes: ClassVar[Sequence[str]] = ["text/x-nn"]

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        """The offset, the token type and the text of each lexeme."""
        for lexeme, role in highlighted(text):
            yield lexeme.start, TOKENS[role], lexeme.text
