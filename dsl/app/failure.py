"""What a user sees of an exception: diagnostics for a mistake in a program, a request to report for one of ours."""

from __future__ import annotations

import os
import sys
import traceback

import click

from dsl.source.diagnostic import ProgramError

TRACEBACK_VARIABLE = "NN_TRACEBACK"


def report_failure(error: Exception) -> int:
    """Print an exception that ended a command; the exit status."""
    if isinstance(error, ProgramError):
        from dsl.app.output import show_diagnostics, wants_json

        if wants_json():
            from dsl.app.output import print_json

            print_json({"diagnostics": [diagnostic.as_json() for diagnostic in error.diagnostics]})
        else:
            show_diagnostics(error.diagnostics)
        return 1
    if isinstance(error, MemoryError):
        click.echo("error[memory]: the program needs more memory than there is", err=True)
        return 1
    _report_internal(error)
    return 1


def _report_internal(error: Exception) -> None:
    import platform

    import dsl

    if os.environ.get(TRACEBACK_VARIABLE):
        traceback.print_exception(error, file=sys.stderr)
    last = traceback.extract_tb(error.__traceback__)[-1:] if error.__traceback__ else []
    place = f" in {os.path.basename(last[0].filename)}:{last[0].lineno}" if last else ""
    click.echo(
        f"internal error: {type(error).__name__}: {error}{place}\n"
        "This is a mistake in nn-lang, not in your program. Please report it to its authors with the program and this text:\n"
        f"  nn-lang {dsl.__version__}, Python {platform.python_version()}, {platform.system()}\n"
        f"{TRACEBACK_VARIABLE}=1 in the environment shows the whole traceback, which helps most.",
        err=True,
    )
