"""Named columns of equal length: what every reader makes, and what fields take their values from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import did_you_mean

Array = npt.NDArray[Any]
Rows = npt.NDArray[np.int64]
"""Indices of rows, counted from 0."""


@dataclass(frozen=True, eq=False)
class Table:
    """Columns by name, in the order of the file; the first axis of each is the rows.

    A column is an array of integers, of floats (NaN where the value is missing) or of text (empty where it is missing),
    with any number of further axes (images). `name` is what messages call the table, `lines` the line of its file on
    which each row stands, counted from 1 (None where files have no lines).
    """

    name: str
    columns: Mapping[str, Array]
    lines: Array | None = None

    @classmethod
    def of(cls, columns: Mapping[str, npt.ArrayLike], name: str = "arrays") -> Table:
        """A table of arrays that come from elsewhere.

        Raises ProgramError for arrays that are neither numbers nor text, have no rows, or differ in their rows.
        """
        arrays = {column: _storable(np.asarray(values), column, name) for column, values in columns.items()}
        if not arrays:
            raise fail("data", f"`{name}` holds no arrays")
        first, *others = arrays
        for other in others:
            if len(arrays[other]) != len(arrays[first]):
                raise fail(
                    "data",
                    f"`{first}` and `{other}` of `{name}` differ in their rows: "
                    f"{len(arrays[first])} and {len(arrays[other])}",
                    hint="the first axis of every array counts the rows",
                )
        return cls(name, arrays)

    @property
    def rows(self) -> int:
        """The number of rows."""
        return len(next(iter(self.columns.values())))

    def row_name(self, row: int) -> str:
        """What messages call a row, given counted from 0: `row 3 (line 4)`."""
        return f"row {row + 1}" if self.lines is None else f"row {row + 1} (line {self.lines[row]})"

    def names(self, first: str | None = None, last: str | None = None) -> list[str]:
        """The names of one column, of a range of columns with both its ends, or of all.

        Raises ProgramError for a column that is not there, and for a range that runs backwards.
        """
        names = list(self.columns)
        if first is None:
            return names
        start = self._position(first)
        end = start if last is None else self._position(last)
        if end < start:
            raise fail(
                "data",
                f"the range of columns `{first}` to `{last}` runs backwards in `{self.name}`",
                hint=f'write "{last}":"{first}"',
            )
        return names[start : end + 1]

    def values(self, names: Sequence[str], source: str = "source") -> Array:
        """One column as it is, or several columns of numbers side by side, of shape [rows, columns].

        Integers come as int64, other numbers as float64. Raises ProgramError for text among several columns.
        """
        if len(names) == 1:
            return widened(self.columns[names[0]])
        columns = [self.columns[name] for name in names]
        for name, column in zip(names, columns, strict=True):
            if is_text(column):
                raise self.text_error(name, source)
            if column.ndim != 1:
                raise fail(
                    "data",
                    f"`{name}` of `{self.name}` has rows of shape {list(column.shape[1:])}, "
                    "and only single columns stand side by side",
                    hint=f'take it alone: ["{name}"]',
                )
        return np.stack([widened(column) for column in columns], axis=1)

    def take(self, rows: npt.NDArray[np.bool_] | Rows) -> Table:
        """The table of some of the rows, chosen by index or by a mask."""
        lines = None if self.lines is None else self.lines[rows]
        return Table(self.name, {name: column[rows] for name, column in self.columns.items()}, lines)

    def drop_missing(self) -> Table:
        """The table without the rows in which any column misses a value. Raises ProgramError when none is left."""
        keep = np.ones(self.rows, dtype=np.bool_)
        for column in self.columns.values():
            keep &= ~rows_missing(column)
        if not keep.any():
            raise fail("data", f"every row of `{self.name}` misses a value, so none is left without")
        return self if keep.all() else self.take(keep)

    def missing_error(self, names: Sequence[str], source: str) -> ProgramError | None:
        """The error for missing values in these columns of the source called so, or None when there are none."""
        missing = {name: mask for name in names if (mask := rows_missing(self.columns[name])).any()}
        if not missing:
            return None
        name, mask = next(iter(missing.items()))
        count = int(np.count_nonzero(mask))
        values = "a missing value" if count == 1 else f"{count} missing values, the first"
        others = [f"`{other}`" for other in missing if other != name]
        also = f"; values are missing too in {', '.join(others[:5])}" if others else ""
        also += f" and {len(others) - 5} more columns" if len(others) > 5 else ""
        return fail(
            "data",
            f"column `{name}` of `{self.name}` has {values} in {self.row_name(int(np.argmax(mask)))}{also}",
            hint=f'fill them, `fill_missing({source}["{name}"], "mean")`, or leave such rows out, `missing="drop"` in the '
            f"reader of `{source}`",
        )

    def text_error(self, name: str, source: str) -> ProgramError:
        """The error for text in a column of the source called so, where numbers are needed: its first value that is none."""
        column = self.columns[name]
        numeric = np.fromiter((is_number(text) for text in column.tolist()), np.bool_, len(column))
        present = ~rows_missing(column)
        wrong = ~numeric & present
        wrong = wrong if wrong.any() else present  # an array file may hold numbers written as text
        row = int(np.argmax(wrong))
        value, count = str(column[row]), int(np.count_nonzero(wrong))
        few = 2 * count < len(column)
        more = f" ({count} of its {len(column)} values are no numbers)" if count > 1 and few else ""
        if not few:
            hint = f'`encode({source}["{name}"])` numbers the different texts of a column from 0'
        elif is_number(value.replace(",", ".", 1)):
            hint = "a decimal point is written `.`"
        else:
            hint = f'correct the file, or let `missing=["{value}"]` in the reader of `{source}` say that it is none'
        return fail(
            "data", f"column `{name}` of `{self.name}` holds text: `{value}` in {self.row_name(row)}{more}", hint=hint
        )

    def _position(self, name: str) -> int:
        names = list(self.columns)
        if name not in self.columns:
            shown = ", ".join(f"`{known}`" for known in names[:8])
            known = f"its columns are {shown}{f' and {len(names) - 8} more' if len(names) > 8 else ''}"
            raise fail("data", f"`{self.name}` has no column `{name}`", hint=did_you_mean(name, names, known))
        return names.index(name)


def is_text(array: Array) -> bool:
    """Whether an array holds text."""
    return array.dtype.kind == "U"


def is_number(text: str) -> bool:
    """Whether a text is a number as data files write it: `1_000`, which Python reads, is none."""
    if "_" in text or not text.isascii():
        return False
    try:
        float(text)
    except ValueError:
        return False
    return True


def rows_missing(array: Array) -> npt.NDArray[np.bool_]:
    """Which rows miss a value, in any of their elements."""
    if is_text(array):
        return np.equal(array, "")
    if array.dtype.kind != "f":
        return np.zeros(len(array), dtype=np.bool_)
    return np.asarray(np.isnan(array).reshape(len(array), -1).any(axis=1))


def widened(array: Array) -> Array:
    """Integers as int64 and floats as float64, in which data are computed; text as it is."""
    if is_text(array):
        return array
    return array.astype(np.float64 if array.dtype.kind == "f" else np.int64, copy=False)


def _storable(array: Array, column: str, table: str) -> Array:
    """The array as a table holds it: small types stay small until they are used, images above all."""
    kind, where = array.dtype.kind, f"`{column}` of `{table}`"
    if array.ndim == 0:
        raise fail("data", f"{where} is a single value, not rows of values")
    if not array.size:
        raise fail("data", f"{where} is empty: its shape is {list(array.shape)}")
    if kind == "b":
        return array.astype(np.int8)
    if kind == "f":
        return array if array.dtype.itemsize <= 8 else array.astype(np.float64)
    if kind == "u" and int(array.max()) > np.iinfo(np.int64).max:
        raise fail("data", f"{where} has {array.max()}, which is more than an integer of 64 bits holds")
    if kind in "iu" or (kind == "U" and array.ndim == 1):
        return array
    if kind == "O":
        raise fail(
            "data",
            f"{where} holds Python objects, which are never loaded: they could run any code",
            hint="save numbers or text: `array.astype(float)`, `array.astype(str)`",
        )
    raise fail("data", f"{where} holds values of type {array.dtype}: data are numbers, or single columns of text")
