"""`nn graph FILE`: a program drawn, to a file by its ending, or as characters."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dsl.app import options
from dsl.app.options import open_program, read_feeds

if TYPE_CHECKING:
    from dsl.app.drawing import Drawing


@click.command("graph")
@options.file_argument
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help="The file: .svg, .png, .pdf, .html, .dot, .mmd, .txt or .json; without it characters are printed.",
)
@click.option(
    "--depth",
    type=click.IntRange(0),
    metavar="N",
    help="Open layers and functions so deep, 0 for none; by default as deep as fits.",
)
@click.option("--values", is_flag=True, help="Show the value of each box.")
@click.option("--gradients", is_flag=True, help="Show the gradient of the loss with respect to each box.")
@click.option("--backward", is_flag=True, help="Draw what computes the gradients, too.")
@click.option("--plan", is_flag=True, help="Draw the compiled step: its calls, and the memory that values share.")
@click.option("--of", metavar="NAME", help="Draw what this value depends on; gradients are taken of it.")
@options.feed_option
@options.on_option
@options.set_option
@options.load_option
@options.engine_option
@options.format_option
def command(
    file: str,
    output: str | None,
    depth: int | None,
    values: bool,
    gradients: bool,
    backward: bool,
    plan: bool,
    of: str | None,
    feeds: tuple[str, ...],
    on: str | None,
    settings: tuple[str, ...],
    load: str | None,
    engine: str,
    format: str,
) -> None:
    """Draw a program as boxes and arrows.

    Layers and functions are boxes that fold. The types of values stand on the edges that they take.
    """
    from dsl.app.drawing import Drawing, View
    from dsl.app.files import check_writable
    from dsl.app.output import print_json
    from dsl.diagram.formats import exporter_of

    if plan and (values or gradients or backward or of or on or depth is not None):
        raise click.UsageError(
            "--plan shows the whole compiled step, and goes together with no other view, nor with --on"
        )
    if output:
        exporter_of(output)
        check_writable(output)
    program = open_program(file, settings, engine, load)
    drawing = Drawing(program, View(depth, values, gradients, backward, plan, of, read_feeds(feeds), on, engine))
    if output:
        drawing.save(output)
    if format == "json":
        print_json(_document(drawing, output))
    elif output:
        facts = drawing.facts()
        click.echo(f"{output}: {facts['boxes']:,} boxes, {facts['edges']:,} edges{_depth(facts)}")
    else:
        click.echo(drawing.text, nl=False)


def _document(drawing: Drawing, output: str | None) -> dict[str, Any]:
    """What was drawn, for tools; without a file the drawing itself."""
    return {"file": output, **drawing.facts(), **({} if output else {"text": drawing.text})}


def _depth(facts: dict[str, Any]) -> str:
    """How deep layers are open, where there are any."""
    if not facts["deepest"]:
        return ""
    return f", layers open to depth {min(facts['depth'], facts['deepest'])} of {facts['deepest']}"
