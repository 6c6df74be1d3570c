"""What came of a program, as tables and as JSON: outputs, metrics, expectations."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from dsl.app.output import table
from dsl.app.wording import plural
from dsl.engine.figures import array, number, rounded
from dsl.ops.parameters import Array
from dsl.source.painting import styled
from dsl.source.render import printable

if TYPE_CHECKING:
    from dsl.app.outcome import ExpectResult
    from dsl.graph.node import Node
    from dsl.training.loop import Outcome

Outputs = Mapping[str, tuple[Array, str]]
"""Values and the names of their element types, by what they are called."""

_MOST_ROWS = 20
"""How many predictions a table shows."""

# -- for tools ------------------------------------------------------------------------------------------------------------


def as_outputs(values: Outputs) -> dict[str, dict[str, Any]]:
    """Values with their shapes and element types."""
    return {
        name: {"value": value, "shape": list(value.shape), "dtype": dtype} for name, (value, dtype) in values.items()
    }


def outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    """A training run."""
    return {
        "name": outcome.name,
        "epochs": outcome.epochs,
        "steps": outcome.steps,
        "seconds": outcome.seconds,
        "stopped_early": outcome.stopped_early,
        "history": outcome.history.as_json(),
        "metrics": outcome.metrics,
    }


def expects_as_json(results: Sequence[ExpectResult]) -> list[dict[str, Any]]:
    """Expectations."""
    return [result.as_json() for result in results]


def gradients_as_json(
    of: Node, nodes: Sequence[Node], values: Mapping[Node, Array], gradients: Mapping[Node, Array]
) -> dict[str, Any]:
    """The values of nodes, and the gradients of one with respect to them."""
    rows = {
        node.name: {
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
        for node in nodes
    }
    return {"of": of.name, "order": [node.name for node in nodes], "nodes": rows}


# -- for people -----------------------------------------------------------------------------------------------------------


def line_of(node: Node) -> str:
    """The line that a node comes from; in another file than the program's, such as the library, with that file's name."""
    if node.span is None:
        return ""
    line, source = node.span.line, node.span.source
    return f"{source.name.rpartition('/')[2]}:{line}" if source.name.startswith("<library>") else str(line)


def print_outputs(values: Outputs) -> None:
    """A table of values, a line each."""
    if values:
        rows = [[name, type_of(value, dtype), array(value)] for name, (value, dtype) in values.items()]
        table(["output", "type", "value"], rows)


def type_of(value: Array, dtype: str) -> str:
    """The element type with the sizes that a value has."""
    return f"{dtype}{list(value.shape)}" if value.ndim else dtype


def print_gradients(
    of: Node, nodes: Sequence[Node], values: Mapping[Node, Array], gradients: Mapping[Node, Array]
) -> None:
    """A table of nodes with their values and gradients, a line each."""
    rows = [
        [node.name, node.label, array(values[node]), array(gradients[node]) if node in gradients else "", line_of(node)]
        for node in nodes
    ]
    table(["node", "how", "value", f"∂{of.name}", "line"], rows, right=["line"])


def print_predictions(values: Outputs, by_row: Collection[str], classes: Mapping[str, Array]) -> None:
    """Predictions: a line for each row of the data where all values have rows, else a line for each value.

    `classes` are the labels that integers stand for, by value.
    """
    counts = {len(value) for name, (value, _) in values.items() if name in by_row}
    if len(counts) != 1 or len(by_row) != len(values):
        print_outputs(values)
        return
    count = counts.pop()
    cells = {name: classes.get(name, value) for name, (value, _) in values.items()}
    rows = [[str(row + 1), *(_cell(value[row]) for value in cells.values())] for row in range(min(count, _MOST_ROWS))]
    table(["row", *values], rows, right=["row"])
    if count > _MOST_ROWS:
        click.echo(f"… and {plural(count - _MOST_ROWS, 'row')} more; `--format json` prints all", err=True)


def _cell(value: Array) -> str:
    if value.dtype.kind == "U":
        return str(value)
    return rounded(value) if value.ndim == 0 else array(value, rounded)


def print_metrics(outcomes: Sequence[Outcome]) -> None:
    """The metrics of each run on each of its data sets."""
    for place, outcome in enumerate(outcomes):
        if place:
            click.echo()
        title, names, rows = metrics_table(outcome)
        table(["on", *names], rows, title=title, right=names)


def metrics_table(outcome: Outcome) -> tuple[str, list[str], list[list[str]]]:
    """How long a run was, the names of its metrics, and these on each of its data sets."""
    names = list(dict.fromkeys(name for measured in outcome.metrics.values() for name in measured))
    rows = [
        [dataset or "the program", *(rounded(m[name]) if name in m else "" for name in names)]
        for dataset, m in outcome.metrics.items()
    ]
    early = ", stopped early" if outcome.stopped_early else ""
    counts = f"{plural(outcome.epochs, 'epoch')}, {plural(outcome.steps, 'step')}"
    return f"{outcome.name}: {counts}, {outcome.seconds:.2f} s{early}", names, rows


def warn_of_nonfinite(outcomes: Sequence[Outcome], how: str = "`--trap-nonfinite`") -> None:
    """Say on standard error from which epoch on the loss of a run was not a number, if it was not, and `how` to learn why."""
    for outcome in outcomes:
        lost = [row for row in outcome.history.rows if not math.isfinite(row["loss"])]
        if lost:
            click.echo(
                f"{outcome.name}: the loss is {lost[0]['loss']} in epoch {lost[0]['epoch']}; "
                f"{how} names the value that it begins with",
                err=True,
            )


def print_expects(results: Sequence[ExpectResult], apart: bool = False) -> None:
    """One line for each expectation, with an empty line above when they are to stand apart."""
    if results and apart:
        click.echo()
    for result in results:
        mark = styled("holds", fg="green") if result.passed else styled("fails", fg="red", bold=True)
        click.echo(f"{mark}  {expect_line(result)}")


def expect_line(result: ExpectResult) -> str:
    """An expectation as it is written, with the value that it is about."""
    text = printable(" ".join(result.expectation.text.split()))
    return f"expect {text}{'' if result.value.ndim else f'  ({number(result.value)})'}"
