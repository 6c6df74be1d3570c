"""`dtype`, `dim`, `constant`, `placeholder`, `parameter`, `metric` and `name = expression`."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.apply import constant as constant_node
from dsl.language.elaborate.apply import operand
from dsl.language.elaborate.compile_time import known
from dsl.language.elaborate.elaboration import Elaboration, elaborates
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.names import bind, may_rebind, member_of_layer
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.types import dimension, dtype_of, type_of
from dsl.language.elaborate.values import (
    PENDING,
    POISON,
    LayerInstance,
    describe,
    is_compile_time,
    is_list,
    is_sequence,
)
from dsl.ops.dims import Dim, show_shape
from dsl.ops.dtypes import BOOL, DType
from dsl.ops.registry import OPERATIONS
from dsl.ops.types import TensorType
from dsl.source.diagnostic import Label, ProgramError, fail
from dsl.source.hint import Hint, Instead
from dsl.source.nearest import meant, nearest
from dsl.source.text import Span
from dsl.training.data.casting import cast
from dsl.training.hyperparameters import ArgumentError
from dsl.training.initializers import INITIALIZERS, Exactly


@elaborates(syntax.DTypeStatement)
def dtype(e: Elaboration, statement: syntax.DTypeStatement, frame: Frame) -> Task:
    """`dtype f64`: before anything that has a type."""
    found = dtype_of(statement.name)
    if not found.is_float:
        raise fail(
            "type", f"the program's floating type cannot be `{found}`", statement.name.span, hint="f16, f32 or f64"
        )
    if e.graph.nodes:
        raise fail(
            "type",
            "`dtype` stands before the first value",
            statement.span,
            labels=[Label(e.graph.nodes[0].span, "the first value")] if e.graph.nodes[0].span else [],
            hint="move it up, to the first line",
        )
    e.graph.default_float = found
    return
    yield


@elaborates(syntax.DimStatement)
def dim(e: Elaboration, statement: syntax.DimStatement, frame: Frame) -> Task:
    """`dim batch`, `dim n = 3`."""
    name, override = statement.name.id, _override(e, statement.name, frame)
    if override is not PENDING:
        if type(override) is not int or override < 0:
            raise fail(
                "argument", f"`{name}` is a dimension, and cannot be set to {describe(override)}", statement.span
            )
        value: Any = override
    elif statement.size is not None:
        value = yield dimension(e, statement.size, frame)
    else:
        value = Dim.named(name, statement.name.span)
    bind(e, frame, statement.name, value)
    if value is not POISON and frame is e.model.frame:
        e.model.dims[name] = value if isinstance(value, Dim) else Dim.fixed(value)


def _override(e: Elaboration, name: syntax.Name, frame: Frame) -> Any:
    """The `--set` value of a name at the top of the program's own file, PENDING elsewhere and where there is none."""
    return e.override(name.id) if frame is e.model.frame else PENDING


@elaborates(syntax.ConstantStatement)
def constant(e: Elaboration, statement: syntax.ConstantStatement, frame: Frame) -> Task:
    """`constant hidden = 64`."""
    value = yield e.evaluate(statement.value, frame)
    if value is not POISON and not is_compile_time(value):
        raise fail(
            "type",
            f"`{statement.name.id}` is a constant, and {describe(value)} is not known before the program runs",
            statement.value.span,
            hint=f"without `constant` it is an ordinary value: `{statement.name.id} = …`",
        )
    override = _override(e, statement.name, frame)
    if override is not PENDING:
        if not _same_kind(value, override):
            raise fail(
                "argument",
                f"`{statement.name.id}` is {describe(value)}, and cannot be set to {describe(override)}",
                statement.span,
            )
        value = override
    bind(e, frame, statement.name, value)
    if frame is e.model.frame and value is not POISON:
        e.model.constants[statement.name.id] = value


def _same_kind(old: Any, new: Any) -> bool:
    if isinstance(old, bool) or isinstance(new, bool):
        return isinstance(old, bool) and isinstance(new, bool)
    kinds = ((int, float, Dim), (str,), (list, tuple, np.ndarray), (DType,))
    return old is None or new is None or any(isinstance(old, kind) and isinstance(new, kind) for kind in kinds)


@elaborates(syntax.PlaceholderStatement)
def placeholder(e: Elaboration, statement: syntax.PlaceholderStatement, frame: Frame) -> Task:
    """`placeholder x: [batch, 64] = 0`."""
    name = statement.name.id
    if frame.definition is not None:
        raise fail(
            "syntax",
            f"a placeholder stands at the top of a file, not inside `{frame.definition.name}`",
            statement.span,
            hint=f"make `{name}` an argument",
        )
    type: Any = yield type_of(e, statement.type, frame)
    default = None
    if statement.value is not None and type is not POISON:
        value = yield e.evaluate(statement.value, frame)
        if value is POISON:
            type = POISON
        else:
            default = _array(e, value, statement.value.span, f"`{name}`")
            type = _with_value(type, statement.type, default, statement, e)
            _check_range(name, default, type, statement.value.span)
    if type is POISON:
        bind(e, frame, statement.name, POISON)
        return
    e.graph.span = statement.name.span
    node = e.graph.placeholder(type, default)
    node.documentation = _documentation(frame, statement)
    bind(e, frame, statement.name, node)
    e.graph.name(node, frame.below(name))


