"""Where the time of a program went, line by line: `nn run --profile` and `nn train --profile`."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import perf_counter_ns
from typing import Any

import click

from dsl.app.lines import Place, Places
from dsl.app.output import table
from dsl.app.program import Program
from dsl.engine.figures import short
from dsl.engine.profile import Profiler, Timing
from dsl.graph.node import Node

_MOST_OPERATIONS = 4
_MOST_ROWS = 40
"""How many values the table shows, those that took longest; the document has all."""


@dataclass(slots=True)
class Row:
    """A value or a layer of the program, and the time that its operations took, in nanoseconds."""

    name: str
    place: Place | None
    operations: dict[str, None] = field(default_factory=dict[str, None])
    calls: int = 0
    forward: float = 0.0
    backward: float = 0.0

    @property
    def total(self) -> float:
        """Forward and backward together."""
        return self.forward + self.backward

    def add(self, node: Node, calls: int, nanoseconds: float) -> None:
        """Count an operation's part of some calls."""
        self.operations[node.label] = None
        self.calls += calls
        if node.backward_of:
            self.backward += nanoseconds
        else:
            self.forward += nanoseconds


class Profile:
    """The times of what a program runs while it is measured. Raises UsageError where values are to be trapped as well."""

    def __init__(self, program: Program) -> None:
        if program.trap:
            raise click.UsageError("--profile measures plans, and --trap-nonfinite runs none: leave out one of them")
        assert isinstance(program.engine, str)
        self._profiler = program.engine = Profiler(program.engine)
        self._program, self._places = program, Places(program)
        self._wall = 0
        """Nanoseconds."""

    @contextmanager
    def measuring(self) -> Generator[None]:
        """Count the time that passes inside."""
        began = perf_counter_ns()
        try:
            yield
        finally:
            self._wall += perf_counter_ns() - began

    def rows(self) -> list[Row]:
        """The values and layers that took any time, longest first."""
        rows: dict[tuple[str, Place | None], Row] = {}
        for timing in self._profiler.timings:
            self._count(timing, rows)
        return sorted(rows.values(), key=lambda row: -row.total)

    def _count(self, timing: Timing, rows: dict[tuple[str, Place | None], Row]) -> None:
        """Share out the time of operations that ran together: equally, for they have as many elements each."""
        touched: set[int] = set()
        for node, name in zip(timing.nodes, timing.names, strict=True):
            name, place = self._places.of(node, name)
            row = rows.setdefault((name, place), Row(name, place))
            row.add(node, 0 if id(row) in touched else timing.calls, timing.nanoseconds / len(timing.nodes))
            touched.add(id(row))

    # -- for people

    def print(self) -> None:
        """A table on standard error: each line of the program, and below it what it computes."""
        wall, rows = self._wall, self.rows()
        cells: list[list[str]] = []
        for place, group in _by_line(rows[:_MOST_ROWS]):
            cells.append(self._headline(place, group, wall))
            cells += [_cells("", f"  {_called(row)}", row, wall) for row in group]
        rest = rows[_MOST_ROWS:]
        if rest:
            cells.append(_bare(f"{len(rest):,} more values", sum(row.total for row in rest), wall))
        cells.append(_bare("compiling plans", self._profiler.compiling, wall))
        cells.append(_bare(self._outside, self._left(wall, rows), wall))
        cells.append(_bare("in all", wall, wall))
        columns = ["line", "what", "calls", "forward", "backward", "total", "%", "µs a call"]
        click.echo(err=True)
        table(columns, cells, title=self._title(), right=[name for name in columns if name != "what"], err=True)

    def _headline(self, place: Place | None, group: Sequence[Row], wall: float) -> list[str]:
        if place is None:
            return ["", "the optimiser", "", "", "", "", "", ""]
        return [str(place), place.text, "", "", "", "", "", ""]

    def _title(self) -> str:
        engines = " and ".join(sorted(self._profiler.measured)) or "nothing"
        note = " and ".join(f"`{name}`" for name in sorted(self._profiler.unmeasured))
        instead = f", in place of {note}, whose operations have no times of their own" if note else ""
        return f"where the time went, in ms, measured on {engines}{instead}"

    @property
    def _outside(self) -> str:
        """What the time outside the plans is spent on."""
        runs = self._program.model.runs
        watched = "steps under `watch`, " if any(run.settings.watch for run in runs) else ""
        return f"{watched}reading data and batches, all else" if runs else "all else"

    def _left(self, wall: float, rows: Sequence[Row]) -> float:
        return wall - self._profiler.compiling - sum(row.total for row in rows)

    # -- for tools

    def as_json(self) -> dict[str, Any]:
        """The same as a document, in seconds."""
        wall, rows = self._wall, self.rows()
        return {
            "engines": sorted(self._profiler.measured),
            "instead_of": sorted(self._profiler.unmeasured),
            "seconds": wall / 1e9,
            "compiling": self._profiler.compiling / 1e9,
            "outside": self._left(wall, rows) / 1e9,
            "rows": [_row_as_json(row, wall) for row in rows],
        }


def _row_as_json(row: Row, wall: float) -> dict[str, Any]:
    place = row.place
    return {
        "name": row.name,
        "file": place.file if place else None,
        "line": place.line if place else None,
        "text": place.text if place else None,
        "operations": list(row.operations),
        "calls": row.calls,
        "forward": row.forward / 1e9,
        "backward": row.backward / 1e9,
        "seconds": row.total / 1e9,
        "share": row.total / wall,
    }


def _by_line(rows: Sequence[Row]) -> list[tuple[Place | None, list[Row]]]:
    """The rows of each line together; lines and rows that took longest come first."""
    lines: dict[Place | None, list[Row]] = {}
    for row in rows:
        lines.setdefault(row.place, []).append(row)
    return sorted(lines.items(), key=lambda item: -sum(row.total for row in item[1]))


def _called(row: Row) -> str:
    """A value and the operations that compute it and its gradient: `logits.Dense: matmul, add`."""
    names = [*row.operations]
    more = ", …" if len(names) > _MOST_OPERATIONS else ""
    return f"{row.name}: {', '.join(names[:_MOST_OPERATIONS])}{more}"


def _cells(line: str, what: str, row: Row, wall: float) -> list[str]:
    per_call = _digits(row.total / row.calls / 1e3) if row.calls else ""
    parts = [_milliseconds(row.forward), _milliseconds(row.backward), _milliseconds(row.total)]
    return [line, what, short(row.calls), *parts, _percent(row.total / wall), per_call]


def _bare(what: str, nanoseconds: float, wall: float) -> list[str]:
    return ["", what, "", "", "", _milliseconds(nanoseconds), _percent(nanoseconds / wall), ""]


def _milliseconds(nanoseconds: float) -> str:
    return _digits(nanoseconds / 1e6) if nanoseconds else ""


def _percent(share: float) -> str:
    return f"{100 * share:.1f}"


def _digits(value: float) -> str:
    """A number with three digits, or all those before its point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
