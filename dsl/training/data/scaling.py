"""Scaling and filling: fields that learn from the training rows, and from no others."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.training.data.context import Scope
from dsl.training.data.fields import Field, numbers
from dsl.training.data.table import Array, is_text

FILLS = ("mean", "median", "most_frequent")
"""What a missing number can be filled with, beside a number."""


@dataclass(frozen=True)
class Scaled:
    """`standardize(a)` or `minmax(a)`: each column moved and scaled by its own statistics over the training rows.

    `standardize` makes mean 0 and (population) standard deviation 1, `minmax` the range 0 to 1; a column that is constant
    becomes 0 in both. Missing values take no part.
    """

    method: Literal["standardize", "minmax"]
    argument: Field

    def evaluate(self, scope: Scope) -> Array:
        """Floats of the argument's shape. Raises ProgramError for text, and where there is nothing finite to fit on."""
        values = numbers(self.argument, scope).astype(np.float64)

        def fit() -> Mapping[str, Array]:
            known = _to_fit(scope, self.method, values)
            low, high = np.nanmin(known, axis=0), np.nanmax(known, axis=0)
            with np.errstate(over="ignore", invalid="ignore"):
                center, scale = (low, high - low) if self.method == "minmax" else _mean_and_deviation(known)
            if not np.isfinite(scale).all():
                raise fail("data", f"the values of `{scope.name}` are too large for `{self.method}`")
            constant = low == high  # exactly: rounding can leave it a deviation, and division would blow that up
            return {"center": np.where(constant, low, center), "scale": np.where(constant, 1.0, scale)}

        fitted = scope.statistics(self.method, fit)
        center, scale = (_fitting(scope, fitted, name, values) for name in ("center", "scale"))
        with np.errstate(over="ignore"):
            return (values - center) / scale


@dataclass(frozen=True)
class Filled:
    """`fill_missing(a, "mean")`: missing values replaced, column by column.

    By a statistic of the training rows (`mean`, `median`, or `most_frequent`, the smallest of several), or by a number. Text
    is filled with its most frequent value, or with any other text as it stands.
    """

    argument: Field
    value: str | float

    def evaluate(self, scope: Scope) -> Array:
        """The argument without missing values. Raises ProgramError where the training rows have no value at all."""
        with scope.missing(allowed=True):
            values = self.argument.evaluate(scope)
        if is_text(values):
            return self._filled_text(values, scope)
        if not isinstance(self.value, str):
            return np.where(np.isnan(values), float(self.value), values) if values.dtype.kind == "f" else values
        if self.value not in FILLS:
            known = f"numbers are filled with {', '.join(f'`{name}`' for name in FILLS)} or a number"
            raise fail("data", f"nothing is filled with `{self.value}`", hint=did_you_mean(self.value, FILLS, known))
        statistic = _FILLS[self.value]
        fitted = scope.statistics(
            "fill_missing", lambda: {"value": statistic(_to_fit(scope, "fill_missing", values.astype(np.float64)))}
        )
        fill = _fitting(scope, fitted, "value", values)
        return np.where(np.isnan(values), fill, values) if values.dtype.kind == "f" else values

    def _filled_text(self, values: Array, scope: Scope) -> Array:
        if not isinstance(self.value, str) or self.value in ("mean", "median"):
            raise scope.text_error()
        if self.value != "most_frequent":
            return np.where(values == "", self.value, values)

        def fit() -> Mapping[str, Array]:
            known = scope.training_rows(values)
            known = known[known != ""]
            if not len(known):
                raise _nothing_to_fit(scope, "fill_missing")
            labels, counts = np.unique(known, return_counts=True)
            return {"value": labels[np.argmax(counts)]}

        return np.where(values == "", scope.statistics("fill_missing", fit)["value"], values)


def _mean_and_deviation(known: Array) -> tuple[Array, Array]:
    return np.nanmean(known, axis=0), np.nanstd(known, axis=0)


def _mean(known: Array) -> Array:
    return np.asarray(np.nanmean(known, axis=0))


def _median(known: Array) -> Array:
    return np.asarray(np.nanmedian(known, axis=0))


def _most_frequent(known: Array) -> Array:
    columns = known.reshape(len(known), -1).T
    found = [np.unique(column[~np.isnan(column)], return_counts=True) for column in columns]
    return np.array([values[np.argmax(counts)] for values, counts in found]).reshape(known.shape[1:])


_FILLS: dict[str, Callable[[Array], Array]] = {"mean": _mean, "median": _median, "most_frequent": _most_frequent}


def _to_fit(scope: Scope, operation: str, values: Array) -> Array:
    """The training rows of the values, once it is sure that each column has a finite value to learn from."""
    known = scope.training_rows(values)
    if np.isnan(known).all(axis=0).any():
        raise _nothing_to_fit(scope, operation)
    infinite = np.isinf(known)
    if infinite.any():
        row = int(np.argmax(np.isinf(values).reshape(len(values), -1).any(axis=1)))
        raise fail("data", f"`{operation}` cannot learn from `{scope.name}`: it is infinite in {scope.row_name(row)}")
    return known


def _nothing_to_fit(scope: Scope, operation: str) -> ProgramError:
    return fail(
        "data",
        f"`{operation}` has nothing to learn from: a column of `{scope.name}` misses all its values in the training rows",
        hint="leave the column out",
    )


def _fitting(scope: Scope, fitted: Mapping[str, Array], name: str, values: Array) -> Array:
    """A statistic that fits the shape of the rows. Raises ProgramError where a saved one does not."""
    statistic = fitted.get(name)
    if statistic is None or statistic.shape != values.shape[1:]:
        found = "no" if statistic is None else f"one of shape {list(statistic.shape)} as"
        raise fail(
            "data",
            f"the model was saved with {found} `{name}` for `{scope.name}`, whose rows have shape {list(values.shape[1:])}",
            hint="the `data` block has changed since the training: train again",
        )
    return statistic
