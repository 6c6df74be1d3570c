"""Fields of a `data` block: expressions over the columns of its sources, such as `standardize(source["a":"b"])`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.apply import Given, attributes_of, bind_arguments
from dsl.language.elaborate.compile_time import as_array
from dsl.language.elaborate.elaboration import Elaboration
from dsl.language.elaborate.expressions import BINARY
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.values import BUILTINS, PENDING, POISON, describe, is_compile_time, is_ndarray
from dsl.ops.dims import concrete
from dsl.ops.operation import Operation
from dsl.ops.registry import OPERATIONS
from dsl.source.diagnostic import Label, ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.source.text import Span
from dsl.training.data.applied import on_arrays
from dsl.training.data.fields import Columns, Computed, Constant, Field, SideBySide
from dsl.training.data.labels import Encoded
from dsl.training.data.readers import READERS
from dsl.training.data.scaling import Filled, Scaled

USAGE = {
    "standardize": 'standardize(source["a":"b"])',
    "minmax": 'minmax(source["a":"b"])',
    "encode": 'encode(source["label"])',
    "fill_missing": 'fill_missing(source["a"], "mean")',
    "columns": 'columns(source["a"], source["b"])',
}
"""The functions that only data has, and how each is called."""
DOCS = {
    "standardize": "Each column less its mean, over its standard deviation; both are those of the training part.",
    "minmax": "Each column brought to the range from 0 to 1, by its least and its greatest value in the training part.",
    "encode": "The values of a column, texts or numbers, as the integers from 0, in the order of the values.",
    "fill_missing": 'Columns with gaps filled, by a number or the "mean", "median" or "most_frequent" of the training part.',
    "columns": "Columns side by side, which together are one field.",
}
"""What each of them does."""


class FieldReader:
    """Reads the fields of one block. `sources` are the names of its files, `used` the entries that fields have used."""

    def __init__(self, e: Elaboration, frame: Frame, entries: Mapping[str, syntax.Entry], sources: set[str]) -> None:
        self.e, self.frame, self.entries, self.sources = e, frame, entries, sources
        self.used: set[str] = set()
        self._underway: list[str] = []

    def entry(self, name: str) -> Task:
        """The field of an entry. Raises ProgramError."""
        self._underway.append(name)
        try:
            return (yield self.field(self.entries[name].value))
        finally:
            self._underway.pop()

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
                return (yield self._call(_as_call(expression)))
            case syntax.Call():
                return (yield self._call(expression))
            case syntax.ListOf() if not all(isinstance(item, syntax.Number) for item in expression.items):
                hint = f"columns stand side by side with `{USAGE['columns']}`"
                raise fail("data", "a list of columns is not a field", expression.span, hint=hint)
            case _:
                value = yield self.e.evaluate(expression, self.frame)
                return _constant(value, expression.span)

    def _name(self, name: syntax.Name) -> Task:
        if name.id in self.sources:
            self.used.add(name.id)
            return Columns(name.id)
        if name.id in self._underway:
            way = " → ".join(f"`{part}`" for part in [*self._underway[self._underway.index(name.id) :], name.id])
            raise fail("cycle", f"these fields need each other: {way}", name.span)
        if name.id in self.entries and self.frame.find(name.id) is PENDING:
            self.used.add(name.id)
            return (yield self.entry(name.id))
        if self.frame.find(name.id) is PENDING and name.id not in self.frame.module.binders and name.id not in BUILTINS:
            known = [*self.sources, *self.entries, *sorted(self.frame.visible())]
            raise fail("name", f"`{name.id}` is not defined", name.span, hint=did_you_mean(name.id, known))
        value = yield self.e.evaluate(name, self.frame)
        if isinstance(value, Node) and name.id in self.entries:
            self.used.add(name.id)
            return (yield self.entry(name.id))
        if isinstance(value, Node):
            raise fail(
                "data",
                f"`{name.id}` is a value of the graph, and data is prepared before the graph runs",
                name.span,
                labels=[Label(value.span, "computed here")] if value.span else [],
                hint="use columns of a source, and constants",
            )
        return _constant(value, name.span)

    def _index(self, expression: syntax.Index) -> Task:
        """`source["a"]`, `source["a":"b"]`."""
        base = yield self.field(expression.value)
        if not isinstance(base, Columns) or base.first is not None:
            hint = 'write `source["first":"last"]`'
            raise fail("data", "columns are taken from a source", expression.span, hint=hint)
        item = expression.items[0]
        bounds = (item.start, item.stop) if isinstance(item, syntax.Slice) else (item, None)
        if len(expression.items) != 1 or (isinstance(item, syntax.Slice) and item.step is not None):
            hint = f"several stand side by side with `{USAGE['columns']}`"
            raise fail("data", "a source is indexed by one column or one range of columns", expression.span, hint=hint)
        names: list[Any] = []
        for bound in bounds:
            value = None if bound is None else (yield self.e.evaluate(bound, self.frame))
            if value is POISON:
                raise ProgramError([])
            if bound is not None and not isinstance(value, str):
                hint = 'write `source["label"]`'
                raise fail("data", f"a column is named by a string, not {describe(value)}", bound.span, hint=hint)
            names.append(value)
        return Columns(base.source, *names)

    # -- calls

    def _call(self, call: syntax.Call) -> Task:
        name = call.function.id if isinstance(call.function, syntax.Name) else call.function.span.quoted("this")
        operation = OPERATIONS.get(name)
        if name in USAGE:
            return (yield self._data_function(name, call))
        if operation is None:
            hint = did_you_mean(name, [*USAGE, *READERS, *OPERATIONS])
            if name in READERS:
                hint = f"name the file in an entry of its own, `source = {name}(…)`, and use its columns"
            raise fail("data", f"there is no function `{name}` for data", call.function.span, hint=hint)
        return (yield self._operation(operation, call))

    def _operation(self, operation: Operation, call: syntax.Call) -> Task:
        """An operation of the language on columns."""
        parameters = {parameter.name: parameter for parameter in operation.parameters}
        places = [parameter for parameter in operation.parameters if not parameter.keyword_only]
        given: list[Given] = []
        for position, argument in enumerate(call.arguments):
            in_place = places[position] if position < len(places) else None
            parameter = parameters.get(argument.name) if argument.name else in_place
            is_field = parameter is not None and parameter.is_tensor
            value = yield self.field(argument.value) if is_field else self.e.evaluate(argument.value, self.frame)
            if value is POISON:
                raise ProgramError([])
            given.append(Given.argument(argument, value))
        bound = bind_arguments(operation, given, call.span)
        count = operation.tensor_count
        if operation.forward is None or count is None:
            raise fail("data", f"`{operation.name}` cannot be used on columns", call.span)
        filled = operation.fill(attributes_of(operation, bound))
        attributes = {key: _known_size(value, call.span) for key, value in filled.items()}
        fields = [bound[parameter.name].value for parameter in operation.parameters if parameter.is_tensor]
        return Computed(operation.name, on_arrays(operation), tuple(fields), attributes)

    def _data_function(self, name: str, call: syntax.Call) -> Task:
        """`standardize`, `encode` and the others that only data has."""
        takes_value = name == "fill_missing"
        fields: list[Field] = []
        values: list[Any] = []
        for argument in call.arguments:
            if takes_value and (argument.name == "value" or (argument.name is None and fields)):
                values.append((yield self.e.evaluate(argument.value, self.frame)))
            elif argument.name is None:
                fields.append((yield self.field(argument.value)))
            else:
                raise fail(
                    "argument",
                    f"`{name}` has no argument `{argument.name}`",
                    Span(argument.span.source, argument.span.start, argument.span.start + len(argument.name)),
                    hint=f"it is called as `{USAGE[name]}`",
                )
        if any(value is POISON for value in values):
            raise ProgramError([])
        wanted = len(fields) if name == "columns" else 1
        if not fields or len(fields) != wanted or len(values) != takes_value:
            takes = {"columns": "columns", "fill_missing": "columns and what to fill them with"}.get(name, "one field")
            raise fail("argument", f"`{name}` takes {takes}", call.span, hint=f"it is called as `{USAGE[name]}`")
        try:
            return _made(name, fields, values)
        except ProgramError as error:
            raise error.at(call.span) from None


def _made(name: str, fields: list[Field], values: list[Any]) -> Field:
    match name:
        case "standardize" | "minmax":
            return Scaled(name, fields[0])
        case "encode":
            return Encoded(fields[0])
        case "fill_missing":
            return Filled(fields[0], values[0])
        case _:
            return SideBySide(tuple(fields))


def _as_call(pipe: syntax.Pipe) -> syntax.Call:
    """`x |> f(a)` as `f(x, a)`."""
    first = syntax.Argument(pipe.value.span, None, pipe.value)
    target = pipe.target
    rest = target.arguments if isinstance(target, syntax.Call) else ()
    return syntax.Call(pipe.span, target.function if isinstance(target, syntax.Call) else target, (first, *rest))


def _constant(value: Any, span: Span) -> Field:
    if value is POISON:
        raise ProgramError([])
    array = as_array(value)
    number = isinstance(array, int | float) and not isinstance(array, bool)
    if not is_compile_time(value) or not (number or is_ndarray(array)):
        raise fail("data", f"a number or a column is needed here, not {describe(value)}", span)
    return Constant(array)


def _computed(operation: Operation, arguments: list[Field], shown: str = "") -> Field:
    assert operation.forward is not None
    return Computed(shown or operation.name, operation.forward, tuple(arguments), dict(operation.defaults))


def _known_size(value: Any, span: Span) -> Any:
    try:
        return concrete(value, {})
    except KeyError as error:
        message = f"the size of `{error.args[0]}` is not known while data is prepared"
        raise fail("data", message, span, hint="use -1, or a number") from None
