"""Expressions: names, operators, indexing, attributes. Calls and pipes are in `calls`."""

from __future__ import annotations

from typing import Any

import numpy as np

from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate import compile_time
from dsl.language.elaborate.apply import Given, apply, as_operand, call_operation, operand
from dsl.language.elaborate.elaboration import Elaboration, elaborates
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.suggestions import attribute_hint, unknown_value
from dsl.language.elaborate.values import (
    BUILTINS,
    PENDING,
    POISON,
    DataName,
    LayerInstance,
    describe,
    is_compile_time,
    is_ndarray,
    is_sequence,
)
from dsl.ops.dims import Dim
from dsl.ops.registry import OPERATIONS
from dsl.source.diagnostic import Label, fail
from dsl.source.nearest import did_you_mean
from dsl.source.text import Span

BINARY = {
    "+": "add",
    "-": "subtract",
    "*": "multiply",
    "/": "divide",
    "%": "mod",
    "**": "power",
    "@": "matmul",
    "==": "equal",
    "!=": "not_equal",
    "<": "less",
    "<=": "less_equal",
    ">": "greater",
    ">=": "greater_equal",
    "and": "logical_and",
    "or": "logical_or",
}
_UNARY = {"-": "neg", "not": "logical_not"}
_DEEPEST_LIST = 64
"""The most axes that NumPy's arrays have."""
_ATTRIBUTES = ("T", "shape", "dtype", "rank")


@elaborates(syntax.Number)
@elaborates(syntax.String)
def literal(e: Elaboration, expression: syntax.Number | syntax.String, frame: Frame) -> Task:
    """A number or a string."""
    return expression.value
    yield


@elaborates(syntax.Name)
def name(e: Elaboration, expression: syntax.Name, frame: Frame) -> Task:
    """What a name stands for; a statement further down that binds it is elaborated first."""
    value = frame.find(expression.id)
    if value is PENDING and expression.id in frame.module.binders:
        yield e.demand(expression, frame)
        value = frame.find(expression.id)
    if value is PENDING and expression.id in BUILTINS:
        return BUILTINS[expression.id]
    if value is PENDING:
        if expression.id in frame.module.unknown:
            return POISON
        e.remember_unknown(frame.module, expression.id)
        raise unknown_value(e, expression, frame)
    return value


@elaborates(syntax.ListOf)
def list_of(e: Elaboration, expression: syntax.ListOf, frame: Frame) -> Task:
    """`[a, b]`."""
    e.list_depth += 1
    try:
        if e.list_depth > _DEEPEST_LIST:
            raise fail("value", f"a list is nested {_DEEPEST_LIST} deep at most", expression.span)
        items: list[Any] = []
        for item in expression.items:
            value = e.quick(item, frame)
            if value is PENDING:
                value = yield e.evaluate(item, frame)
            items.append(value)
    finally:
        e.list_depth -= 1
    return POISON if any(item is POISON for item in items) else items


@elaborates(syntax.Unary)
def unary(e: Elaboration, expression: syntax.Unary, frame: Frame) -> Task:
    """`-x`, `not x`."""
    value = e.quick(expression.operand, frame)
    if value is PENDING:
        value = yield e.evaluate(expression.operand, frame)
    if value is POISON:
        return POISON
    if _is_number(value):
        return compile_time.unary(expression.operator, value, expression.span)
    if expression.operator == "+":
        return operand(e, value, expression.operand.span)
    given = [Given.of(expression.operand, value)]
    return call_operation(e, OPERATIONS[_UNARY[expression.operator]], given, expression.span)


@elaborates(syntax.Binary)
def binary(e: Elaboration, expression: syntax.Binary, frame: Frame) -> Task:
    """`a + b` and the other operators with two sides."""
    left = e.quick(expression.left, frame)
    if left is PENDING:
        left = yield e.evaluate(expression.left, frame)
    right = e.quick(expression.right, frame)
    if right is PENDING:
        right = yield e.evaluate(expression.right, frame)
    if left is POISON or right is POISON:
        return POISON
    if _is_number(left) and _is_number(right) and expression.operator != "@":
        return compile_time.binary(expression.operator, left, right, expression.span)
    given = (Given.of(expression.left, left), Given.of(expression.right, right))
    inputs = [side.value if isinstance(side.value, Node) else as_operand(e, side) for side in given]
    return apply(e, OPERATIONS[BINARY[expression.operator]], inputs, {}, expression.span, given)


def _is_number(value: Any) -> bool:
    """Whether a value is known at compile time and no array: what Python itself computes with."""
    return not isinstance(value, Node) and not compile_time.is_array(value) and is_compile_time(value)


@elaborates(syntax.Attribute)
def attribute(e: Elaboration, expression: syntax.Attribute, frame: Frame) -> Task:
    """`x.T`, `x.shape`; `encoder.w`; `digits.train`."""
    value = e.quick(expression.value, frame)
    if value is PENDING:
        value = yield e.evaluate(expression.value, frame)
    if value is POISON:
        return POISON
    value = compile_time.as_array(value)
    match value:
        case Node():
            return _node_attribute(e, expression, value)
        case _ if is_ndarray(value) and expression.name in ("T", "shape", "rank"):
            facts: dict[str, Any] = {"T": value.T, "shape": list(value.shape), "rank": value.ndim}
            return facts[expression.name]
        case LayerInstance():
            return _member(expression, value)
        case DataName():
            return DataName(value.name, f"{value.part}.{expression.name}" if value.part else expression.name)
        case _:
            raise fail("type", f"{describe(value)} has no `.{expression.name}`", expression.span)


