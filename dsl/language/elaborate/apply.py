"""Applying operations: arguments bound to parameters, compile-time values evaluated at once, errors told with both places."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsl.engine.reference import ReferenceEngine
from dsl.graph.gradient import DifferentiableGraph
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.language.elaborate.compile_time import as_array
from dsl.language.elaborate.elaboration import Elaboration
from dsl.language.elaborate.values import POISON, LayerInstance, describe, is_compile_time
from dsl.ops.dims import Dim
from dsl.ops.dtypes import F64
from dsl.ops.operation import Operation, OperationError
from dsl.ops.parameters import REQUIRED, Parameter
from dsl.ops.registry import OPERATIONS
from dsl.source.diagnostic import Diagnostic, Label, ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.source.text import Span


@dataclass(frozen=True, slots=True)
class Given:
    """An argument as it was given: by place or keyword, its value, and where it stands."""

    name: str | None
    value: Any
    span: Span

    @property
    def quoted(self) -> str:
        """What the program calls it, where that is short enough to say."""
        text = self.span.quoted("")
        return f"`{text}`" if text else "this value"


def call_operation(e: Elaboration, operation: Operation, given: Sequence[Given], span: Span) -> Any:
    """The result of calling an operation. Raises ProgramError when the arguments do not fit."""
    if any(argument.value is POISON for argument in given):
        return POISON
    tensors, attributes = _bind(operation, given, span)
    inputs: list[Any] = []
    for parameter, argument in tensors:
        if parameter.kind.name == "tensors":
            inputs.extend(_listed(e, argument))
        else:
            inputs.append(_operand(e, argument))
    places = [argument for parameter, argument in tensors for _ in range(_width(parameter, argument))]
    return apply(e, operation, inputs, attributes, span, places)


def apply(
    e: Elaboration,
    operation: Operation,
    inputs: Sequence[Any],
    attributes: Mapping[str, Any],
    span: Span,
    given: Sequence[Given],
) -> Any:
    """Add the operation to the graph, or evaluate it at once when everything about it is known."""
    graph, known = e.graph, not any(isinstance(value, Node) for value in inputs)
    if known and not any(isinstance(value, Dim) for value in inputs) and not _symbolic(attributes):
        graph = DifferentiableGraph(F64)
    graph.span = span
    try:
        prepared = _dims_as_nodes(graph, inputs) if any(isinstance(value, Dim) for value in inputs) else inputs
        result = graph.apply(operation, prepared, attributes)
    except OperationError as error:
        raise ProgramError([explain(e, operation, error, span, given)]) from None
    if graph is e.graph:
        return result
    return _evaluate(graph, result, given)


def explain(
    e: Elaboration, operation: Operation, error: OperationError, span: Span, given: Sequence[Given]
) -> Diagnostic:
    """What is wrong with the inputs of an operation, with the lines that fixed them."""
    quoted = [argument.quoted for argument in given]

    def fill(text: str) -> str:
        for index, words in enumerate(quoted):
            text = text.replace(f"{{{index}}}", words)
        return text

    labels: list[Label] = []
    primary = fill(error.label)
    for index, axis, text in error.notes:
        if index >= len(given):
            continue
        node = given[index].value
        place = given[index].span
        if isinstance(node, Node):
            place = node.span or place
            if axis is not None and axis < node.type.rank:
                place = node.shape[axis].origin or place
        words = text.replace("{name}", quoted[index])
        if place == given[index].span and not primary:
            primary = words
        elif place != span:
            labels.append(Label(place, words))
        elif not primary:
            primary = words
    return Diagnostic(error.code, fill(error.message), span, primary, (*labels, *e.call_sites()), fill(error.hint))


def _bind(
    operation: Operation, given: Sequence[Given], span: Span
) -> tuple[list[tuple[Parameter, Given]], dict[str, Any]]:
    """The tensors in the order of the parameters, and the attributes by name."""
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
                    argument.span,
                    hint=did_you_mean(name, by_name, hint),
                )
        if name in bound:
            raise fail(
                "argument",
                f"`{name}` of `{operation.name}` is given twice",
                argument.span,
                labels=[Label(bound[name].span, "first here")],
                hint=hint,
            )
        bound[name] = argument
    for parameter in operation.parameters:
        if parameter.default is REQUIRED and parameter.name not in bound:
            what = "" if parameter.is_tensor else f": {parameter.kind.expected}"
            raise fail("argument", f"`{operation.name}` needs `{parameter.name}`{what}", span, hint=hint)
    tensors = [(p, bound[p.name]) for p in operation.parameters if p.is_tensor and p.name in bound]
    attributes: dict[str, Any] = {}
    for parameter in operation.parameters:
        if parameter.is_tensor or parameter.name not in bound:
            continue
        argument = bound[parameter.name]
        if not is_compile_time(argument.value):
            raise fail(
                "argument",
                f"`{parameter.name}` of `{operation.name}` must be {parameter.kind.expected}, not {describe(argument.value)}",
                argument.span,
                hint=hint,
            )
        attributes[parameter.name] = _plain(argument.value)
    return tensors, attributes


def _count(number: int) -> str:
    return f"{number} argument" if number == 1 else f"{number} arguments"


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray) else value


def _width(parameter: Parameter, argument: Given) -> int:
    return len(argument.value) if parameter.kind.name == "tensors" else 1


def _listed(e: Elaboration, argument: Given) -> list[Any]:
    """The values of a list argument."""
    if not isinstance(argument.value, list | tuple) or not argument.value:
        raise fail(
            "argument",
            f"a list of values is needed here, not {describe(argument.value)}",
            argument.span,
            hint="write it in brackets: `[a, b]`",
        )
    return [_operand(e, Given(None, value, argument.span)) for value in argument.value]  # pyright: ignore[reportUnknownVariableType]


def _operand(e: Elaboration, argument: Given) -> Any:
    """A value as an operation takes it: a node, a number, an array or a dimension."""
    return operand(e, argument.value, argument.span)


def operand(e: Elaboration, value: Any, span: Span) -> Any:
    """A value as an operation takes it. Raises ProgramError for what is no number, such as a string or a layer."""
    if isinstance(value, Node | bool | int | float | Dim):
        return value
    if isinstance(value, list | tuple) and value and not is_compile_time(value):
        parts = [operand(e, part, span) for part in value]  # pyright: ignore[reportUnknownVariableType]
        given = [Given(None, part, span) for part in parts]
        return apply(e, OPERATIONS["stack"], parts, {}, span, given)
    array = as_array(list(value) if isinstance(value, tuple) else value)  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(array, np.ndarray):
        return array
    raise no_value(value, span)


def no_value(value: Any, span: Span) -> ProgramError:
    """The error of something that is not a value, where one is needed."""
    labels: list[Label] = []
    hint = ""
    match value:
        case LayerInstance():
            name = span.quoted("layer")
            labels = [] if value.span == span else [Label(value.span, "the layer is made here")]
            hint = f"apply it to a value: `{name}(x)` or `x |> {name}`"
        case list():
            hint = "the rows of a list have equal lengths and hold numbers"
        case tuple():
            hint = "give each a name of its own: `a, b = …`"
        case _:
            pass
    return fail("type", f"a value is needed here, not {describe(value)}", span, labels=labels, hint=hint)


def _symbolic(attributes: Mapping[str, Any]) -> bool:
    return any(_holds_dims(value) for value in attributes.values())


def _holds_dims(value: Any) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_holds_dims, value))  # pyright: ignore[reportUnknownArgumentType]
    return isinstance(value, Dim) and value.value is None


def _dims_as_nodes(graph: Graph, inputs: Sequence[Any]) -> list[Any]:
    """Named dimensions used as values, in the element type of what stands beside them."""
    beside = next((v.type.dtype for v in inputs if isinstance(v, Node) and v.type.dtype.is_float), graph.default_float)
    return [
        graph.apply(OPERATIONS["dimension"], (), {"size": value, "dtype": beside}) if isinstance(value, Dim) else value
        for value in inputs
    ]


def _evaluate(graph: Graph, result: Any, given: Sequence[Given]) -> Any:
    """The value of an operation whose inputs are all known: a number for numbers, else an array."""
    if isinstance(result, tuple):
        return tuple(_evaluate(graph, part, given) for part in result)  # pyright: ignore[reportUnknownVariableType]
    assert isinstance(result, Node)
    array = ReferenceEngine(graph, [result]).run({})[result]
    return array.item() if array.ndim == 0 else array