def _with_value(
    type: TensorType, declared: syntax.TypeOf | None, value: np.ndarray[Any, Any], statement: Any, e: Elaboration
) -> TensorType:
    """The type that a default value gives where none is declared; else the declared one, which the value must fit."""
    if declared is None:
        dims = tuple(Dim.fixed(size, statement.value.span) for size in value.shape)
        return TensorType(BOOL if value.dtype.kind == "b" else e.graph.default_float, dims)
    if value.ndim == 0:
        return type
    if not type.takes(value.shape):
        raise fail(
            "shape",
            f"`{statement.name.id}` is declared as {type}, and its value has shape {list(value.shape)}",
            statement.value.span,
            label=f"shape {list(value.shape)}",
            labels=[Label(declared.span, f"declared as {show_shape(type.shape)}")],
        )
    return type


def _check_range(name: str, value: np.ndarray[Any, Any], type: TensorType, span: Span) -> None:
    """Raise ProgramError where the element type cannot hold a default value."""
    try:
        cast(np.atleast_1d(value), type.dtype, name)
    except ProgramError as error:
        reason = error.diagnostics[0].message.rpartition(", but ")[2]
        raise fail("dtype", f"`{name}` is {type}, and {reason}", span, hint="declare another element type") from None


def _array(e: Elaboration, value: Any, span: Span, what: str) -> np.ndarray[Any, Any]:
    if not is_compile_time(value):
        raise fail(
            "type",
            f"the value of {what} must be known before the program runs, and this is {describe(value)}",
            span,
            hint="an equation, `y = …` without a keyword, computes a value",
        )
    if isinstance(value, Dim):
        raise fail("type", f"the value of {what} is a number or a list of numbers, not {describe(value)}", span)
    found = operand(e, value, span)
    array = None if isinstance(found, Node) else np.asarray(found)
    if array is None or array.dtype.kind not in "biuf":
        what_it_is = "a list with a dimension" if array is None else "so large a number"
        raise fail("type", f"the value of {what} is a number or a list of numbers, not {what_it_is}", span)
    return array


@elaborates(syntax.ParameterStatement)
def parameter(e: Elaboration, statement: syntax.ParameterStatement, frame: Frame) -> Task:
    """`parameter w: [n, units] ~ glorot_uniform()`, `parameter b: [units] = 0`."""
    name = statement.name.id
    if frame.definition is not None and not frame.definition.is_layer:
        raise fail(
            "type",
            f"the function `{frame.definition.name}` cannot own the parameter `{name}`",
            statement.span,
            labels=[Label(frame.definition.statement.name.span, "a function is pure")],
            hint=f"write `layer {frame.definition.name}(…)(…)` instead of `def`, or make `{name}` an argument",
        )
    if statement.value is None and statement.initializer is None:
        raise fail(
            "syntax",
            f"the parameter `{name}` has no first value",
            statement.span,
            hint=f"`parameter {name} = 0`, or drawn at random: `parameter {name}: [n, m] ~ glorot_uniform()`",
        )
    type = yield type_of(e, statement.type, frame)
    initial: Any = POISON
    if statement.initializer is not None:
        initial = yield _initializer(e, statement.initializer, frame)
    elif statement.value is not None:
        value = yield e.evaluate(statement.value, frame)
        if value is not POISON and type is not POISON:
            array = _array(e, value, statement.value.span, f"the parameter `{name}`")
            type = _with_value(type, statement.type, array, statement, e)
            initial = Exactly(array)
    if type is POISON or initial is POISON:
        bind(e, frame, statement.name, POISON)
        return
    if not type.dtype.is_float:
        raise fail(
            "dtype",
            f"the parameter `{name}` is {type}, and only floating values can be trained",
            statement.span,
            hint="declare it as f32 or f64, or as a `constant`",
        )
    e.graph.span = statement.name.span
    node = member_of_layer(e, frame, name, type, initial, statement)
    node.documentation = node.documentation or _documentation(frame, statement)
    bind(e, frame, statement.name, node)


def _initializer(e: Elaboration, expression: syntax.Expression, frame: Frame) -> Task:
    """The initializer that `~` is followed by: a call, or a name for a call without arguments."""
    function = expression.function if isinstance(expression, syntax.Call) else expression
    if not isinstance(function, syntax.Name):
        raise fail(
            "type",
            "`~` is followed by an initializer, such as `normal(0, 0.1)`",
            expression.span,
            hint="`=` gives a value",
        )
    if function.id not in INITIALIZERS:
        raise fail(
            "name",
            f"there is no initializer `{function.id}`",
            function.span,
            hint=_initializer_hint(function.id),
        )
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    places = [parameter.name for parameter in INITIALIZERS[function.id].hyperparameters()]
    spans: dict[str, Span] = {}
    for argument in expression.arguments if isinstance(expression, syntax.Call) else ():
        value = yield e.evaluate(argument.value, frame)
        if value is POISON:
            return POISON
        if not is_compile_time(value):
            raise fail("type", f"an initializer takes numbers, not {describe(value)}", argument.span)
        if argument.name is None:
            spans.update(dict.fromkeys(places[len(positional) : len(positional) + 1], argument.span))
            positional.append(value)
        else:
            keywords[argument.name] = value
            spans[argument.name] = argument.span
    try:
        return INITIALIZERS.make(function.id, keywords, positional)
    except ArgumentError as error:
        raise error.at(spans.get(error.argument, expression.span)) from None


