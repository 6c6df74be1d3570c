"""The brackets that are open where a text ends: what each belongs to, what is in it, and which names the text binds there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dsl.language.lexemes import Lexeme

CLOSING = {"LPAR": "RPAR", "LSQB": "RSQB", "_LBRACE": "RBRACE"}
TYPED = frozenset(("PLACEHOLDER", "PARAMETER"))
DECLARING = frozenset(("DIM", "CONSTANT", "PLACEHOLDER", "PARAMETER", "METRIC", "DEF", "LAYER", "DATA", "REPEAT"))
BODIES = ("def", "layer")
"""What the bodies of functions and layers belong to."""

_HEADS = frozenset(("DEF", "LAYER"))
_BINDING = frozenset(("DIM", "CONSTANT", "PLACEHOLDER", "PARAMETER", "METRIC"))
_SEPARATORS = frozenset(("_NEWLINE", "_SEMICOLON"))
_ENTRIES = ("train", "data")


@dataclass(slots=True)
class Open:
    """A bracket that is open; the text as a whole is one too, of no kind.

    `owner` is what is called or indexed, or the word that begins the block.
    """

    kind: str = ""
    owner: str = ""
    section: str = ""
    """What its owner is looked up among: `optimizer` and other keys of a block, `initializer`; empty for the language."""
    is_piped: bool = False
    """Whether a value is piped into the call, as its first argument."""
    is_applied: bool = False
    """Whether what is called is itself the result of calling the owner: `Dense(32)(`."""
    tokens: list[Lexeme] = field(default_factory=list[Lexeme])
    """What is in it since the last separator."""
    separators: int = 0
    """How many commas are in it."""
    given: set[str] = field(default_factory=set[str])
    """The arguments and keys that are there already."""
    bound: dict[str, str] = field(default_factory=dict[str, str])
    """The names that its statements bind, and how: `parameter`, `value`, `argument` …"""
    pending: dict[str, str] = field(default_factory=dict[str, str])
    """The names that the statement under way binds when it is over, ..."""
    head: dict[str, str] = field(default_factory=dict[str, str])
    """... and those that it binds for the block that will follow it."""
    closed: Open | None = None
    """The bracket that was closed last in it."""

    @property
    def is_block(self) -> bool:
        """Whether statements stand in it."""
        return not self.kind or (self.kind == "_LBRACE" and self.owner not in _ENTRIES)

    @property
    def key(self) -> str:
        """The word that what is under way in it begins with."""
        return self.tokens[0].text if self.tokens else ""


def open_brackets(tokens: Sequence[Lexeme]) -> list[Open]:
    """The brackets that are open behind some tokens, the innermost last; the first is the whole text."""
    stack = [Open()]
    for token in tokens:
        top = stack[-1]
        if token.kind in CLOSING:
            stack.append(_opened(top, token.kind))
        elif token.kind in CLOSING.values():
            if len(stack) > 1 and CLOSING[top.kind] == token.kind:
                _close(stack, token)
        elif token.kind in _SEPARATORS:
            _end(top)
        elif token.kind == "COMMA" and top.kind in ("LPAR", "LSQB"):
            top.separators += 1
            top.tokens.clear()
        else:
            _note(stack, token)
            top.tokens.append(token)
    return stack


def _end(block: Open) -> None:
    """End the statement under way."""
    block.bound.update(block.pending)
    for under_way in (block.tokens, block.pending, block.head):
        under_way.clear()


def _opened(outer: Open, kind: str) -> Open:
    tokens = outer.tokens
    if kind == "_LBRACE":
        return Open(kind, outer.key, bound=dict(outer.head))
    last = tokens[-1] if tokens else None
    if last is not None and last.kind == "RPAR" and outer.closed is not None and kind == "LPAR":
        first = outer.closed
        return Open(kind, first.owner, first.section, first.is_piped, is_applied=True)
    if last is None or last.kind not in ("NAME", "TRAIN", "DATA"):
        return Open(kind, section=_section(outer))
    return Open(kind, last.text, _section(outer), is_piped=len(tokens) > 1 and tokens[-2].kind == "PIPE")


def _section(outer: Open) -> str:
    """What a name called in a bracket is looked up among."""
    if outer.kind == "_LBRACE" and outer.owner in _ENTRIES:
        return "data" if outer.owner == "data" else outer.key
    if any(token.kind == "TILDE" for token in outer.tokens):
        return "initializer"
    return outer.section


def _close(stack: list[Open], token: Lexeme) -> None:
    inner = stack.pop()
    outer = stack[-1]
    if inner.kind == "_LBRACE" and inner.owner == "if":
        outer.pending.update({**inner.bound, **inner.pending})
    outer.closed = inner
    outer.tokens.append(token)


def _note(stack: list[Open], token: Lexeme) -> None:
    """What a token binds: a name, a key, an argument."""
    top = stack[-1]
    tokens = top.tokens
    if token.kind == "EQUAL" and len(tokens) == 1:
        top.given.add(tokens[0].text)
        if top.kind == "_LBRACE" and top.owner == "data":
            top.bound[tokens[0].text] = "field"
    if top.is_block:
        _bind(top, token)
    elif len(stack) > 1 and top.kind == "LPAR" and _is_head(stack[-2]) and token.kind == "NAME" and not tokens:
        stack[-2].head[token.text] = "argument"
    elif len(stack) > 2 and top.kind == "LSQB" and _is_head(stack[-3]) and token.kind == "NAME":
        stack[-3].head.setdefault(token.text, "dimension")


def _is_head(outer: Open) -> bool:
    """Whether the head of a function or a layer stands in it, whose arguments are in brackets."""
    return bool(outer.tokens) and outer.tokens[0].kind in _HEADS


def _bind(block: Open, token: Lexeme) -> None:
    tokens = block.tokens
    first = tokens[0] if tokens else None
    if token.kind == "NAME" and len(tokens) == 1 and first is not None:
        if first.kind in _BINDING:
            block.pending[token.text] = "dimension" if first.kind == "DIM" else first.text
        elif first.kind == "REPEAT":
            block.head[token.text] = "number"
    elif token.kind == "EQUAL" and first is not None:
        if first.kind == "REPEAT":
            block.head[tokens[-1].text] = block.pending[tokens[-1].text] = "value"
        elif all(each.kind in ("NAME", "COMMA") for each in tokens):
            block.pending.update({each.text: "value" for each in tokens if each.kind == "NAME"})
