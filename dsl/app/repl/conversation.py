"""The session in a terminal: reads an entry, carries it out, and goes on, whatever happens in between."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from dsl.app.repl.attempt import attempt
from dsl.app.repl.interpreter import units
from dsl.app.repl.piped import TERMINAL
from dsl.app.repl.session import Session
from dsl.app.repl.start import keep_unsaved
from dsl.language.parser import parse
from dsl.source.diagnostic import ProgramError, fail
from dsl.source.text import Source, Span

if TYPE_CHECKING:
    from dsl.app.repl.reader import Reader


def converse(session: Session) -> int:
    """Talk until the session is left; the exit status. Raises ProgramError where the terminal's library is not installed."""
    reader = _reader(session)
    click.echo(_greeting())
    while True:
        try:
            text = reader.read()
        except KeyboardInterrupt:
            continue  # the line is given up, as in a shell
        except EOFError:
            break
        if _carry_out(session, text):
            break
    if said := keep_unsaved(session):
        click.echo(said, err=True)
    return 0


def _reader(session: Session) -> Reader:
    """What reads the entries. Raises ProgramError where its library is not installed."""
    try:
        from dsl.app.repl.reader import Reader
    except ModuleNotFoundError as error:
        message = f"a session in a terminal needs the package `{error.name}`"
        hint = "`pip install prompt_toolkit`; without it `nn repl < script` carries out a script"
        raise fail("missing", message, hint=hint) from None
    from dsl.app.repl.completion import Completer

    return Reader(Completer(session))


def _greeting() -> str:
    import dsl

    return f"nn-lang {dsl.__version__}; :help lists the commands, Tab completes, Ctrl-D leaves"


def _carry_out(session: Session, text: str) -> bool:
    """Do what was typed, entry by entry up to the first mistake; whether the session is to be left."""
    for typed in _entries(text):
        try:
            tried = attempt(session, typed)
        except KeyboardInterrupt as interruption:
            click.echo(str(interruption) or "interrupted; the session is as it was", err=True)
            session.renew()
            return False
        if tried.leaves:
            return True
        if tried.wrong:
            return False
    return False


def _entries(text: str) -> list[Span]:
    """What was typed as one entry where it is all statements, which may be in any order; else entry by entry."""
    source = Source(text, TERMINAL)
    try:
        parse(Source(text))
    except ProgramError:
        return [Span(source, start, end) for start, end in units(text)]
    return [Span(source, 0, len(text))]
