"""`nn run FILE`: forward; training and expectations where the program has them; the outputs."""

from __future__ import annotations

from contextlib import nullcontext
from typing import TYPE_CHECKING, Any

import click

from dsl.app import options
from dsl.app.options import open_program, read_feeds

if TYPE_CHECKING:
    from dsl.app.program import Program
    from dsl.graph.node import Node


@click.command("run")
@options.file_argument
@options.feed_option
@options.set_option
@options.fetch_option
@options.on_option
@options.load_option
@options.quiet_option
@options.engine_option
@options.profile_option
@options.trap_option
@options.format_option
def command(
    file: str,
    feeds: tuple[str, ...],
    settings: tuple[str, ...],
    fetch: tuple[str, ...],
    on: str | None,
    load: str | None,
    quiet: bool,
    engine: str,
    profile: bool,
    trap_nonfinite: bool,
    format: str,
) -> int:
    """Run a program forward and print its outputs.

    A program with `train` blocks is trained first (not with --load), and its `expect` statements are checked at the end: the
    exit status is 1 when one does not hold.
    """
    from dsl.app.output import print_json
    from dsl.app.profile_report import Profile
    from dsl.app.report import as_outputs, expects_as_json, print_expects, print_outputs
    from dsl.app.training import train_with_progress

    program = open_program(file, settings, engine, load, trap_nonfinite)
    times = Profile(program) if profile else None
    given = read_feeds(feeds)
    program.feed({name: value for name, value in given.items() if name not in program.fed_by_data})
    wanted = _wanted(program, given, list(fetch), on)
    with times.measuring() if times else nullcontext():
        if program.model.runs and not load:
            train_with_progress(program, quiet=quiet)
        found = program.evaluate(wanted.values(), given, on) if wanted else {}
        values = {name: (found[node], node.type.dtype.name) for name, node in wanted.items()}
        results = program.check_all()
    if format == "json":
        more = {"profile": times.as_json()} if times else {}
        print_json({"outputs": as_outputs(values), "expects": expects_as_json(results), **more})
    else:
        print_outputs(values)
        print_expects(results, apart=bool(values))
        if not values and not results:
            click.echo("there is nothing to print: name a value, `loss = …`, or `show` one", err=True)
        if times:
            times.print()
    return 0 if all(result.passed for result in results) else 1


def _wanted(program: Program, feeds: dict[str, Any], fetch: list[str], on: str | None) -> dict[str, Node]:
    """The values to print by what they are called: those asked for, else the outputs and what is shown.

    Where data feed the placeholders, and neither they nor feeds are given here, only what needs neither.
    """
    if fetch:
        return {name: program.node(name) for name in fetch}
    shown = dict(program.model.shown)
    if on or not program.model.data:
        return {**{name: program.node(name) for name in program.outputs}, **shown}
    names = {name: program.node(name) for name in program.computable(feeds)}
    return {**names, **{text: node for text, node in shown.items() if program.is_computable(node, feeds)}}
