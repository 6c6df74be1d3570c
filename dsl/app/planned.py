"""Which part of a program has a plan to look at, with a size for every dimension: `nn check --print plan`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dsl.app.wording import plural
from dsl.engine.bindings import Fed, Sizes
from dsl.engine.names import AUTOMATIC
from dsl.graph.gradient import gradients
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, specialise
from dsl.ops.parameters import Array
from dsl.source.diagnostic import ProgramError, fail
from dsl.training.run import TrainRun

if TYPE_CHECKING:
    from dsl.app.program import Program


@dataclass(slots=True)
class Planned:
    """A section of a program before all passes: what it computes, in words, and the arrays that its states live in.

    `results` are the names of what it results in.
    """

    title: str
    section: Section
    results: Sequence[str]
    states: Sequence[Array] = ()


def planned(program: Program) -> Planned:
    """The training step of the first `train` block; else the gradients of the loss; else the outputs. Raises ProgramError."""
    if program.model.runs:
        return _training_step(program, program.model.runs[0])
    loss = _loss(program)
    if loss is not None:
        found = gradients(program.model.graph, loss, program.model.graph.parameters)
        if found:
            return _with_gradients(program, loss, found)
    named = {**{name: program.node(name) for name in program.outputs}, **dict(program.model.shown)}
    return Planned("the outputs", _forward(program, list(named.values())), list(named))


def _training_step(program: Program, run: TrainRun) -> Planned:
    feeds = _first_batch(program, run)
    rows = f", a batch of {plural(len(next(iter(feeds.values()))), 'row')}" if feeds else ""
    step = program.training_step(run.name, AUTOMATIC).section(feeds)
    if step is not None:
        section, states = step
        return Planned(f"a step of `{run.name}`: {run.optimizer}{rows}", section, [run.minimize.name], states)
    found = gradients(program.model.graph, run.minimize, run.trained(program.model.graph.parameters))
    return _with_gradients(program, run.minimize, found, feeds, rows)


def _with_gradients(
    program: Program,
    loss: Node,
    found: Mapping[Node, Node],
    feeds: Mapping[str, Any] | None = None,
    rows: str = "",
) -> Planned:
    names = [loss.name, *(f"∂{loss.name}/∂{node.name}" for node in found)]
    return Planned(f"`{loss.name}` and its gradients{rows}", _forward(program, [loss, *found.values()], feeds), names)


def _first_batch(program: Program, run: TrainRun) -> dict[str, Array]:
    """The first rows of the data of a run, but for the placeholders that are fed otherwise."""
    if not run.data:
        return {}
    batches = program.dataset(run.data).batches(run.settings.batch, drop_last=run.settings.drop_last)
    return {name: array for name, array in next(batches).items() if name not in program.given}


def _loss(program: Program) -> Node | None:
    """What would be differentiated; None where it is not clear, or cannot be."""
    try:
        loss = program.node(program.loss_name())
    except ProgramError:
        return None
    return loss if loss.type.dtype.is_float else None


def _forward(program: Program, nodes: Sequence[Node], feeds: Mapping[str, Any] | None = None) -> Section:
    graph = program.model.graph
    leaves = [node for node in graph.ancestors(nodes) if node.kind in ("placeholder", "parameter")]
    sizes = _sizes(program, {**(feeds or _data(program)), **program.given})
    try:
        return specialise(graph, leaves, nodes, sizes)
    except KeyError as error:
        raise _unknown_size(program, str(error.args[0])) from None


def _data(program: Program) -> dict[str, Array]:
    """All rows of the first data set of a program."""
    names = [f"{name}.{part}" for name, plan in program.model.data.items() for part in plan.split.names]
    names += [name for name in program.model.data if not names]
    return program.dataset(names[0]).arrays if names else {}


def _sizes(program: Program, feeds: Mapping[str, Any]) -> Sizes:
    """The sizes that feeds and the placeholders' own values fix."""
    sizes = Sizes()
    values = [(node, feeds.get(node.name, node.value)) for node in program.model.graph.placeholders]
    shapes = [(node, np.shape(value)) for node, value in values if value is not None]
    sizes.bind(Fed(node.name, node.shape, shape, node.span) for node, shape in shapes if shape)
    return sizes


def _unknown_size(program: Program, name: str) -> ProgramError:
    """The error of a dimension without a size, at the placeholder that would fix it."""
    having = (node for node in program.model.graph.placeholders if any(name in dim.names for dim in node.shape))
    place = next(having, None)
    feed = f", or feed `{place.name}`: `--feed {place.name}=…`" if place else ""
    return fail(
        "shape",
        f"a plan is made for sizes, and that of the dimension `{name}` is not known",
        place.span if place else None,
        label=f"`{name}` has no size yet",
        hint=f"give it one: `--set {name}=…`{feed}",
    )
