"""A `%%nn` cell carried out: the program checked, drawn, trained and run, and names shared with Python."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from dsl.app.names.binding import run_name
from dsl.app.notebook.desk import DEFAULT, Desk, Sheet
from dsl.app.notebook.failure import CellInterrupt
from dsl.app.notebook.giving import give
from dsl.app.notebook.options import CellOptions, read_options
from dsl.app.notebook.result import Result
from dsl.app.notebook.screen import Screen
from dsl.app.notebook.training import train
from dsl.app.notebook.values import bind_values, computed
from dsl.app.outcome import ExpectResult
from dsl.app.program import Program
from dsl.app.repl.entering import consequences
from dsl.app.repl.session import Session
from dsl.app.report import warn_of_nonfinite
from dsl.language import syntax
from dsl.source.diagnostic import Diagnostic, ProgramError
from dsl.source.text import Source, Span
from dsl.training.watch import NonFiniteTrap


@dataclass(frozen=True, slots=True)
class _Entered:
    """A program as a cell has made it: what the cell trains, what is probably not meant, what there is to say."""

    sheet: Sheet
    runs: Sequence[str]
    warnings: Sequence[Diagnostic]
    notes: Sequence[str] = ()


def carry_out(desk: Desk, line: str, text: str) -> Result | None:
    """Do what a cell with these options says; None where there is nothing to show. Raises ProgramError.

    After a mistake in the program, and in what it is given, the programs of the notebook are as they were.
    """
    options = read_options(line)
    if options is None:
        return None
    screen = Screen(desk.shell, options.quiet)
    source = Source(f"\n{text}", desk.place)  # so that lines count from that of `%%nn`, as editors count them
    entered = _continued(desk, options, source) if options.continue_ else _begun(desk, options, source)
    sheet = entered.sheet
    notes = desk.put(sheet)
    screen.warn(entered.warnings)
    screen.note(*entered.notes)
    try:
        result = _run(desk, sheet, entered.runs, options, screen, notes)
    except CellInterrupt:
        _share(desk, sheet, options)
        raise
    finally:
        sheet.remember()
    return result if result and not options.quiet else None


def _begun(desk: Desk, options: CellOptions, source: Source) -> _Entered:
    """The program of the cell."""
    session = Session(options.engine)
    session.begin(source)
    sheet = Sheet(options.name or DEFAULT, session, shares=options.names)
    give(desk.names, sheet, options)
    return _Entered(sheet, [run.name for run in session.model.runs], session.model.warnings)


def _continued(desk: Desk, options: CellOptions, source: Source) -> _Entered:
    """The program of an earlier cell with the statements of this one."""
    sheet = desk.sheet(options.name)
    sheet.catch_up()
    session = sheet.session
    lines = {id(statement): statement.span.line for statement in session.statements}
    with session.as_one(source.text.strip()):
        change = session.enter(Span(source, 0, len(source.text)))
        give(desk.names, sheet, options)
    runs = [run_name(statement) for statement in change.entered if isinstance(statement, syntax.TrainStatement)]
    return _Entered(sheet, runs, change.warnings, list(consequences(change, lines)))


def _run(
    desk: Desk, sheet: Sheet, runs: Sequence[str], options: CellOptions, screen: Screen, notes: Sequence[str]
) -> Result:
    session = sheet.session
    if options.trap_nonfinite:
        session.program.trap = NonFiniteTrap()
    with_numbers = options.values or options.gradients
    if options.graph and not with_numbers:
        _draw(session, options, screen)
    is_trained = options.train and not options.load
    outcomes = train(session, runs if is_trained else [], screen, sheet.name)
    if options.graph and with_numbers:
        _draw(session, options, screen)
    values = computed(session.program, options.fetch, options.on)
    bound = _share(desk, sheet, options)
    expects, unchecked = _expectations(session.program, options.on) if is_trained or not runs else ([], [])
    if not options.quiet:
        warn_of_nonfinite(outcomes)
    fed = _fed(sheet)
    return Result(values.outputs, outcomes, expects, [*fed, *values.waiting, *unchecked, *notes, *bound])


def _share(desk: Desk, sheet: Sheet, options: CellOptions) -> Sequence[str]:
    """Make variables of values; what there is to say of their names."""
    if not sheet.shares and not options.output:
        return ()
    return bind_values(desk.names, sheet.session.program, options.output, options.on)


def _draw(session: Session, options: CellOptions, screen: Screen) -> None:
    screen.draw(lambda: session.program.diagram(**options.view))


def _fed(sheet: Sheet) -> Iterator[str]:
    """Which variables have been taken."""
    if sheet.fed:
        yield f"from Python: {', '.join(f'`{name}`' for name in sheet.fed)}"


def _expectations(program: Program, on: str | None) -> tuple[list[ExpectResult], list[str]]:
    """What became of the expectations, and which cannot be checked yet."""
    results: list[ExpectResult] = []
    unchecked: list[str] = []
    for expectation in program.model.expectations:
        try:
            results.append(program.check(expectation, on))
        except ProgramError as error:
            text = " ".join(expectation.text.split())
            unchecked.append(f"not checked: expect {text} ({error.diagnostics[0].message})")
    return results, unchecked
