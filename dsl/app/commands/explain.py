"""`nn explain FILE [NAME…]`: every value told, and every gradient by the chain rule."""

from __future__ import annotations

import click

from dsl.app import options
from dsl.app.options import open_program, read_feeds

_WIDEST = 120


@click.command("explain")
@options.file_argument
@click.argument("names", nargs=-1)
@click.option("--of", metavar="NAME", help="What is differentiated; by default the loss.")
@click.option(
    "--depth", type=click.IntRange(0), metavar="N", help="How many layers deep is opened; else as deep as fits."
)
@options.feed_option
@options.on_option
@click.option(
    "--rows",
    type=click.IntRange(1),
    metavar="N",
    help="Feed so many rows of the data; else 2, with --on all.",
)
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Tell so many steps of the training instead.")
@click.option("--step", is_flag=True, help="Walk through it, one value a key press, with a training step at the end.")
@click.option("--lang", type=click.Choice(["en", "zh"]), default="en", help="The language of the words.")
@click.option("--digits", type=click.IntRange(1, 17), metavar="N", help="Round numbers to so many digits.")
@click.option("--full", is_flag=True, help="Print all elements of arrays.")
@options.set_option
@options.load_option
@options.engine_option
@options.formats_option("text", "markdown", "latex", "html", "json", help="What is written, on standard output.")
def command(
    file: str,
    names: tuple[str, ...],
    of: str | None,
    depth: int | None,
    feeds: tuple[str, ...],
    on: str | None,
    rows: int | None,
    steps: int | None,
    step: bool,
    lang: str,
    digits: int | None,
    full: bool,
    settings: tuple[str, ...],
    load: str | None,
    engine: str,
    format: str,
) -> None:
    """Tell how every value came to be, and every gradient by the chain rule: in symbols, then with numbers.

    With NAMEs, the whole story of these values or layers.
    """
    from shutil import get_terminal_size

    from dsl.app.explained import Explained
    from dsl.app.explaining import Request, explain
    from dsl.app.output import print_json
    from dsl.app.walk import painted, walk
    from dsl.explain.formats import Style, Text

    if step and format != "text":
        raise click.UsageError(f"--step walks through text, not through {format}")
    program = open_program(file, settings, engine, load)
    walks_on = step and not steps and bool(program.model.runs)
    request = Request(names, of, read_feeds(feeds), on, rows, depth, steps or 0, and_a_step=walks_on)
    width = min(get_terminal_size((100, 24)).columns, _WIDEST)
    style = Style(digits, full, width)
    explained = Explained(explain(program, request), lang, style)
    if step:
        walk(explained.document, Text(style))
    elif format == "json":
        print_json(explained.as_json())
    else:
        text = explained.write(format)
        click.echo(painted(text) if format == "text" else text, nl=False)
