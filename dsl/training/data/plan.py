"""A `data` block, ready to be loaded: its files, its fields, its split."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from dsl.engine.bindings import Fed, Sizes
from dsl.ops.dims import Shape
from dsl.ops.dtypes import DType
from dsl.source.diagnostic import Diagnostic, Label, ProgramError, fail, placed
from dsl.source.text import Span
from dsl.training.data import splits
from dsl.training.data.context import Context
from dsl.training.data.dataset import Dataset
from dsl.training.data.fields import Columns, Field
from dsl.training.data.prepare import Prepared, evaluate_field, prepare
from dsl.training.data.readers import read, reader_of
from dsl.training.data.stacking import own_files
from dsl.training.data.table import Array, Table


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A reader's call: `csv("data/digits.csv", delimiter=";")`."""

    reader: str
    path: Path
    options: Mapping[str, Any]
    span: Span

    def load(self) -> Table:
        """Read the file. Raises ProgramError at the place of the call."""
        with placed(self.span):
            return read(self.reader, self.path, self.options)


@dataclass(frozen=True, eq=False, slots=True)
class InlineArrays:
    """Data that stands in the program itself: `arrays(x=[[0, 0], [0, 1]], y=[0, 1])`."""

    columns: Mapping[str, Array]
    span: Span

    def load(self) -> Table:
        """The arrays as a table. Raises ProgramError at the place of the call."""
        with placed(self.span):
            return Table.of(self.columns)


