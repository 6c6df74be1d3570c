"""What is typed, carried out: statements, expressions and commands, each told in words and facts."""

from __future__ import annotations

import re

from dsl.app.repl import commands
from dsl.app.repl.arguments import read_arguments
from dsl.app.repl.command import find
from dsl.app.repl.entering import enter
from dsl.app.repl.entries import EntryKind
from dsl.app.repl.looking import look
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told
from dsl.source.text import Span

_COMMAND = re.compile(r"\s*:[ \t]*(?P<name>[^\W\d][\w-]*|\?|)")

assert commands  # which registers them


def carry_out(session: Session, kind: EntryKind, typed: Span) -> Told:
    """Do what an entry says. Raises ProgramError, and KeyboardInterrupt; the session is as it was then, or as is said."""
    match kind:
        case "command":
            return _command(session, typed)
        case "statement":
            return enter(session, typed)
        case "expression":
            return look(session, typed)
        case "nothing":
            return Told()


def _command(session: Session, typed: Span) -> Told:
    match = _COMMAND.match(typed.text)
    assert match
    name = {"?": "help", "": "help"}.get(match["name"], match["name"])
    place = Span(typed.source, typed.start + match.start("name"), typed.start + match.end("name"))
    end = typed.start + len(typed.text.rstrip())
    rest = Span(typed.source, min(place.end, end), end)
    return find(name, place).run(session, read_arguments(rest))
