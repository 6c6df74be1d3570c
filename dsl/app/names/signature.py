"""How functions and layers are called, as their statements say."""

from __future__ import annotations

from collections.abc import Sequence

from dsl.language import syntax

Definition = syntax.FunctionStatement | syntax.LayerStatement


def formals(statement: Definition) -> list[Sequence[syntax.Formal]]:
    """What stands in the brackets: the arguments of a function, the options of a layer and then its inputs."""
    if isinstance(statement, syntax.LayerStatement):
        return [statement.options, statement.parameters]
    return [statement.parameters]


def signature(statement: Definition) -> str:
    """How a function or a layer is called: `huber(y, yhat, delta=1.0)`."""
    brackets = (", ".join(map(said, each)) for each in formals(statement))
    return statement.name.id + "".join(f"({inside})" for inside in brackets)


def said(formal: syntax.Formal) -> str:
    """An argument as its statement has it, on one line."""
    return " ".join(formal.span.text.split())
