"""What resolution finds: the symbols of a program, the scopes they live in, and every place where one is written."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from dsl.language import syntax
from dsl.language.elaborate.values import Definition
from dsl.source.text import Span

SymbolKind = Literal[
    "value", "dimension", "constant", "placeholder", "parameter", "metric", "argument", "option", "size", "counter",
    "data", "part", "field", "train", "function", "layer",
]  # fmt: skip
"""What a program can give a name to."""

LibraryKind = Literal[
    "operation", "initializer", "optimizer", "schedule", "stopping", "reader", "split", "data function", "builtin",
    "element type", "attribute", "keyword argument", "key", "files", "unknown",
]  # fmt: skip
"""What a name can stand for that the program has not given: `files` for those of a split, `unknown` for nothing at all."""

Kind = SymbolKind | LibraryKind
ScopeKind = Literal["file", "function", "layer", "repeat", "data"]


@dataclass(slots=True, eq=False)
class Symbol:
    """A thing with a name. `definitions` are the places that bind it: several where an `if` or a `repeat` gives new values.

    A symbol of another file, or of the library, is `external`: its places are in a source of their own.
    """

    name: str
    kind: SymbolKind
    scope: Scope | None = None
    definitions: list[Span] = field(default_factory=list[Span])
    references: list[Span] = field(default_factory=list[Span])
    statement: syntax.Syntax | None = None
    """What declares it: a statement, a formal argument, an entry."""
    value: syntax.Expression | None = None
    """What an equation binds to it, where that is one thing."""
    external: bool = False
    called: Definition | None = None
    """The function or layer of another file that an external symbol is, or belongs to."""
    parts: dict[str, Symbol] = field(default_factory=dict[str, "Symbol"])
    """What goes by its name and a dot: the parts of a data block, by their names."""
    inner: Scope | None = None
    """The names inside it: the arguments and the body of a function or layer of this file, the entries of a data block."""
    linked: list[Symbol] = field(default_factory=list["Symbol"])
    """Symbols that one place may stand for as well: whoever is renamed takes them along."""

    def family(self) -> list[Symbol]:
        """The symbol and all those that are linked with it."""
        found: list[Symbol] = [self]
        waiting: list[Symbol] = [self]
        while waiting:
            for other in waiting.pop().linked:
                if other not in found:
                    found.append(other)
                    waiting.append(other)
        return found

    def __repr__(self) -> str:
        return f"Symbol({self.kind} {self.name})"


@dataclass(slots=True, eq=False)
class Scope:
    """Where names are seen: from offset `start` up to `end` of the text, inside `parent`.

    At the top of a file the order of the text does not matter; in bodies a name is seen behind the line that binds it.
    """

    kind: ScopeKind
    start: int
    end: int
    parent: Scope | None = None
    values: dict[str, Symbol] = field(default_factory=dict[str, Symbol])
    callables: dict[str, Symbol] = field(default_factory=dict[str, Symbol])
    """The functions and layers, of a file alone."""
    possible: set[str] = field(default_factory=set[str])
    """The values that may be bound, and ..."""
    certain: set[str] = field(default_factory=set[str])
    """... those that are, as far as the text has been read."""
    symbol: Symbol | None = None
    """The function, layer or data block that it belongs to."""

    def chain(self) -> Iterator[Scope]:
        """This scope and those around it."""
        scope: Scope | None = self
        while scope is not None:
            yield scope
            scope = scope.parent


@dataclass(frozen=True, slots=True)
class Occurrence:
    """A name written somewhere: what it stands for, and whether it is bound here.

    `symbol` is None for what the program did not name itself; `owner` is what an argument, a key or an attribute belongs to,
    such as the operation whose `axis` it is.
    """

    span: Span
    name: str
    kind: Kind
    symbol: Symbol | None = None
    is_definition: bool = False
    owner: str = ""


@dataclass(frozen=True, slots=True)
class Visible:
    """What can be used by its name at a place: values, and what can be called. Operations and the library go without saying."""

    values: Mapping[str, Symbol]
    callables: Mapping[str, Symbol]


@dataclass(frozen=True)
class Names:
    """Every name of a program, in the order of the text."""

    occurrences: tuple[Occurrence, ...]
    scopes: tuple[Scope, ...]
    """The file's first, then those inside."""
    trains: Mapping[str, Symbol]
    """The named `train` blocks."""

    @property
    def file(self) -> Scope:
        """The scope of the whole file."""
        return self.scopes[0]

    @cached_property
    def symbols(self) -> tuple[Symbol, ...]:
        """The symbols that the program names itself, in the order in which they first appear."""
        found = {id(o.symbol): o.symbol for o in self.occurrences if o.symbol is not None and not o.symbol.external}
        return tuple(found.values())

    @cached_property
    def _starts(self) -> list[int]:
        return [occurrence.span.start for occurrence in self.occurrences]

    def at(self, offset: int) -> Occurrence | None:
        """The name that the offset lies in, or touches."""
        index = bisect_right(self._starts, offset) - 1
        found = self.occurrences[index] if index >= 0 else None
        return found if found is not None and offset <= found.span.end else None

    def definition(self, offset: int) -> tuple[Span, ...]:
        """The places that bind what is named at an offset; they may be in another source."""
        found = self.at(offset)
        if found is None or found.symbol is None:
            return ()
        return _in_order(span for symbol in found.symbol.family() for span in symbol.definitions)

    def references(self, offset: int) -> tuple[Span, ...]:
        """All places of this text where what is named at an offset is written, those that bind it among them."""
        found = self.at(offset)
        return self.places(found.symbol) if found is not None and found.symbol is not None else ()

    def places(self, symbol: Symbol) -> tuple[Span, ...]:
        """All places of this text where a symbol is written."""
        family = symbol.family()
        return _in_order(
            span for member in family for span in (*(() if member.external else member.definitions), *member.references)
        )

    def scope(self, offset: int) -> Scope:
        """The innermost scope that an offset lies in."""
        around = [scope for scope in self.scopes if scope.start <= offset <= scope.end]
        return max(around, key=lambda scope: (scope.start, -scope.end), default=self.file)

    def visible(self, offset: int) -> Visible:
        """What can be used by its name at an offset, the innermost first."""
        values: dict[str, Symbol] = {}
        for scope in self.scope(offset).chain():
            for name, symbol in scope.values.items():
                if scope.kind in ("file", "data") or _is_bound_before(symbol, offset):
                    values.setdefault(name, symbol)
        return Visible(values, self.file.callables)


def _is_bound_before(symbol: Symbol, offset: int) -> bool:
    """Whether the line that binds a symbol of a body is over."""
    if isinstance(symbol.statement, syntax.Assignment) and symbol.statement.span.end >= offset:
        return False
    return any(span.start < offset for span in symbol.definitions)


def _in_order(spans: Iterable[Span]) -> tuple[Span, ...]:
    unique = {(id(span.source), span.start, span.end): span for span in spans}
    return tuple(sorted(unique.values(), key=lambda span: span.start))
