"""The statements inside a statement."""

from __future__ import annotations

from collections.abc import Sequence

from dsl.language import syntax


def inside(statement: syntax.Statement) -> Sequence[syntax.Statement]:
    """The statements of its body, or of both its branches; none for a statement without a block of statements."""
    match statement:
        case syntax.FunctionStatement() | syntax.LayerStatement() | syntax.RepeatStatement():
            return statement.body.statements
        case syntax.IfStatement(then=then, otherwise=otherwise):
            return (*then.statements, *(otherwise.statements if otherwise else ()))
        case _:
            return ()
