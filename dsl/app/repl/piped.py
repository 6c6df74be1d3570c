"""A session whose entries come from a pipe or a file: plain, and over at the first mistake."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import click

from dsl.app.output import print_json
from dsl.app.repl.attempt import Attempt, attempt
from dsl.app.repl.entries import entries
from dsl.app.repl.prompts import SCRIPT, TERMINAL, echoed
from dsl.app.repl.session import Session
from dsl.source.text import Source, Span


def _entry(read: str, start: int, whole: bool) -> Span:
    """A place in all that has been read; where not `whole`, a text of its own, as if it were typed."""
    text = read[start:].rstrip("\n")
    blank = len(text) - len(text.lstrip("\n"))
    if whole:
        return Span(Source(read, SCRIPT), start + blank, start + len(text))
    return Span(Source(text.lstrip("\n"), TERMINAL), 0, len(text) - blank)


def run_script(session: Session, lines: Iterable[str], *, echo: bool, keep_going: bool, as_json: bool) -> int:
    """Carry out the entries of a script one by one; the exit status.

    A mistake ends it with 1, or is only remembered where it is to `keep_going`. With `echo` each entry is printed too, with its
    prompt, and the whole looks as in a terminal.
    """
    status = 0
    rows: list[dict[str, Any]] = []
    for read, start in entries(lines):
        typed = _entry(read, start, whole=not echo)
        if echo:
            click.echo(echoed(typed.text))
        tried = attempt(session, typed, quiet=as_json)
        if as_json:
            rows.append(_row(typed, tried))
        status = max(status, int(tried.wrong or tried.failed))
        if tried.leaves or (tried.wrong and not keep_going):
            break
    if as_json:
        wrong = [found for row in rows for found in row["diagnostics"]]
        print_json({"entries": rows, "diagnostics": wrong})
    return status


def _row(typed: Span, tried: Attempt) -> dict[str, Any]:
    return {
        "line": typed.line,
        "input": typed.text,
        "kind": tried.kind if not tried.wrong else "mistake",
        "result": tried.facts,
        "diagnostics": [found.as_json() for found in tried.diagnostics],
    }
