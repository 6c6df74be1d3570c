"""Declared types: from `f32[batch, 64]` to an element type and a shape, and the matching of values with signatures."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.apply import Given, constant, operand
from dsl.language.elaborate.compile_time import known
from dsl.language.elaborate.elaboration import Elaboration
from dsl.language.elaborate.machine import Task
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.suggestions import OTHER_DTYPES
from dsl.language.elaborate.values import PENDING, POISON, describe, is_compile_time
from dsl.ops.dims import Dim, as_dim
from dsl.ops.dtypes import DTYPES, DType
from dsl.ops.types import TensorType
from dsl.source.diagnostic import Label, ProgramError, fail
from dsl.source.hint import Declare, Hint, Instead
from dsl.source.nearest import did_you_mean
from dsl.source.text import Span


def dtype_of(name: syntax.Name) -> DType:
    """The element type of this name. Raises ProgramError."""
    if name.id in DTYPES:
        return DTYPES[name.id]
    foreign = OTHER_DTYPES.get(name.id)
    hint = did_you_mean(name.id, DTYPES, f"they are {', '.join(DTYPES)}")
    if foreign:
        hint = Hint(f"it is called `{foreign}` here", Instead(name.id, foreign))
    raise fail("type", f"there is no element type `{name.id}`", name.span, hint=hint)


def type_of(e: Elaboration, declared: syntax.TypeOf | None, frame: Frame) -> Task:
    """The task whose result is the declared TensorType; a scalar of the program's floating type when None.

    Every dimension remembers the declaration's span.
    """
    if declared is None:
        return TensorType(e.graph.default_float)
    dtype = _declared_dtype(e, declared, frame)
    dims: list[Dim] = []
    for part in declared.dims or ():
        if isinstance(part, syntax.Ellipsis):
            raise fail("type", "`...` stands only in the types of a function's or layer's inputs", part.span)
        dim = yield dimension(e, part, frame)
        if dim is POISON:
            return POISON
        dims.append(as_dim(dim).at(_shape_span(declared)))
    return TensorType(dtype, tuple(dims))


def _declared_dtype(e: Elaboration, declared: syntax.TypeOf, frame: Frame) -> DType:
    """The element type of a declaration. Raises ProgramError, with a word on shapes written without brackets."""
    name = declared.dtype
    if name is None:
        return e.graph.default_float
    if name.id not in DTYPES and declared.dims is None and name.id in frame.visible():
        hint = f"a shape stands in square brackets: `[{name.id}]`"
        raise fail("type", f"`{name.id}` is not an element type", name.span, hint=hint)
    return dtype_of(name)


def _undeclared(error: ProgramError, part: syntax.Expression) -> ProgramError:
    """The error of a shape, with a word on declaring a name that nothing else is like."""
    if not isinstance(part, syntax.Name):
        return error
    hint = Hint(f"declare it: `dim {part.id}`", Declare(f"dim {part.id}"))
    return ProgramError(replace(found, hint=found.hint or hint) for found in error.diagnostics)


def dimension(e: Elaboration, part: syntax.Expression, frame: Frame) -> Task:
    """The task whose result is a size: an integer or a dimension. Raises ProgramError for anything else."""
    value = e.quick(part, frame)
    if value is PENDING:
        try:
            value = yield e.evaluate(part, frame)
        except ProgramError as error:
            raise _undeclared(error, part) from None
    if value is POISON:
        return POISON
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, Node):
        raise fail(
            "type",
            "a dimension must be known before the program runs, and this is a value",
            part.span,
            labels=[Label(value.span, "the value")] if value.span not in (None, part.span) else [],
            hint="declare it: `constant n = 64`, or `dim n` when the data decides",
        )
    if isinstance(value, bool) or not isinstance(value, int | Dim):
        raise fail("type", f"a dimension is an integer or declared by `dim`, not {describe(value)}", part.span)
    if isinstance(value, int) and value < 0:
        raise fail("shape", f"a dimension cannot be negative, and this is {value}", part.span)
    return value


def _shape_span(declared: syntax.TypeOf) -> Span:
    """The `[…]` of a type."""
    if declared.dtype is None:
        return declared.span
    return Span(declared.span.source, declared.dtype.span.end, declared.span.end)


def bind_pattern(e: Elaboration, formal: syntax.Formal, given: Given, frame: Frame) -> Task:
    """Match an argument with the declared type of a parameter; names in its shape are bound by their first appearance."""
    assert formal.type is not None
    node = given.value
    if not isinstance(node, Node):
        value = operand(e, node, given.span)
        node = constant(e, value, given.span) if isinstance(value, np.ndarray) else value
    if not isinstance(node, Node):
        if formal.type.dims:
            raise _mismatch(formal, given, f"{describe(given.value)} is a scalar")
        return
    frame.names[formal.name.id] = node
    if formal.type.dtype is not None and node.type.dtype is not dtype_of(formal.type.dtype):
        raise _mismatch(formal, given, f"the element type of {given.quoted} is {node.type.dtype}", code="dtype")
    if formal.type.dims is not None:
        yield _match_dims(e, formal, given, node, frame)


def _match_dims(e: Elaboration, formal: syntax.Formal, given: Given, node: Node, frame: Frame) -> Task:
    assert formal.type is not None
    parts = formal.type.dims or ()
    open_at = next((i for i, part in enumerate(parts) if isinstance(part, syntax.Ellipsis)), None)
    rank, fixed = node.type.rank, len(parts) - (open_at is not None)
    if rank < fixed or (open_at is None and rank != fixed):
        least = "at least " if open_at is not None else ""
        raise _mismatch(formal, given, f"it needs {least}{fixed} {'axis' if fixed == 1 else 'axes'}, and has {rank}")
    for place, part in enumerate(parts):
        if place == open_at or isinstance(part, syntax.Ellipsis):
            continue
        axis = place if open_at is None or place < open_at else rank - len(parts) + place
        dim = node.shape[axis]
        if isinstance(part, syntax.Name) and part.id not in frame.names:
            frame.names[part.id] = known(dim)
            frame.bound_at[part.id] = dim.origin or given.span
            e.remember(part.span, frame.names[part.id])
            continue
        expected = yield dimension(e, part, frame)
        if expected is POISON or as_dim(expected) == dim:
            continue
        origin = frame.bound_at.get(part.id) if isinstance(part, syntax.Name) else None
        fixed_here = Label(origin, f"`{part.span.text}` is {expected}, from here") if origin else None
        raise _mismatch(formal, given, f"axis {axis} should be {expected}, and is {dim}", fixed_here)


def _mismatch(
    formal: syntax.Formal, given: Given, problem: str, fixed_here: Label | None = None, code: str = "shape"
) -> ProgramError:
    value: Any = given.value
    labels = [Label(formal.span, "declared here")]
    if fixed_here is not None and fixed_here.span != given.span:
        labels.insert(0, fixed_here)
    what = (
        describe(value) if is_compile_time(value) else f"{value.type}" if isinstance(value, Node) else describe(value)
    )
    return fail(
        code,
        f"`{formal.name.id}` is declared as `{formal.type.span.text if formal.type else ''}`, and was given {what}",
        given.span,
        label=problem,
        labels=labels,
    )
