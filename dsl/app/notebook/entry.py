"""A `%nn` line: an entry of the interactive session, with the program of a cell."""

from __future__ import annotations

import re

import click

from dsl.app.notebook.desk import DEFAULT, Desk, Sheet
from dsl.app.notebook.giving import feed
from dsl.app.notebook.values import bind_values
from dsl.app.repl.entries import kind_of
from dsl.app.repl.hints import in_session
from dsl.app.repl.interpreter import carry_out
from dsl.app.repl.session import Session
from dsl.source.diagnostic import ProgramError
from dsl.source.text import Source, Span

_NAME = re.compile(r"\s*--name[ =]\s*(?P<name>\w+)\s*")


def enter(desk: Desk, line: str) -> None:
    """Carry out an entry and print what it comes to. Raises ProgramError."""
    named = _NAME.match(line)
    typed = Span(Source(line, desk.place), named.end() if named else 0, len(line))
    sheet = _sheet(desk, named["name"] if named else None)
    session = sheet.session
    sheet.catch_up()
    feed(desk.names, sheet, {}, sheet.shares)
    before = session.state
    try:
        carry_out(session, kind_of(typed), typed).show()
    except ProgramError as error:
        raise ProgramError(map(in_session, error.diagnostics)) from None
    except BaseException:
        session.renew()  # what was broken off may have left the program half made
        desk.put(sheet)
        raise
    finally:
        if session.state is not before:
            _share(desk, sheet)
        sheet.remember()


def _share(desk: Desk, sheet: Sheet) -> None:
    """Let Python have what has become of the program."""
    notes = desk.put(sheet)
    if sheet.shares:
        notes += bind_values(desk.names, sheet.session.program, (), None)
    for note in notes:
        click.echo(note)


def _sheet(desk: Desk, name: str | None) -> Sheet:
    """The program that an entry is for; an empty one where the notebook has none yet."""
    return desk.sheet(name) if name or desk.sheets else Sheet(name or DEFAULT, Session())
