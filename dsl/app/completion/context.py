"""What is expected at the end of a text that is being typed: a value, a type, an argument of a call, a key of a block …"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dsl.app.completion.beginning import beginning
from dsl.app.completion.brackets import BODIES, DECLARING, TYPED, Open, open_brackets
from dsl.language.lexemes import COMMENT, STRAY, Lexeme, lexemes_and_following, significant
from dsl.language.tree import unescape

Expected = Literal[
    "nothing", "statement", "value", "callable", "attribute", "argument", "argument value", "type", "dimension", "dtype",
    "initializer", "dataset", "text", "train key", "train value", "data key", "data value", "new name", "imported",
]  # fmt: skip


_WORD = re.compile(r"(?<!\w)[^\W\d]\w*\Z")


@dataclass(frozen=True, slots=True)
class Context:
    """What is expected, and the word that is being typed, which begins at `start`.

    `owner` is what the expectation belongs to: the function that is called, the path before a dot, the key of a block.
    """

    expected: Expected
    word: str
    start: int
    owner: str = ""
    given: frozenset[str] = frozenset()
    """The arguments and keys that are there already."""
    key: str = ""
    """The argument that a value is given for; in a text, the word that its statement begins with."""
    section: str = ""
    """What the owner is looked up among, as of `Open`."""
    call: Open | None = None
    """The call around the place, of which it is an argument."""
    body: str = ""
    """`def` or `layer` inside the body of one."""
    bound: Mapping[str, str] = field(default_factory=dict[str, str])
    """The names that the text itself binds around this place, the nearest first, and how."""
    pending: frozenset[str] = frozenset()
    """The names that the statement under way binds, which it cannot use."""
    keywords: tuple[str, ...] = ()
    """The kinds of the keywords that can stand here."""
    file: tuple[str, str] = ("", "")
    """The file that the owner is, where that is indexed by columns: its path and its delimiter."""


def context(text: str) -> Context:
    """What is expected at the end of a text."""
    start = beginning(text)
    return _in_statements(text[start:], start)


def _in_statements(text: str, offset: int) -> Context:
    word = _WORD.search(text)
    start = word.start() if word else len(text)
    found, following = lexemes_and_following(text[:start])
    last = found[-1] if found else None
    if last is not None and last.kind == COMMENT:
        return Context("nothing", "", len(text) + offset)
    if last is not None and last.kind == STRAY and last.text.startswith('"'):
        return _in_text(list(significant(found[:-1])), text[last.start + 1 :], last.start + 1 + offset)
    tokens = list(significant(found))
    stack = open_brackets(tokens)
    wanted = _expected(stack, tokens)
    if following is not None and "NAME" not in following:
        wanted = _Wanted("nothing")
    return Context(
        wanted.expected,
        text[start:],
        start + offset,
        wanted.owner,
        wanted.given,
        wanted.key,
        wanted.section,
        wanted.call,
        next((each.owner for each in reversed(stack) if each.owner in BODIES and each.is_block), ""),
        _bound(stack),
        _pending(stack),
        tuple(sorted((following or frozenset()) - {"NAME"})),
    )


def _in_text(tokens: Sequence[Lexeme], word: str, start: int) -> Context:
    """Inside a text that is not closed."""
    stack = open_brackets(tokens)
    top = stack[-1]
    is_argument = len(top.tokens) == 2 and top.tokens[1].kind == "EQUAL"
    key = top.key if is_argument or top.kind in ("", "_LBRACE") else ""
    section = top.owner if top.kind == "_LBRACE" else top.section
    call = top if top.kind == "LPAR" else None
    file = _file(tokens, top.owner) if top.kind == "LSQB" else ("", "")
    return Context("text", word, start, top.owner, key=key, section=section, call=call, file=file)


def _file(tokens: Sequence[Lexeme], name: str) -> tuple[str, str]:
    """The path in the entry `name = csv("…")`, and its delimiter."""
    texts = [token.text for token in tokens]
    call = [name, "=", "csv", "("]
    at = next((place + 4 for place in range(len(texts)) if texts[place : place + 4] == call), len(texts))
    if at == len(texts) or tokens[at].kind != "STRING":
        return "", ""
    inside = texts[at : texts.index(")", at) if ")" in texts[at:] else len(texts)]
    delimiter = inside[inside.index("delimiter") + 2 :][:1] if "delimiter" in inside else ['","']
    return unescape(texts[at]), unescape(delimiter[0]) if delimiter else ""


def _bound(stack: Sequence[Open]) -> dict[str, str]:
    """The names that can be seen from the innermost bracket."""
    seen: dict[str, str] = {}
    for each in reversed(stack):
        for name, how in reversed({**each.bound, **each.head}.items()):
            seen.setdefault(name, how)
    return seen


def _pending(stack: Sequence[Open]) -> frozenset[str]:
    """The names that wait for the end of their own statement; in an `if` and a `repeat` a name can get another value."""
    block = next(each for each in reversed(stack) if each.is_block)
    return frozenset() if block.owner in ("if", "repeat") else frozenset(block.pending)


@dataclass(frozen=True, slots=True)
class _Wanted:
    """The part of a context that does not depend on the word under way."""

    expected: Expected
    owner: str = ""
    given: frozenset[str] = frozenset()
    key: str = ""
    section: str = ""
    call: Open | None = None


def _expected(stack: Sequence[Open], tokens: Sequence[Lexeme]) -> _Wanted:
    top = stack[-1]
    last = tokens[-1] if tokens else None
    if last is not None and last.kind == "DOT":
        return _Wanted("attribute", _path(tokens))
    if last is not None and last.kind == "PIPE":
        return _Wanted("callable")
    if top.kind == "LPAR":
        return _in_call(stack)
    if top.kind == "LSQB":
        return _Wanted("dimension") if _is_type(stack) else _Wanted("value", section=top.section)
    if top.kind == "_LBRACE" and top.owner in ("train", "data"):
        return _in_block(top)
    return _in_statement(top.tokens)


def _in_call(stack: Sequence[Open]) -> _Wanted:
    top = stack[-1]
    if stack[-2].tokens and stack[-2].tokens[0].kind in ("DEF", "LAYER"):
        kinds = [token.kind for token in top.tokens]
        return _Wanted("new name" if not kinds else "type" if kinds[-1] == "COLON" else "value")
    if not top.tokens:
        return _Wanted("argument", top.owner, frozenset(top.given), "", top.section, top)
    if len(top.tokens) == 2 and top.tokens[1].kind == "EQUAL":
        return _Wanted("argument value", top.owner, key=top.key, section=top.section, call=top)
    return _Wanted("value", section=top.section)


def _is_type(stack: Sequence[Open]) -> bool:
    """Whether the innermost bracket holds the shape of a declared type."""
    outer = stack[-2]
    if outer.tokens and outer.tokens[0].kind in TYPED:
        return not any(token.kind == "EQUAL" for token in outer.tokens)
    head = stack[-3].tokens if len(stack) > 2 else ()
    in_head = bool(head) and head[0].kind in ("DEF", "LAYER")
    return in_head and any(token.kind == "COLON" for token in outer.tokens)


def _path(tokens: Sequence[Lexeme]) -> str:
    """The names before a dot: `encoder.inner` of `encoder.inner.`."""
    parts: list[str] = []
    at = len(tokens) - 1
    while at > 0 and tokens[at].kind == "DOT" and (tokens[at - 1].kind == "NAME" or tokens[at - 1].keyword):
        parts.insert(0, tokens[at - 1].text)
        at -= 2
    return ".".join(parts)


def _in_block(block: Open) -> _Wanted:
    if len(block.tokens) < 2:
        return _Wanted("train key" if block.owner == "train" else "data key", given=frozenset(block.given))
    return _Wanted("train value" if block.owner == "train" else "data value", block.key)


def _in_statement(tokens: Sequence[Lexeme]) -> _Wanted:
    if not tokens:
        return _Wanted("statement")
    first, last = tokens[0].kind, tokens[-1].kind
    if first == "DTYPE":
        return _Wanted("dtype")
    if first == "FROM" and "IMPORT" in (token.kind for token in tokens):
        return _Wanted("imported", next((token.text[1:-1] for token in tokens if token.kind == "STRING"), ""))
    if len(tokens) == 1 and first in DECLARING:
        return _Wanted("new name", tokens[0].text)
    if first in TYPED and last == "COLON":
        return _Wanted("type")
    if last == "TILDE":
        return _Wanted("initializer")
    if last == "ON":
        return _Wanted("dataset")
    return _Wanted("value")