_OTHER_INITIALIZERS = {
    "xavier_uniform": "glorot_uniform",
    "xavier_normal": "glorot_normal",
    "kaiming_uniform": "he_uniform",
    "kaiming_normal": "he_normal",
    "random_normal": "normal",
    "random_uniform": "uniform",
}


def _initializer_hint(name: str) -> str:
    found = nearest(name, [*INITIALIZERS, *_OTHER_INITIALIZERS])
    if found in _OTHER_INITIALIZERS:
        other = _OTHER_INITIALIZERS[found]
        return Hint(f"`{found}` is called `{other}` here", Instead(name, other))
    return meant(name, found) if found else f"they are {', '.join(INITIALIZERS)}"


def _documentation(frame: Frame, statement: syntax.Statement) -> str:
    return frame.module.tree.docs.get(statement.span.line, "")


@elaborates(syntax.Assignment)
def assignment(e: Elaboration, statement: syntax.Assignment, frame: Frame) -> Task:
    """`y = x + 1`, `a, b = split(x, 2)`."""
    targets = statement.targets
    before, frame.statement = frame.statement, frame.below(targets[0].id)
    path, start = frame.statement, len(e.graph.nodes)
    try:
        value = yield e.evaluate(statement.value, frame)
        values = [value] if len(targets) == 1 else _several(value, statement)
        for target, item in zip(targets, values, strict=True):
            node = _bindable(e, item, statement, target, start)
            if isinstance(node, Node):
                node.documentation = node.documentation or _documentation(frame, statement)
                _name_after(e, node, frame, target.id)
            bind(e, frame, target, node)
        e.name_rest(start, path)
    finally:
        frame.statement = before


def _name_after(e: Elaboration, node: Node, frame: Frame, name: str) -> None:
    """Name a node after the name it is bound to; the value that an `if` replaces hands its plain name over."""
    path = frame.carried.get(name) or frame.below(name)
    replaced = frame.names.get(name) if may_rebind(frame, name) else None
    if isinstance(replaced, Node) and replaced.name == path:
        e.graph.name(replaced, f"{path}_1")
    e.graph.name(node, path)


def _several(value: Any, statement: syntax.Assignment) -> list[Any]:
    count = len(statement.targets)
    if value is POISON:
        return [POISON] * count
    if not is_sequence(value) or len(value) != count:
        got = f"{len(value)} results" if is_sequence(value) else "one"
        raise fail("type", f"{count} names are bound here, and the right side gives {got}", statement.span)
    return list(value)


def _bindable(e: Elaboration, value: Any, statement: syntax.Assignment, target: syntax.Name, start: int) -> Any:
    """What a name is bound to: a node of its own for a number, an array or another name's node; layers as they are."""
    if value is POISON:
        return POISON
    if isinstance(value, LayerInstance):
        return value
    if is_sequence(value) and not is_list(value):
        raise fail(
            "type",
            f"the right side gives {len(value)} results, and one name is bound",
            statement.span,
            hint=f"write `{target.id}, other = …`",
        )
    if isinstance(value, DType):
        hint = f"`dtype {value}` sets the element type of the program" if target.id == "dtype" else ""
        raise fail("type", f"a value is needed here, not {describe(value)}", statement.value.span, hint=hint)
    e.graph.span = statement.value.span
    node = operand(e, value, statement.value.span)
    if isinstance(node, Node):
        named = node.index < start or node in e.bound_at_top
        return e.graph.apply(OPERATIONS["identity"], [node], {}) if named else node
    if isinstance(node, Dim):
        return e.graph.apply(OPERATIONS["dimension"], (), {"size": known(node), "dtype": e.graph.default_float})
    return constant_node(e, node, statement.value.span)


@elaborates(syntax.MetricStatement)
def metric(e: Elaboration, statement: syntax.MetricStatement, frame: Frame) -> Task:
    """`metric accuracy = mean(right)`: a scalar that is reported and never differentiated."""
    if frame.parent is not None:
        raise fail("syntax", "a metric stands at the top of a file", statement.span)
    yield assignment(e, syntax.Assignment(statement.span, (statement.name,), statement.value), frame)
    node = frame.names[statement.name.id]
    if node is POISON:
        return
    if not isinstance(node, Node) or node.shape:
        what = node.type if isinstance(node, Node) else describe(node)
        raise fail(
            "shape",
            f"a metric is a scalar, and `{statement.name.id}` is {what}",
            statement.value.span,
            hint="take the `mean(…)` or the `sum(…)`",
        )
    e.model.metrics[statement.name.id] = node
