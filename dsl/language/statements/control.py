"""`if`, decided at compile time, and `repeat`, unrolled at compile time."""

from __future__ import annotations

from typing import Any

from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.apply import constant, operand
from dsl.language.elaborate.elaboration import Elaboration, elaborates
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.names import bind
from dsl.language.elaborate.order import bound_names
from dsl.language.elaborate.places import inside
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.unresolved import check_names
from dsl.language.elaborate.values import POISON, LayerInstance, describe, is_sequence
from dsl.ops.registry import OPERATIONS
from dsl.source.diagnostic import Label, ProgramError, fail

_MOST_PASSES = 1_000_000


@elaborates(syntax.IfStatement)
def if_(e: Elaboration, statement: syntax.IfStatement, frame: Frame) -> Task:
    """`if bias { … } else { … }`: only the branch that is taken is elaborated."""
    condition = yield e.evaluate(statement.condition, frame)
    if condition is POISON:
        _poison(e, statement, frame)
        return
    if isinstance(condition, Node):
        raise fail(
            "type",
            "`if` decides before anything runs, and this condition is computed",
            statement.condition.span,
            labels=[Label(condition.span, "computed here")]
            if condition.span not in (None, statement.condition.span)
            else [],
            hint="`where(condition, a, b)` chooses while the program runs",
        )
    if not isinstance(condition, bool):
        raise fail(
            "type", f"the condition of `if` is true or false, not {describe(condition)}", statement.condition.span
        )
    branch, other = (statement.then, statement.otherwise) if condition else (statement.otherwise, statement.then)
    if other is not None:
        check_names(e, other.statements, frame)
    if branch is not None:
        frame.depth += 1
        try:
            yield e.block(branch.statements, frame)
        finally:
            frame.depth -= 1
            for name, depth in frame.bound_depth.items():
                frame.bound_depth[name] = min(depth, frame.depth)


@elaborates(syntax.RepeatStatement)
def repeat(e: Elaboration, statement: syntax.RepeatStatement, frame: Frame) -> Task:
    """`repeat i in 0..4 with h = x { h = f(h) }`: fresh names and parameters in each pass, the carried names handed on."""
    start = len(e.graph.nodes)
    passes = yield _passes(e, statement, frame)
    carried: dict[str, Any] = {}
    for item in statement.carried:
        carried[item.name.id] = yield _first_value(e, item, frame)
    if passes is POISON or any(value is POISON for value in carried.values()):
        _poison(e, statement, frame)
        return
    _check_body(e, statement, frame)
    for number, value in enumerate(passes, 1):
        inner = Frame(
            frame.module,
            frame,
            path=frame.path,
            owner=frame.owner,
            definition=frame.definition,
            names={statement.variable.id: value, **carried},
            counters=frame.counters,
            carried={name: f"{_path(frame, name)}_{number}" for name in carried},
        )
        inner.statement = frame.statement
        e.remember(statement.variable.span, value)
        try:
            yield e.block(statement.body.statements, inner)
        except ProgramError as error:
            raise inside(error, statement.variable.span, f"in pass {number} of this `repeat`") from None
        carried = {name: inner.names[name] for name in carried}
    for item in statement.carried:
        _hand_out(e, item, carried[item.name.id], frame, start)


def _path(frame: Frame, name: str) -> str:
    """The node path of a carried name: in a pass of a `repeat` around this one, that pass's own."""
    return frame.carried.get(name) or frame.below(name)


def _first_value(e: Elaboration, item: syntax.Carried, frame: Frame) -> Task:
    """What a carried name begins with; what is made for it is named after it."""
    before, frame.statement = frame.statement, _path(frame, item.name.id)
    start = len(e.graph.nodes)
    try:
        value = yield e.evaluate(item.value, frame)
        if isinstance(value, Node) and value.index >= start and not value.name:
            e.graph.name(value, f"{frame.statement}_0")
        e.name_rest(start, frame.statement)
    finally:
        frame.statement = before
    return value


def _passes(e: Elaboration, statement: syntax.RepeatStatement, frame: Frame) -> Task:
    """The values of the loop's variable, in order."""
    if statement.stop is None:
        values = yield e.evaluate(statement.start, frame)
        if values is not POISON and not is_sequence(values):
            raise fail(
                "type",
                f"`repeat` runs over a range `0..4` or a list, not {describe(values)}",
                statement.start.span,
            )
        return values
    start = yield _bound(e, statement.start, frame)
    stop = yield _bound(e, statement.stop, frame)
    if start is POISON or stop is POISON:
        return POISON
    if stop - start > _MOST_PASSES:
        raise fail("value", f"{stop - start} passes are too many to unroll", statement.stop.span)
    return range(start, stop)


def _bound(e: Elaboration, expression: syntax.Expression, frame: Frame) -> Task:
    value = yield e.evaluate(expression, frame)
    if value is not POISON and type(value) is not int:
        raise fail(
            "type",
            f"the bounds of `repeat` are integers known at compile time, not {describe(value)}",
            expression.span,
        )
    return value


def _check_body(e: Elaboration, statement: syntax.RepeatStatement, frame: Frame) -> None:
    own = {name.id: name for name in bound_names(statement.body.statements)}
    for item in statement.carried:
        if item.name.id not in own:
            e.warn(
                "unused",
                f"`{item.name.id}` is carried, and no pass gives it a new value",
                item.name.span,
                hint=f"bind it in the body: `{item.name.id} = …`",
            )
    carried = {item.name.id for item in statement.carried}
    for name in (statement.variable, *own.values()):
        outer = frame.place(name.id)
        if outer is None or name.id in carried:
            continue
        lost, hint = "", "give it another name"
        if name is not statement.variable:
            lost = ", and is gone after each pass"
            hint = f"carry it under another name, `repeat … with {name.id}_2 = {name.id}`"
        message = f"`{name.id}` hides another name inside this `repeat`{lost}"
        e.warn("shadow", message, name.span, labels=[Label(outer, "the name it hides")], hint=hint)


def _hand_out(e: Elaboration, item: syntax.Carried, value: Any, frame: Frame, start: int) -> None:
    """Bind a carried name to its last value, which takes the plain name when the `repeat` made it (at `start` or later)."""
    path = _path(frame, item.name.id)
    if value is POISON or isinstance(value, LayerInstance):
        bind(e, frame, item.name, value)
        return
    e.graph.span = item.span
    node = operand(e, value, item.value.span)
    if not isinstance(node, Node):
        node = constant(e, node, item.value.span)
    elif node.index < start or node in e.bound_at_top:
        node = e.graph.apply(OPERATIONS["identity"], [node], {})
    bind(e, frame, item.name, node)
    e.graph.name(node, path)


def _poison(e: Elaboration, statement: syntax.Statement, frame: Frame) -> None:
    for name in bound_names([statement]):
        frame.names.setdefault(name.id, POISON)
        frame.bound_at.setdefault(name.id, name.span)
