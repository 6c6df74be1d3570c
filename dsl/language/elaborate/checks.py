"""What can be said of a whole model before it runs: what nothing uses, and what no gradient reaches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dsl.graph.node import Node
from dsl.language.elaborate.elaboration import Elaboration
from dsl.language.elaborate.scope import Module
from dsl.language.elaborate.values import LayerInstance
from dsl.source.diagnostic import Diagnostic, Label
from dsl.source.hint import Delete, Hint
from dsl.source.text import Span

if TYPE_CHECKING:
    from dsl.training.run import TrainRun


def check_model(e: Elaboration, module: Module) -> None:
    """Report the parameters, placeholders and layers that nothing uses."""
    used = {source for node in e.graph.nodes for source in node.inputs}
    purposes = {*e.model.metrics.values(), *(node for _, node in e.model.shown)}
    for expectation in e.model.expectations:
        purposes |= {expectation.left, expectation.right}
    for run in e.model.runs:
        purposes.add(run.minimize)
        _check_run(e, run)
    applied = {layer.span for layer in e.layers if layer.applied}
    for layer in e.layers:
        purposes |= {option for option in layer.options.values() if isinstance(option, Node)}
        if layer.span not in applied:
            _never_applied(e, layer)
    for node in e.graph.nodes:
        if node.kind in ("parameter", "placeholder") and node not in used and node not in purposes:
            _unused(e, node, Span(module.source, 0, 0))


def _check_run(e: Elaboration, run: TrainRun) -> None:
    """Warn of a loss that no parameter reaches; report a placeholder that the run's data does not feed."""
    needed = e.graph.ancestors([run.minimize])
    trained = run.trained(e.graph.parameters)
    if not set(trained) & set(needed):
        hint = (
            f"it would train {', '.join(f'`{node.name}`' for node in trained[:5])}"
            if trained
            else "declare a parameter"
        )
        place = run.minimize.span
        labels = [Label(place, "the loss")] if place else []
        message = f"no parameter reaches `{run.minimize.name}`, so there is nothing to train"
        e.warn("unreachable", message, run.span, labels=labels, hint=hint)
    unfed = [node for node in needed if node.kind == "placeholder" and node.value is None]
    for name in dict.fromkeys(name.partition(".")[0] for name in (run.data, *run.validate) if name):
        plan = e.model.data[name]
        for node in unfed:
            if node.name not in plan.fields:
                message = f"`{plan.name}` does not feed the placeholder `{node.name}`, which this run needs"
                labels = [Label(plan.span, "the data"), *([Label(node.span, "the placeholder")] if node.span else [])]
                hint = f"add an entry, `{node.name} = source[…]`, or give it a default"
                e.report(Diagnostic("data", message, run.span, "", tuple(labels), hint))


def _never_applied(e: Elaboration, layer: LayerInstance) -> None:
    name = layer.definition.name
    message = f"the layer `{layer.path or name}` is made, and never applied to a value"
    hint = f"apply it: `{layer.path}(x)`, or `x |> {layer.path}`" if layer.path else f"apply it: `x |> {name}(…)`"
    if any(isinstance(option, Node) for option in layer.options.values()):
        hint = f"options come first, and the value in brackets of its own: `{name}(…)(x)`, or `x |> {name}(…)`"
    e.warn("unused", message, layer.span, hint=hint)


def _unused(e: Elaboration, node: Node, start: Span) -> None:
    hint = Hint("use it in an equation, or delete it", Delete())
    e.warn("unused", f"the {node.kind} `{node.name}` is never used", node.span or start, hint=hint)
