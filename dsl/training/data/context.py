"""What fields are evaluated in: the tables they read, the rows they may learn from, and what they learnt."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np

from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.training.data.table import Array, Rows, Table


@dataclass(frozen=True)
class Context:
    """The tables by the names of their sources, and either the rows to fit on or the statistics to apply.

    `training` are the rows on which scaling and fill values are fitted, None for all of them. With `given` nothing is
    fitted: statistics come from there, as saved with a trained model. Whatever a field used, fitted or given, is in
    `used`, under `FIELD.OPERATION.STATISTIC`.
    """

    sources: Mapping[str, Table]
    training: Rows | None = None
    given: Mapping[str, Array] | None = None
    used: dict[str, Array] = field(default_factory=dict[str, Array])


class Scope:
    """The evaluation of one field: it knows the field's name, the tables read so far, and whether NaN may pass."""

    def __init__(self, context: Context, name: str) -> None:
        self.name = name
        self.missing_allowed = False
        self._context = context
        self._operations: Counter[str] = Counter()
        self._read: list[tuple[str, Table, list[str]]] = []

    def read(self, source: str, first: str | None, last: str | None) -> Array:
        """The columns of a source. Raises ProgramError for unknown names, and for missing values unless allowed."""
        sources = self._context.sources
        if source not in sources:
            known = f"the sources are {', '.join(f'`{name}`' for name in sources)}"
            raise fail("data", f"there is no source `{source}`", hint=did_you_mean(source, sources, known))
        table = sources[source]
        names = table.names(first, last)
        if self._read and table.rows != self._read[0][1].rows:
            other, beside, _ = self._read[0]
            raise fail(
                "data",
                f"`{self.name}` joins sources that differ in their rows: `{other}` has {beside.rows}, "
                f"`{source}` has {table.rows}",
            )
        self._read.append((source, table, names))
        values = table.values(names, source)
        if not self.missing_allowed and (error := table.missing_error(names, source)):
            raise error
        return values

    @property
    def rows(self) -> int:
        """The number of rows of the tables read so far; 0 when none was read."""
        return self._read[0][1].rows if self._read else 0

    def row_name(self, row: int) -> str:
        """What messages call a row, given counted from 0."""
        return self._read[0][1].row_name(row) if self._read else f"row {row + 1}"

    def training_rows(self, values: Array) -> Array:
        """The part of the values that may be learnt from."""
        return values if self._context.training is None else values[self._context.training]

    def statistics(self, operation: str, fit: Callable[[], Mapping[str, Array]]) -> dict[str, Array]:
        """The statistics of an operation of this field by name: given ones where they are given, else fitted now."""
        self._operations[operation] += 1
        count = self._operations[operation]
        prefix = f"{self.name}.{operation}{f'_{count}' if count > 1 else ''}."
        if self._context.given is None:
            found = dict(fit())
        else:
            given = self._context.given
            found = {key.removeprefix(prefix): given[key] for key in given if key.startswith(prefix)}
            if not found:
                raise fail(
                    "data",
                    f"no statistics of `{prefix[:-1]}` were saved with the model",
                    hint="the `data` block has changed since the training: train again",
                )
        self._context.used.update({prefix + name: np.asarray(value) for name, value in found.items()})
        return found

    def missing_error(self) -> ProgramError:
        """The error for a missing value among the columns read last that have one."""
        for source, table, names in reversed(self._read):
            if error := table.missing_error(names, source):
                return error
        return fail("data", f"`{self.name}` misses a value", hint="fill it: `fill_missing(…)`")

    def text_error(self) -> ProgramError:
        """The error for text where numbers are needed: in the column of text that was read last."""
        for source, table, names in reversed(self._read):
            if len(names) == 1 and table.columns[names[0]].dtype.kind == "U":
                return table.text_error(names[0], source)
        return fail("data", f"`{self.name}` is text where numbers are needed", hint="number it: `encode(…)`")

    @contextmanager
    def missing(self, allowed: bool) -> Generator[None, None, None]:
        """Within, missing values pass (or do not)."""
        before, self.missing_allowed = self.missing_allowed, allowed
        try:
            yield
        finally:
            self.missing_allowed = before
