"""`data digits { … }`: files, what each placeholder is fed from, and the split.

An entry is a placeholder's field, an option (`split`, `seed`, `stratify`), or a name for a file (`source = csv("…")`) or for
a part of a field, which later entries use.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from dsl.language import syntax
from dsl.language.elaborate.compile_time import as_array
from dsl.language.elaborate.elaboration import Elaboration, elaborates
from dsl.language.elaborate.expressions import BINARY
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.names import bind
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.values import BUILTINS, PENDING, POISON, DataName, describe, is_compile_time
from dsl.graph.node import Node
from dsl.ops.operation import Operation
from dsl.ops.registry import OPERATIONS
from dsl.source.diagnostic import Label, fail, placed
from dsl.source.nearest import did_you_mean
from dsl.source.text import Span
from dsl.training.data.fields import Columns, Computed, Constant, Field, SideBySide
from dsl.training.data.labels import Encoded
from dsl.training.data.plan import DataPlan, SourceFile, SplitRule
from dsl.training.data.readers import READERS
from dsl.training.data.scaling import Filled, Scaled

_OPTIONS = ("split", "seed", "stratify")
_FIELD_FUNCTIONS = ("standardize", "minmax", "fill_missing", "encode", "columns")
_SPLITS = ("fractions", "folds", "files")


@elaborates(syntax.DataStatement)
def data(e: Elaboration, statement: syntax.DataStatement, frame: Frame) -> Task:
    """`data digits { … }`."""
    if frame.parent is not None:
        raise fail("syntax", "a `data` block stands at the top of a file", statement.span)
    entries = entries_by_key(statement)
    block = _Block(e, frame, statement, entries)
    for entry in statement.entries:
        if entry.key.id not in _OPTIONS and _is_reader(entry.value):
            block.sources[entry.key.id] = yield block.source_file(entry.value)
    if "split" in entries:
        block.split = yield block.split_rule(entries["split"])
    if block.split.kind == "files":
        block.sources.pop("source", None)
    placeholders = yield block.placeholders()
    for name in placeholders:
        block.fields[name] = yield block.field(entries[name].value)
    if "stratify" in entries:
        stratify = yield block.field(entries["stratify"].value)
        block.split = SplitRule(
            block.split.kind, block.split.parts, block.split.count, block.split.files, stratify, block.split.span
        )
    seed = (yield block.number(entries["seed"])) if "seed" in entries else 0
    block.check_used(placeholders)
    e.model.data[statement.name.id] = DataPlan(
        statement.name.id,
        statement.name.span,
        block.sources,
        block.fields,
        {name: entries[name].value.span for name in placeholders},
        {name: node.type.dtype for name, node in placeholders.items()},
        block.split,
        seed,
    )
    bind(e, frame, statement.name, DataName(statement.name.id))


def entries_by_key(statement: syntax.DataStatement | syntax.TrainStatement) -> dict[str, syntax.Entry]:
    """The entries of a block by their keys. Raises ProgramError when a key is there twice."""
    found: dict[str, syntax.Entry] = {}
    for entry in statement.entries:
        first = found.setdefault(entry.key.id, entry)
        if first is not entry:
            raise fail(
                "name",
                f"`{entry.key.id}` is given twice in this block",
                entry.key.span,
                labels=[Label(first.key.span, "first here")],
            )
    return found


def _is_reader(expression: syntax.Expression) -> bool:
    return (
        isinstance(expression, syntax.Call)
        and isinstance(expression.function, syntax.Name)
        and expression.function.id in READERS
    )


class _Block:
    """A `data` block being read."""

    def __init__(
        self, e: Elaboration, frame: Frame, statement: syntax.DataStatement, entries: dict[str, syntax.Entry]
    ) -> None:
        self.e, self.frame, self.statement, self.entries = e, frame, statement, entries
        self.sources: dict[str, SourceFile] = {}
        self.fields: dict[str, Field] = {}
        self.split = SplitRule()
        self.used: set[str] = set()
        self.underway: list[str] = []

    def placeholders(self) -> Task:
        """The placeholders that entries are named after."""
        found: dict[str, Node] = {}
        for name, entry in self.entries.items():
            if name in _OPTIONS or name in self.sources:
                continue
            value = self.frame.find(name)
            if value is PENDING and name in self.frame.module.binders:
                value = yield self.e.evaluate(entry.key, self.frame)
            if isinstance(value, Node) and value.kind == "placeholder":
                found[name] = value
        return found

    def check_used(self, placeholders: dict[str, Node]) -> None:
        """Raise ProgramError for an entry that feeds nothing, and for a block without fields."""
        known = [node.name for node in self.e.graph.placeholders]
        for name, entry in self.entries.items():
            if name in _OPTIONS or name in placeholders or name in self.used:
                continue
            hint = did_you_mean(name, [*known, *_OPTIONS], f"the placeholders are {', '.join(known)}")
            raise fail("data", f"`{name}` is no placeholder, and no field of this block uses it", entry.key.span, hint=hint)
        if not placeholders:
            raise fail("data", f"`{self.statement.name.id}` feeds no placeholder", self.statement.name.span)

    # -- files and splits

    def source_file(self, call: syntax.Call) -> Task:
        """A reader's call."""
        assert isinstance(call.function, syntax.Name)
        options: dict[str, Any] = {}
        path: Any = None
        for position, argument in enumerate(call.arguments):
            value = yield self.e.evaluate(argument.value, self.frame)
            if argument.name is None and position == 0:
                path = value
            elif argument.name is None:
                raise fail("argument", f"`{call.function.id}` takes one path, and options by keyword", argument.span)
            else:
                options[argument.name] = value
        if not isinstance(path, str):
            raise fail("argument", f"`{call.function.id}` needs the path of a file", call.span, hint='csv("data/points.csv")')
        folder = self.frame.module.source.path.parent if self.frame.module.source.path else Path()
        return SourceFile(call.function.id, folder / path, options, call.span)

    def split_rule(self, entry: syntax.Entry) -> Task:
        """`fractions(train=0.8, test=0.2)`, `folds(5)`, `files(train=csv("…"), test=csv("…"))`."""
        call = entry.value
        name = call.function.id if isinstance(call, syntax.Call) and isinstance(call.function, syntax.Name) else ""
        if name not in _SPLITS or not isinstance(call, syntax.Call):
            raise fail(
                "data",
                "`split` is `fractions(…)`, `folds(…)` or `files(…)`",
                call.span,
                hint="split = fractions(train=0.8, test=0.2)",
            )
        values: dict[str, Any] = {}
        for argument in call.arguments:
            if name == "files":
                if not _is_reader(argument.value):
                    raise fail("data", "each part of `files` is a reader's call", argument.span, hint='train=csv("train.csv")')
                value = yield self.source_file(argument.value)
            else:
                value = yield self.e.evaluate(argument.value, self.frame)
            values[argument.name or ""] = value
        return self._rule(name, values, call)

    def _rule(self, name: str, values: dict[str, Any], call: syntax.Call) -> SplitRule:
        if name == "folds":
            count = values.get("", values.get("count"))
            if type(count) is not int or len(values) != 1 or count < 2:
                raise fail("data", "`folds` takes the number of folds, 2 or more", call.span, hint="split = folds(5)")
            return SplitRule("folds", count=count, span=call.span)
        if "" in values or not values:
            raise fail(
                "data",
                f"the parts of `{name}` are given by name",
                call.span,
                hint="split = fractions(train=0.8, test=0.2)" if name == "fractions" else 'files(train=csv("train.csv"))',
            )
        if name == "files":
            return SplitRule("files", files=values, span=call.span)
        for part, value in values.items():
            if isinstance(value, bool) or not isinstance(value, int | float):
                raise fail("data", f"the fraction of `{part}` is a number, not {describe(value)}", call.span)
        return SplitRule("fractions", {part: float(value) for part, value in values.items()}, span=call.span)

    def number(self, entry: syntax.Entry) -> Task:
        """An option that is an integer of at least 0."""
        value = yield self.e.evaluate(entry.value, self.frame)
        if type(value) is not int or value < 0:
            raise fail("data", f"`{entry.key.id}` is an integer of at least 0, not {describe(value)}", entry.value.span)
        return value

    # -- fields

    def field(self, expression: syntax.Expression) -> Task:
        """What an expression over the columns of the sources stands for."""
        match expression:
            case syntax.Name():
                return (yield self._name(expression))
            case syntax.Index():
                return (yield self._index(expression))
            case syntax.Unary() if expression.operator != "not":
                inner = yield self.field(expression.operand)
                return inner if expression.operator == "+" else _computed(OPERATIONS["neg"], [inner])
            case syntax.Binary():
                left = yield self.field(expression.left)
                right = yield self.field(expression.right)
                return _computed(OPERATIONS[BINARY[expression.operator]], [left, right], expression.operator)
            case syntax.Pipe():
                first = syntax.Argument(expression.value.span, None, expression.value)
                target = expression.target
                rest = target.arguments if isinstance(target, syntax.Call) else ()
                function = target.function if isinstance(target, syntax.Call) else target
                return (yield self._call(syntax.Call(expression.span, function, (first, *rest))))
            case syntax.Call():
                return (yield self._call(expression))
            case _:
                value = yield self.e.evaluate(expression, self.frame)
                return _constant(value, expression.span)

    def _name(self, name: syntax.Name) -> Task:
        if name.id in self.sources or (self.split.kind == "files" and name.id == "source"):
            self.used.add(name.id)
            return Columns(name.id)
        entry = self.entries.get(name.id)
        if entry is not None and name.id not in _OPTIONS and name.id not in self.underway:
            self.used.add(name.id)
            self.underway.append(name.id)
            found = yield self.field(entry.value)
            self.underway.pop()
            return found
        if self.frame.find(name.id) is PENDING and name.id not in self.frame.module.binders and name.id not in BUILTINS:
            known = [*self.sources, *self.entries, *self.frame.visible()]
            raise fail("name", f"`{name.id}` is not defined", name.span, hint=did_you_mean(name.id, known))
        value = yield self.e.evaluate(name, self.frame)
        if isinstance(value, Node):
            raise fail(
                "data",
                f"`{name.id}` is a value of the graph, and data is prepared before the graph runs",
                name.span,
                hint="use columns of a source, and constants",
            )
        return _constant(value, name.span)

    def _index(self, expression: syntax.Index) -> Task:
        """`source["a"]`, `source["a":"b"]`."""
        base = yield self.field(expression.value)
        if not isinstance(base, Columns) or base.first is not None:
            raise fail("data", "columns are taken from a source", expression.span, hint='source["first":"last"]')
        item = expression.items[0]
        bounds = (item.start, item.stop) if isinstance(item, syntax.Slice) else (item, None)
        if len(expression.items) != 1 or (isinstance(item, syntax.Slice) and item.step is not None):
            raise fail("data", "a source is indexed by one column or one range of columns", expression.span)
        names: list[Any] = []
        for bound in bounds:
            value = None if bound is None else (yield self.e.evaluate(bound, self.frame))
            if value is not None and not isinstance(value, str):
                raise fail(
                    "data", f"a column is named by a string, not {describe(value)}", expression.span, hint='source["label"]'
                )
            names.append(value)
        return Columns(base.source, *names)

    def _call(self, call: syntax.Call) -> Task:
        name = call.function.id if isinstance(call.function, syntax.Name) else ""
        operation = OPERATIONS.get(name)
        if name not in _FIELD_FUNCTIONS and operation is None:
            known = [*_FIELD_FUNCTIONS, *OPERATIONS, *READERS]
            raise fail("data", f"there is no function `{name}` for data", call.function.span, hint=did_you_mean(name, known))
        arguments: list[Any] = []
        keywords: dict[str, Any] = {}
        tensors = len(call.arguments) if operation is None else (operation.tensor_count or 0)
        for position, argument in enumerate(call.arguments):
            if argument.name is None and position < tensors and not (name == "fill_missing" and position == 1):
                arguments.append((yield self.field(argument.value)))
                continue
            value = yield self.e.evaluate(argument.value, self.frame)
            if argument.name is None:
                arguments.append(value)
            else:
                keywords[argument.name] = value
        if operation is not None:
            return _operation(operation, arguments, keywords, call.span)
        return _field_function(name, arguments, keywords, call.span)


