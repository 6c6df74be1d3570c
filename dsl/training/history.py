"""What a training run reported: one row an epoch (or whatever the run reports by), and the columns of all rows."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from dsl.source.writing import written_whole

Number = int | float
Row = dict[str, Number]


class History:
    """The rows of one training run, each from column to number: `epoch`, `step`, `loss`, `rate`, `seconds`, metrics.

    Rows need not have all columns. Values are plain Python numbers, nan and infinities among them.
    """

    def __init__(self, rows: Iterable[Mapping[str, Any]] = (), name: str = "") -> None:
        self.name = name
        self.rows: list[Row] = []
        for row in rows:
            self.append(row)

    def append(self, row: Mapping[str, Any]) -> None:
        """Add a row; NumPy numbers become Python's."""
        self.rows.append({column: _plain(value) for column, value in row.items()})

    @property
    def columns(self) -> list[str]:
        """The columns in the order in which they first appear."""
        return list(dict.fromkeys(column for row in self.rows for column in row))

    def column(self, name: str) -> list[Number]:
        """The values of a column, nan in rows without it. Raises KeyError for a column that no row has."""
        if not any(name in row for row in self.rows):
            raise KeyError(name)
        return [row.get(name, math.nan) for row in self.rows]

    @property
    def last(self) -> Row:
        """The latest row; empty before the first."""
        return self.rows[-1] if self.rows else {}

    def as_json(self) -> list[dict[str, Number | None]]:
        """The rows for a JSON document, which has no nan and no infinities: these are null."""
        return [{column: value if math.isfinite(value) else None for column, value in row.items()} for row in self.rows]

    @classmethod
    def from_json(cls, rows: Sequence[Mapping[str, Number | None]], name: str = "") -> History:
        """The history that `as_json` wrote; null is nan."""
        plain = ({column: math.nan if value is None else value for column, value in row.items()} for row in rows)
        return cls(plain, name)

    def to_csv(self, path: str | Path) -> None:
        """Write a table with one line a row, whole or not at all; a cell is empty where a row lacks the column.

        Numbers are written so that reading them gives the same ones. Raises ProgramError where nothing can be written.
        """
        with written_whole(Path(path)) as part, part.open("w", encoding="utf-8", newline="") as file:
            table = csv.DictWriter(file, self.columns, restval="", lineterminator="\n")
            table.writeheader()
            table.writerows(self.rows)

    def __len__(self) -> int:
        return len(self.rows)

    def _repr_html_(self) -> str:
        """The curves and the table in a notebook."""
        from dsl.training.history_html import history_html

        return history_html(self)

    def __repr__(self) -> str:
        title = f" of {self.name}" if self.name else ""
        return f"<History{title}: {len(self.rows)} rows of {', '.join(self.columns) or 'nothing'}>"


def _plain(value: Any) -> Number:
    """A Python number. Raises TypeError or ValueError for what is none."""
    item = value.item() if hasattr(value, "item") else value
    return item if isinstance(item, int) else float(item)