Source = SourceFile | InlineArrays


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How rows are divided: `fractions` with its parts, `folds` with its count, `files` with a file each, or `all`."""

    kind: str = "all"
    parts: Mapping[str, float] = field(default_factory=dict[str, float])
    count: int = 0
    files: Mapping[str, Source] = field(default_factory=dict[str, Source])
    stratify: Field | None = None
    span: Span | None = None

    @property
    def names(self) -> list[str]:
        """The parts that the rule makes."""
        match self.kind:
            case "fractions":
                return list(self.parts)
            case "files":
                return list(self.files)
            case "folds":
                return [f"fold_{i + 1}.{part}" for i in range(self.count) for part in ("train", "test")]
            case _:
                return ["all"]


@dataclass(frozen=True, slots=True)
class Loaded:
    """The data sets of a block by the name of their part, and what was fitted, by field."""

    parts: Mapping[str, Dataset]
    statistics: Mapping[str, Array]


@dataclass(slots=True)
class DataPlan:
    """Everything a `data` block says. `source` is the name of the table that `split = files(…)` provides."""

    name: str
    span: Span
    sources: dict[str, Source]
    fields: dict[str, Field]
    places: dict[str, Span]
    dtypes: dict[str, DType]
    split: SplitRule
    seed: int = 0
    placeholders: dict[str, tuple[Shape, Span | None]] = field(default_factory=dict[str, "tuple[Shape, Span | None]"])
    """The declared shapes of the placeholders that are fed, and where they are declared."""
    _loaded: Loaded | None = None

    def load(self) -> Loaded:
        """Read the files, split the rows, evaluate the fields; once. Raises ProgramError with a place in the block."""
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def take_over(self, other: DataPlan) -> None:
        """Have what another plan has loaded, which says the same."""
        self._loaded = other._loaded

    def _load(self) -> Loaded:
        tables = {name: source.load() for name, source in self.sources.items()}
        with placed(self.split.span or self.span):
            found = self._splits(tables)
        parts: dict[str, Dataset] = {}
        statistics: dict[str, Array] = {}
        with placed(self.span):
            for prefix, split in found.items():
                prepared = self._prepared(f"{self.name}.{prefix}" if prefix else self.name, tables, split)
                for part in prepared.parts.values():
                    self._check_shapes(part)
                parts |= {f"{prefix}.{part}" if prefix else part: data for part, data in prepared.parts.items()}
                statistics |= {f"{prefix}.{key}" if prefix else key: v for key, v in prepared.statistics.items()}
        return Loaded(parts, statistics)

    def _prepared(self, name: str, tables: Mapping[str, Table], split: splits.Split) -> Prepared:
        try:
            return prepare(name, self.fields, tables, split, self.dtypes)
        except ProgramError:
            # Field by field, so that the error has the place of its own field.
            for key, item in self.fields.items():
                with placed(self.places[key]):
                    evaluate_field(key, item, Context(tables, split.training), self.dtypes.get(key))
            raise

    def _check_shapes(self, part: Dataset) -> None:
        """Raise ProgramError, with the places of field and placeholder, unless the arrays have the declared shapes."""
        fed = [
            Fed(name, shape, part.arrays[name].shape, place)
            for name, (shape, place) in self.placeholders.items()
            if part.arrays[name].ndim
        ]
        try:
            Sizes().bind(fed)
        except ProgramError as error:
            raise ProgramError(self._with_field(found) for found in error.diagnostics) from None

    def _with_field(self, found: Diagnostic) -> Diagnostic:
        """A diagnostic about a placeholder with the place of the field that feeds it."""
        name = next((name for name in re.findall(r"`(\w+)`", found.message) if name in self.places), None)
        if name is None:
            return found
        return replace(found, labels=(Label(self.places[name], f"`{name}` is fed from here"), *found.labels))

    def _splits(self, tables: dict[str, Table]) -> dict[str, splits.Split]:
        rule = self.split
        if rule.kind == "files":
            loaded = {part: source.load() for part, source in rule.files.items()}
            tables["source"], split = own_files(loaded)
            return {"": split}
        rows = self._rows(tables)
        which = None
        if rule.stratify is not None:
            with placed(self.places.get("stratify")):
                which = splits.strata("stratify", evaluate_field("stratify", rule.stratify, Context(tables)))
        if rule.kind == "fractions":
            return {"": splits.fractions(rows, rule.parts, self.seed, which)}
        if rule.kind == "folds":
            return dict(splits.folds(rows, rule.count, self.seed, which))
        return {"": splits.all_rows(rows)}

    def _rows(self, tables: Mapping[str, Table]) -> int:
        first, *others = tables.items()
        for name, table in others:
            if table.rows != first[1].rows:
                raise fail(
                    "data",
                    f"the sources of `{self.name}` differ in their rows: `{first[0]}` has {first[1].rows}, "
                    f"`{name}` has {table.rows}",
                    self.span,
                )
        return first[1].rows

    def part(self, name: str) -> Dataset:
        """One part of the loaded data."""
        return self.load().parts[name]

    def read_new(self, path: Path) -> Table:
        """A file of new rows, read as the block reads its own files of that kind. Raises ProgramError.

        No row is left out, though a reader of the block may leave out those that miss a value: each is to be predicted.
        """
        own = [s for s in (*self.sources.values(), *self.split.files.values()) if isinstance(s, SourceFile)]
        try:
            reader = reader_of(path)
        except ProgramError:
            if len({source.reader for source in own}) != 1:
                raise
            reader = own[0].reader
        options = dict(next((source.options for source in own if source.reader == reader), dict[str, Any]()))
        if options.get("missing") == "drop":
            del options["missing"]
        return read(reader, path, options)

    def can_read(self, name: str, table: Table) -> bool:
        """Whether a table has all the columns that a field takes."""
        ends = [end for item in columns_of(self.fields[name]) for end in (item.first, item.last) if end is not None]
        return all(end in table.columns for end in ends)

    def feeds_from(self, table: Table, wanted: list[str], statistics: Mapping[str, Array]) -> dict[str, Array]:
        """New rows as feeds of these placeholders, treated as the training data was. Raises ProgramError.

        `statistics` are those that were fitted at the training, by field.
        """
        names = {*self.sources, *(["source"] if self.split.kind == "files" else [])}
        context = Context(dict.fromkeys(names, table), given=statistics)
        arrays: dict[str, Array] = {}
        for name in wanted:
            with placed(self.places[name]):
                arrays[name] = evaluate_field(name, self.fields[name], context, self.dtypes.get(name))
        return arrays


def columns_of(item: Field) -> Iterator[Columns]:
    """The columns that a field is made of, wherever in it they stand."""
    waiting: list[Any] = [item]
    while waiting:
        current = waiting.pop()
        if isinstance(current, Columns):
            yield current
        waiting += getattr(current, "arguments", None) or [a for a in [getattr(current, "argument", None)] if a]
