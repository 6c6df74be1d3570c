"""`def`, `layer` and `return`."""

from __future__ import annotations

from typing import Any

from dsl.language import syntax
from dsl.language.elaborate.calls import check_formals
from dsl.language.elaborate.elaboration import Elaboration, elaborates
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.suggestions import defined_in_block
from dsl.language.elaborate.values import PENDING
from dsl.source.diagnostic import fail


@elaborates(syntax.FunctionStatement)
@elaborates(syntax.LayerStatement)
def definition(e: Elaboration, statement: syntax.FunctionStatement | syntax.LayerStatement, frame: Frame) -> Task:
    """Definitions are collected before anything is elaborated; all that is left to say is that they do not nest."""
    if frame is not frame.module.frame or frame.depth:
        raise defined_in_block(statement)
    check_formals(statement)
    return
    yield


@elaborates(syntax.ReturnStatement)
def return_(e: Elaboration, statement: syntax.ReturnStatement, frame: Frame) -> Task:
    """`return y`, `return a, b`."""
    target = next((f for f in frame.chain() if f.definition is not None), None)
    if target is None:
        hint = f"`show {statement.values[0].span.quoted('y')}` prints a value"
        raise fail("syntax", "`return` stands in the body of a function or a layer", statement.span, hint=hint)
    if frame is not target or frame.carried:
        raise fail(
            "syntax",
            "`return` cannot leave a `repeat`",
            statement.span,
            hint="carry the value with `with`, and return it after the block",
        )
    start, values = len(e.graph.nodes), list[Any]()
    for expression in statement.values:
        value = e.quick(expression, frame)
        if value is PENDING:
            value = yield e.evaluate(expression, frame)
        values.append(value)
    frame.returned = values[0] if len(values) == 1 else tuple(values)
    e.name_rest(start, frame.path, leaving=values)
