"""`nn check --gradients`: the gradient of the loss against finite differences, parameter by parameter."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click
import numpy as np

from dsl.app.output import table
from dsl.app.program import Program
from dsl.engine.bindings import Sizes
from dsl.graph.check import compare_gradients
from dsl.graph.node import Node
from dsl.language.elaborate.model import Model
from dsl.ops.parameters import Array
from dsl.training.values import fed_values, first_values

LIMIT = 1e-6
"""The largest relative error that counts as agreement, in double precision."""
_ROWS = 8
_SIZE = 3
"""The size that a named dimension gets when no data and no default says one."""


def check_gradients(model: Model, quiet: bool = False) -> bool:
    """Compare and print; whether all gradients agree."""
    program = Program(model)
    of = program.node(program.loss_name())
    needed = model.graph.ancestors([of])
    leaves = [node for node in needed if node.kind in ("parameter", "placeholder") and node.type.dtype.is_float]
    values, sizes = _values(program, needed)
    report = compare_gradients(model.graph, of, leaves, values, sizes)
    rows = [
        [c.node.name, f"{c.analytic:.10g}", f"{c.numeric:.10g}", f"{c.error:.1e}", "agrees" if c.error <= LIMIT else "WRONG"]
        for c in report.comparisons
    ]
    if not quiet:
        table(["gradient by", "by the rules", "by differences", "error", ""], rows, title=f"∂{of.name} along a random direction")
        if not rows:
            click.echo(f"`{of.name}` depends on nothing that can be differentiated")
    return report.error <= LIMIT


def _values(program: Program, needed: list[Node]) -> tuple[dict[Node, Array], Mapping[str, int]]:
    """The parameters' first values; for placeholders a few rows of the training data, else their defaults, else random."""
    placeholders = [node for node in needed if node.kind == "placeholder"]
    run = program.model.runs[0] if program.model.runs else None
    data: dict[str, Any] = {}
    if run is not None and run.data:
        data = {name: value[:_ROWS] for name, value in program.dataset(run.data).arrays.items()}
    names = {name for node in needed for dim in node.shape for name in dim.names}
    rng = np.random.default_rng(0)
    sizes = Sizes()
    known = [n for n in placeholders if n.name in data or n.value is not None]
    values = fed_values(known, data, sizes)
    for name in sorted(names - sizes.keys()):
        sizes[name] = _SIZE
    for node in placeholders:
        if node not in values:
            shape = tuple(dim.evaluate(sizes) for dim in node.shape)
            values[node] = rng.normal(size=shape) if node.type.dtype.is_float else np.zeros(shape, node.type.dtype.numpy)
    parameters = [node for node in needed if node.kind == "parameter"]
    first = first_values(parameters, program.seed, sizes)
    return {**values, **{node: first[node.name] for node in parameters}}, sizes
