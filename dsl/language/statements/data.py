"""`data digits { … }`: files, what each placeholder is fed from, and the split.

An entry is a placeholder's field, an option (`split`, `seed`, `stratify`), or a name for a file (`source = csv("…")`) or for
a part of a field, which later entries use.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any, TypeGuard

import numpy as np

from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.collected import Collected
from dsl.language.elaborate.compile_time import as_array
from dsl.language.elaborate.elaboration import Elaboration, elaborates
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.names import bind
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.values import PENDING, POISON, DataName, describe
from dsl.language.statements.fields import FieldReader
from dsl.source.diagnostic import Label, ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.training.data.plan import DataPlan, InlineArrays, Source, SourceFile, SplitRule
from dsl.training.data.readers import READERS, check_option

OPTIONS = ("split", "seed", "stratify")
"""The keys of a `data` block that are neither a placeholder's nor a name."""
_ARRAYS = "arrays"
SPLITS = {
    "fractions": "split = fractions(train=0.8, test=0.2)",
    "folds": "split = folds(5)",
    "files": 'split = files(train=csv("train.csv"), test=csv("test.csv"))',
}
"""The ways of splitting data, and how each is written."""


@elaborates(syntax.DataStatement)
def data(e: Elaboration, statement: syntax.DataStatement, frame: Frame) -> Task:
    """`data digits { … }`. Raises ProgramError with every mistake in the block."""
    if frame.parent is not None:
        raise fail("syntax", "a `data` block stands at the top of a file", statement.span)
    mistakes = Collected()
    block = _Block(e, frame, statement, entries_by_key(statement, mistakes))
    yield block.read(mistakes)
    mistakes.raise_any()
    e.model.data[statement.name.id] = block.plan()
    bind(e, frame, statement.name, DataName(statement.name.id))


def entries_by_key(
    statement: syntax.DataStatement | syntax.TrainStatement, mistakes: Collected
) -> dict[str, syntax.Entry]:
    """The entries of a block by their keys; a key that is there twice is a mistake."""
    found: dict[str, syntax.Entry] = {}
    for entry in statement.entries:
        first = found.setdefault(entry.key.id, entry)
        if first is not entry:
            message = f"`{entry.key.id}` is given twice in this block"
            mistakes.add(fail("name", message, entry.key.span, labels=[Label(first.key.span, "first here")]))
    return found


def _is_reader(expression: syntax.Expression) -> TypeGuard[syntax.Call]:
    return (
        isinstance(expression, syntax.Call)
        and isinstance(expression.function, syntax.Name)
        and (expression.function.id in READERS or expression.function.id == _ARRAYS)
    )


