"""`nn predict FILE`: a trained program on new data."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsl.app import options
from dsl.app.options import open_program, read_feeds

if TYPE_CHECKING:
    from dsl.app.program import Program
    from dsl.ops.parameters import Array


@click.command("predict")
@options.file_argument
@click.option(
    "--load", type=click.Path(dir_okay=False), help="The trained parameters; by default the run's checkpoint."
)
@click.option("--data", type=click.Path(dir_okay=False), help="A file with the columns that the data block reads.")
@options.feed_option
@options.on_option
@options.fetch_option
@options.set_option
@options.engine_option
@options.trap_option
@options.format_option
def command(
    file: str,
    load: str | None,
    data: str | None,
    feeds: tuple[str, ...],
    on: str | None,
    fetch: tuple[str, ...],
    settings: tuple[str, ...],
    engine: str,
    trap_nonfinite: bool,
    format: str,
) -> None:
    """Apply a trained program to new data and print the predictions.

    New data are treated as the training data were. Columns that the predictions do not need, such as labels, may be missing.
    """
    from dsl.app.output import print_json
    from dsl.app.report import as_outputs, print_predictions

    program = open_program(file, settings, engine, trap=trap_nonfinite)
    program.restore(load or _checkpoint(program, file))
    names = list(fetch) or None
    given: dict[str, Any] = read_feeds(feeds)
    if data:
        given = {**program.new_data(data, names, beside=given), **given}
    if not (data or given or on):
        _ask_for_data(program)
    found = program.predict(given, names, on)
    nodes = {name: program.node(name) for name in found}
    values = {name: (value, nodes[name].type.dtype.name) for name, value in found.items()}
    classes = {name: labels for name in found if (labels := program.labels(name)) is not None}
    if format == "json":
        document = as_outputs(values)
        for name, labels in classes.items():
            document[name]["labels"] = _called(found[name], labels).tolist()
        print_json({"outputs": document})
        return
    by_row = {name for name, node in nodes.items() if node.shape and node.shape[0].value is None}
    print_predictions(values, by_row, {name: _called(found[name], labels) for name, labels in classes.items()})


def _ask_for_data(program: Program) -> None:
    """Raise ProgramError when there is nothing to predict for."""
    from dsl.app.wording import some
    from dsl.source.diagnostic import fail

    missing = [node.name for node in program.model.graph.placeholders if node.value is None]
    if missing:
        reading = "`--data new.csv` reads new rows, `--on DATASET` takes those of the program, "
        hint = f"{reading if program.model.data else ''}`--feed {missing[0]}=…` gives {some(missing[:1])}"
        raise fail("data", "there is nothing to predict for", hint=hint)


def _called(numbers: Array, labels: Array) -> Array:
    """The labels of integers; those beyond the last label have none."""
    import numpy as np

    known = (numbers >= 0) & (numbers < len(labels))
    return np.where(known, labels[np.where(known, numbers, 0).astype(np.int64)].astype(str), "")


def _checkpoint(program: Program, file: str) -> Path:
    """The checkpoint that the last run of the program writes. Raises ProgramError when there is none."""
    from dsl.source.diagnostic import fail

    usage = f"`nn train {file} --save model.safetensors`, then `nn predict {file} --load model.safetensors`"
    paths = [run.settings.checkpoint for run in program.model.runs if run.settings.checkpoint]
    if not paths:
        raise fail("checkpoint", "which trained parameters should be used?", hint=usage)
    path = program.beside(paths[-1])
    if not path.exists():
        raise fail("checkpoint", f"the program has not been trained: there is no `{path}`", hint=f"`nn train {file}`")
    return path
