"""`nn grad FILE`: the value of every node, and the gradient of the loss with respect to it."""

from __future__ import annotations

import click

from dsl.app import options
from dsl.app.options import open_program, read_feeds


@click.command("grad")
@options.file_argument
@click.option("--of", metavar="NAME", help="What is differentiated; by default the loss.")
@click.option("--wrt", multiple=True, metavar="NAME", help="Show the gradient with respect to this only.")
@options.feed_option
@options.on_option
@options.set_option
@options.load_option
@options.engine_option
@options.trap_option
@options.format_option
def command(
    file: str,
    of: str | None,
    wrt: tuple[str, ...],
    feeds: tuple[str, ...],
    on: str | None,
    settings: tuple[str, ...],
    load: str | None,
    engine: str,
    trap_nonfinite: bool,
    format: str,
) -> None:
    """Print the value and the gradient of every node, in running order.

    A value that is not a scalar is summed before it is differentiated.
    """
    from dsl.app.differentiation import gradient_value
    from dsl.app.output import print_json
    from dsl.app.report import gradients_as_json, print_gradients

    program = open_program(file, settings, engine, load, trap_nonfinite)
    target = program.node(of or program.loss_name())
    nodes = program.model.graph.ancestors([target])
    wanted = [program.node(name) for name in wrt] if wrt else nodes
    smooth = [node for node in wanted if node.type.dtype.is_float]
    found = program.gradient_nodes(target.name, smooth)
    values = program.evaluate([*nodes, *wanted, *found.values()], read_feeds(feeds), on)
    gradients = {node: gradient_value(node, values, found) for node in smooth}
    shown = [node for node in program.forward if node in set(wanted)]
    if format == "json":
        print_json(gradients_as_json(target, shown, values, gradients))
    else:
        print_gradients(target, [node for node in shown if node.kind != "constant" or wrt], values, gradients)
