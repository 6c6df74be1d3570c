"""Names in statements: what each binds and where that is seen. Bodies are read in their order, as they are carried out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from dsl.language import syntax
from dsl.language.elaborate.machine import Task, run
from dsl.language.elaborate.modules import library
from dsl.language.elaborate.order import bound_names
from dsl.language.elaborate.values import Definition
from dsl.language.resolution.expressions import Expressions, words_in
from dsl.language.resolution.names import LibraryKind, Names, Scope, Symbol, SymbolKind
from dsl.language.statements.data import OPTIONS, SPLITS
from dsl.source.collection import without_garbage_collection
from dsl.source.text import Span
from dsl.training.data.readers import READERS
from dsl.training.hyperparameters import Registry
from dsl.training.initializers import INITIALIZERS
from dsl.training.optimizers import OPTIMIZERS
from dsl.training.schedules import SCHEDULES
from dsl.training.stopping import STOPPING

_KINDS: dict[type[syntax.Syntax], SymbolKind] = {
    syntax.DimStatement: "dimension",
    syntax.ConstantStatement: "constant",
    syntax.PlaceholderStatement: "placeholder",
    syntax.ParameterStatement: "parameter",
    syntax.MetricStatement: "metric",
    syntax.DataStatement: "data",
}
_REGISTRIES: dict[str, tuple[Registry[Any], LibraryKind]] = {
    "optimizer": (OPTIMIZERS, "optimizer"),
    "schedule": (SCHEDULES, "schedule"),
    "early_stopping": (STOPPING, "stopping"),
}
"""The keys of a `train` block whose values are names of a registry."""
_Bodied = syntax.FunctionStatement | syntax.LayerStatement


@without_garbage_collection()
def resolve(tree: syntax.Program, imported: Mapping[str, Definition] | None = None) -> Names:
    """Every name of a program and what it stands for. `imported` are the functions and layers of other files by their names.

    Nothing is raised, however wrong the program is.
    """
    resolving = _Statements(tree, imported or {})
    return resolving.names()


class _Statements(Expressions):
    """The work of resolving one program."""

    def __init__(self, tree: syntax.Program, imported: Mapping[str, Definition]) -> None:
        super().__init__(tree.span.end, imported, library())
        self.tree = tree
        self.trains: dict[str, Symbol] = {}

    def names(self) -> Names:
        """Resolve the whole program."""
        for name, definition in self.imported.items():
            self.file.callables[name] = self.external(definition)
        for statement in self.tree.statements:
            self._announce(statement)
        run(self._block(self.tree.statements, self.file))
        for task in self.later:
            task()
        found = sorted(self.occurrences, key=lambda occurrence: (occurrence.span.start, occurrence.span.end))
        return Names(tuple(found), tuple(self.scopes), self.trains)

    def _announce(self, statement: syntax.Statement) -> None:
        """Declare what a statement at the top of the file binds, which statements above it can use."""
        if isinstance(statement, _Bodied):
            kind: SymbolKind = "layer" if isinstance(statement, syntax.LayerStatement) else "function"
            self.file.callables.setdefault(
                statement.name.id, Symbol(statement.name.id, kind, self.file, statement=statement)
            )
        waiting: list[syntax.Statement] = [statement]
        while waiting:
            item = waiting.pop(0)
            if isinstance(item, syntax.IfStatement):
                waiting = [*item.then.statements, *(item.otherwise.statements if item.otherwise else ()), *waiting]
                continue
            for name in bound_names([item]):
                self.declare(self.file, name.id, _KINDS.get(type(item), "value"), item)

    def _block(self, statements: tuple[syntax.Statement, ...], scope: Scope) -> Task:
        for statement in statements:
            yield self._statement(statement, scope)

    def _statement(self, statement: syntax.Statement, scope: Scope) -> Task:
        match statement:
            case syntax.IfStatement():
                yield self._if(statement, scope)
            case syntax.RepeatStatement():
                yield self._repeat(statement, scope)
            case syntax.FunctionStatement() | syntax.LayerStatement():
                yield self._definition(statement, scope)
            case syntax.DataStatement():
                self._data(statement, scope)
            case syntax.TrainStatement():
                self._train(statement, scope)
            case syntax.ImportStatement():
                self._import(statement)
            case _:
                self._simple(statement, scope)

    def _simple(self, statement: syntax.Statement, scope: Scope) -> None:
        """A statement without a block."""
        match statement:
            case syntax.DTypeStatement(name=name):
                self.type(syntax.TypeOf(name.span, name, None), scope)
            case syntax.Assignment(targets=targets, value=value):
                self.expression(value, scope)
                for target in targets:
                    self.bind(scope, target, "value", statement)
            case syntax.DimStatement(name=name, size=value) | syntax.ConstantStatement(name=name, value=value):
                self.expression(value, scope)
                self.bind(scope, name, _KINDS[type(statement)], statement)
            case syntax.MetricStatement(name=name, value=value):
                self.expression(value, scope)
                self.bind(scope, name, "metric", statement)
            case syntax.PlaceholderStatement() | syntax.ParameterStatement():
                self.type(statement.type, scope)
                self.expression(statement.value, scope)
                if isinstance(statement, syntax.ParameterStatement) and statement.initializer is not None:
                    self.registered(statement.initializer, INITIALIZERS, "initializer", scope)
                self.bind(scope, statement.name, _KINDS[type(statement)], statement)
            case syntax.ReturnStatement(values=values):
                for value in values:
                    self.expression(value, scope)
            case syntax.ShowStatement(value=value):
                self.expression(value, scope)
            case syntax.ExpectStatement():
                self.expression(statement.condition, scope)
                self.expression(statement.tolerance, scope)
                if statement.dataset is not None:
                    self._dataset(statement.dataset, scope)
            case _:
                pass

    # -- blocks

    def _if(self, statement: syntax.IfStatement, scope: Scope) -> Task:
        """One of two branches: what is bound in one of them may be bound afterwards, what is in both is."""
        self.expression(statement.condition, scope)
        possible, certain = set(scope.possible), set(scope.certain)
        yield self._block(statement.then.statements, scope)
        after_then = scope.possible, scope.certain
        scope.possible, scope.certain = possible, certain
        if statement.otherwise is not None:
            yield self._block(statement.otherwise.statements, scope)
        scope.possible |= after_then[0]
        scope.certain &= after_then[1]

    def _repeat(self, statement: syntax.RepeatStatement, scope: Scope) -> Task:
        """A body with names of its own; those that are carried have their last value outside of it, too."""
        self.expression(statement.start, scope)
        self.expression(statement.stop, scope)
        head = statement.carried[-1] if statement.carried else statement.stop or statement.start
        span = Span(statement.span.source, head.span.end, statement.span.end)
        inner = self.open("repeat", span, scope)
        for item in statement.carried:
            self.expression(item.value, scope)
        for item in statement.carried:
            symbol = self.bind(scope, item.name, "value", statement)
            inner.values[item.name.id] = symbol
        names = {item.name.id for item in statement.carried}
        inner.possible, inner.certain = set(names), set(names)
        self.bind(inner, statement.variable, "counter", statement)
        yield self._block(statement.body.statements, inner)

    def _definition(self, statement: _Bodied, scope: Scope) -> Task:
        """A function or a layer, whose arguments and sizes are names of its body."""
        kind: Literal["function", "layer"] = "layer" if isinstance(statement, syntax.LayerStatement) else "function"
        symbol = self.file.callables.get(statement.name.id)
        if symbol is None or symbol.external or symbol.statement is not statement:
            symbol = Symbol(statement.name.id, kind, scope, statement=statement)
        self.define(statement.name.span, symbol)
        span = Span(statement.span.source, statement.name.span.end, statement.span.end)
        inner = symbol.inner = self.open(kind, span, self.file, symbol)
        options = statement.options if isinstance(statement, syntax.LayerStatement) else ()
        for formal in (*options, *statement.parameters):
            self.expression(formal.default, self.file)
        for formal in options:
            self._formal_argument(formal, inner, "option")
        for formal in statement.parameters:
            self._formal_argument(formal, inner, "argument")
        yield self._block(statement.body.statements, inner)

    def _formal_argument(self, formal: syntax.Formal, inner: Scope, kind: SymbolKind) -> None:
        """An argument; a name in its shape stands for a size, which the first argument with that name binds."""
        self.bind(inner, formal.name, kind, formal)
        if formal.type is None:
            return
        sizes = [part for part in formal.type.dims or () if isinstance(part, syntax.Name)]
        for size in sizes:
            if size.id not in inner.certain:
                self.bind(inner, size, "size", formal)
            else:
                self.value(size, inner)
        others = tuple(part for part in formal.type.dims or () if not isinstance(part, syntax.Name))
        self.type(syntax.TypeOf(formal.type.span, formal.type.dtype, others), inner)

    def _import(self, statement: syntax.ImportStatement) -> None:
        for name in statement.names or ():
            symbol = self.file.callables.get(name.id)
            if symbol is not None:
                self.refer(name.span, symbol)
            else:
                self.note(name.span, name.id, "unknown")

    # -- data and training

    def _data(self, statement: syntax.DataStatement, scope: Scope) -> None:
        """A data block: an entry is a placeholder's, an option, or has a name that other entries use."""
        symbol = self.bind(scope, statement.name, "data", statement)
        inner = symbol.inner = self.open("data", statement.span, scope, symbol)
        for entry in statement.entries:
            placeholder = self.file.values.get(entry.key.id)
            is_file = _is_reader(entry.value)
            if entry.key.id in OPTIONS and not is_file:
                self.note(entry.key.span, entry.key.id, "key", "data")
            elif placeholder is not None and placeholder.kind == "placeholder" and not is_file:
                self.refer(entry.key.span, placeholder)
            else:
                self.define(entry.key.span, self.declare(inner, entry.key.id, "field", entry))
        for entry in statement.entries:
            if entry.key.id == "split" and isinstance(entry.value, syntax.Call):
                self._split(entry.value, symbol, inner)
            else:
                self.expression(entry.value, inner, "data")

    def _split(self, call: syntax.Call, data: Symbol, scope: Scope) -> None:
        """`fractions(train=0.8, test=0.2)`: the keywords are the names of the parts."""
        name = call.function.id if isinstance(call.function, syntax.Name) else ""
        if name in SPLITS:
            self.note(call.function.span, name, "split")
        else:
            self.expression(call.function, scope, "data")
        for argument in call.arguments:
            if argument.name is not None:
                place = Span(argument.span.source, argument.span.start, argument.span.start + len(argument.name))
                if name in SPLITS and name != "folds":
                    part = data.parts.setdefault(
                        argument.name, Symbol(argument.name, "part", scope, statement=argument)
                    )
                    self.define(place, part)
                else:
                    self.note(place, argument.name, "keyword argument", name)
            self.expression(argument.value, scope, "data")

    def _train(self, statement: syntax.TrainStatement, scope: Scope) -> None:
        if statement.name is not None:
            name = statement.name.id
            symbol = self.trains.setdefault(name, Symbol(name, "train", self.file, statement=statement))
            self.define(statement.name.span, symbol)
        for entry in statement.entries:
            key = entry.key.id
            self.note(entry.key.span, key, "key", "train")
            if key in _REGISTRIES and isinstance(entry.value, syntax.Name | syntax.Call):
                self.registered(entry.value, *_REGISTRIES[key], scope)
            else:
                self.expression(entry.value, scope)

    def _dataset(self, name: syntax.DatasetName, scope: Scope) -> None:
        """`digits.test` behind `on`."""
        words = list(words_in(name.span))[: len(name.parts)]
        data = self.find(name.parts[0], scope)
        if not words:
            return
        if data is None:
            self.note(words[0], name.parts[0], "unknown")
            return
        self.refer(words[0], data)
        for word, part in zip(words[1:], name.parts[1:], strict=False):
            if part in data.parts:
                self.refer(word, data.parts[part])
            else:
                self.note(word, part, "attribute")


def _is_reader(expression: syntax.Expression) -> bool:
    function = expression.function if isinstance(expression, syntax.Call) else None
    return isinstance(function, syntax.Name) and function.id in (*READERS, "arrays")