def _constant(value: Any, span: Span) -> Field:
    array = as_array(value)
    if value is POISON or not is_compile_time(value) or not isinstance(array, int | float | np.ndarray):
        raise fail("data", f"a number or a column is needed here, not {describe(value)}", span)
    return Constant(array)


def _computed(operation: Operation, arguments: list[Field], shown: str = "") -> Field:
    assert operation.forward is not None
    return Computed(shown or operation.name, operation.forward, tuple(arguments), dict(operation.defaults))


def _operation(operation: Operation, arguments: list[Any], keywords: dict[str, Any], span: Span) -> Field:
    """An operation of the language on columns."""
    from dsl.ops.dims import concrete
    from dsl.ops.operation import OperationError

    count = operation.tensor_count
    if operation.forward is None or count is None or len(arguments) < count:
        raise fail("data", f"`{operation.name}` cannot be used on columns", span, hint=f"it is `{operation.signature}`")
    places = [p.name for p in operation.parameters if not p.is_tensor and not p.keyword_only]
    given = {**dict(zip(places, arguments[count:], strict=False)), **keywords}
    try:
        attributes = {key: concrete(value, {}) for key, value in operation.fill(given).items()}
    except OperationError as error:
        raise fail("argument", error.message, span, hint=error.hint) from None
    return Computed(operation.name, operation.forward, tuple(arguments[:count]), attributes)


def _field_function(name: str, arguments: list[Any], keywords: dict[str, Any], span: Span) -> Field:
    wanted = {"standardize": 1, "minmax": 1, "encode": 1, "fill_missing": 2}.get(name, len(arguments))
    if name == "fill_missing" and "value" in keywords:
        arguments.append(keywords.pop("value"))
    if keywords or len(arguments) != wanted or not arguments:
        usage = {"fill_missing": 'fill_missing(source["a"], "mean")', "columns": 'columns(source["a"], source["b"])'}
        raise fail(
            "argument", f"`{name}` is not called like this", span, hint=usage.get(name, f'{name}(source["a":"b"])')
        )
    with placed(span):
        match name:
            case "standardize" | "minmax":
                return Scaled(name, arguments[0])
            case "encode":
                return Encoded(arguments[0])
            case "fill_missing":
                return Filled(arguments[0], arguments[1])
            case _:
                return SideBySide(tuple(arguments))
