"""What each lexeme of a text is to a reader: keyword, operation, layer, number. The one source of all highlighting."""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum

from dsl.language.highlighting.vocabulary import Vocabulary, vocabulary
from dsl.language.lexemes import BLANK, COMMENT, STRAY, TRIVIA, Lexeme, lexemes

LAYER_NAME = re.compile(r"[A-Z]\w*")
"""What is called and has such a name is a layer, by custom."""
DOCUMENTATION = re.compile(r"##(?!#)")
"""How a comment begins that documents something."""


class Role(StrEnum):
    """What a lexeme is to a reader."""

    KEYWORD = "keyword"
    OPERATOR_WORD = "operator word"
    OPERATION = "operation"
    LAYER = "layer"
    FUNCTION = "function"
    CONSTANT = "constant"
    TYPE = "type"
    ATTRIBUTE = "attribute"
    ARGUMENT = "argument"
    NAME = "name"
    NUMBER = "number"
    STRING = "string"
    OPERATOR = "operator"
    PUNCTUATION = "punctuation"
    COMMENT = "comment"
    DOCUMENTATION = "documentation"
    BLANK = "blank"
    ERROR = "error"


PUNCTUATION = frozenset(
    ("LPAR", "RPAR", "LSQB", "RSQB", "_LBRACE", "RBRACE", "COMMA", "COLON", "DOT", "ELLIPSIS", "_SEMICOLON", "__ANON_0")
)
_PLAIN = {"NUMBER": Role.NUMBER, "STRING": Role.STRING, "COMMENT": Role.COMMENT}
_BLANKS = TRIVIA - {COMMENT} | {"_NEWLINE"}


def highlighted(text: str) -> list[tuple[Lexeme, Role]]:
    """The lexemes of a text, each with its role; their texts, joined, are the text. It need not be a program."""
    found = lexemes(text)
    return list(zip(found, roles(found), strict=True))


def roles(found: Sequence[Lexeme]) -> list[Role]:
    """The role of each of the lexemes of a text."""
    return _Roles(found, vocabulary()).all()


class _Roles:
    def __init__(self, found: Sequence[Lexeme], words: Vocabulary) -> None:
        self.found = found
        self.words = words
        self.previous = ""
        """The kind of the last lexeme that is not blank."""
        self.brackets: list[str] = []
        self.imports = False
        """Whether names that are imported follow."""

    def all(self) -> list[Role]:
        """The roles, in the order of the lexemes."""
        return [self._role(at, lexeme) for at, lexeme in enumerate(self.found)]

    def _role(self, at: int, lexeme: Lexeme) -> Role:
        kind = lexeme.kind
        if kind in _BLANKS:
            self.imports = self.imports and kind != "_NEWLINE"
            return Role.BLANK
        role = self._role_of(at, lexeme)
        if kind in ("LPAR", "LSQB"):
            self.brackets.append(kind)
        elif kind in ("RPAR", "RSQB") and self.brackets:
            self.brackets.pop()
        elif kind in ("_LBRACE", "RBRACE", "_SEMICOLON"):
            self.brackets.clear()
            self.imports = False
        if kind != COMMENT:
            self.imports = self.imports or (kind == "IMPORT" and self.previous == "STRING")
            self.previous = kind
        return role

    def _role_of(self, at: int, lexeme: Lexeme) -> Role:
        if lexeme.keyword:
            return Role.OPERATOR_WORD if lexeme.text in self.words.operators else Role.KEYWORD
        if lexeme.kind == "NAME":
            return self._name(at, lexeme.text)
        if lexeme.kind == STRAY:
            return Role.STRING if lexeme.text.startswith('"') else Role.ERROR
        if lexeme.kind == COMMENT and DOCUMENTATION.match(lexeme.text):
            return Role.DOCUMENTATION
        if lexeme.kind in PUNCTUATION:
            return Role.PUNCTUATION
        return _PLAIN.get(lexeme.kind, Role.OPERATOR)

    def _name(self, at: int, name: str) -> Role:
        following = self._following(at)
        if self.previous == "DOT":
            return Role.ATTRIBUTE
        if following == "EQUAL":
            return Role.ARGUMENT if self.brackets[-1:] == ["LPAR"] else Role.NAME
        if following == "LPAR" or self.imports or (self.previous == "PIPE" and following != "DOT"):
            return self._called(name)
        if name in self.words.constants:
            return Role.CONSTANT
        return Role.TYPE if name in self.words.types else Role.NAME

    def _called(self, name: str) -> Role:
        if LAYER_NAME.fullmatch(name):
            return Role.LAYER
        return Role.OPERATION if name in self.words.operations else Role.FUNCTION

    def _following(self, at: int) -> str:
        """The kind of the lexeme behind the next one, on the same line."""
        at += 1
        if at < len(self.found) and self.found[at].kind == BLANK:
            at += 1
        return self.found[at].kind if at < len(self.found) else ""
