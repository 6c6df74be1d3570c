"""A session whose entries come from a pipe or a file: plain, and over at the first mistake."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import click

from dsl.app.output import print_json
from dsl.app.repl.attempt import Attempt, attempt
from dsl.app.repl.interpreter import goes_on
from dsl.app.repl.prompts import echoed
from dsl.app.repl.session import Session
from dsl.source.text import Source, Span

SCRIPT, TERMINAL = "<stdin>", "<repl>"
"""What diagnostics call what was read from a script, and what was typed."""


def entries(lines: Iterable[str], whole: bool = True) -> Iterator[Span]:
    """The entries of a script: as many lines each as belong together, and what follows with `|>`.

    They are places in all that has been read; where not `whole`, each is a text of its own, as if it were typed.
    """
    read, start, waiting = "", 0, False
    for line in lines:
        if waiting and not line.lstrip().startswith("|>"):
            yield _entry(read, start, whole)
            start, waiting = len(read), False
        read += line
        text = read[start:]
        if not text.strip():
            start = len(read)
        elif text.lstrip().startswith(":"):
            yield _entry(read, start, whole)
            start = len(read)
        else:
            waiting = not goes_on(text)
    if read[start:].strip():
        yield _entry(read, start, whole)


def _entry(read: str, start: int, whole: bool) -> Span:
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
    for typed in entries(lines, whole=not echo):
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
