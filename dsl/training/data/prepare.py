"""Fields evaluated for a split: from tables to the datasets of its parts, with the statistics that were fitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dsl.ops.dtypes import DType
from dsl.source.diagnostic import fail
from dsl.training.data.casting import cast
from dsl.training.data.context import Context, Scope
from dsl.training.data.dataset import Dataset, check_rows
from dsl.training.data.fields import Field
from dsl.training.data.labels import Encoded, seems_numeric
from dsl.training.data.splits import Split
from dsl.training.data.table import Array, Table, is_text


@dataclass(frozen=True, eq=False)
class Prepared:
    """The datasets of a split by the name of their part, and what was fitted on the way."""

    parts: Mapping[str, Dataset]
    statistics: Mapping[str, Array]


def prepare(
    name: str,
    fields: Mapping[str, Field],
    sources: Mapping[str, Table],
    split: Split,
    dtypes: Mapping[str, DType] | None = None,
) -> Prepared:
    """The datasets `NAME.PART` of one split, everything that is fitted fitted on its training rows. Raises ProgramError."""
    context = Context(sources, split.training)
    arrays = evaluate(name, fields, context, dtypes)
    whole = Dataset(name, arrays)
    parts = {part: whole.take(_view(rows), f"{name}.{part}") for part, rows in split.parts.items()}
    return Prepared(parts, context.used)


def evaluate(
    name: str, fields: Mapping[str, Field], context: Context, dtypes: Mapping[str, DType] | None = None
) -> dict[str, Array]:
    """The values of fields over all rows, as the element types of the placeholders they feed.

    A column of text that feeds integers is encoded. Raises ProgramError for whatever is wrong in a field, for NaN, for
    values that the element type cannot hold, and for fields that differ in their rows.
    """
    arrays = {field: evaluate_field(field, fields[field], context, (dtypes or {}).get(field)) for field in fields}
    check_rows(name, arrays)
    return arrays


def evaluate_field(name: str, field: Field, context: Context, dtype: DType | None = None) -> Array:
    """The values of one field; see `evaluate`."""
    scope = Scope(context, name)
    values = field.evaluate(scope)
    if is_text(values):
        if (dtype is not None and dtype.kind != "int") or seems_numeric(values):
            raise scope.text_error()
        values = Encoded(field).evaluate(Scope(context, name))
    if not scope.rows:
        raise fail("data", f"`{name}` has the same value in every row, and takes it from no source")
    if values.dtype.kind == "f" and (missing := np.isnan(values).reshape(len(values), -1).any(axis=1)).any():
        raise fail(
            "data",
            f"`{name}` comes out as nan in {scope.row_name(int(np.argmax(missing)))}, "
            f"and in {np.count_nonzero(missing)} of {len(values)} rows in all",
            hint="is a logarithm, root or quotient taken of a value that has none?",
        )
    return values if dtype is None else cast(values, dtype, name, scope.row_name)


def _view(rows: Array) -> Array | slice:
    """Consecutive rows as a slice, which needs no copy."""
    start, stop = int(rows[0]), int(rows[0]) + len(rows)
    return slice(start, stop) if np.array_equal(rows, np.arange(start, stop)) else rows
