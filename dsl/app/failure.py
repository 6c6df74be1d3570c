"""What a user sees of an exception: diagnostics for a mistake in a program, a request to report for one of ours."""

from __future__ import annotations

import os
import sys
import traceback

import click

from dsl.source.diagnostic import Diagnostic, ProgramError
from dsl.source.render import printable

TRACEBACK_VARIABLE = "NN_TRACEBACK"
"""Set in the environment, it shows the traceback of an internal error."""


def report_failure(error: Exception, as_json: bool = False) -> int:
    """Print an exception that ended a command; the exit status."""
    from dsl.app.output import print_json, show_diagnostics

    diagnostics = diagnose(error)
    if as_json:
        try:
            print_json({"diagnostics": [diagnostic.as_json() for diagnostic in diagnostics or [internal(error)]]})
        except OSError:  # the output itself may be what the system refuses
            as_json = False
    if not diagnostics:
        _ask_for_report(error)
    elif not as_json:
        show_diagnostics(diagnostics)
    return 1


def diagnose(error: Exception) -> list[Diagnostic]:
    """What was wrong with the program or with the machine; nothing for a mistake of ours."""
    match error:
        case ProgramError():
            return list(error.diagnostics)
        case MemoryError():
            wanted = f": {error}" if str(error) else ""
            hint = "take smaller batches, or a smaller model"
            return [Diagnostic("memory", f"the program needs more memory than there is{wanted}", hint=hint)]
        case OSError() if error.strerror:
            path = f" `{error.filename}`" if error.filename else ""
            return [Diagnostic("system", f"the system refused{path}: {error.strerror.lower()}")]
        case _:
            return []


def internal(error: Exception) -> Diagnostic:
    """A mistake of ours, as a diagnostic."""
    return Diagnostic("internal", _named(error), hint="this is a mistake in nn-lang, not in your program")


def _named(error: Exception) -> str:
    """The exception in a line: its type, what it says, where it was raised."""
    last = traceback.extract_tb(error.__traceback__)[-1:] if error.__traceback__ else []
    place = f" in {os.path.basename(last[0].filename)}:{last[0].lineno}" if last else ""
    return printable(f"{type(error).__name__}: {error}{place}")


def _ask_for_report(error: Exception) -> None:
    import platform

    import dsl

    if os.environ.get(TRACEBACK_VARIABLE):
        traceback.print_exception(error, file=sys.stderr)
    click.echo(
        f"internal error: {_named(error)}\n"
        "This is a mistake in nn-lang, not in your program. Please report it to its authors with the program and this text:\n"
        f"  nn-lang {dsl.__version__}, Python {platform.python_version()}, {platform.system()}\n"
        f"{TRACEBACK_VARIABLE}=1 in the environment shows the whole traceback, which helps most.",
        err=True,
    )
