"""What an entry did to a program."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dsl.app.names.binding import run_name, values_of
from dsl.language import syntax
from dsl.source.diagnostic import Diagnostic

_MOST_NAMES = 12


@dataclass(slots=True)
class Change:
    """The statements that were entered, those that they took the place of, and those that depend on them.

    `replaced` are statements of the old text, the others of the new one.
    """

    entered: Sequence[syntax.Statement]
    replaced: Sequence[syntax.Statement] = ()
    following: Sequence[syntax.Statement] = ()
    lost: Sequence[str] = ()
    """Names that no statement binds any more."""
    forgotten: Sequence[str] = ()
    """Parameters that had another value than their first one, and have it no more."""
    unfed: Sequence[str] = ()
    """Placeholders and data sets that are fed no more."""
    warnings: Sequence[Diagnostic] = field(default_factory=list[Diagnostic])

    @property
    def anew(self) -> list[str]:
        """What depends on the entry and is computed anew, by its names."""
        return list(dict.fromkeys(name for statement in self.following for name in _called(statement)))


def _called(statement: syntax.Statement) -> list[str]:
    match statement:
        case syntax.FunctionStatement() | syntax.LayerStatement():
            return [statement.name.id]
        case syntax.TrainStatement():
            return [run_name(statement)]
        case _:
            return values_of(statement)


def few(names: Sequence[str]) -> str:
    """The first of some names, and how many more there are."""
    rest = len(names) - _MOST_NAMES
    return ", ".join(names[:_MOST_NAMES]) + (f" and {rest:,} more" if rest > 0 else "")
