"""`nn run FILE`: forward; training and expectations where the program has them; the outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dsl.app.options import feed_option, file_argument, format_option, load_option, open_program, read_feeds
from dsl.app.options import set_option, trap_option

if TYPE_CHECKING:
    from dsl.app.program import Program


@click.command("run")
@file_argument
@feed_option
@set_option
@click.option("--fetch", multiple=True, metavar="NAME", help="Print this value; can be given several times.")
@click.option("--on", metavar="DATASET", help="Feed the placeholders from a data set: digits.test.")
@load_option
@trap_option
@format_option
def command(
    file: str,
    feeds: tuple[str, ...],
    settings: tuple[str, ...],
    fetch: tuple[str, ...],
    on: str | None,
    load: str | None,
    trap_nonfinite: bool,
    format: str,
) -> int:
    """Run a program forward and print its outputs.

    A program with `train` blocks is trained first (not with --load), and its `expect` statements are checked at the end: the
    exit status is 1 when one does not hold.
    """
    from dsl.app.commands.train import train_with_progress
    from dsl.app.output import array, print_json, table
    from dsl.app.report import expects_as_json, print_expects

    program = open_program(file, settings, load, trap_nonfinite)
    given = read_feeds(feeds)
    if program.model.runs and not load:
        train_with_progress(program, quiet=format == "json")
    values = _outputs(program, given, list(fetch) or None, on)
    results = program.check_all()
    if format == "json":
        outputs = {
            name: {"value": value, "shape": list(value.shape), "dtype": dtype} for name, (value, dtype) in values.items()
        }
        print_json({"outputs": outputs, "expects": expects_as_json(results)})
    else:
        if values:
            rows = [[name, _type(value, dtype), array(value)] for name, (value, dtype) in values.items()]
            table(["output", "type", "value"], rows)
        print_expects(results)
    return 0 if all(result.passed for result in results) else 1


def _outputs(program: Program, feeds: dict[str, Any], fetch: list[str] | None, on: str | None) -> dict[str, Any]:
    """The values to print, with their element types; without --fetch those that the feeds are enough for."""
    if fetch is None and not on and program.model.data:
        enough = set(program.predictable(feeds))
        fetch = [name for name in program.outputs if name in enough]
        nodes = {name: program.node(name) for name in fetch}
        nodes |= {text: node for text, node in program.model.shown if program.computable(node, feeds)}
    else:
        nodes = {name: program.node(name) for name in (fetch or program.outputs)}
        nodes |= {} if fetch else dict(program.model.shown)
    values = program.evaluate(nodes.values(), feeds, on) if nodes else {}
    return {name: (values[node], node.type.dtype.name) for name, node in nodes.items()}


def _type(value: Any, dtype: str) -> str:
    return f"{dtype}{list(value.shape)}" if value.ndim else dtype
