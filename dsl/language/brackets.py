"""The brackets of a text that cannot be parsed: which are open at a place, and where a block ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

CLOSED_BY = {"(": ")", "[": "]", "{": "}"}

_LEXEME = re.compile(r'#[^\n]*|"(?:[^"\\\n]|\\.)*"|[()\[\]{};]')


class Bracket(NamedTuple):
    """A bracket (or a semicolon) and where it stands."""

    sign: str
    offset: int


def brackets(text: str, start: int = 0, end: int | None = None) -> Iterator[Bracket]:
    """The brackets and semicolons of a text outside strings and comments."""
    for match in _LEXEME.finditer(text, start, len(text) if end is None else end):
        if len(match[0]) == 1 and match[0] != "#":
            yield Bracket(match[0], match.start())


@lru_cache(maxsize=4)
def open_brackets(text: str, end: int) -> tuple[Bracket, ...]:
    """The brackets before `end` that nothing has closed, the innermost last.

    The last places are remembered: whoever explains a mistake asks for the same one again and again.
    """
    stack: list[Bracket] = []
    for found in brackets(text, 0, end):
        if found.sign in CLOSED_BY:
            stack.append(found)
        elif stack and CLOSED_BY[stack[-1].sign] == found.sign:
            stack.pop()
    return tuple(stack)


def innermost_open(text: str, end: int) -> Bracket | None:
    """The last bracket before `end` that nothing has closed."""
    stack = open_brackets(text, end)
    return stack[-1] if stack else None


def innermost_block(text: str, end: int) -> Bracket | None:
    """The last `{` before `end` that nothing has closed; unclosed brackets of other kinds inside it do not matter."""
    stack: list[Bracket] = []
    for found in brackets(text, 0, end):
        if found.sign == "{":
            stack.append(found)
        elif found.sign == "}" and stack:
            stack.pop()
    return stack[-1] if stack else None


def end_of_block(text: str, offset: int) -> int:
    """The offset behind the `}` of the `{` at `offset`, or the end of the text."""
    depth = 0
    for sign, at in brackets(text, offset):
        depth += (sign == "{") - (sign == "}")
        if depth == 0:
            return at + 1
    return len(text)


def start_of_statement(text: str, offset: int) -> int:
    """Where the statement begins that `offset` lies in: behind a line's end, a `;` or a brace, all brackets counted."""
    for opening in reversed(open_brackets(text, offset)):
        if opening.sign == "{":
            break
        offset = opening.offset
    start = text.rfind("\n", 0, offset) + 1
    for sign, at in brackets(text, start, offset):
        if sign in "{};":
            start = at + 1
    return start + len(text[start:offset]) - len(text[start:offset].lstrip())
