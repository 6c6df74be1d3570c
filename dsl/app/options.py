"""Options that several commands share: the program's file, `--set`, `--feed`, `--load`, `--format`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from dsl.engine.names import AUTOMATIC, ENGINES
from dsl.source.render import printable

if TYPE_CHECKING:
    from dsl.app.program import Program

F = TypeVar("F", bound=Callable[..., Any])


def _remember_format(context: click.Context, parameter: click.Parameter, value: str) -> str:
    """Tell `main` in which form errors are wanted."""
    context.ensure_object(dict)["format"] = value
    return value


file_argument = click.argument("file", type=click.Path(dir_okay=False))


def formats_option(*formats: str, help: str) -> Callable[[F], F]:
    """`--format`, with these formats, the first by default."""
    return click.option(
        "--format",
        type=click.Choice(formats),
        default=formats[0],
        callback=_remember_format,
        is_eager=True,
        help=help,
    )


format_option = formats_option("table", "json", help="Tables for people, or one JSON document for tools.")
set_option = click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Give a constant, a dimension or a key of a train block another value: hidden=128, train.epochs=5.",
)
feed_option = click.option(
    "--feed",
    "feeds",
    multiple=True,
    metavar="NAME=VALUE",
    help="Feed a placeholder: x=3, x=[1, 2], or from a file: x=@x.npy.",
)
fetch_option = click.option(
    "--fetch", multiple=True, metavar="NAME", help="Print this value; can be given several times."
)
on_option = click.option("--on", metavar="DATASET", help="Feed the placeholders from a data set: digits.test.")
load_option = click.option(
    "--load", type=click.Path(dir_okay=False), help="Take the parameters from this safetensors file."
)
quiet_option = click.option("--quiet", is_flag=True, help="Show no progress.")
engine_option = click.option(
    "--engine",
    type=click.Choice(ENGINES),
    default=AUTOMATIC,
    help="What runs the program: a code generator, or the interpreter that they are compared with.",
)
profile_option = click.option(
    "--profile", is_flag=True, help="Tell where the time goes, by lines of the program, on standard error."
)
trap_option = click.option(
    "--trap-nonfinite", is_flag=True, help="Stop at the first value that is infinite or nan, and name it."
)


def pairs(option: str, texts: Sequence[str]) -> dict[str, str]:
    """The names and the values of `NAME=VALUE` texts. Raises UsageError for any other."""
    found: dict[str, str] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name.strip() or not value.strip():
            raise click.UsageError(f"{option} takes NAME=VALUE, not `{printable(text)}`")
        found[name.strip()] = value.strip()
    return found


def read_settings(texts: Sequence[str]) -> dict[str, Any]:
    """The values of `--set`; keys of train blocks stay expressions, a bare word is a string."""
    from dsl.language.given import setting

    return {name: setting(name, text) for name, text in pairs("--set", texts).items()}


def read_feeds(texts: Sequence[str]) -> dict[str, Any]:
    """The values of `--feed`, those after `@` read from files."""
    from dsl.language.given import constant_value

    feeds: dict[str, Any] = {}
    for name, text in pairs("--feed", texts).items():
        feeds[name] = array_from(Path(text[1:])) if text.startswith("@") else constant_value(text, f"--feed {name}")
    return feeds


def array_from(path: Path) -> Any:
    """The array in a file: NPY, IDX, or all columns of a CSV. Raises ProgramError."""
    from dsl.app.files import existing
    from dsl.training.data.readers import read, reader_of

    table = read(reader_of(existing(path)), path)
    return table.values(table.names())


def open_program(
    file: str, settings: Sequence[str], engine: str, load: str | None = None, trap: bool = False
) -> Program:
    """The program of a command, with its warnings printed, its engine and its trap set, and its parameters loaded."""
    import dsl
    from dsl.app.output import show_diagnostics

    program = dsl.load(file, constants=read_settings(settings))
    if program.warnings:
        show_diagnostics(program.warnings)
    program.engine = engine
    if load:
        program.restore(load)
    if trap:
        from dsl.training.watch import NonFiniteTrap

        program.trap = NonFiniteTrap()
    return program
