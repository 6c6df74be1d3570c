"""A `data` block, ready to be loaded: its files, its fields, its split."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsl.ops.dtypes import DType
from dsl.source.diagnostic import ProgramError, fail, placed
from dsl.source.text import Span
from dsl.training.data import splits
from dsl.training.data.context import Context
from dsl.training.data.dataset import Dataset
from dsl.training.data.fields import Field
from dsl.training.data.prepare import Prepared, evaluate, evaluate_field, prepare
from dsl.training.data.readers import read
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


@dataclass(frozen=True, slots=True)
class SplitRule:
    """How rows are divided: `fractions` with its parts, `folds` with its count, `files` with a file each, or `all`."""

    kind: str = "all"
    parts: Mapping[str, float] = field(default_factory=dict[str, float])
    count: int = 0
    files: Mapping[str, SourceFile] = field(default_factory=dict[str, SourceFile])
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
    sources: dict[str, SourceFile]
    fields: dict[str, Field]
    places: dict[str, Span]
    dtypes: dict[str, DType]
    split: SplitRule
    seed: int = 0
    _loaded: Loaded | None = None

    def load(self) -> Loaded:
        """Read the files, split the rows, evaluate the fields; once. Raises ProgramError with a place in the block."""
        if self._loaded is None:
            self._loaded = self._load()
        return self._loaded

    def _load(self) -> Loaded:
        tables = {name: source.load() for name, source in self.sources.items()}
        with placed(self.split.span or self.span):
            found = self._splits(tables)
        parts: dict[str, Dataset] = {}
        statistics: dict[str, Array] = {}
        with placed(self.span):
            for prefix, split in found.items():
                prepared = self._prepared(f"{self.name}.{prefix}" if prefix else self.name, tables, split)
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

    def _splits(self, tables: dict[str, Table]) -> dict[str, splits.Split]:
        rule = self.split
        if rule.kind == "files":
            loaded = {part: source.load() for part, source in rule.files.items()}
            tables["source"], split = own_files(loaded)
            return {"": split}
        rows = self._rows(tables)
        which = None
        if rule.stratify is not None:
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

    def feeds_from(self, table: Table, wanted: list[str], statistics: Mapping[str, Array]) -> dict[str, Array]:
        """New rows as feeds of these placeholders, treated as the training data was. Raises ProgramError."""
        chosen = {name: self.fields[name] for name in wanted if name in self.fields}
        names = {*self.sources, *(["source"] if self.split.kind == "files" else [])}
        context = Context(dict.fromkeys(names, table), given=statistics)
        with placed(self.span):
            return evaluate(self.name, chosen, context, self.dtypes)
