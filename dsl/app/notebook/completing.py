"""Completion inside cells: names of the program so far, operations, arguments, keys."""

from __future__ import annotations

from typing import Any

from IPython.core.completer import CompletionContext, SimpleCompletion, SimpleMatcherResult
from IPython.core.interactiveshell import InteractiveShell

from dsl.app.notebook.desk import Desk
from dsl.app.repl.completion import Completer
from dsl.app.repl.session import Session
from dsl.source.diagnostic import ProgramError
from dsl.source.text import Source


class Matcher:
    """What IPython asks for what can follow the cursor; it has nothing to say outside `%%nn` cells and `%nn` lines."""

    matcher_api_version = 2
    matcher_identifier = "nn"
    matcher_priority = 100

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.__qualname__ = type(self).__qualname__  # which IPython asks a function for

    def __call__(self, context: CompletionContext) -> SimpleMatcherResult:
        """The words that fit."""
        lines = context.full_text.split("\n")[: context.cursor_line + 1]
        lines[-1] = lines[-1][: context.cursor_position]
        head, *above = lines
        if head.startswith("%%nn") and above:
            text, session = "\n".join(above), self._session("--continue" in head, above[:-1])
        elif head.lstrip().startswith("%nn ") and not above:
            text, session = head.lstrip().removeprefix("%nn "), self._session(True, [])
        else:
            return SimpleMatcherResult(completions=[])
        found = Completer(session).complete(text)
        return SimpleMatcherResult(
            completions=[SimpleCompletion(text=each.text, type=each.kind) for each in found.candidates],
            matched_fragment=text[found.start :],
            suppress=True,
        )

    def _session(self, continues: bool, above: list[str]) -> Session:
        """The program that is gone on with, or one of the statements above the cursor, as many as are whole."""
        if continues and self._desk.sheets:
            return self._desk.sheet().session
        session = Session()
        for end in range(len(above), 0, -1):
            try:
                session.begin(Source("\n".join(above[:end])))
            except ProgramError:
                continue
            break
        return session


def complete_with(shell: InteractiveShell, desk: Desk) -> None:
    """Let a shell complete what stands in cells of programs."""
    _matchers(shell).append(Matcher(desk))


def completes_no_more(shell: InteractiveShell) -> None:
    """Take the completion away."""
    matchers = _matchers(shell)
    matchers[:] = [matcher for matcher in matchers if not isinstance(matcher, Matcher)]


def _matchers(shell: InteractiveShell) -> list[Any]:
    completer: Any = shell.Completer
    return completer.custom_matchers
