"""What a notebook shows beside the result of a cell: pictures, tables, notes, and what changes while it is looked at."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable
from typing import Any

import click
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display  # pyright: ignore[reportUnknownVariableType]

from dsl.app.drawing import Drawing
from dsl.app.output import show_diagnostics
from dsl.source import html
from dsl.source.diagnostic import Diagnostic, ProgramError
from dsl.training.history import History
from dsl.training.history_html import rows_html
from dsl.training.plot import svg_plot, terminal_plot

Bundle = dict[str, str]
"""The same thing in several formats, by their media types; a front end shows the best that it can."""


class Screen:
    """Where a cell shows things; a terminal has the same as text."""

    def __init__(self, shell: InteractiveShell, quiet: bool) -> None:
        self.quiet = quiet
        self.is_page = hasattr(shell, "kernel")
        """Whether what is shown can be changed later."""

    def show(self, bundle: Bundle, changes: bool = False) -> Any:
        """Show something; where it `changes`, what to change it by."""
        if self.quiet:
            return None
        return display(bundle, raw=True, display_id=changes or None)

    def note(self, *lines: str) -> None:
        """Say something in passing."""
        if lines:
            self.show({"text/plain": "\n".join(lines), "text/html": html.block(*map(html.line, lines))})

    def warn(self, found: Iterable[Diagnostic]) -> None:
        """Show what is probably not meant."""
        told = list(found)
        if told:
            self.show(
                {"text/plain": printed(lambda: show_diagnostics(told)), "text/html": html.block(html.diagnostics(told))}
            )

    def draw(self, drawing: Callable[[], Drawing]) -> None:
        """Show a program as a picture; without what draws it as characters."""
        if not self.quiet:
            drawn = drawing()
            bundle, hint = _formats({"image/svg+xml": lambda: drawn.svg, "text/plain": lambda: drawn.text})
            if bundle:
                self.show({"text/plain": repr(drawn), **bundle})
            if hint:
                self.note(hint)


def curves(history: History) -> tuple[Bundle, str]:
    """The curves of a history as a picture and as characters, and how to get the picture where there is none."""
    return _formats({"image/svg+xml": lambda: svg_plot(history), "text/plain": lambda: terminal_plot(history)})


def rows(history: History) -> Bundle:
    """The rows of a history as a table."""
    return {"text/plain": repr(history), "text/html": html.block(rows_html(history))}


def _formats(writers: dict[str, Callable[[], str]]) -> tuple[Bundle, str]:
    """What can be written, and why the first thing is missing that cannot."""
    bundle, hints = Bundle(), list[str]()
    for kind, write in writers.items():
        try:
            bundle[kind] = write()
        except ProgramError as error:
            found = error.diagnostics[0]
            hints.append(f"{found.message}{f': {found.hint}' if found.hint else ''}")
    return bundle, hints[0] if hints else ""


def printed(show: Callable[[], None]) -> str:
    """What is printed, on standard output or on standard error, as a text without colours."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        show()
    return "\n".join(line.rstrip() for line in click.unstyle(out.getvalue()).rstrip("\n").split("\n"))
