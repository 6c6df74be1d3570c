"""Applying operations: arguments bound to parameters, compile-time values evaluated at once, errors told with both places."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from dsl.engine.reference import ReferenceEngine
from dsl.graph.gradient import DifferentiableGraph
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.compile_time import as_array
from dsl.language.elaborate.elaboration import Elaboration
from dsl.language.elaborate.suggestions import OTHER_DTYPES
from dsl.language.elaborate.values import (
    POISON,
    LayerInstance,
    describe,
    is_compile_time,
    is_list,
    is_ndarray,
    is_sequence,
)
from dsl.ops.dims import Dim, element_count
from dsl.ops.dtypes import F64, DType
from dsl.ops.operation import Inference, Operation, OperationError
from dsl.ops.parameters import REQUIRED, Parameter
from dsl.ops.registry import OPERATIONS
from dsl.source.diagnostic import Diagnostic, Label, ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.source.text import Span

_MOST_ELEMENTS = 100_000_000


@dataclass(frozen=True, slots=True)
class Given:
    """An argument as it was given: by place or keyword, its value, and where it stands."""

    name: str | None
    value: Any
    span: Span
    items: tuple[Span, ...] = ()
    """Where the items stand, for a list written out in the call."""
    name_span: Span | None = None
    """Where the name stands, of an argument given by keyword."""

    @classmethod
    def of(cls, expression: syntax.Expression, value: Any) -> Given:
        """What an expression gave."""
        items = tuple(item.span for item in expression.items) if isinstance(expression, syntax.ListOf) else ()
        return cls(None, value, expression.span, items)

    @classmethod
    def argument(cls, argument: syntax.Argument, value: Any) -> Given:
        """What an argument of a call gave."""
        given, name = cls.of(argument.value, value), argument.name
        if name is None:
            return given
        start = argument.span.start
        return replace(given, name=name, name_span=Span(argument.span.source, start, start + len(name)))

    def listed(self) -> list[Given]:
        """The items of a list as arguments of their own."""
        spans = self.items or (self.span,) * len(self.value)
        return [Given(None, value, span) for value, span in zip(self.value, spans, strict=True)]

    @property
    def quoted(self) -> str:
        """What the program calls it, where that is short enough to say."""
        text = self.span.quoted("")
        return f"`{text}`" if text else "this value"


def call_operation(e: Elaboration, operation: Operation, given: Sequence[Given], span: Span) -> Any:
    """The result of calling an operation. Raises ProgramError when the arguments do not fit."""
    if any(argument.value is POISON for argument in given):
        return POISON
    bound = bind_arguments(operation, given, span)
    places: list[Given] = []
    for parameter in operation.parameters:
        if parameter.name in bound and parameter.is_tensor:
            argument = bound[parameter.name]
            places += _listed(argument) if parameter.kind.name == "tensors" else [argument]
    attributes = attributes_of(operation, bound)
    inputs = [_operand(e, argument) for argument in places]
    spans = {name: bound[name].span for name in attributes}
    return apply(e, operation, inputs, attributes, span, places, spans)


def apply(
    e: Elaboration,
    operation: Operation,
    inputs: Sequence[Any],
    attributes: Mapping[str, Any],
    span: Span,
    given: Sequence[Given],
    attribute_spans: Mapping[str, Span] = MappingProxyType({}),
) -> Any:
    """Add the operation to the graph, or evaluate it at once when everything about it is known.

    `given` are the inputs as the program gave them, for errors.
    """
    graph, known = e.graph, not any(isinstance(value, Node) for value in inputs)
    if known and not any(isinstance(value, Dim) for value in inputs) and not _symbolic(attributes):
        graph = DifferentiableGraph(F64)
    graph.span = span
    try:
        prepared = _dims_as_nodes(graph, inputs) if any(isinstance(value, Dim) for value in inputs) else inputs
        result = graph.apply(operation, prepared, attributes)
    except OperationError as error:
        place = _culprit(error, attribute_spans) or span
        raise ProgramError([_explain(error, place, given)]) from None
    except OverflowError:
        numbers = [argument for argument in given if isinstance(argument.value, int | float)]
        raise too_large(max(numbers, key=lambda given: abs(given.value)).span if numbers else span) from None
    if graph is e.graph:
        return result
    return _evaluate(graph, result, span)


def check_fit(operation: Operation, given: Sequence[Given], span: Span, default_float: DType) -> None:
    """Raise ProgramError unless the operation could be applied to these nodes; nothing is added to the graph."""
    assert operation.infer is not None
    types = [argument.value.type for argument in given]
    try:
        operation.infer(Inference(operation, types, dict(operation.defaults), default_float))
    except OperationError as error:
        raise ProgramError([_explain(error, span, given)]) from None


def _culprit(error: OperationError, spans: Mapping[str, Span]) -> Span | None:
    """The place of the attribute that an error is about, by its name in the message."""
    named = next((name for name in re.findall(r"`(\w+)`", error.message) if name in spans), None)
    if named is None and (" has no axis " in error.message or " an axis twice" in error.message):
        named = "axis"
    return spans.get(named or "")


def _explain(error: OperationError, span: Span, given: Sequence[Given]) -> Diagnostic:
    """What is wrong with the inputs of an operation, with the lines that fixed them."""
    labels: list[Label] = []
    primary = _filled(error.label, given)
    for index, axis, text in error.notes:
        if index >= len(given):
            continue
        node = given[index].value
        place = given[index].span
        if isinstance(node, Node):
            place = node.span or place
            if axis is not None and axis < node.type.rank:
                place = node.shape[axis].origin or place
        words = text.replace("{name}", given[index].quoted)
        if place == given[index].span and not primary:
            primary = words
        elif place != span:
            labels.append(Label(place, words))
        elif not primary:
            primary = words
    hint = _filled(_feasible(error.hint, given), given)
    return Diagnostic(error.code, _filled(error.message, given), span, primary, tuple(labels), hint)


def _filled(text: str, given: Sequence[Given]) -> str:
    """A text with `{0}`, `{1}` replaced by what the program calls these inputs, in backticks once."""

    def put(match: re.Match[str]) -> str:
        index = int(match[1])
        if index >= len(given):
            return "the value"
        in_code = text.count("`", 0, match.start()) % 2 == 1
        return given[index].span.quoted("…") if in_code else given[index].quoted

    return re.sub(r"\{(\d+)\}", put, text)


def _feasible(hint: str, given: Sequence[Given]) -> str:
    """A hint without the advice to declare otherwise what is computed and not declared."""

    def declared(match: re.Match[str]) -> bool:
        value = given[int(match[1])].value if int(match[1]) < len(given) else None
        return isinstance(value, Node) and value.kind in ("placeholder", "parameter")

    parts: list[str] = []
    for part in hint.split(", or "):
        advice = re.search(r"(?:; )?declare `?\{(\d+)\}.*", part)
        parts.append(part[: advice.start()] if advice and not declared(advice) else part)
    return ", or ".join(filter(None, parts))


def bind_arguments(operation: Operation, given: Sequence[Given], span: Span) -> dict[str, Given]:
    """The arguments by the names of the parameters. Raises ProgramError for too many, too few and unknown ones."""
    places = [parameter for parameter in operation.parameters if not parameter.keyword_only]
    by_name = {parameter.name: parameter for parameter in operation.parameters}
    bound: dict[str, Given] = {}
    hint = f"it is called as `{operation.signature}`"
    for position, argument in enumerate(given):
        if argument.name is None:
            if position >= len(places):
                raise fail(
                    "argument",
                    f"`{operation.name}` takes {_count(len(places))}, and this is number {position + 1}",
                    argument.span,
                    hint=hint,
                )
            name = places[position].name
        else:
            name = argument.name
            if name not in by_name:
                raise fail(
                    "argument",
                    f"`{operation.name}` has no argument `{name}`",
                    argument.name_span or argument.span,
                    hint=did_you_mean(name, by_name, hint),
                )
        if name in bound:
            raise fail(
                "argument",
                f"`{name}` of `{operation.name}` is given twice",
                argument.name_span or argument.span,
                labels=[Label(bound[name].name_span or bound[name].span, "first here")],
                hint=hint,
            )
        bound[name] = argument
    for parameter in operation.parameters:
        if parameter.default is REQUIRED and parameter.name not in bound:
            what = "" if parameter.is_tensor else f": {parameter.kind.expected}"
            raise fail("argument", f"`{operation.name}` needs `{parameter.name}`{what}", span, hint=hint)
    return bound


def attributes_of(operation: Operation, bound: Mapping[str, Given]) -> dict[str, Any]:
    """The hyper-parameters among the arguments, which are known before the program runs. Raises ProgramError."""
    attributes: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter.is_tensor or parameter.name not in bound:
            continue
        argument = bound[parameter.name]
        value = attributes[parameter.name] = _plain(argument.value)
        if not (is_compile_time(value) and _is_of_kind(parameter, value)):
            raise fail(
                "argument",
                f"`{parameter.name}` of `{operation.name}` must be {parameter.kind.expected}, not {describe(argument.value)}",
                argument.span,
                labels=[Label(value.span, "computed here")] if isinstance(value, Node) and value.span else [],
                hint=_kind_hint(parameter, value) or f"it is called as `{operation.signature}`",
            )
    return attributes


def _is_of_kind(parameter: Parameter, value: Any) -> bool:
    try:
        parameter.kind.convert(value)
    except ValueError:
        return False
    return True


def _kind_hint(parameter: Parameter, value: Any) -> str:
    if isinstance(value, Node):
        return "it has to be known before the program runs: a number, or a `constant`"
    if parameter.kind.name == "dtype" and isinstance(value, str):
        return f'write "{OTHER_DTYPES[value]}"' if value in OTHER_DTYPES else ""
    return ""


def _count(number: int) -> str:
    return f"{number} argument" if number == 1 else f"{number} arguments"


def _plain(value: Any) -> Any:
    return value.tolist() if is_ndarray(value) else value


def _listed(argument: Given) -> list[Given]:
    """The items of a list argument."""
    if not is_sequence(argument.value) or not argument.value:
        raise fail(
            "argument",
            f"a list of values is needed here, not {describe(argument.value)}",
            argument.span,
            hint="write it in square brackets: `[a, b]`",
        )
    return argument.listed()


def _operand(e: Elaboration, argument: Given) -> Any:
    return argument.value if isinstance(argument.value, Node) else as_operand(e, argument)


def operand(e: Elaboration, value: Any, span: Span) -> Any:
    """A value as an operation takes it. Raises ProgramError as `as_operand` does."""
    return value if isinstance(value, Node) else as_operand(e, Given(None, value, span))


def as_operand(e: Elaboration, argument: Given) -> Any:
    """A value as an operation takes it: a node, a number, an array or a dimension.

    A list of values is stacked. Raises ProgramError for what is no number, such as a string or a layer.
    """
    value = argument.value
    if isinstance(value, Node | bool | int | float | Dim):
        return value
    if is_list(value) and (not is_compile_time(value) or _holds_dims(value)):
        given = argument.listed()
        return apply(e, OPERATIONS["stack"], [_operand(e, part) for part in given], {}, argument.span, given)
    array = as_array(value)
    if is_ndarray(array):
        return array
    raise no_value(value, argument.span)


def constant(e: Elaboration, value: Any, span: Span) -> Node:
    """A number or an array as a node. Raises ProgramError for a number that no element type can hold."""
    try:
        return e.graph.constant(value)
    except OverflowError:
        raise too_large(span) from None


def too_large(span: Span) -> ProgramError:
    """The error of a number that its element type cannot hold."""
    return fail("dtype", f"`{span.quoted('this')}` is too large for the element type it has here", span)


def no_value(value: Any, span: Span) -> ProgramError:
    """The error of something that is not a value, where one is needed."""
    labels: list[Label] = []
    hint = ""
    match value:
        case LayerInstance() if any(isinstance(option, Node) for option in value.options.values()):
            name = value.definition.name
            labels = [] if value.span == span else [Label(value.span, "the layer is made here")]
            hint = f"options come first, and the value in brackets of its own: `{name}(…)(x)`, or `x |> {name}(…)`"
        case LayerInstance():
            name = span.quoted("layer")
            labels = [] if value.span == span else [Label(value.span, "the layer is made here")]
            hint = f"apply it to a value: `{name}(x)` or `x |> {name}`"
        case _ if is_list(value):
            large = any(isinstance(item, int) and not -(2**63) <= item < 2**63 for item in value)
            hint = "its numbers are too large" if large else "the rows of a list have equal lengths and hold numbers"
        case tuple():
            hint = "give each a name of its own: `a, b = …`"
        case _:
            pass
    return fail("type", f"a value is needed here, not {describe(value)}", span, labels=labels, hint=hint)


def _symbolic(attributes: Mapping[str, Any]) -> bool:
    return any(_holds_dims(value) for value in attributes.values())


def _holds_dims(value: Any) -> bool:
    if is_sequence(value):
        return any(map(_holds_dims, value))
    return isinstance(value, Dim) and value.value is None


def _dims_as_nodes(graph: Graph, inputs: Sequence[Any]) -> list[Any]:
    """Named dimensions used as values, in the element type of what stands beside them."""
    beside = next((v.type.dtype for v in inputs if isinstance(v, Node) and v.type.dtype.is_float), graph.default_float)
    return [
        graph.apply(OPERATIONS["dimension"], (), {"size": value, "dtype": beside}) if isinstance(value, Dim) else value
        for value in inputs
    ]


def _evaluate(graph: Graph, result: Any, span: Span) -> Any:
    """The value of an operation whose inputs are all known: a number for numbers, else an array."""
    if is_sequence(result):
        return tuple(_evaluate(graph, part, span) for part in result)
    assert isinstance(result, Node)
    count = element_count(result.shape).value or 0
    what = f"`{span.quoted('this')}`"
    if count > _MOST_ELEMENTS:
        raise fail("value", f"{what} has {count} elements, too many to compute before the program runs", span)
    try:
        array = ReferenceEngine(graph, [result]).run({})[result]
    except IndexError as error:
        raise fail("value", f"{what}: {error}", span) from None
    except (ValueError, OverflowError, MemoryError):
        raise fail("value", f"{what} has no value", span) from None
    return array.item() if array.ndim == 0 else array
