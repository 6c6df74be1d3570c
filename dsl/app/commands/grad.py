"""`nn grad FILE`: the value of every node, and the gradient of the loss with respect to it."""

from __future__ import annotations

from typing import Any

import click

from dsl.app.options import feed_option, file_argument, format_option, load_option, open_program, read_feeds
from dsl.app.options import set_option, trap_option


@click.command("grad")
@file_argument
@click.option("--of", metavar="NAME", help="What is differentiated; by default the loss.")
@click.option("--wrt", multiple=True, metavar="NAME", help="Show the gradient with respect to this only.")
@feed_option
@click.option("--on", metavar="DATASET", help="Feed the placeholders from a data set: digits.test.")
@set_option
@load_option
@trap_option
@format_option
def command(
    file: str,
    of: str | None,
    wrt: tuple[str, ...],
    feeds: tuple[str, ...],
    on: str | None,
    settings: tuple[str, ...],
    load: str | None,
    trap_nonfinite: bool,
    format: str,
) -> None:
    """Print the value and the gradient of every node, in running order."""
    from dsl.app.output import array, print_json, table
    from dsl.app.report import as_shape

    program = open_program(file, settings, load, trap_nonfinite)
    target = program.node(of or program.loss_name())
    nodes = program.model.graph.ancestors([target])
    wanted = [program.node(name) for name in wrt] if wrt else nodes
    found = program.gradient_nodes(target.name, [node for node in wanted if node.type.dtype.is_float])
    values = program.evaluate([*nodes, *wanted, *found.values()], read_feeds(feeds), on)
    shown = [node for node in program.forward if node in set(wanted)]
    if format == "json":
        rows: dict[str, Any] = {
            node.name: {
                "kind": node.kind,
                "operation": node.operation.name if node.operation else None,
                "inputs": [source.name for source in node.inputs],
                "value": values[node],
                "gradient": values[found[node]] if node in found else None,
                "shape": as_shape(values[node]),
                "dtype": node.type.dtype.name,
                "line": node.span.line if node.span else None,
            }
            for node in shown
        }
        print_json({"of": target.name, "order": [node.name for node in shown], "nodes": rows})
        return
    table(
        ["node", "how", "value", f"∂{target.name}", "line"],
        [
            [
                node.name,
                node.label,
                array(values[node]),
                array(values[found[node]]) if node in found else "",
                str(node.span.line) if node.span else "",
            ]
            for node in shown
            if node.kind != "constant" or wrt
        ],
        right=["line"],
    )
