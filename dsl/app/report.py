"""What came of a program, as tables and as JSON: metrics, histories, expectations."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from dsl.app.output import console, number, table
from dsl.ops.parameters import Array

if TYPE_CHECKING:
    from dsl.app.outcome import ExpectResult
    from dsl.training.loop import Outcome


def as_shape(value: Array) -> list[int]:
    """The shape of an array for JSON."""
    return list(value.shape)


def outcome_as_json(outcome: Outcome) -> dict[str, Any]:
    """A training run for tools."""
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
    """Expectations for tools."""
    return [result.as_json() for result in results]


def print_metrics(outcomes: Sequence[Outcome]) -> None:
    """The metrics of each run on each of its data sets."""
    for outcome in outcomes:
        names = list(dict.fromkeys(name for measured in outcome.metrics.values() for name in measured))
        rows = [[dataset or "the program", *(_rounded(m.get(name)) for name in names)] for dataset, m in outcome.metrics.items()]
        early = ", stopped early" if outcome.stopped_early else ""
        title = f"{outcome.name}: {outcome.epochs} epochs, {outcome.steps} steps, {outcome.seconds:.2f} s{early}"
        table(["on", *names], rows, title=title, right=names)


def _rounded(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"


def print_expects(results: Sequence[ExpectResult]) -> None:
    """One line for each expectation."""
    from rich.text import Text

    for result in results:
        mark, style = ("holds", "green") if result.passed else ("fails", "bold red")
        value = np.asarray(result.value)
        found = "" if value.ndim else f"  ({number(value[()])})"
        console().print(Text.assemble((mark, style), "  expect ", result.expectation.text, found))
