"""Names in code that is not carried out: functions that nothing calls, branches that are not taken.

What can be said of such code is whether its names stand for anything; types are known only where values are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from dsl.language import syntax
from dsl.language.elaborate.elaboration import Elaboration
from dsl.language.elaborate.order import bound_names
from dsl.language.elaborate.scope import Frame, Module
from dsl.language.elaborate.suggestions import unknown_callee, unknown_value
from dsl.language.elaborate.values import BUILTINS, PENDING
from dsl.ops.registry import OPERATIONS


def check_uncalled(e: Elaboration, module: Module) -> None:
    """Report the unknown names of the functions and layers of a file that nothing has called."""
    for definition in module.definitions.values():
        statement = definition.statement
        if definition.home is not module.frame or statement.span in e.called:
            continue
        options = statement.options if isinstance(statement, syntax.LayerStatement) else ()
        known = {name for formal in (*options, *statement.parameters) for name in _formal_names(formal)}
        frame = Frame(module, module.frame, definition=definition)
        check_names(e, statement.body.statements, frame, known)


def check_names(
    e: Elaboration, statements: Sequence[syntax.Statement], frame: Frame, known: Iterable[str] = ()
) -> None:
    """Report the names that stand for nothing, in statements that are not carried out."""
    bound = {*known, *_all_bound(statements)}
    for name, is_called in _used(statements):
        if name.id in bound or frame.find(name.id) is not PENDING or name.id in frame.module.binders:
            continue
        if name.id in frame.module.unknown:
            continue
        callable_ = name.id in frame.module.definitions or name.id in OPERATIONS or name.id in e.library_names()
        if is_called and not callable_ and not frame.module.lacks_imports:
            e.remember_unknown(frame.module, name.id)
            e.report_all(unknown_callee(e, name, frame))
        elif not is_called and name.id not in BUILTINS:
            e.remember_unknown(frame.module, name.id)
            e.report_all(unknown_value(e, name, frame))


def _formal_names(formal: syntax.Formal) -> Iterator[str]:
    yield formal.name.id
    for part in (formal.type.dims or ()) if formal.type else ():
        if isinstance(part, syntax.Name):
            yield part.id


def _blocks(statement: syntax.Statement) -> tuple[syntax.Statement, ...]:
    match statement:
        case syntax.IfStatement():
            return (*statement.then.statements, *(statement.otherwise.statements if statement.otherwise else ()))
        case syntax.RepeatStatement():
            return statement.body.statements
        case _:
            return ()


def _with_blocks(statements: Sequence[syntax.Statement]) -> Iterator[syntax.Statement]:
    waiting = list(reversed(statements))
    while waiting:
        statement = waiting.pop()
        yield statement
        waiting += reversed(_blocks(statement))


def _all_bound(statements: Sequence[syntax.Statement]) -> Iterator[str]:
    for statement in _with_blocks(statements):
        yield from (name.id for name in bound_names([statement]))
        if isinstance(statement, syntax.RepeatStatement):
            yield statement.variable.id


def _used(statements: Sequence[syntax.Statement]) -> Iterator[tuple[syntax.Name, bool]]:
    """The names that statements use, and whether they are called."""
    for statement in _with_blocks(statements):
        for expression in _expressions(statement):
            yield from _names(expression)


def _expressions(statement: syntax.Statement) -> Iterator[syntax.Expression]:
    match statement:
        case syntax.Assignment() | syntax.MetricStatement() | syntax.ConstantStatement() | syntax.ShowStatement():
            yield statement.value
        case syntax.ReturnStatement():
            yield from statement.values
        case syntax.IfStatement():
            yield statement.condition
        case syntax.RepeatStatement():
            yield from filter(None, (statement.start, statement.stop, *(item.value for item in statement.carried)))
        case syntax.PlaceholderStatement() | syntax.ParameterStatement():
            dims = (statement.type.dims or ()) if statement.type else ()
            yield from (part for part in dims if not isinstance(part, syntax.Ellipsis))
            if statement.value is not None:
                yield statement.value
        case syntax.ExpectStatement():
            yield statement.condition
        case syntax.DimStatement():
            yield from filter(None, (statement.size,))
        case _:
            pass


def _names(expression: syntax.Expression) -> Iterator[tuple[syntax.Name, bool]]:
    waiting: list[syntax.Syntax | None] = [expression]
    while waiting:
        match waiting.pop():
            case syntax.Name() as name:
                yield name, False
            case syntax.Call(function=function, arguments=arguments):
                waiting += [argument.value for argument in reversed(arguments)]
                if isinstance(function, syntax.Name):
                    yield function, True
                else:
                    waiting.append(function)
            case syntax.Pipe(value=value, target=target):
                if isinstance(target, syntax.Name):
                    yield target, True
                else:
                    waiting.append(target)
                waiting.append(value)
            case syntax.Unary(operand=operand):
                waiting.append(operand)
            case syntax.Binary(left=left, right=right):
                waiting += [right, left]
            case syntax.ListOf(items=items):
                waiting += reversed(items)
            case syntax.Index(value=value, items=items):
                waiting += [*reversed(items), value]
            case syntax.Slice(start=start, stop=stop, step=step):
                waiting += [step, stop, start]
            case syntax.Attribute(value=value):
                waiting.append(value)
            case _:
                pass
