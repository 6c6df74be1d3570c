"""What can be asked for behind `%%nn`, read as the command line reads it."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Any

import click

from dsl.app import options
from dsl.engine.names import AUTOMATIC
from dsl.source.diagnostic import fail


@dataclass(frozen=True, slots=True, kw_only=True)
class CellOptions:
    """The options of a cell, as they are called behind `%%nn`; `name` is None where it is not given."""

    name: str | None = None
    continue_: bool = False
    feeds: tuple[str, ...] = ()
    settings: tuple[str, ...] = ()
    seed: int | None = None
    load: str | None = None
    on: str | None = None
    engine: str = AUTOMATIC
    trap_nonfinite: bool = False
    fetch: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    names: bool = True
    train: bool = True
    graph: bool = True
    depth: int | None = None
    of: str | None = None
    values: bool = False
    gradients: bool = False
    quiet: bool = False

    @property
    def view(self) -> dict[str, Any]:
        """What is asked for of the picture, as `Program.diagram` takes it."""
        names = ("depth", "of", "values", "gradients", "on")
        return {name: getattr(self, name) for name in names}


@click.command("%%nn")
@click.option("--name", metavar="NAME", help="What the program is called in Python, `net` if not given.")
@click.option(
    "--continue",
    "continue_",
    is_flag=True,
    help="Go on with the program of an earlier cell, the last one or that of --name.",
)
@click.option(
    "--feed",
    "feeds",
    multiple=True,
    metavar="NAME=EXPR",
    help="Feed a placeholder: a Python expression, or a file, x=@x.npy.",
)
@options.set_option
@click.option(
    "--seed", type=click.IntRange(0), metavar="N", help="Draw the parameters and the order of the rows from it."
)
@options.load_option
@options.on_option
@options.engine_option
@options.trap_option
@click.option("--fetch", multiple=True, metavar="NAME", help="Show this value in place of the outputs.")
@click.option(
    "-o", "--output", multiple=True, metavar="NAME",
    help="Bind this value in Python, whatever had its name, and no other; `w=h.Dense.w` under another name.",
)  # fmt: skip
@click.option(
    "--no-names",
    "names",
    flag_value=False,
    default=True,
    help="Take no names from Python, and bind none but the program's.",
)
@click.option("--no-train", "train", flag_value=False, default=True, help="Leave the `train` blocks for later.")
@click.option("--no-graph", "graph", flag_value=False, default=True, help="Do not draw the program.")
@click.option(
    "--depth", type=click.IntRange(0), metavar="N", help="Draw layers and functions open so deep, 0 for none."
)
@click.option("--of", metavar="NAME", help="Draw what this value depends on.")
@click.option("--values", is_flag=True, help="Draw the values in the boxes.")
@click.option("--gradients", is_flag=True, help="Draw the gradients of the loss in the boxes.")
@click.option("--quiet", is_flag=True, help="Show nothing but mistakes.")
def cell_command(**values: Any) -> CellOptions:
    """Check the program of the cell, draw it, train it and run it."""
    return CellOptions(**values)


def read_options(line: str) -> CellOptions | None:
    """The options on the line of a cell; None where they only asked for help. Raises ProgramError."""
    try:
        found = cell_command.main(shlex.split(line), prog_name="%%nn", standalone_mode=False)
    except click.ClickException as error:
        raise fail("argument", error.format_message(), hint="`%%nn --help` lists the options") from None
    except ValueError as error:
        message = f"the options cannot be read: {str(error).lower()}"
        raise fail("argument", message, hint="a value with blanks stands in quotes: `--feed 'x = [1, 2]'`") from None
    return found if isinstance(found, CellOptions) else None
