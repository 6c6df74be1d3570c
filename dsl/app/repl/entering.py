"""Statements taken into the session, and what is said of it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import click

from dsl.app.outcome import ExpectResult
from dsl.app.output import show_diagnostics
from dsl.app.repl.change import Change, few
from dsl.app.repl.describing import entered
from dsl.app.repl.looking import Shown, shown
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told
from dsl.app.wording import some
from dsl.language import syntax
from dsl.source.diagnostic import ProgramError
from dsl.source.render import printable
from dsl.source.text import Span

_LONGEST = 80


def enter(session: Session, typed: Span) -> Told:
    """Take statements into the program, and say what they have come to. Raises ProgramError."""
    replaced_lines = {id(statement): statement.span.line for statement in session.statements}
    change = session.enter(typed)
    said = [line for statement in change.entered for line in entered(session, statement)]
    effects = list(consequences(change, replaced_lines))
    checked = [_checked(session, s) for s in change.entered if isinstance(s, syntax.ExpectStatement)]
    looked = [_looked(session, s) for s in change.entered if isinstance(s, syntax.ShowStatement)]

    def show() -> None:
        from dsl.app.report import print_expects

        for line in [*said, *(f"  {line}" for line in effects)]:
            click.echo(line)
        for value in looked:
            click.echo(value.text() if isinstance(value, Shown) else f"  not shown yet: {value}")
        for result in checked:
            if isinstance(result, ExpectResult):
                print_expects([result])
            else:
                click.echo(f"  not checked yet: {result}")
        if change.warnings:
            show_diagnostics(change.warnings)

    return Told(show, _facts(change, said, checked, looked))


def _facts(
    change: Change, said: list[str], checked: list[ExpectResult | str], looked: list[Shown | str]
) -> dict[str, Any]:
    return {
        "entered": said,
        "replaced": [statement.span.text for statement in change.replaced],
        "anew": change.anew,
        "gone": list(change.lost),
        "forgotten": list(change.forgotten),
        "unfed": list(change.unfed),
        "expects": [result.as_json() for result in checked if isinstance(result, ExpectResult)],
        "shown": [value.as_json() for value in looked if isinstance(value, Shown)],
        "warnings": [found.as_json() for found in change.warnings],
    }


def consequences(change: Change, lines: Mapping[int, int]) -> Iterator[str]:
    """What an entry did to other statements; `lines` are those that statements stood in before, by `id`."""
    for statement in change.replaced:
        text = " ".join(statement.span.text.split())
        shown = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
        yield printable(f"in place of line {lines[id(statement)]}: {shown}")
    if change.anew:
        yield printable(f"computed anew: {few(change.anew)}")
    if change.lost:
        yield printable(f"gone: {few(change.lost)}")
    if change.forgotten:
        yield printable(f"with their first values again: {some(change.forgotten)}")
    if change.unfed:
        yield printable(f"no longer fed: {some(change.unfed)}")


def _checked(session: Session, statement: syntax.ExpectStatement) -> ExpectResult | str:
    """Whether an expectation holds; or why that cannot be said yet."""
    program = session.program
    (expectation,) = (found for found in program.model.expectations if found.span == statement.span)
    try:
        return program.check(expectation, session.state.dataset or None)
    except ProgramError as error:
        return printable(error.diagnostics[0].message)


def _looked(session: Session, statement: syntax.ShowStatement) -> Shown | str:
    text = statement.value.span.text
    place = [s for s in session.statements if isinstance(s, syntax.ShowStatement)].index(statement)
    _, node = session.model.shown[place]
    try:
        return shown(session, session.program, node, text if text in session.model.names else "", text)
    except ProgramError as error:
        return printable(error.diagnostics[0].message)
