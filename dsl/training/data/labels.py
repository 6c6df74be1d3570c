"""Encoding: the different values of a column, numbered from 0."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.training.data.context import Scope
from dsl.training.data.fields import Field
from dsl.training.data.table import Array, is_number, is_text, rows_missing


@dataclass(frozen=True)
class Encoded:
    """`encode(a)`: each value replaced by its position among the labels, which are the values of all rows, sorted.

    Labels are taken from all rows and not from the training rows alone, for a class keeps its number whatever the split.
    """

    argument: Field

    def evaluate(self, scope: Scope) -> Array:
        """Integers of shape [rows]. Raises ProgramError for missing values, and for values no saved label stands for."""
        with scope.missing(allowed=False):
            values = self.argument.evaluate(scope)
        if values.ndim != 1:
            raise fail(
                "data",
                f"`encode` numbers the values of one column, and `{scope.name}` has rows of shape {list(values.shape[1:])}",
            )
        if rows_missing(values).any():
            raise scope.missing_error()

        def fit() -> Mapping[str, Array]:
            return {"labels": np.unique(values)}

        labels = scope.statistics("encode", fit)["labels"]
        if is_text(labels) != is_text(values):
            kinds = ("text", "numbers") if is_text(labels) else ("numbers", "text")
            raise fail("data", f"`{scope.name}` was trained on labels that are {kinds[0]}, and these are {kinds[1]}")
        found = np.minimum(np.searchsorted(labels, values), len(labels) - 1)
        unknown = labels[found] != values
        if unknown.any():
            raise _unknown_label(scope, int(np.argmax(unknown)), values, labels)
        return found.astype(np.int64)


def seems_numeric(values: Array) -> bool:
    """Whether most values of a column of text are numbers: then text in it is a mistake, not a label."""
    return 2 * sum(is_number(value) for value in values.tolist()) > len(values)


def _unknown_label(scope: Scope, row: int, values: Array, labels: Array) -> ProgramError:
    known = [str(label) for label in labels.tolist()]
    shown = f"{', '.join(f'`{label}`' for label in known[:8])}{' …' if len(known) > 8 else ''}"
    value = str(values[row])
    return fail(
        "data",
        f"`{scope.name}` has the label `{value}` in {scope.row_name(row)}, which it was not trained on",
        hint=did_you_mean(value, known, f"its labels are {shown}"),
    )
