"""`nn train FILE`: the training runs of a program, with progress, history, metrics and expectations."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from dsl.app import options
from dsl.app.options import open_program, read_feeds

if TYPE_CHECKING:
    from dsl.training.loop import Outcome


@click.command("train")
@options.file_argument
@options.feed_option
@options.set_option
@click.option("--only", multiple=True, metavar="NAME", help="Carry out this train block only.")
@options.load_option
@click.option("--save", type=click.Path(dir_okay=False), help="Write the trained parameters as safetensors.")
@click.option("--history", type=click.Path(dir_okay=False), help="Write the history of all epochs as CSV.")
@click.option("--plot", metavar="PATH", help="Draw the history: to a .png, .svg or .pdf, or with `-` in the terminal.")
@click.option(
    "--record",
    type=click.Path(dir_okay=False),
    help="Write a page (.html) that shows values and gradients step by step.",
)
@options.quiet_option
@options.engine_option
@options.profile_option
@options.trap_option
@options.format_option
def command(
    file: str,
    feeds: tuple[str, ...],
    settings: tuple[str, ...],
    only: tuple[str, ...],
    load: str | None,
    save: str | None,
    history: str | None,
    plot: str | None,
    record: str | None,
    quiet: bool,
    engine: str,
    profile: bool,
    trap_nonfinite: bool,
    format: str,
) -> int:
    """Train a program, print its metrics, and check its `expect` statements.

    The exit status is 1 when an expectation does not hold.
    """
    from dsl.app.files import check_writable
    from dsl.app.output import print_json
    from dsl.app.profile_report import Profile
    from dsl.app.report import expects_as_json, outcome_as_json, print_expects, print_metrics, warn_of_nonfinite
    from dsl.app.training import joined_history, train_with_progress

    program = open_program(file, settings, engine, load, trap_nonfinite)
    program.feed(read_feeds(feeds))
    for path in filter(None, (save, history)):
        check_writable(path)
    if plot and plot != "-":
        _check_plot(plot)
    times = Profile(program) if profile else None
    with times.measuring() if times else nullcontext():
        outcomes = train_with_progress(program, list(only) or None, quiet, record)
    if save:
        program.save(save)
    if history:
        joined_history(outcomes).to_csv(history)
    if format != "json":
        print_metrics(outcomes)  # before the expectations, which may fail to be computed
    with times.measuring() if times else nullcontext():
        results = program.check_all()
    if format == "json":
        runs = [outcome_as_json(outcome) for outcome in outcomes]
        more = {"profile": times.as_json()} if times else {}
        print_json({"runs": runs, "expects": expects_as_json(results), **more})
    else:
        print_expects(results, apart=True)
    warn_of_nonfinite(outcomes)
    if times and format != "json":
        times.print()
    if plot:
        _draw(outcomes, plot, err=format == "json")
    return 0 if all(result.passed for result in results) else 1


def _check_plot(path: str) -> None:
    """Raise ProgramError when the picture could not be drawn in the end."""
    from dsl.app.files import check_writable
    from dsl.training.plot import check_format

    check_format(path)
    check_writable(path)


def _draw(outcomes: list[Outcome], path: str, err: bool) -> None:
    """Draw the history of each run, of several into files of their own: `loss-warm_up.png`."""
    from shutil import get_terminal_size

    from dsl.training.plot import save_plot, terminal_plot

    if path == "-":
        width = min(get_terminal_size().columns, 100)
        click.echo("\n\n".join(terminal_plot(outcome.history, width) for outcome in outcomes), err=err)
        return
    target = Path(path)
    for outcome in outcomes:
        one = len(outcomes) == 1
        save_plot(outcome.history, target if one else target.with_stem(f"{target.stem}-{outcome.name}"))
