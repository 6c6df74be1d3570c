"""Which names of a program depend on which others, read off its text: constants and functions count as much as values."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field, fields
from typing import Any, cast

from dsl.app.names.binding import bound
from dsl.language import syntax
from dsl.language.elaborate.order import bound_names


@dataclass(frozen=True, slots=True)
class Uses:
    """The names that a statement uses: for what they stand for, and to call it."""

    values: set[str] = field(default_factory=set[str])
    called: set[str] = field(default_factory=set[str])


def dependents(
    statements: Sequence[syntax.Statement], changed: Iterable[syntax.Statement], is_layer: Callable[[str], bool]
) -> list[syntax.Statement]:
    """The statements that depend on changed ones, in the order of the text; the changed ones are not among them.

    `is_layer` says whether a name stands for a layer that is applied by calling it.
    """
    values, called = set[str](), set[str]()
    found: set[int] = set()

    def follows(statement: syntax.Statement) -> None:
        for kind, name in bound(statement):
            if kind == "function" or is_layer(name):
                called.add(name)
            if kind == "value":
                values.add(name)

    changed = list(changed)
    if any(isinstance(statement, syntax.DTypeStatement) for statement in changed):
        return [statement for statement in statements if not any(statement is other for other in changed)]
    for statement in changed:
        follows(statement)
    waiting = [(place, _uses(statement)) for place, statement in enumerate(statements)]
    waiting = [(place, uses) for place, uses in waiting if not any(statements[place] is other for other in changed)]
    reached = True
    while reached:
        reached = [
            place for place, uses in waiting if not (uses.values.isdisjoint(values) and uses.called.isdisjoint(called))
        ]
        for place in reached:
            found.add(place)
            follows(statements[place])
        waiting = [(place, uses) for place, uses in waiting if place not in found]
    return [statements[place] for place in sorted(found)]


def _uses(statement: syntax.Statement) -> Uses:
    uses = Uses()
    _collect(statement, uses, set())
    return uses


_Bodied = syntax.FunctionStatement | syntax.LayerStatement


def _collect(root: syntax.Syntax, uses: Uses, hidden: Set[str]) -> None:
    """Add the names that a part of a program uses; no recursion but into the bodies of functions, since trees may be deep."""
    waiting: list[Any] = [root]
    while waiting:
        item = waiting.pop()
        match item:
            case syntax.Name(id=name):
                if name not in hidden:
                    uses.values.add(name)
            case syntax.Call(function=syntax.Name(id=name), arguments=arguments):
                uses.called.add(name)
                waiting += arguments
            case syntax.Pipe(value=value, target=syntax.Name(id=name)):
                uses.called.add(name)
                waiting.append(value)
            case syntax.DatasetName(parts=parts):
                uses.values.add(parts[0])
            case syntax.FunctionStatement() | syntax.LayerStatement():
                _collect(item.body, uses, {*hidden, *_locals(item)})
                waiting += [part for formal in _formals(item) for part in (formal.type, formal.default)]
            case syntax.Assignment(value=value) | syntax.MetricStatement(value=value):
                waiting.append(value)
            case syntax.TrainStatement(entries=entries):
                waiting += [entry.value for entry in entries]
            case syntax.ImportStatement():
                pass
            case syntax.Syntax():
                waiting += _parts(item)
            case tuple():
                waiting += cast("tuple[Any, ...]", item)
            case _:
                pass


def _formals(item: _Bodied) -> list[syntax.Formal]:
    return [*(item.options if isinstance(item, syntax.LayerStatement) else ()), *item.parameters]


def _locals(item: _Bodied) -> set[str]:
    """The names that a function or a layer has to itself."""
    return {*(formal.name.id for formal in _formals(item)), *(name.id for name in bound_names(item.body.statements))}


def _parts(item: syntax.Syntax) -> list[Any]:
    """What a node is made of, but for the names that it binds."""
    binds = isinstance(
        item,
        syntax.DimStatement
        | syntax.ConstantStatement
        | syntax.PlaceholderStatement
        | syntax.ParameterStatement
        | syntax.DataStatement
        | syntax.RepeatStatement
        | syntax.Carried,
    )
    skipped = {"span", "name", "variable"} if binds else {"span"}
    return [getattr(item, part.name) for part in fields(cast(Any, item)) if part.name not in skipped]
