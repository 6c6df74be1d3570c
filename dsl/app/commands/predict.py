"""`nn predict FILE`: a trained program on new data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsl.app.options import feed_option, file_argument, format_option, open_program, read_feeds, set_option

if TYPE_CHECKING:
    from dsl.app.program import Program


@click.command("predict")
@file_argument
@click.option("--load", type=click.Path(dir_okay=False), help="The trained parameters; by default the run's checkpoint.")
@click.option("--data", type=click.Path(dir_okay=False), help="A file with the columns that the data block reads.")
@feed_option
@click.option("--on", metavar="DATASET", help="Predict for a data set of the program: digits.test.")
@click.option("--fetch", multiple=True, metavar="NAME", help="Print this value; can be given several times.")
@set_option
@format_option
def command(
    file: str,
    load: str | None,
    data: str | None,
    feeds: tuple[str, ...],
    on: str | None,
    fetch: tuple[str, ...],
    settings: tuple[str, ...],
    format: str,
) -> None:
    """Apply a trained program to new data and print the outputs."""
    from dsl.app.output import array, print_json, table

    program = open_program(file, settings)
    program.restore(load or _checkpoint(program, file))
    given = read_feeds(feeds)
    if data:
        given = {**program.new_data(Path(data), list(fetch) or None), **given}
    if on:
        values = program.run(given, list(fetch) or None, on)
    else:
        values = program.predict(given, list(fetch) or None)
    types = {name: program.node(name).type.dtype.name for name in values}
    if format == "json":
        outputs = {n: {"value": v, "shape": list(v.shape), "dtype": types[n]} for n, v in values.items()}
        print_json({"outputs": outputs})
        return
    rows: list[list[str]] = [[name, f"{types[name]}{list(v.shape) if v.ndim else ''}", array(v)] for name, v in values.items()]
    table(["output", "type", "value"], rows)


def _checkpoint(program: Program, file: str) -> Any:
    """The checkpoint that the last run of the program writes. Raises ProgramError when there is none."""
    from dsl.source.diagnostic import fail

    paths = [run.settings.checkpoint for run in program.model.runs if run.settings.checkpoint]
    if not paths:
        raise fail(
            "checkpoint",
            "which trained parameters should be used?",
            hint=f"`nn train {file} --save model.safetensors`, then `nn predict {file} --load model.safetensors`",
        )
    return program.beside(paths[-1])
