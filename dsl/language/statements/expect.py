"""`expect accuracy >= 0.95 on digits.test within 0.01`, and `show logits`."""

from __future__ import annotations

from typing import Any

from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.apply import Given, check_fit, constant, operand
from dsl.language.elaborate.elaboration import Elaboration, elaborates
from dsl.language.elaborate.expressions import BINARY
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.model import Expectation
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.values import PENDING, POISON, DataName, describe
from dsl.ops.dims import Dim
from dsl.ops.registry import OPERATIONS
from dsl.source.diagnostic import fail
from dsl.source.nearest import did_you_mean

_COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


@elaborates(syntax.ExpectStatement)
def expect(e: Elaboration, statement: syntax.ExpectStatement, frame: Frame) -> Task:
    """Kept for when the program has run."""
    condition = statement.condition
    if frame.parent is not None:
        raise fail("syntax", "`expect` stands at the top of a file", statement.span)
    if not isinstance(condition, syntax.Binary) or condition.operator not in _COMPARISONS:
        hint = f"say what is expected of it: `expect {condition.span.quoted('accuracy')} >= 0.95`"
        if isinstance(condition, syntax.Binary) and condition.operator in ("and", "or"):
            hint = "each comparison has an `expect` of its own"
        raise fail("syntax", "`expect` needs a comparison", condition.span, hint=hint)
    start = len(e.graph.nodes)
    sides: list[Node] = []
    for side in (condition.left, condition.right):
        value = yield e.evaluate(side, frame)
        if value is POISON:
            return
        sides.append(_as_node(e, value, side))
    e.model.checking.update(node for node in e.graph.nodes[start:] if not node.name)
    e.name_rest(start, "expect")
    given = [Given.of(side, node) for side, node in zip((condition.left, condition.right), sides, strict=True)]
    check_fit(OPERATIONS[BINARY[condition.operator]], given, condition.span, e.graph.default_float)
    dataset = (yield _dataset(e, statement.dataset, frame)) if statement.dataset else None
    tolerance = yield _tolerance(e, statement, frame)
    text = statement.span.text.removeprefix("expect").strip()
    e.model.expectations.append(
        Expectation(text, condition.operator, sides[0], sides[1], dataset, tolerance, statement.span)
    )


def _as_node(e: Elaboration, value: Any, expression: syntax.Expression) -> Node:
    e.graph.span = expression.span
    found = operand(e, value, expression.span)
    if isinstance(found, Node):
        return found
    if isinstance(found, Dim):
        return e.graph.apply(OPERATIONS["dimension"], (), {"size": found, "dtype": e.graph.default_float})
    return constant(e, found, expression.span)


def _dataset(e: Elaboration, name: syntax.DatasetName, frame: Frame) -> Task:
    from dsl.language.statements.train import data_set, unknown_data_set

    first = name.parts[0]
    value = frame.find(first)
    if value is PENDING and first in frame.module.binders:
        value = yield e.evaluate(syntax.Name(name.span, first), frame)
    if value is POISON:
        return None
    if not isinstance(value, DataName):
        if value is PENDING:
            raise unknown_data_set(e, syntax.Name(name.span, first))
        hint = did_you_mean(first, e.model.data, "a data set is declared in a block: `data digits { … }`")
        raise fail("name", f"`{first}` is {describe(value)}, and no data set", name.span, hint=hint)
    return data_set(e, DataName(first, ".".join(name.parts[1:])), name.span)


def _tolerance(e: Elaboration, statement: syntax.ExpectStatement, frame: Frame) -> Task:
    if statement.tolerance is None:
        return None
    value = yield e.evaluate(statement.tolerance, frame)
    if value is POISON:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or value < 0:
        raise fail("type", f"a tolerance is a number of at least 0, not {describe(value)}", statement.tolerance.span)
    return float(value)


@elaborates(syntax.ShowStatement)
def show(e: Elaboration, statement: syntax.ShowStatement, frame: Frame) -> Task:
    """Kept for when the program has run."""
    start = len(e.graph.nodes)
    value = yield e.evaluate(statement.value, frame)
    if value is POISON:
        return
    node = _as_node(e, value, statement.value)
    if node.index >= start and not node.name:
        e.graph.name(node, "show")
    e.name_rest(start, "show")
    e.model.shown.append((statement.value.span.text, node))
