"""`nn train FILE`: the training runs of a program, with progress, history, metrics and expectations."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from dsl.app.options import file_argument, format_option, load_option, open_program, set_option, trap_option

if TYPE_CHECKING:
    from dsl.app.program import Program
    from dsl.training.history import History
    from dsl.training.loop import Outcome


@click.command("train")
@file_argument
@set_option
@click.option("--only", multiple=True, metavar="NAME", help="Carry out this train block only.")
@load_option
@click.option("--save", type=click.Path(dir_okay=False), help="Write the trained parameters as safetensors.")
@click.option("--history", type=click.Path(dir_okay=False), help="Write the history of all epochs as CSV.")
@click.option("--plot", metavar="PATH", help="Draw the history: to a .png, .svg or .pdf, or with `-` in the terminal.")
@click.option("--quiet", is_flag=True, help="Show no progress.")
@trap_option
@format_option
def command(
    file: str,
    settings: tuple[str, ...],
    only: tuple[str, ...],
    load: str | None,
    save: str | None,
    history: str | None,
    plot: str | None,
    quiet: bool,
    trap_nonfinite: bool,
    format: str,
) -> int:
    """Train a program, print its metrics, and check its `expect` statements.

    The exit status is 1 when an expectation does not hold.
    """
    from dsl.app.output import print_json
    from dsl.app.report import expects_as_json, outcome_as_json, print_expects, print_metrics

    program = open_program(file, settings, load, trap_nonfinite)
    outcomes = train_with_progress(program, list(only) or None, quiet=quiet or format == "json")
    if save:
        program.save(save)
    if history:
        _joined(outcomes).to_csv(history)
    results = program.check_all()
    if format == "json":
        runs = [outcome_as_json(outcome) for outcome in outcomes]
        print_json({"runs": runs, "expects": expects_as_json(results)})
    else:
        print_metrics(outcomes)
        print_expects(results)
    if plot:
        _draw(outcomes, plot)
    return 0 if all(result.passed for result in results) else 1


def train_with_progress(program: Program, names: list[str] | None = None, quiet: bool = False) -> list[Outcome]:
    """Carry out the runs, showing how far they are on standard error."""
    from dsl.app.progress import progress_for

    runs = program.runs(names)
    with progress_for(quiet) as progress:
        return [program.train_one(run, progress) for run in runs]


def _joined(outcomes: list[Outcome]) -> History:
    """The histories of all runs as one; of several, with the number of the run."""
    from dsl.training.history import History

    if len(outcomes) == 1:
        return outcomes[0].history
    rows: list[dict[str, Any]] = []
    for number, outcome in enumerate(outcomes, 1):
        rows += [{"run": number, **row} for row in outcome.history.rows]
    return History(rows)


def _draw(outcomes: list[Outcome], path: str) -> None:
    from dsl.training.plot import save_plot, terminal_plot

    if path == "-":
        for outcome in outcomes:
            click.echo(terminal_plot(outcome.history))
        return
    target = Path(path)
    for outcome in outcomes:
        named = len(outcomes) > 1
        save_plot(outcome.history, target.with_stem(f"{target.stem}-{outcome.name}") if named else target)
