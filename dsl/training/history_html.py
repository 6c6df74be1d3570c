"""A history in a notebook: its curves, and a table of its rows."""

from __future__ import annotations

from base64 import b64encode
from typing import TYPE_CHECKING

import numpy as np

from dsl.engine.figures import rounded
from dsl.source import html
from dsl.source.diagnostic import ProgramError
from dsl.training.plot import COUNTERS, svg_plot

if TYPE_CHECKING:
    from dsl.training.history import History, Row

_EDGE = 5
"""So many rows are shown from the beginning and from the end of a long history."""


def history_html(history: History) -> str:
    """The curves, or how to get them, and the table below."""
    return html.block(_curves(history), rows_html(history))


def _curves(history: History) -> str:
    if not len(history):
        return ""
    try:
        picture = b64encode(svg_plot(history).encode()).decode()
    except ProgramError as error:
        return html.line(f"no curves: {error.diagnostics[0].message} ({error.diagnostics[0].hint})")
    return f'<img alt="{html.escaped(repr(history))}" src="data:image/svg+xml;base64,{picture}">'


def rows_html(history: History) -> str:
    """The first and the last rows."""
    columns = history.columns
    rows = [[_cell(row, column) for column in columns] for row in history.rows]
    left_out = len(rows) - 2 * _EDGE
    if left_out > 1:
        rows[_EDGE:-_EDGE] = [["…" for _ in columns]]
    shown = f"{len(history):,} row{'' if len(history) == 1 else 's'}"
    return html.table(columns, rows, right=columns, title=f"{history.name}: {shown}" if history.name else shown)


def _cell(row: Row, column: str) -> str:
    if column not in row:
        return ""
    return f"{row[column]:,.0f}" if column in COUNTERS else rounded(np.asarray(row[column], float))
