"""`nn check --gradients`: the gradients of the losses against finite differences, parameter by parameter."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import click
import numpy as np

from dsl.app.output import table
from dsl.app.program import Program
from dsl.engine.bindings import Sizes
from dsl.graph.check import Comparison, GradientReport, compare_gradients
from dsl.graph.node import Node
from dsl.language.elaborate.model import Model
from dsl.ops.parameters import Array
from dsl.training.values import fed_values

LIMIT = 1e-6
"""The largest relative error that counts as agreement, in double precision."""
_ROWS = 8
_SIZE = 3
"""The size that a named dimension gets when no data and no default says one."""

Draw = Callable[[np.random.Generator, tuple[int, ...]], Array]


def _normal(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.normal(size=shape)


def _positive(rng: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return rng.uniform(0.1, 0.9, size=shape)


_DRAWS: tuple[Draw, ...] = (_normal, _positive)
"""Where placeholders without data are checked: the second, inside the domain of `log`, where the first gives no number."""


def compare_losses(
    model: Model, feeds: Mapping[str, Any] | None = None, parameters: Mapping[str, Array] | None = None
) -> dict[str, GradientReport]:
    """For each loss of a program the comparison of its gradients with finite differences. Raises ProgramError.

    The parameters have their first values, but for those that are given others.
    """
    program = Program(model)
    program.feed(feeds or {})
    program.keep(parameters or {})
    losses = [run.minimize for run in model.runs] or _smooth_scalars(program)
    return {loss.name: _compare(program, loss) for loss in dict.fromkeys(losses)}


def _smooth_scalars(program: Program) -> list[Node]:
    """What to check of a program that trains nothing: `loss` where there is one, else all that can be differentiated."""
    if "loss" in program.model.names:
        return [program.node(program.loss_name())]
    outputs = [program.node(name) for name in program.outputs if name not in program.model.metrics]
    return [node for node in outputs if not node.shape and node.type.dtype.is_float]


def agrees(comparison: Comparison) -> bool:
    """Whether the gradient is what the difference quotient says."""
    return comparison.error <= LIMIT


def _compare(program: Program, of: Node) -> GradientReport:
    needed = program.model.graph.ancestors([of])
    leaves = [node for node in needed if node.kind in ("parameter", "placeholder") and node.type.dtype.is_float]
    report = GradientReport(())
    for draw in _DRAWS:
        values, sizes = _values(program, needed, draw)
        report = compare_gradients(program.model.graph, of, leaves, values, sizes)
        if all(np.isfinite(c.analytic) and np.isfinite(c.numeric) for c in report.comparisons):
            break
    return report


def _values(program: Program, needed: Sequence[Node], draw: Draw) -> tuple[dict[Node, Array], Mapping[str, int]]:
    """The parameters' first values; for placeholders what is fed, a few rows of the data, their defaults, or random values."""
    placeholders = [node for node in needed if node.kind == "placeholder"]
    data = {**_some_rows(program), **program.given}
    names = {name for node in needed for dim in node.shape for name in dim.names}
    rng = np.random.default_rng(0)
    sizes = Sizes()
    values = fed_values([n for n in placeholders if n.name in data or n.value is not None], data, sizes)
    for name in sorted(names - sizes.keys()):
        sizes[name] = _SIZE
    for node in placeholders:
        if node not in values:
            shape = tuple(dim.evaluate(sizes) for dim in node.shape)
            values[node] = draw(rng, shape) if node.type.dtype.is_float else np.zeros(shape, node.type.dtype.numpy)
    parameters = [node for node in needed if node.kind == "parameter"]
    first = program.first_parameters(parameters, sizes)
    return {**values, **{node: first[node.name] for node in parameters}}, sizes


def _some_rows(program: Program) -> dict[str, Any]:
    """The first rows of the data that the program trains on; nothing without data."""
    names = [run.data for run in program.model.runs if run.data]
    names += [f"{name}.{part}" for name, plan in program.model.data.items() for part in plan.split.names]
    return {name: value[:_ROWS] for name, value in program.dataset(names[0]).arrays.items()} if names else {}


def print_comparisons(reports: Mapping[str, GradientReport]) -> None:
    """A table for each loss."""
    if not reports:
        click.echo("there is no scalar that could be differentiated")
    for loss, report in reports.items():
        if not report.comparisons:
            click.echo(f"`{loss}` depends on nothing that can be differentiated")
            continue
        rows = [
            [
                c.node.name,
                f"{c.analytic:.10g}",
                f"{c.numeric:.10g}",
                f"{c.error:.1e}",
                "agrees" if agrees(c) else "WRONG",
            ]
            for c in report.comparisons
        ]
        table(["by", "from the rules", "from differences", "error", ""], rows, title=f"∂{loss} along random directions")


def comparisons_as_json(file: str, reports: Mapping[str, GradientReport]) -> list[dict[str, Any]]:
    """The comparisons for tools."""
    return [
        {
            "file": file,
            "of": loss,
            "wrt": c.node.name,
            "analytic": c.analytic,
            "numeric": c.numeric,
            "error": c.error,
            "agrees": agrees(c),
        }
        for loss, report in reports.items()
        for c in report.comparisons
    ]
