"""`nn repl [FILE]`: the interactive session; from a pipe, a script of one."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any, TextIO

import click

from dsl.app import options

if TYPE_CHECKING:
    from dsl.app.repl.session import Session


@click.command("repl")
@click.argument("file", required=False, type=click.Path(dir_okay=False))
@click.option("--echo", is_flag=True, help="Print what is read from a pipe, with its prompts, as a terminal shows it.")
@click.option("--keep-going", is_flag=True, help="Go on after a mistake in what is read from a pipe.")
@options.quiet_option
@options.engine_option
@options.format_option
def command(file: str | None, echo: bool, keep_going: bool, quiet: bool, engine: str, format: str) -> int:
    """Type statements and expressions, and see at once what they come to.

    `:help` lists the commands of a session. What comes through a pipe is carried out as if it were typed, up to the first
    mistake.
    """

    def start() -> Session:
        from dsl.app.repl.start import begin

        return begin(file, engine, quiet, forgiving=is_terminal)

    given = _standard_input()
    is_terminal = given is not None and given.isatty() and sys.stdout.isatty()
    if not is_terminal:
        from dsl.app.repl.piped import run_script

        return run_script(start(), given or (), echo=echo, keep_going=keep_going, as_json=format == "json")
    if format == "json" or echo or keep_going:
        raise click.UsageError("--format json, --echo and --keep-going are for what comes through a pipe")
    from dsl.app.repl.conversation import converse

    return converse(start, at_once=file is None)


def _standard_input() -> TextIO | None:
    """What is typed or piped in, with bytes that are no text spelt out; None where it is closed."""
    stream: Any = sys.stdin
    if hasattr(stream, "reconfigure"):
        stream.reconfigure(errors="backslashreplace")
    return stream
