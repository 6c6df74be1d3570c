"""`nn`: the command line. Commands are imported when they are called, so that `nn --help` answers at once."""

from __future__ import annotations

import io
import os
import sys
from importlib import import_module
from typing import Any

import click

_COMMANDS = {
    "run": "Run a program forward, with its training and expectations, and print the outputs.",
    "check": "Find mistakes without running: syntax, names, shapes, element types.",
    "grad": "Print the value and the gradient of every node.",
    "explain": "Tell how every value came to be, and every gradient by the chain rule.",
    "graph": "Draw a program: to a file by its ending, or as characters.",
    "train": "Carry out the training of a program.",
    "predict": "Apply a trained program to new data.",
    "repl": "Type a program statement by statement, and run it as it grows.",
    "lsp": "Serve an editor: diagnostics, completion, hovers, renaming.",
    "fmt": "Bring programs into the canonical layout.",
    "ops": "List the operations, or explain one.",
}
"""The commands, in the order of the help, and what they do in a line."""

FAILED, INTERRUPTED = 1, 130


class LazyGroup(click.Group):
    """A group whose commands live in `dsl.app.commands`, one file each."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names of the commands."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command itself, imported."""
        if cmd_name not in _COMMANDS:
            return None
        module = import_module(f"dsl.app.commands.{cmd_name}")
        return module.command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """The command of this name; a name like another's says so."""
        if args and args[0] not in _COMMANDS and not args[0].startswith("-"):
            raise click.UsageError(_unknown_command(args[0]), ctx)
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands in the help, without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


def _unknown_command(name: str) -> str:
    from dsl.source.nearest import did_you_mean
    from dsl.source.render import printable

    if name.endswith(".nn"):
        hint = f"did you mean `nn run {name}`?"
    else:
        hint = did_you_mean(name, _COMMANDS, f"the commands are {', '.join(_COMMANDS)}")
    return printable(f"there is no command `{name}`; {hint}")


def _version(ctx: click.Context, parameter: click.Parameter, value: bool) -> None:
    if value and not ctx.resilient_parsing:
        import dsl

        click.echo(f"nn-lang {dsl.__version__}")
        ctx.exit()


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version", is_flag=True, callback=_version, expose_value=False, is_eager=True, help="Print the version."
)
def cli() -> None:
    """nn-lang: computation graphs of neural networks as text, with every shape checked and every gradient explained."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 the program failed, 2 wrong usage, 130 interrupted."""
    _prepare_streams()
    sys.exit(run(arguments))


def _prepare_streams() -> None:
    """Let a stream that is closed swallow what is printed, and one that lacks a letter spell it out: neither is an error."""
    for name in ("stdout", "stderr"):
        stream: Any = getattr(sys, name)
        if stream is None:
            setattr(sys, name, io.TextIOWrapper(io.FileIO(os.devnull, "w"), encoding="utf-8"))
        elif isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def run(arguments: list[str] | None = None) -> int:
    """Run the command line; its exit status."""
    try:
        return _run(arguments)
    except (KeyboardInterrupt, click.Abort) as interruption:
        # Click makes an Abort of an interruption, whose own words say how far the program had come.
        words = str(interruption.__cause__ or interruption)
        click.echo(words or "interrupted", err=True)
        return INTERRUPTED
    except BrokenPipeError:
        # Whoever read the output has gone; Python must not complain about it while it shuts down.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _run(arguments: list[str] | None) -> int:
    asked: dict[str, str] = {}  # filled by `--format`, and needed when the command's own context is gone
    try:
        result: Any = cli.main(arguments, prog_name="nn", standalone_mode=False, obj=asked)
        sys.stdout.flush()
    except click.exceptions.Exit as exit:
        return exit.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except (BrokenPipeError, click.Abort):
        raise
    except Exception as error:
        from dsl.app.failure import report_failure

        return report_failure(error, as_json=asked.get("format") == "json")
    return result if isinstance(result, int) else 0


if __name__ == "__main__":
    main()
