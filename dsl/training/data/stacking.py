"""Parts with files of their own: several tables as one, and the split that tells them apart again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dsl.source.diagnostic import fail
from dsl.training.data.splits import TRAIN, Split
from dsl.training.data.table import Array, Table, is_text


@dataclass(frozen=True, eq=False)
class _Stacked(Table):
    """Tables one below the other; a row is called what it is called in its own file."""

    tables: tuple[Table, ...] = ()

    def row_name(self, row: int) -> str:
        for table in self.tables:
            if row < table.rows:
                return f"{table.row_name(row)} of `{table.name}`"
            row -= table.rows
        raise IndexError(row)


def own_files(tables: Mapping[str, Table]) -> tuple[Table, Split]:
    """The tables of all parts as one, and the split into these parts; `train`, or else the first, is for training.

    So labels are the same in every part, and what is fitted is fitted on the training file alone. Raises ProgramError where
    the tables differ in their columns, in the shape of their rows, or in whether a column is text.
    """
    columns = {column: _stacked(column, list(tables.values())) for column in _common_columns(list(tables.values()))}
    stacked = _Stacked(" + ".join(table.name for table in tables.values()), columns, tables=tuple(tables.values()))
    rows, start = dict[str, Array](), 0
    for part, table in tables.items():
        rows[part] = np.arange(start, start + table.rows, dtype=np.int64)
        start += table.rows
    return stacked, Split(rows, TRAIN if TRAIN in rows else next(iter(rows)))


def _common_columns(tables: list[Table]) -> list[str]:
    first = tables[0]
    for table in tables[1:]:
        for has, lacks in ((first, table), (table, first)):
            extra = next((column for column in has.columns if column not in lacks.columns), None)
            if extra is not None:
                raise fail("data", f"column `{extra}` is in `{has.name}`, but not in `{lacks.name}`")
    return list(first.columns)


def _stacked(column: str, tables: list[Table]) -> Array:
    arrays = [table.columns[column] for table in tables]
    for table, array in zip(tables, arrays, strict=True):
        if array.shape[1:] != arrays[0].shape[1:]:
            raise fail(
                "data",
                f"the rows of `{column}` have shape {list(arrays[0].shape[1:])} in `{tables[0].name}`, "
                f"and {list(array.shape[1:])} in `{table.name}`",
            )
        if is_text(array) != is_text(arrays[0]):
            text, other = (table, tables[0]) if is_text(array) else (tables[0], table)
            raise fail("data", f"column `{column}` is text in `{text.name}`, and numbers in `{other.name}`")
    return np.concatenate(arrays)
