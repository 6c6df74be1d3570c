"""An entry carried out, whatever comes of it: a mistake is told, and the session goes on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import click

from dsl.app.failure import diagnose, report_failure
from dsl.app.output import show_diagnostics
from dsl.app.repl.entries import EntryKind, kind_of
from dsl.app.repl.hints import in_session
from dsl.app.repl.interpreter import carry_out
from dsl.app.repl.session import Session
from dsl.source.diagnostic import Diagnostic
from dsl.source.text import Span


@dataclass(frozen=True, slots=True)
class Attempt:
    """What came of an entry: that it is wrong, that something does not hold, that the session is over; its facts for tools."""

    kind: EntryKind = "nothing"
    facts: Any = None
    diagnostics: Sequence[Diagnostic] = ()
    wrong: bool = False
    failed: bool = False
    leaves: bool = False


def attempt(session: Session, typed: Span, quiet: bool = False) -> Attempt:
    """Carry out an entry and print what it comes to; where `quiet`, work out the facts instead."""
    before, kind = session.source, None
    try:
        kind = kind_of(typed)
        told = carry_out(session, kind, typed)
        facts = told.as_json() if quiet else None
        if not quiet:
            told.show()
    except BrokenPipeError:
        raise  # whoever read the output has gone
    except Exception as error:
        diagnostics = [in_session(found) for found in diagnose(error)]
        if not diagnostics:
            session.renew()
        if not quiet and diagnostics:
            show_diagnostics(diagnostics)
            if kind == "statement" and any(
                found.span is not None and found.span.source is before for found in diagnostics
            ):
                click.echo("the session stays as it was", err=True)
        elif not diagnostics:
            report_failure(error)
        return Attempt(diagnostics=diagnostics, wrong=True)
    return Attempt(kind, facts, failed=told.failed, leaves=told.leaves)
