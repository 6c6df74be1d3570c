"""The session in a terminal: reads an entry, carries it out, and goes on, whatever happens in between."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from typing import TYPE_CHECKING

import click

from dsl.source.diagnostic import ProgramError, fail

if TYPE_CHECKING:
    from dsl.app.repl.completion import Completion
    from dsl.app.repl.reader import Reader
    from dsl.app.repl.session import Session
    from dsl.source.text import Span

# What carries out entries is imported while the first one is typed: the prompt does not wait for it.


def converse(begin: Callable[[], Session], at_once: bool) -> int:
    """Talk until the session is left; the exit status. The prompt waits for the session to begin unless it is there `at_once`.

    Raises ProgramError where the terminal's library is not installed.
    """
    background = _Background(begin)
    reader = _reader(background)
    click.echo(_greeting())
    if not at_once:
        background.start()
        background.session()
    while True:
        try:
            text = reader.read()
        except KeyboardInterrupt:
            continue  # the line is given up, as in a shell
        except EOFError:
            break
        if _carry_out(background.session(), text):
            break
    from dsl.app.repl.start import keep_unsaved

    if said := keep_unsaved(background.session()):
        click.echo(said, err=True)
    return 0


class _Background:
    """Begins the session and imports what it needs, in a thread of its own."""

    def __init__(self, begin: Callable[[], Session]) -> None:
        self._begin = begin
        self._session: Session | None = None
        self._error: Exception | None = None
        self._started = False
        self._beginning = Thread(target=self._work)
        self._importing = Thread(target=self._import)

    def start(self) -> None:
        """Begin, where that has not been done."""
        if not self._started:
            self._started = True
            self._beginning.start()
            self._importing.start()

    def session(self) -> Session:
        """The session, as soon as it is there."""
        self.start()
        self._beginning.join()
        if self._session is None:
            raise self._error or AssertionError
        return self._session

    def complete(self, text: str) -> Completion:
        """What can follow a text."""
        from dsl.app.repl.completion import completer_of

        return completer_of(self.session()).complete(text)

    def _work(self) -> None:
        try:
            self._session = self._begin()
        except Exception as error:  # raised again where the session is asked for
            self._error = error

    def _import(self) -> None:
        self._beginning.join()
        from dsl.app.completion import candidates
        from dsl.app.repl import attempt

        assert attempt
        candidates.called()


def _reader(background: _Background) -> Reader:
    """What reads the entries. Raises ProgramError where its library is not installed."""
    try:
        from dsl.app.repl.reader import Reader
    except ModuleNotFoundError as error:
        message = f"a session in a terminal needs the package `{error.name}`"
        hint = "`pip install prompt_toolkit`; without it `nn repl < script` carries out a script"
        raise fail("missing", message, hint=hint) from None
    return Reader(background.complete, background.start)


def _greeting() -> str:
    import dsl

    return f"nn-lang {dsl.__version__}; :help lists the commands, Tab completes, Ctrl-D leaves"


def _carry_out(session: Session, text: str) -> bool:
    """Do what was typed, entry by entry up to the first mistake; whether the session is to be left."""
    from dsl.app.repl.attempt import attempt

    for typed in _entries(text):
        before = session.state
        try:
            tried = attempt(session, typed)
        except KeyboardInterrupt as interruption:
            kept = "the session is as it was" if session.state is before else "what was entered is there"
            click.echo(str(interruption) or f"interrupted; {kept}", err=True)
            _recover(session)
            return False
        if tried.leaves:
            return True
        if tried.wrong:
            return False
    return False


def _recover(session: Session) -> None:
    """Make the program anew, however often Ctrl-C is pressed meanwhile."""
    while True:
        try:
            return session.renew()
        except KeyboardInterrupt:
            continue


def _entries(text: str) -> list[Span]:
    """What was typed as one entry where it is all statements, which may be in any order; else entry by entry."""
    from dsl.app.repl.entries import entries
    from dsl.app.repl.prompts import TERMINAL
    from dsl.language.parser import parse
    from dsl.source.text import Source, Span

    source = Source(text, TERMINAL)
    try:
        parse(Source(text))
    except ProgramError:
        return [Span(source, start, len(read)) for read, start in entries(text.splitlines(keepends=True))]
    return [Span(source, 0, len(text))]
