"""`def`, `layer` and `return`."""

from __future__ import annotations

from typing import Any

from dsl.language import syntax
from dsl.language.elaborate.elaboration import Elaboration, elaborates
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.values import PENDING
from dsl.source.diagnostic import Label, fail


@elaborates(syntax.FunctionStatement)
@elaborates(syntax.LayerStatement)
def definition(e: Elaboration, statement: syntax.FunctionStatement | syntax.LayerStatement, frame: Frame) -> Task:
    """Definitions are collected before anything is elaborated; all that is left to say is that they do not nest."""
    if frame is not frame.module.frame or frame.module.definitions[statement.name.id].statement is not statement:
        raise fail(
            "syntax", f"`{statement.name.id}` is defined inside a block", statement.name.span, hint="move it to the top of the file"
        )
    seen: dict[str, syntax.Formal] = {}
    options = statement.options if isinstance(statement, syntax.LayerStatement) else ()
    for formal in (*options, *statement.parameters):
        name = formal.name.id
        if name in seen:
            first = Label(seen[name].name.span, "first here")
            raise fail("name", f"the argument `{name}` is there twice", formal.name.span, labels=[first])
        seen[name] = formal
    return
    yield


@elaborates(syntax.ReturnStatement)
def return_(e: Elaboration, statement: syntax.ReturnStatement, frame: Frame) -> Task:
    """`return y`, `return a, b`."""
    target = next((f for f in frame.chain() if f.definition is not None), None)
    if target is None:
        raise fail("syntax", "`return` stands in the body of a function or a layer", statement.span)
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
    results = {id(value) for value in values}
    for node in e.graph.nodes[start:]:
        if not node.name and id(node) not in results:
            e.graph.name(node, f"{frame.path}.{node.label}")