def _node_attribute(e: Elaboration, expression: syntax.Attribute, node: Node) -> Any:
    match expression.name:
        case "T":
            given = [Given(None, node, expression.value.span)]
            return call_operation(e, OPERATIONS["transpose"], given, expression.span)
        case "shape":
            return [compile_time.known(dim) for dim in node.shape]
        case "rank":
            return node.type.rank
        case "dtype":
            return node.type.dtype
        case _:
            raise fail(
                "name",
                f"a value has no `.{expression.name}`",
                expression.span,
                hint=attribute_hint(expression.value.span.quoted("x"), expression.name, _ATTRIBUTES),
            )


def _member(expression: syntax.Attribute, layer: LayerInstance) -> Any:
    path = f"{layer.path}.{expression.name}"
    if path in layer.members:
        return layer.members[path]
    if not layer.members:
        raise fail(
            "name",
            f"the layer `{layer.path or layer.definition.name}` has no parameters before it is applied",
            expression.span,
            labels=[Label(layer.span, "the layer is made here")],
            hint="apply it to a value in a line above this one",
        )
    known = [member.removeprefix(f"{layer.path}.") for member in layer.members]
    raise fail(
        "name",
        f"`{layer.path}` has no parameter or layer `{expression.name}`",
        expression.span,
        labels=[Label(layer.span, "the layer is made here")],
        hint=did_you_mean(expression.name, known, f"it has {', '.join(f'`{member}`' for member in known)}"),
    )


@elaborates(syntax.Index)
def index(e: Elaboration, expression: syntax.Index, frame: Frame) -> Task:
    """`x[0, 1:, ...]` of a value, `shape[0]` of a list."""
    value = e.quick(expression.value, frame)
    if value is PENDING:
        value = yield e.evaluate(expression.value, frame)
    items: list[Any] = []
    for item in expression.items:
        found = e.quick(item, frame)
        if found is PENDING:
            found = yield e.evaluate(item, frame)
        items.append(found)
    if value is POISON or any(item is POISON for item in items):
        return POISON
    if (is_sequence(value) or isinstance(value, str)) and (_is_plain(items) or not _has_numbers(value)):
        return _index_list(value, items, expression)
    value = operand(e, value, expression.value.span)
    if any(isinstance(item, Node | list) for item in items):
        return _gather(e, value, items, expression)
    for item, part in zip(items, expression.items, strict=True):
        _check_item(item, part.span)
    given = (Given(None, value, expression.value.span),)
    return apply(e, OPERATIONS["getitem"], [value], {"index": tuple(items)}, expression.span, given)


def _is_plain(items: list[Any]) -> bool:
    """Whether an index is one integer or slice, which takes an item or a part of a list of anything."""
    return len(items) == 1 and (isinstance(items[0], slice) or type(items[0]) is int)


def _has_numbers(value: Any) -> bool:
    return isinstance(compile_time.as_array(value), np.ndarray)


def _check_item(item: Any, span: Span) -> None:
    integer = isinstance(item, int | Dim) and not isinstance(item, bool)
    if not (integer or item is None or item is Ellipsis or isinstance(item, slice)):
        raise fail("type", f"an index is an integer, a slice, `...` or `None`, not {describe(item)}", span)


def _index_list(value: Any, items: list[Any], expression: syntax.Index) -> Any:
    if not _is_plain(items):
        raise fail("type", f"{describe(value)} is indexed by one integer or slice", expression.span)
    try:
        return value[items[0]]
    except IndexError:
        raise fail(
            "value", f"there is no item {items[0]} in {describe(value)} of {len(value)} items", expression.span
        ) from None


def _gather(e: Elaboration, value: Any, items: list[Any], expression: syntax.Index) -> Any:
    """`x[:, i]` with a value (or a list) of indices for one axis."""
    full = slice(None)
    chosen = [axis for axis, item in enumerate(items) if isinstance(item, Node | list)]
    if len(chosen) > 1 or any(item != full for axis, item in enumerate(items) if axis not in chosen):
        raise fail(
            "type",
            "an index made of values can stand for one axis only, beside `:`",
            expression.span,
            hint="use `take(x, indices, axis=…)` axis by axis",
        )
    axis = chosen[0]
    given = (
        Given(None, value, expression.value.span),
        Given(None, items[axis], expression.items[axis].span),
        Given("axis", axis, expression.span),
    )
    return call_operation(e, OPERATIONS["take"], given, expression.span)


@elaborates(syntax.Slice)
def slice_(e: Elaboration, expression: syntax.Slice, frame: Frame) -> Task:
    """`start:stop:step`."""
    bounds: list[Any] = []
    for part in (expression.start, expression.stop, expression.step):
        bound = None
        if part is not None:
            bound = e.quick(part, frame)
            if bound is PENDING:
                bound = yield e.evaluate(part, frame)
            if bound is POISON:
                return POISON
            if isinstance(bound, bool) or not isinstance(bound, int | Dim | None):
                hint = "`take` picks places that are computed" if isinstance(bound, Node) else ""
                raise fail("type", f"a slice is made of integers, not {describe(bound)}", part.span, hint=hint)
        bounds.append(bound)
    return slice(*bounds)


@elaborates(syntax.Ellipsis)
def ellipsis(e: Elaboration, expression: syntax.Ellipsis, frame: Frame) -> Task:
    """`...`."""
    return Ellipsis
    yield
