"""What is expected at the end of a text that is being typed: a value, a type, an argument of a call, a key of a block …"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from dsl.language.lexemes import COMMENT, STRAY, Lexeme, lexemes, significant

Expected = Literal[
    "nothing", "statement", "value", "callable", "attribute", "argument", "type", "dimension", "dtype", "initializer",
    "dataset", "file", "train key", "train value", "data key", "data value", "new name",
]  # fmt: skip

_SEPARATORS = frozenset(("_NEWLINE", "_SEMICOLON"))
_OPENING = {"LPAR": "RPAR", "LSQB": "RSQB", "_LBRACE": "RBRACE"}
_DECLARING = frozenset(("DIM", "CONSTANT", "PLACEHOLDER", "PARAMETER", "METRIC", "DEF", "LAYER", "DATA", "REPEAT"))
_TYPED = frozenset(("PLACEHOLDER", "PARAMETER"))


@dataclass(frozen=True, slots=True)
class Context:
    """What is expected, and the word that is being typed, which begins at `start`.

    `owner` is what the expectation belongs to: the function that is called, the path before a dot, the key of a block.
    `given` are the arguments and keys that are there already.
    """

    expected: Expected
    word: str
    start: int
    owner: str = ""
    given: frozenset[str] = frozenset()


@dataclass(slots=True)
class _Open:
    """A bracket that is open: its kind, what is before it, and the tokens inside it since the last separator."""

    kind: str
    owner: str
    tokens: list[Lexeme] = field(default_factory=list[Lexeme])
    given: set[str] = field(default_factory=set[str])


def context(text: str) -> Context:
    """What is expected at the end of a text."""
    found = lexemes(text)
    last = found[-1] if found else None
    if last is not None and last.kind == COMMENT:
        return Context("nothing", "", len(text))
    if last is not None and last.kind == STRAY and last.text.startswith('"'):
        inside = _brackets(list(significant(found[:-1])))
        return Context("file", last.text[1:], last.start + 1, inside[-1].owner)
    word = last if last is not None and (last.kind == "NAME" or last.keyword) else None
    tokens = list(significant(found[:-1] if word else found))
    where = _expected(_brackets(tokens), tokens)
    expected, owner, given = where
    return Context(expected, word.text if word else "", word.start if word else len(text), owner, frozenset(given))


def _brackets(tokens: Sequence[Lexeme]) -> list[_Open]:
    """The brackets that are open at the end of some tokens, the innermost last, in what stands at the top."""
    stack = [_Open("", "")]
    for token in tokens:
        top = stack[-1]
        if token.kind in _OPENING:
            stack.append(_Open(token.kind, _before(top.tokens, token.kind)))
        elif token.kind in _OPENING.values():
            if len(stack) > 1 and _OPENING[top.kind] == token.kind:
                stack.pop()
                stack[-1].tokens.append(token)
        elif token.kind in _SEPARATORS or (token.kind == "COMMA" and top.kind in ("LPAR", "LSQB")):
            top.tokens.clear()
        else:
            if token.kind == "EQUAL" and len(top.tokens) == 1:
                top.given.add(top.tokens[0].text)
            top.tokens.append(token)
    return stack


def _before(tokens: Sequence[Lexeme], bracket: str) -> str:
    """What a bracket belongs to: the name that is called or indexed, the word that begins the block."""
    if not tokens:
        return ""
    if bracket == "_LBRACE":
        return tokens[0].text
    return tokens[-1].text if tokens[-1].kind in ("NAME", "TRAIN", "DATA") else ""


def _expected(stack: Sequence[_Open], tokens: Sequence[Lexeme]) -> tuple[Expected, str, set[str]]:
    top = stack[-1]
    last = tokens[-1] if tokens else None
    if last is not None and last.kind == "DOT":
        return "attribute", _path(tokens), set()
    if last is not None and last.kind == "PIPE":
        return "callable", "", set()
    if top.kind == "LPAR":
        return ("argument", top.owner, top.given) if not top.tokens else ("value", "", set())
    if top.kind == "LSQB":
        outer = stack[-2].tokens
        is_type = bool(outer) and outer[0].kind in _TYPED and not any(token.kind == "EQUAL" for token in outer)
        return ("dimension" if is_type else "value"), "", set()
    if top.kind == "_LBRACE" and top.owner in ("train", "data"):
        return _in_block(top)
    return _in_statement(top.tokens)


def _path(tokens: Sequence[Lexeme]) -> str:
    """The names before a dot: `encoder.inner` of `encoder.inner.`."""
    parts: list[str] = []
    at = len(tokens) - 1
    while at > 0 and tokens[at].kind == "DOT" and (tokens[at - 1].kind == "NAME" or tokens[at - 1].keyword):
        parts.insert(0, tokens[at - 1].text)
        at -= 2
    return ".".join(parts)


def _in_block(block: _Open) -> tuple[Expected, str, set[str]]:
    key = block.tokens[0].text if block.tokens else ""
    if len(block.tokens) < 2:
        return ("train key" if block.owner == "train" else "data key"), "", block.given
    return ("train value" if block.owner == "train" else "data value"), key, set()


def _in_statement(tokens: Sequence[Lexeme]) -> tuple[Expected, str, set[str]]:
    if not tokens:
        return "statement", "", set()
    first, last = tokens[0].kind, tokens[-1].kind
    if first == "DTYPE":
        return "dtype", "", set()
    if len(tokens) == 1 and first in _DECLARING:
        return "new name", tokens[0].text, set()
    if first in _TYPED and last == "COLON":
        return "type", "", set()
    if last == "TILDE":
        return "initializer", "", set()
    if last == "ON":
        return "dataset", "", set()
    return "value", "", set()
