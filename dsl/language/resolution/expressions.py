"""Names in expressions: values, what is called, arguments by keyword, attributes."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Literal

from dsl.language import syntax
from dsl.language.elaborate.order import bound_names
from dsl.language.elaborate.values import BUILTINS, Definition
from dsl.language.resolution.names import Kind, LibraryKind, Occurrence, Scope, ScopeKind, Symbol, SymbolKind
from dsl.language.statements.fields import USAGE
from dsl.ops.dtypes import DTYPES
from dsl.ops.registry import OPERATIONS
from dsl.source.text import Span
from dsl.training.data.readers import READERS
from dsl.training.hyperparameters import Registry

Manner = Literal["graph", "data"]
"""How an expression is read: for the graph, or over the columns of a data block."""
_Called = Symbol | tuple[Kind, str] | None
"""What a name before brackets stands for: a symbol, or what the program did not name by its kind and name."""

_WORD = re.compile(r'#[^\n]*|"(?:[^"\\\n]|\\.)*"|[^\W\d]\w*')
_MOST_STEPS = 100


def words_in(span: Span) -> Iterator[Span]:
    """The words in a stretch of text, outside strings and comments."""
    for match in _WORD.finditer(span.source.text, span.start, span.end):
        if match[0][0] not in '#"':
            yield Span(span.source, match.start(), match.end())


def last_word(span: Span, name: str) -> Span:
    """Where a name stands at the end of a span, which may have brackets around it."""
    if span.source.text.endswith(name, span.start, span.end):
        return Span(span.source, span.end - len(name), span.end)
    return next((word for word in reversed(list(words_in(span))) if word.text == name), span)


class Expressions:
    """The work of resolving one program, as far as expressions go; what was found is in `occurrences` and `scopes`."""

    def __init__(self, end: int, imported: Mapping[str, Definition], library: Mapping[str, Definition]) -> None:
        self.file = Scope("file", 0, end)
        self.scopes = [self.file]
        self.occurrences: list[Occurrence] = []
        self.imported, self.library = imported, library
        self.externals: dict[tuple[int, str], Symbol] = {}
        self.later: list[Callable[[], None]] = []
        """What waits until all bodies have been read: keywords and attributes, which name things inside them."""

    # -- what is written down

    def open(self, kind: ScopeKind, span: Span, parent: Scope, symbol: Symbol | None = None) -> Scope:
        """A new scope."""
        scope = Scope(kind, span.start, span.end, parent, symbol=symbol)
        self.scopes.append(scope)
        return scope

    def note(self, span: Span, name: str, kind: Kind, owner: str = "") -> None:
        """Write down a name that no symbol of the program stands behind."""
        self.occurrences.append(Occurrence(span, name, kind, owner=owner))

    def refer(self, span: Span, symbol: Symbol, owner: str = "") -> None:
        """Write down the use of a symbol."""
        symbol.references.append(span)
        self.occurrences.append(Occurrence(span, symbol.name, symbol.kind, symbol, owner=owner))

    def define(self, span: Span, symbol: Symbol) -> None:
        """Write down that a symbol is bound here."""
        symbol.definitions.append(span)
        self.occurrences.append(Occurrence(span, symbol.name, symbol.kind, symbol, is_definition=True))

    def bind(self, scope: Scope, name: syntax.Name, kind: SymbolKind, statement: syntax.Syntax) -> Symbol:
        """Bind a value in a scope; what is bound there by this name already is given another value."""
        symbol = self.declare(scope, name.id, kind, statement)
        scope.possible.add(name.id)
        scope.certain.add(name.id)
        self.define(name.span, symbol)
        return symbol

    def declare(self, scope: Scope, name: str, kind: SymbolKind, statement: syntax.Syntax) -> Symbol:
        """The value of this name in a scope, made when it is not there yet."""
        symbol = scope.values.get(name)
        if symbol is None:
            symbol = scope.values[name] = Symbol(name, kind, scope, statement=statement)
            if isinstance(statement, syntax.Assignment) and len(statement.targets) == 1:
                symbol.value = statement.value
        return symbol

    # -- values

    def expression(self, root: syntax.Syntax | None, scope: Scope, manner: Manner = "graph") -> None:
        """Resolve every name in an expression."""
        waiting: list[Any] = [root]
        while waiting:
            item = waiting.pop()
            match item:
                case syntax.Name():
                    self.value(item, scope)
                case syntax.Call(function=function, arguments=arguments):
                    waiting += [argument.value for argument in arguments]
                    waiting += self.call(function, arguments, scope, manner)
                case syntax.Pipe(value=value, target=target):
                    waiting.append(value)
                    waiting += self.call(target, (), scope, manner) if isinstance(target, syntax.Name) else [target]
                case syntax.Attribute(value=value):
                    waiting.append(value)
                    self.later.append(lambda item=item: self._attribute(item, scope))
                case syntax.Unary(operand=operand):
                    waiting.append(operand)
                case syntax.Binary(left=left, right=right):
                    waiting += [left, right]
                case syntax.ListOf(items=items):
                    waiting += items
                case syntax.Index(value=value, items=items):
                    waiting += [value, *items]
                case syntax.Slice(start=start, stop=stop, step=step):
                    waiting += [start, stop, step]
                case _:
                    pass

    def value(self, name: syntax.Name, scope: Scope) -> None:
        """Resolve a name that stands for a value."""
        span, found = last_word(name.span, name.id), self.find(name.id, scope)
        if found is not None:
            self.refer(span, found)
        elif name.id == "source" and scope.kind == "data":  # the files of a split, whichever it is
            self.note(span, name.id, "files", "data")
        elif name.id in DTYPES:
            self.note(span, name.id, "element type")
        else:
            self.note(span, name.id, "builtin" if name.id in BUILTINS else "unknown")

    def find(self, name: str, scope: Scope) -> Symbol | None:
        """The value that a name stands for; where it may be one of several, they are linked."""
        found: Symbol | None = None
        for around in scope.chain():
            symbol = around.values.get(name)
            is_ordered = around.kind not in ("file", "data")
            if symbol is None or (is_ordered and name not in around.possible):
                continue
            if found is None:
                found = symbol
            elif symbol not in found.linked and symbol is not found:
                found.linked.append(symbol)
                symbol.linked.append(found)
            if not is_ordered or name in around.certain:
                break
        return found

    def type(self, declared: syntax.TypeOf | None, scope: Scope) -> None:
        """Resolve the names of a declared type."""
        if declared is None:
            return
        if declared.dtype is not None:
            known = declared.dtype.id in DTYPES
            self.note(declared.dtype.span, declared.dtype.id, "element type" if known else "unknown")
        for part in declared.dims or ():
            self.expression(part, scope)

    # -- calls

    def call(
        self, function: syntax.Expression, arguments: tuple[syntax.Argument, ...], scope: Scope, manner: Manner
    ) -> list[syntax.Expression]:
        """Resolve what is called and the keywords of its arguments; an expression that makes it is handed back."""
        called: _Called = None
        if isinstance(function, syntax.Name):
            called = self._called(function, scope, manner)
            span = last_word(function.span, function.id)
            if isinstance(called, Symbol):
                self.refer(span, called)
            else:
                self.note(span, function.id, called[0])
        keywords = [argument for argument in arguments if argument.name is not None]
        if keywords:
            self.later.append(lambda: self._keywords(function, called, keywords, scope))
        return [] if isinstance(function, syntax.Name) else [function]

    def _called(self, name: syntax.Name, scope: Scope, manner: Manner) -> Symbol | tuple[Kind, str]:
        """Who is meant by the name before the brackets, in the order in which the elaborator asks."""
        if manner == "data":
            return _data_function(name.id), name.id
        value = self.find(name.id, scope)
        if value is not None and (value.kind in ("argument", "option") or self._layer_held(value) is not None):
            return value
        symbol = self.file.callables.get(name.id)
        if symbol is not None:
            return symbol
        if name.id in OPERATIONS:
            return "operation", name.id
        return value or self._of_library(name.id) or ("unknown", name.id)

    def _of_library(self, name: str) -> Symbol | None:
        found = self.library.get(name)
        return self.external(found) if found else None

    def external(self, definition: Definition) -> Symbol:
        """The symbol of a function or layer that stands in another file."""
        kind: SymbolKind = "layer" if definition.is_layer else "function"
        return self._external(definition, definition.statement.name, kind, definition.statement)

    def _external(
        self, definition: Definition, name: syntax.Name, kind: SymbolKind, statement: syntax.Syntax
    ) -> Symbol:
        place = (id(definition.statement), name.id if statement is not definition.statement else "")
        if place not in self.externals:
            self.externals[place] = Symbol(
                name.id, kind, definitions=[name.span], statement=statement, external=True, called=definition
            )
        return self.externals[place]

    def registered(self, expression: syntax.Expression, registry: Registry[Any], kind: Kind, scope: Scope) -> None:
        """Resolve what one of a registry's names declares, such as `adam(lr=1e-3)`; arguments may be of the same kind."""
        waiting: list[syntax.Expression] = [expression]
        while waiting:
            item = waiting.pop()
            function = item.function if isinstance(item, syntax.Call) else item
            if not isinstance(function, syntax.Name) or (function.id not in registry and item is not expression):
                self.expression(item, scope)
                continue
            known = function.id in registry
            self.note(last_word(function.span, function.id), function.id, kind if known else "unknown")
            for argument in item.arguments if isinstance(item, syntax.Call) else ():
                if argument.name is not None:
                    self.note(_keyword(argument), argument.name, "keyword argument", function.id)
                waiting.append(argument.value)

    # -- what is inside of what is called

    def _keywords(
        self, function: syntax.Expression, called: _Called, arguments: list[syntax.Argument], scope: Scope
    ) -> None:
        """Resolve arguments by keyword: of a layer's options where it is made, of its inputs where it is applied."""
        target, kind = called if isinstance(called, Symbol) else None, "option"
        if target is None or target.statement is None or target.kind not in ("function", "layer"):
            target, kind = self.layer_of(function, scope), "argument"
        elif target.kind == "function":
            kind = "argument"
        for argument in arguments:
            name = argument.name or ""
            owner = function.id if isinstance(function, syntax.Name) else target.name if target else ""
            formal = self._formal(target, name, kind) if target else None
            if formal is not None:
                self.refer(_keyword(argument), formal, owner)
            else:
                known: Kind = "keyword argument" if called is not None or target is not None else "unknown"
                self.note(_keyword(argument), name, known, owner)

    def _formal(self, target: Symbol, name: str, kind: str) -> Symbol | None:
        """The argument of this name of a function or layer."""
        if target.inner is not None:
            found = target.inner.values.get(name)
            return found if found is not None and found.kind == kind else None
        statement = target.statement
        if target.called is None or not isinstance(statement, syntax.FunctionStatement | syntax.LayerStatement):
            return None
        formals = statement.parameters
        if kind == "option" and isinstance(statement, syntax.LayerStatement):
            formals = statement.options
        found = next((formal for formal in formals if formal.name.id == name), None)
        if found is None:
            return None
        return self._external(target.called, found.name, "option" if kind == "option" else "argument", found)

    def _attribute(self, attribute: syntax.Attribute, scope: Scope) -> None:
        """Resolve the name behind a dot: a part of a data block, a parameter of a layer, a fact about a value."""
        span, base = last_word(attribute.span, attribute.name), attribute.value
        data = self.find(base.id, scope) if isinstance(base, syntax.Name) else None
        member = data.parts.get(attribute.name) if data is not None and data.kind == "data" else None
        if member is None:
            layer = self.layer_of(base, scope)
            member = self._member(layer, attribute.name) if layer is not None else None
        if member is not None:
            self.refer(span, member)
        else:
            self.note(span, attribute.name, "attribute")

    def layer_of(self, expression: syntax.Expression, scope: Scope | None) -> Symbol | None:
        """The definition of the layer that an expression makes, or that a name holds; None for anything else."""
        names: list[str] = []
        while isinstance(expression, syntax.Attribute):
            names.append(expression.name)
            expression = expression.value
        found = self._layer_made(expression, scope)
        while names and found is not None:
            member = self._member(found, names.pop())
            found = self._layer_held(member) if member is not None else None
        return found

    def _layer_made(self, expression: syntax.Expression | None, scope: Scope | None) -> Symbol | None:
        for _ in range(_MOST_STEPS):
            if scope is None:
                return None
            match expression:
                case syntax.Name(id=name):
                    symbol = next((s.values[name] for s in scope.chain() if name in s.values), None)
                    if symbol is None:
                        return None
                    expression, scope = symbol.value, symbol.scope
                case syntax.Call(function=syntax.Name(id=name)):
                    made = self.file.callables.get(name) or self._of_library(name)
                    return made if made is not None and made.kind == "layer" else None
                case _:
                    return None
        return None

    def _layer_held(self, symbol: Symbol) -> Symbol | None:
        """The definition of the layer that a value holds."""
        return self._layer_made(symbol.value, symbol.scope)

    def _member(self, layer: Symbol, name: str) -> Symbol | None:
        """What a layer calls by this name in its body."""
        if layer.inner is not None:
            found = layer.inner.values.get(name)
            return found if found is not None and found.kind in ("parameter", "value") else None
        statement = layer.statement
        if layer.called is None or not isinstance(statement, syntax.LayerStatement):
            return None
        found = next((bound for bound in bound_names(statement.body.statements) if bound.id == name), None)
        return self._external(layer.called, found, "parameter", found) if found is not None else None


def _data_function(name: str) -> LibraryKind:
    """What a function is that is called in a data block."""
    if name in USAGE:
        return "data function"
    if name in READERS or name == "arrays":
        return "reader"
    return "operation" if name in OPERATIONS else "unknown"


def _keyword(argument: syntax.Argument) -> Span:
    """Where the keyword of an argument stands."""
    start = argument.span.start
    return Span(argument.span.source, start, start + len(argument.name or ""))
