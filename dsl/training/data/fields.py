"""What a `data` block says of a placeholder: the columns it is fed from, and what is done to them first.

A field is an expression over the rows of a table. Its value has the rows as its first axis, integers as int64 and other
numbers as float64; text stays text until it is encoded. What is fitted is in `scaling` and `labels`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from dsl.source.diagnostic import fail
from dsl.training.data.context import Scope
from dsl.training.data.table import Array, is_text, widened


class Field(Protocol):
    """Anything that has a value for each row."""

    def evaluate(self, scope: Scope) -> Array:
        """The values of all rows. Raises ProgramError."""
        ...


@dataclass(frozen=True)
class Columns:
    """`source["a"]`, `source["a":"b"]` with both its ends, or the whole `source`.

    One column has the shape that the table gives it, several have [rows, columns].
    """

    source: str
    first: str | None = None
    last: str | None = None

    def evaluate(self, scope: Scope) -> Array:
        """The columns as they are. Raises ProgramError for a missing value that nothing around it fills."""
        return scope.read(self.source, self.first, self.last)


@dataclass(frozen=True, eq=False)
class Constant:
    """A number, or an array of numbers that has no rows: it stands beside every row."""

    value: npt.ArrayLike

    def evaluate(self, scope: Scope) -> Array:
        """The number or array."""
        return widened(np.asarray(self.value))


@dataclass(frozen=True, eq=False)
class Computed:
    """An elementwise function of fields and constants, `source["a":"b"] / 16`.

    `function` takes the values of the arguments as arrays, and `attributes` by keyword. Columns line up by row: beside
    values of shape [rows, columns], a single column counts for the whole row.
    """

    name: str
    function: Callable[..., npt.ArrayLike]
    arguments: tuple[Field, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def evaluate(self, scope: Scope) -> Array:
        """The function's value. Raises ProgramError for text, and for shapes that do not fit together."""
        values = [numbers(argument, scope) for argument in self.arguments]
        with_rows = [has_rows(argument) for argument in self.arguments]
        rank = max((v.ndim if rows else v.ndim + 1 for v, rows in zip(values, with_rows, strict=True)), default=0)
        aligned = [_with_rank(v, rank) if rows else v for v, rows in zip(values, with_rows, strict=True)]
        try:
            with np.errstate(all="ignore"):  # a NaN is reported where the field is complete, with its row
                result = np.asarray(self.function(*aligned, **self.attributes))
        except (ValueError, TypeError, ArithmeticError) as error:
            shapes = " and ".join(str(list(value.shape)) for value in values)
            raise fail("data", f"`{self.name}` cannot be computed of values of shape {shapes}: {error}") from None
        if any(with_rows) and (result.ndim == 0 or len(result) != scope.rows):
            raise fail(
                "data",
                f"`{self.name}` makes values of shape {list(result.shape)} of {scope.rows} rows",
                hint="only functions that keep the rows can be used on data",
            )
        return widened(result)


@dataclass(frozen=True)
class SideBySide:
    """`columns(a, b, …)`: fields joined along their last axis; single columns count as one each."""

    arguments: tuple[Field, ...]

    def evaluate(self, scope: Scope) -> Array:
        """Values of shape [rows, …, columns]. Raises ProgramError for text, and for shapes that do not fit together."""
        values = [numbers(argument, scope) for argument in self.arguments]
        if not all(has_rows(argument) for argument in self.arguments):
            raise fail("data", "a constant has no rows, and cannot stand beside columns", hint="add it to a column")
        columns = [value[:, None] if value.ndim == 1 else value for value in values]
        try:
            return np.concatenate(columns, axis=-1)
        except ValueError:
            shapes = ", ".join(str(list(value.shape)) for value in values)
            raise fail(
                "data",
                f"values of shape {shapes} cannot stand side by side",
                hint="they may differ in their last dimension only",
            ) from None


def numbers(argument: Field, scope: Scope) -> Array:
    """The value of a field that must be numbers. Raises ProgramError where it is text."""
    value = argument.evaluate(scope)
    if is_text(value):
        raise scope.text_error()
    return value


def has_rows(argument: Field) -> bool:
    """Whether a field has a value for each row, and not the same for all."""
    if isinstance(argument, Computed):
        return any(has_rows(inner) for inner in argument.arguments)
    return not isinstance(argument, Constant)


def _with_rank(value: Array, rank: int) -> Array:
    """The value with axes of length 1 at its end, up to a rank, so that broadcasting keeps rows beside rows."""
    return value.reshape(value.shape + (1,) * (rank - value.ndim))
