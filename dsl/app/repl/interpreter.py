"""What is typed, carried out: statements, expressions and commands, each told in words and facts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from dsl.app.repl import commands
from dsl.app.repl.arguments import read_arguments
from dsl.app.repl.command import find
from dsl.app.repl.editing import moved
from dsl.app.repl.entering import enter
from dsl.app.repl.looking import look
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told
from dsl.language.parser import is_unfinished, parse, parse_expression
from dsl.source.diagnostic import ProgramError
from dsl.source.text import Source, Span

EntryKind = Literal["nothing", "command", "statement", "expression"]

_COMMAND = re.compile(r"\s*:[ \t]*(?P<name>[^\W\d][\w-]*|\?|)")
_COMMENTS = re.compile(r"\s*(#[^\n]*\s*)*\Z")

assert commands  # which registers them


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
    if not text.strip():
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


def carry_out(session: Session, typed: Span) -> tuple[EntryKind, Told]:
    """Do what an entry says. Raises ProgramError, and KeyboardInterrupt; the session is as it was then, or as is said."""
    kind = kind_of(typed)
    match kind:
        case "command":
            return kind, _command(session, typed)
        case "statement":
            return kind, enter(session, typed)
        case "expression":
            return kind, look(session, typed)
        case "nothing":
            return kind, Told()


def _command(session: Session, typed: Span) -> Told:
    match = _COMMAND.match(typed.text)
    assert match
    name = {"?": "help", "": "help"}.get(match["name"], match["name"])
    place = Span(typed.source, typed.start + match.start("name"), typed.start + match.end("name"))
    end = typed.start + len(typed.text.rstrip())
    rest = Span(typed.source, min(place.end, end), end)
    return find(name, place).run(session, read_arguments(rest))


def units(text: str) -> Iterator[tuple[int, int]]:
    """Where the entries of a text begin and end: as many lines each as belong together, and what follows with `|>`."""
    lines = text.splitlines(keepends=True)
    start = at = 0
    for place, line in enumerate(lines):
        at += len(line)
        following = lines[place + 1] if place + 1 < len(lines) else ""
        if following and (goes_on(text[start:at]) or following.lstrip().startswith("|>")):
            continue
        if text[start:at].strip():
            yield start, at
        start = at
