"""What a statement at the top of a program binds, and so which statements a new one takes the place of."""

from __future__ import annotations

from collections.abc import Sequence

from dsl.language import syntax
from dsl.language.elaborate.order import bound_names

Key = tuple[str, str]
"""What only one statement of a program can bind: a value, a function or layer, a training run; or what it says."""


def bound(statement: syntax.Statement) -> set[Key]:
    """What a statement binds."""
    match statement:
        case syntax.DTypeStatement():
            return {("dtype", "")}
        case syntax.FunctionStatement() | syntax.LayerStatement():
            return {("function", statement.name.id)}
        case syntax.TrainStatement():
            return {("train", run_name(statement))}
        case syntax.ImportStatement(path=path, names=names):
            imported = {("function", name.id) for name in names} if names else set[Key]()
            return imported or {("import", path.value)}
        case syntax.ExpectStatement() | syntax.ShowStatement():
            return {("said", " ".join(statement.span.text.split()))}
        case _:
            return {("value", name.id) for name in bound_names([statement])}


def run_name(statement: syntax.TrainStatement) -> str:
    """What a training run is called."""
    return statement.name.id if statement.name else "train"


def values_of(statement: syntax.Statement) -> list[str]:
    """The names of the values that a statement binds, in their order."""
    return list(dict.fromkeys(name.id for name in bound_names([statement])))


def replaced(statement: syntax.Statement, existing: Sequence[syntax.Statement]) -> list[int]:
    """The statements, by their places, that a new one takes the place of: those that bind what it binds.

    An `if` may give a name that is bound outside it a new value: it takes the place of another `if` only, and an `if` gives
    way to another statement only where no plain one binds the name.
    """
    keys = bound(statement)
    alike = [place for place, other in enumerate(existing) if not keys.isdisjoint(bound(other))]
    conditional = [place for place in alike if isinstance(existing[place], syntax.IfStatement)]
    if isinstance(statement, syntax.IfStatement):
        return conditional
    return [place for place in alike if place not in conditional] or conditional