class _Block:
    """A `data` block being read."""

    def __init__(
        self, e: Elaboration, frame: Frame, statement: syntax.DataStatement, entries: dict[str, syntax.Entry]
    ) -> None:
        self.e, self.frame, self.statement, self.entries = e, frame, statement, entries
        self.sources: dict[str, Source] = {}
        self.split = SplitRule()
        self.seed = 0
        self.fields: dict[str, Any] = {}
        self.placeholders: dict[str, Node] = {}

    def read(self, mistakes: Collected) -> Task:
        """Read every entry."""
        for key, entry in self.entries.items():
            if key not in OPTIONS and _is_reader(entry.value):
                self.sources[key] = yield mistakes.part(self._source(entry.value))
        if "split" in self.entries:
            split = yield mistakes.part(self._split_rule(self.entries["split"]))
            self.split = SplitRule("unknown") if split is POISON else split
        names = set(self.sources)
        if self.split.kind in ("files", "unknown"):
            names.add("source")
        reader = FieldReader(self.e, self.frame, self.entries, names)
        yield mistakes.part(self._find_placeholders(names))
        for name in self.placeholders:
            self.fields[name] = yield mistakes.part(reader.entry(name))
        if "stratify" in self.entries:
            stratify = yield mistakes.part(reader.entry("stratify"))
            self.split = replace(self.split, stratify=stratify)
        if "seed" in self.entries:
            self.seed = yield mistakes.part(self._number(self.entries["seed"]))
        self._check_used(reader.used, mistakes)

    def plan(self) -> DataPlan:
        """All that the block says."""
        if self.split.kind == "files":
            self.sources.pop("source", None)
        places = {name: entry.value.span for name, entry in self.entries.items()}
        return DataPlan(
            self.statement.name.id,
            self.statement.name.span,
            self.sources,
            self.fields,
            places,
            {name: node.type.dtype for name, node in self.placeholders.items()},
            self.split,
            self.seed,
            {name: (node.shape, node.span) for name, node in self.placeholders.items()},
        )

    def _find_placeholders(self, sources: set[str]) -> Task:
        """The placeholders that entries are named after."""
        for name, entry in self.entries.items():
            if name in OPTIONS or name in sources:
                continue
            value = self.frame.find(name)
            if value is PENDING and name in self.frame.module.binders:
                value = yield self.e.evaluate(entry.key, self.frame)
            if isinstance(value, Node) and value.kind == "placeholder":
                self.placeholders[name] = value

    def _check_used(self, used: set[str], mistakes: Collected) -> None:
        """Entries that feed nothing are mistakes, and so is a block that feeds nothing."""
        known = [node.name for node in self.e.graph.placeholders]
        unused = [key for key in self.entries if key not in (*OPTIONS, *self.placeholders, *used)]
        misspelt = [key for key in unused if key not in self.sources]
        placeholders = f"the placeholders are {', '.join(f'`{name}`' for name in known)}" if known else "there is none"
        for key in misspelt:
            hint = did_you_mean(key, [*known, *OPTIONS], placeholders)
            place = self.entries[key].key.span
            mistakes.add(
                fail("data", f"`{key}` is no placeholder, and no field of this block uses it", place, hint=hint)
            )
        if misspelt or mistakes.failed:
            return
        if not self.placeholders:
            message = f"`{self.statement.name.id}` feeds no placeholder"
            hint = f"an entry is named after what it feeds: `{known[0] if known else 'x'} = source[…]`"
            mistakes.add(fail("data", message, self.statement.name.span, hint=hint))
            return
        if not self.sources and self.split.kind != "files":
            hint = 'name one in an entry: `source = csv("data/points.csv")`'
            mistakes.add(fail("data", f"`{self.statement.name.id}` reads no file", self.statement.name.span, hint=hint))
        for key in unused:
            place = self.entries[key].key.span
            self.e.warn("unused", f"no field uses the file `{key}`", place, hint="use its columns, or delete it")

    # -- files

    def _source(self, call: syntax.Call) -> Task:
        """A reader's call."""
        assert isinstance(call.function, syntax.Name)
        name = call.function.id
        if name == _ARRAYS:
            return (yield self._arrays(call))
        options: dict[str, Any] = {}
        path: Any = None
        for position, argument in enumerate(call.arguments):
            value = yield self.e.evaluate(argument.value, self.frame)
            if value is POISON:
                raise ProgramError([])
            if argument.name is None and position == 0:
                path = value
            elif argument.name is None:
                raise fail("argument", f"`{name}` takes one path, and options by keyword", argument.span)
            else:
                options[argument.name] = value
                try:
                    check_option(name, argument.name, value)
                except ProgramError as error:
                    raise error.at(argument.span) from None
        if not isinstance(path, str):
            raise fail(
                "argument",
                f"`{name}` needs the path of a file",
                call.span,
                hint=f'write `{name}("data/points.{name}")`',
            )
        folder = self.frame.module.source.path.parent if self.frame.module.source.path else Path()
        return SourceFile(name, folder / path, options, call.span)

    def _arrays(self, call: syntax.Call) -> Task:
        """`arrays(x=[…], y=[…])`: columns written in the program."""
        columns: dict[str, Any] = {}
        for argument in call.arguments:
            value = as_array((yield self.e.evaluate(argument.value, self.frame)))
            if value is POISON:
                raise ProgramError([])
            if argument.name is None or not isinstance(value, np.ndarray):
                raise fail(
                    "argument",
                    "`arrays` takes lists of numbers by name, a row of data in each item",
                    argument.span,
                    hint="write `arrays(x=[[0, 0], [0, 1]], y=[0, 1])`",
                )
            columns[argument.name] = value
        return InlineArrays(columns, call.span)

    # -- splits

    def _split_rule(self, entry: syntax.Entry) -> Task:
        """`fractions(train=0.8, test=0.2)`, `folds(5)`, `files(train=csv("…"), test=csv("…"))`."""
        call = entry.value
        name = call.function.id if isinstance(call, syntax.Call) and isinstance(call.function, syntax.Name) else ""
        if name not in SPLITS or not isinstance(call, syntax.Call):
            message = "`split` is `fractions(…)`, `folds(…)` or `files(…)`"
            raise fail("data", message, call.span, hint=f"write `{SPLITS['fractions']}`")
        usage = f"write `{SPLITS[name]}`"
        values: dict[str, Any] = {}
        for argument in call.arguments:
            given = argument.value
            if name != "folds" and argument.name is None:
                raise fail("data", f"the parts of `{name}` are given by name", argument.span, hint=usage)
            if name != "files":
                value = yield self.e.evaluate(given, self.frame)
            elif _is_reader(given):
                value = yield self._source(given)
            else:
                raise fail("data", "each part of `files` is a reader's call", given.span, hint=usage)
            if value is POISON:
                raise ProgramError([])
            if name == "fractions" and (isinstance(value, bool) or not isinstance(value, int | float)):
                message = f"the fraction of `{argument.name}` is a number, not {describe(value)}"
                raise fail("data", message, argument.value.span, hint=usage)
            values[argument.name or ""] = value
        return _rule(name, values, call)

    def _number(self, entry: syntax.Entry) -> Task:
        """An option that is an integer of at least 0."""
        value = yield self.e.evaluate(entry.value, self.frame)
        if value is not POISON and (type(value) is not int or value < 0):
            raise fail("data", f"`{entry.key.id}` is an integer of at least 0, not {describe(value)}", entry.value.span)
        return value


def _rule(name: str, values: dict[str, Any], call: syntax.Call) -> SplitRule:
    usage = f"write `{SPLITS[name]}`"
    match name:
        case "folds":
            count = values.get("", values.get("count"))
            if type(count) is not int or len(values) != 1 or count < 2:
                raise fail("data", "`folds` takes the number of folds, 2 or more", call.span, hint=usage)
            return SplitRule("folds", count=count, span=call.span)
        case _ if not values:
            raise fail("data", f"`{name}` names no part", call.span, hint=usage)
        case "files":
            return SplitRule("files", files=values, span=call.span)
        case _:
            return SplitRule("fractions", {part: float(value) for part, value in values.items()}, span=call.span)
