"""What is typed, before anything is done with it: whether more belongs to it, what it is, and where entries of a text end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Literal

from dsl.app.repl.editing import moved
from dsl.language.parser import is_unfinished, parse, parse_expression
from dsl.source.diagnostic import ProgramError
from dsl.source.text import Source, Span

EntryKind = Literal["nothing", "command", "statement", "expression"]

_COMMENTS = re.compile(r"\s*(#[^\n]*\s*)*\Z")


def goes_on(text: str) -> bool:
    """Whether more lines belong to an entry that begins like this: a bracket is open, or a statement is documented."""
    if text.lstrip().startswith(":"):
        return False
    if _COMMENTS.match(text):
        return text.rstrip().rpartition("\n")[2].lstrip().startswith("##")
    return is_unfinished(text)


def kind_of(typed: Span) -> EntryKind:
    """What an entry is. Raises ProgramError for one that can be read as nothing, with what it most probably was meant to be."""
    text = typed.text
    if text.lstrip().startswith(":"):
        return "command"
    if not text.strip("; \t\r\n"):
        return "nothing"
    own = Source(text)
    try:
        parse(own)
    except ProgramError as error:
        as_statement = error
    else:
        return "statement"
    try:
        parse_expression(own)
    except ProgramError as error:
        further = _place(error) > _place(as_statement)
        raise moved(error if further else as_statement, {own: typed}) from None
    return "expression"


def _place(error: ProgramError) -> int:
    span = error.diagnostics[0].span
    return span.start if span else 0


def entries(lines: Iterable[str]) -> Iterator[tuple[str, int]]:
    """The entries of lines that are read one by one: all that has been read, and where in it the entry begins; it ends there.

    As many lines belong together as an open bracket asks for, and what follows with `|>`.
    """
    read, start, waiting = "", 0, False
    for line in lines:
        if waiting and not line.lstrip().startswith("|>"):
            yield read, start
            start, waiting = len(read), False
        read += line
        text = read[start:]
        if not text.strip():
            start = len(read)
        elif text.lstrip().startswith(":"):
            yield read, start
            start = len(read)
        else:
            waiting = not goes_on(text)
    if read[start:].strip():
        yield read, start
