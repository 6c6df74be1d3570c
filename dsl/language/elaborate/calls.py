"""Calls and pipes: who is meant by the name before the brackets, and what happens then."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from dsl.graph.node import Node
from dsl.graph.scope import Scope
from dsl.language import syntax
from dsl.language.elaborate.apply import Given, call_operation
from dsl.language.elaborate.elaboration import Elaboration, elaborates
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.places import inside
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.suggestions import callee_hint, unknown_callee
from dsl.language.elaborate.types import bind_pattern
from dsl.language.elaborate.values import PENDING, POISON, Definition, LayerInstance, describe
from dsl.ops.operation import Operation
from dsl.ops.registry import OPERATIONS
from dsl.source.diagnostic import Label, ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.source.text import Span

_DEEPEST_CALL = 1000


@elaborates(syntax.Call)
def call(e: Elaboration, expression: syntax.Call, frame: Frame) -> Task:
    """`f(x, axis=0)`, `Dense(32)`, `encoder(x)`, `Dense(32)(x)`."""
    callee = yield _callee(e, expression.function, frame)
    given = yield _arguments(e, expression.arguments, frame)
    if callee is POISON:
        return POISON
    if isinstance(callee, Operation):
        return call_operation(e, callee, given, expression.span)
    return (yield _invoke(e, callee, given, expression.span, frame))


@elaborates(syntax.Pipe)
def pipe(e: Elaboration, expression: syntax.Pipe, frame: Frame) -> Task:
    """`x |> f(args)`: `f(x, args)` for a function, `f(args)(x)` for a layer."""
    value = e.quick(expression.value, frame)
    if value is PENDING:
        value = yield e.evaluate(expression.value, frame)
    piped = Given.of(expression.value, value)
    target, arguments = expression.target, ()
    if isinstance(target, syntax.Call):
        target, arguments = target.function, target.arguments
    elif not isinstance(target, syntax.Name | syntax.Attribute):
        raise fail(
            "syntax",
            f"`|>` pipes into a function or a layer, not into `{target.span.quoted('this')}`",
            target.span,
            hint=_pipe_hint(expression),
        )
    callee = yield _callee(e, target, frame)
    given: list[Given] = yield _arguments(e, arguments, frame)
    if callee is POISON:
        return POISON
    if isinstance(callee, Definition) and callee.is_layer:
        callee = yield _invoke(e, callee, given, expression.target.span, frame)
        if callee is POISON:
            return POISON
        given = []
    if isinstance(callee, Operation):
        return call_operation(e, callee, [piped, *given], expression.target.span)
    return (yield _invoke(e, callee, [piped, *given], expression.target.span, frame))


def _pipe_hint(expression: syntax.Pipe) -> str:
    target = expression.target
    if not isinstance(target, syntax.Binary):
        return ""
    value, left = expression.value.span.quoted("x"), target.left.span.quoted("f")
    return f"put the pipe in brackets: `({value} |> {left}) {target.operator} {target.right.span.quoted('…')}`"


def _callee(e: Elaboration, function: syntax.Expression, frame: Frame) -> Task:
    """What is called: a layer in the scope, a function or layer of the file, an operation, a layer of the library."""
    if not isinstance(function, syntax.Name):
        value = yield e.evaluate(function, frame)
        if value is not POISON and not isinstance(value, LayerInstance):
            raise _not_callable(value, function)
        return value
    name = function.id
    value = frame.find(name)
    if isinstance(value, LayerInstance):
        return value
    found = frame.module.definitions.get(name) or OPERATIONS.get(name)
    if found is not None:
        return found
    if value is PENDING and name in frame.module.binders:
        value = yield e.evaluate(function, frame)
        if isinstance(value, LayerInstance):
            return value
    if value is POISON:
        return POISON
    found = e.library_definition(name)
    if found is not None:
        return found
    if value is not PENDING:
        raise _not_callable(value, function, callee_hint(e, name, frame))
    if frame.module.lacks_imports or name in frame.module.unknown:
        return POISON
    e.remember_unknown(frame.module, name)
    raise unknown_callee(e, function, frame)


def _not_callable(value: Any, function: syntax.Expression, hint: str = "") -> ProgramError:
    if isinstance(function, syntax.Attribute) and function.name == "shape":
        hint = f"`{function.span.quoted('x.shape')}` is a list, and takes no brackets: `x.shape[0]` is its first size"
    labels = [Label(value.span, "computed here")] if isinstance(value, Node) and value.span else []
    named = f"`{function.id}` is {describe(value)}, and" if isinstance(function, syntax.Name) else describe(value)
    return fail(
        "type",
        f"{named} cannot be called",
        function.span,
        labels=labels,
        hint=hint or "a product is written with `*`, an index in square brackets",
    )


def _arguments(e: Elaboration, arguments: Sequence[syntax.Argument], frame: Frame) -> Task:
    given: list[Given] = []
    for argument in arguments:
        value = e.quick(argument.value, frame)
        if value is PENDING:
            value = yield e.evaluate(argument.value, frame)
        if given and given[-1].name is not None and argument.name is None:
            raise fail(
                "argument",
                "arguments by place come before those by keyword",
                argument.span,
                labels=[Label(given[-1].span, "this one is given by keyword")],
            )
        given.append(Given.argument(argument, value))
    return given


def _invoke(
    e: Elaboration, callee: Definition | LayerInstance, given: Sequence[Given], span: Span, frame: Frame
) -> Task:
    """Call a function, make a layer, or apply one."""
    if any(argument.value is POISON for argument in given):
        return POISON
    if isinstance(callee, LayerInstance):
        return (yield _apply_layer(e, callee, given, span, frame))
    if callee.is_layer:
        return (yield _make_layer(e, callee, given, span, frame))
    inner = Frame(
        callee.home.module,
        callee.home,
        path=frame.allocate(f"{frame.statement}.{callee.name}" if frame.statement else callee.name),
        definition=callee,
    )
    inner.statement = inner.path
    _check_recursion(e, callee, span, recursive=_is_active(e, callee))
    return (yield _run_body(e, callee, inner, given, span))


def _make_layer(e: Elaboration, definition: Definition, given: Sequence[Given], span: Span, frame: Frame) -> Task:
    """`Dense(32)`: a layer with its options, that waits for a value. Inside another layer it is made once for all uses."""
    statement = definition.statement
    assert isinstance(statement, syntax.LayerStatement)
    if frame.definition is not None and not frame.definition.is_layer:
        raise fail(
            "type",
            f"the function `{frame.definition.name}` cannot make the layer `{definition.name}`, which owns parameters",
            span,
            labels=[Label(frame.definition.statement.name.span, "a function is pure")],
            hint=f"write `layer {frame.definition.name}(…)(…)` instead of `def`, or pass the layer in as an argument",
        )
    e.called.add(statement.span)
    options = Frame(definition.home.module, definition.home, definition=definition)
    yield _bind_formals(e, definition, statement.options, given, options, span)
    if any(value is POISON for value in options.names.values()):
        return POISON
    layer = LayerInstance(definition, options.names, span, made_by_itself=_is_active(e, definition))
    e.layers.append(layer)
    return layer


def _apply_layer(e: Elaboration, layer: LayerInstance, given: Sequence[Given], span: Span, frame: Frame) -> Task:
    """`encoder(x)`: run the layer's body on a value, with the layer's own parameters."""
    definition, layer.applied = layer.definition, True
    if not layer.path:
        layer.path = frame.allocate(frame.below_statement(definition.name))
        layer = _shared(layer, frame)
        path = layer.path
    else:
        path = frame.allocate(frame.below_statement(layer.path.rpartition(".")[2]))
    inner = Frame(definition.home.module, definition.home, path=path, owner=layer, definition=definition)
    inner.names.update(layer.options)
    inner.statement = path
    _check_recursion(e, definition, span, recursive=layer.made_by_itself)
    return (yield _run_body(e, definition, inner, given, span))


def _shared(layer: LayerInstance, frame: Frame) -> LayerInstance:
    """The layer that an enclosing layer made at this place when it was applied before, or this new one."""
    owner = frame.owner
    if owner is None:
        return layer
    layer.path = f"{owner.path}.{layer.path.removeprefix(f'{frame.path}.')}"
    return owner.members.setdefault(layer.path, layer)


def _run_body(e: Elaboration, definition: Definition, inner: Frame, given: Sequence[Given], span: Span) -> Task:
    statement = definition.statement
    around = e.graph.scope
    e.graph.scope = Scope(inner.path, definition.name, definition.is_layer, around, span)
    e.calls.append((definition, span))
    e.called.add(statement.span)
    try:
        yield _bind_formals(e, definition, statement.parameters, given, inner, span)
        try:
            yield e.block(statement.body.statements, inner)
        except ProgramError as error:
            raise inside(error, span, f"in this use of `{definition.name}`") from None
    finally:
        e.calls.pop()
        e.graph.scope = around
    if inner.returned is PENDING:
        raise fail(
            "type",
            f"`{definition.name}` returns nothing",
            statement.name.span,
            labels=[Label(span, "its result is used here")],
            hint="end its body with `return …`",
        )
    return inner.returned


def _is_active(e: Elaboration, definition: Definition) -> bool:
    return any(called.statement is definition.statement for called, _ in e.calls)


def _check_recursion(e: Elaboration, definition: Definition, span: Span, *, recursive: bool) -> None:
    """Raise ProgramError for a function in its own body, and for a layer made in its own body.

    A layer that was given another of its kind is no recursion: `Residual(Residual(Dense(8)))`.
    """
    names = [called.name for called, _ in e.calls]
    if recursive:
        ring = e.calls[names.index(definition.name) :]
        way = " → ".join(f"`{name}`" for name in [*(called.name for called, _ in ring[:8]), definition.name])
        calls = itertools.pairwise(ring)
        raise fail(
            "recursion",
            f"`{definition.name}` calls itself: {way}",
            span,
            label=f"`{ring[-1][0].name}` calls `{definition.name}` here" if len(ring) > 1 else "calls itself here",
            labels=[
                Label(definition.statement.name.span, f"`{definition.name}` is defined here"),
                *(
                    Label(place, f"`{caller.name}` calls `{called.name}` here")
                    for (caller, _), (called, place) in calls
                ),
            ][:8],
            hint="everything is unrolled before it runs; use `repeat` for a known number of passes",
        )
    if len(names) >= _DEEPEST_CALL:
        way = " → ".join([*names[-8:], definition.name])
        raise fail(
            "recursion", f"calls go more than {_DEEPEST_CALL} deep: … → {way}", span, hint="a value cannot call itself"
        )


def _bind_formals(
    e: Elaboration,
    definition: Definition,
    formals: Sequence[syntax.Formal],
    given: Sequence[Given],
    inner: Frame,
    span: Span,
) -> Task:
    """Give the parameters of a function or layer their values, and check them against the declared types."""
    bound = _match(definition, formals, given, span)
    for formal in formals:
        name = formal.name.id
        if name in bound:
            value, place = bound[name].value, bound[name]
        else:
            assert formal.default is not None
            value = yield e.evaluate(formal.default, definition.home)
            place = Given(None, value, span)
        inner.names[name] = value
        inner.bound_at[name] = formal.name.span
        if formal.type is not None and value is not POISON:
            yield bind_pattern(e, formal, place, inner)
        e.remember(formal.name.span, inner.names[name])


def _match(
    definition: Definition, formals: Sequence[syntax.Formal], given: Sequence[Given], span: Span
) -> dict[str, Given]:
    names = [formal.name.id for formal in formals]
    title = f"`{definition.name}`"

    def usage() -> str:
        return f"it is called as `{definition.name}({', '.join(formal.span.text for formal in formals)})`"

    def wrong(message: str, place: Span, hint: str = "") -> ProgramError:
        here = Label(definition.statement.name.span, f"{title} is defined here")
        return fail("argument", message, place, labels=[here], hint=hint or usage())

    check_formals(definition.statement)
    bound: dict[str, Given] = {}
    for position, argument in enumerate(given):
        if argument.name is None and position >= len(names):
            count = f"{len(names)} {'argument' if len(names) == 1 else 'arguments'}"
            message = f"{title} takes {count} here, and this is number {position + 1}"
            raise wrong(message, argument.span, _layer_hint(definition, formals))
        name = names[position] if argument.name is None else argument.name
        place = argument.name_span or argument.span
        if name not in names:
            raise wrong(f"{title} has no argument `{name}`", place, did_you_mean(name, names))
        if name in bound:
            raise wrong(f"`{name}` of {title} is given twice", place)
        bound[name] = argument
    for formal in formals:
        if formal.name.id not in bound and formal.default is None:
            raise wrong(f"{title} needs `{formal.name.id}`", span)
    return bound


def check_formals(statement: syntax.FunctionStatement | syntax.LayerStatement) -> None:
    """Raise ProgramError when a function or layer has two arguments of one name."""
    options = statement.options if isinstance(statement, syntax.LayerStatement) else ()
    seen: dict[str, syntax.Formal] = {}
    for formal in (*options, *statement.parameters):
        first = seen.setdefault(formal.name.id, formal)
        if first is not formal:
            message = f"the argument `{formal.name.id}` is there twice"
            raise fail("name", message, formal.name.span, labels=[Label(first.name.span, "first here")])


def _layer_hint(definition: Definition, formals: Sequence[syntax.Formal]) -> str:
    statement = definition.statement
    if isinstance(statement, syntax.LayerStatement) and formals is statement.options:
        return f"a layer takes its options first and its input then: `{definition.name}(…)(x)` or `x |> {definition.name}(…)`"
    return ""
