"""What can be said of a whole model before it runs: what nothing uses, and what no gradient reaches."""

from __future__ import annotations

from dsl.graph.node import Node
from dsl.language.elaborate.elaboration import Elaboration
from dsl.language.elaborate.scope import Module
from dsl.source.text import Span


def check_model(e: Elaboration, module: Module) -> None:
    """Report parameters and placeholders that nothing uses."""
    used = {source for node in e.graph.nodes for source in node.inputs}
    purposes = {node for node in (*e.model.metrics.values(), *(node for _, node in e.model.shown))}
    for expectation in e.model.expectations:
        purposes |= {expectation.left, expectation.right}
    for run in e.model.runs:
        purposes.add(run.minimize)
    for node in e.graph.nodes:
        if node.kind in ("parameter", "placeholder") and node not in used and node not in purposes:
            _unused(e, node, Span(module.source, 0, 0))


def _unused(e: Elaboration, node: Node, start: Span) -> None:
    hint = "use it in an equation, or delete it"
    e.warn("unused", f"the {node.kind} `{node.name}` is never used", node.span or start, hint=hint)
