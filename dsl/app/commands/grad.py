"""`nn grad FILE`: the value of every node, and the gradient of the loss with respect to it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from dsl.app import options
from dsl.app.options import open_program, read_feeds

if TYPE_CHECKING:
    from dsl.graph.node import Node
    from dsl.ops.parameters import Array


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
    from dsl.app.output import print_json
    from dsl.app.program import gradient_value

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
        rows = {node.name: _as_json(node, values, gradients) for node in shown}
        print_json({"of": target.name, "order": [node.name for node in shown], "nodes": rows})
    else:
        _print(target, [node for node in shown if node.kind != "constant" or wrt], values, gradients)


def _as_json(node: Node, values: dict[Node, Array], gradients: dict[Node, Array]) -> dict[str, Any]:
    return {
        "kind": node.kind,
        "operation": node.operation.name if node.operation else None,
        "inputs": [source.name for source in node.inputs],
        "value": values[node],
        "gradient": gradients.get(node),
        "shape": list(values[node].shape),
        "dtype": node.type.dtype.name,
        "file": node.span.source.name if node.span else None,
        "line": node.span.line if node.span else None,
    }


def _print(target: Node, nodes: list[Node], values: dict[Node, Array], gradients: dict[Node, Array]) -> None:
    from dsl.app.output import table
    from dsl.app.report import line_of
    from dsl.engine.figures import array

    rows = [
        [node.name, node.label, array(values[node]), array(gradients[node]) if node in gradients else "", line_of(node)]
        for node in nodes
    ]
    table(["node", "how", "value", f"∂{target.name}", "line"], rows, right=["line"])
