"""Elementwise operations, element by element: which operators they are made of, and in which types."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence

import numpy as np

from dsl.engine.scalars.scalar import Scalar, Scalars
from dsl.graph.node import Node
from dsl.graph.passes.section import element_total, sizes
from dsl.ops.dtypes import BOOL, F64, DType, promote
from dsl.ops.parameters import Array

Make = Callable[..., Scalar]
"""From an element of each input of an operation to the element of its result."""

Pointwise = Callable[[Scalars, Node], Make]
"""From an operation to what makes each of its elements."""


def unroll_pointwise(rule: Pointwise, scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
    """The elements of the result, from those of the inputs, which are broadcast."""
    shape = sizes(node)
    wide = [(each if each.shape == shape else np.broadcast_to(each, shape)).ravel().tolist() for each in inputs]
    made = np.empty(element_total(node), object)
    made[:] = [*map(rule(scalars, node), *wide)]
    return made.reshape(shape)


def in_working_type(scalars: Scalars, result: DType, operands: Sequence[DType], make: Make) -> Make:
    """What applies `make` to operands in the type in which NumPy calculates, and converts to that of the result.

    That is the type of the result, but double precision where integers or truth values stand beside floats.
    """
    if all(dtype is result for dtype in operands):
        return make
    mixed = result.is_float and not all(dtype.is_float for dtype in operands)
    working = F64 if mixed else result

    def converting(*values: Scalar) -> Scalar:
        return scalars.convert(make(*[scalars.convert(one, working) for one in values]), result)

    return converting


def _types(nodes: Sequence[Node]) -> list[DType]:
    return [node.type.dtype for node in nodes]


def most(scalars: Scalars, a: Scalar, b: Scalar) -> Scalar:
    """The larger of two values, nan where one is."""
    return scalars.apply("maximum", a, b)


def least(scalars: Scalars, a: Scalar, b: Scalar) -> Scalar:
    """The smaller of two values, nan where one is."""
    return scalars.apply("minimum", a, b)


def test(scalars: Scalars, operator: str, *operands: Scalar) -> Scalar:
    """A truth value."""
    return scalars.apply(operator, *operands, dtype=BOOL)


def _operator(scalars: Scalars, node: Node) -> Make:
    """The operator of the same name."""
    apply, name = scalars.apply, node.label

    def make(*values: Scalar) -> Scalar:
        return apply(name, *values)

    return in_working_type(scalars, node.type.dtype, _types(node.inputs), make)


def _rounding(scalars: Scalars, node: Node) -> Make:
    """The operator of the same name, which leaves integers as they are."""
    return (_operator if node.type.dtype.is_float else _astype)(scalars, node)


def _power(scalars: Scalars, node: Node) -> Make:
    """The power; the square and the root where one exponent for all elements is written as 2 or 0.5, as NumPy has it."""
    known = {2: "square", 0.5: "sqrt"} if element_total(node.inputs[1]) == 1 else {}

    def make(a: Scalar, b: Scalar) -> Scalar:
        special = known.get(b.value) if b.is_literal else None
        return scalars.apply(special, a) if special else scalars.apply("power", a, b)

    return in_working_type(scalars, node.type.dtype, _types(node.inputs), make)


def _logaddexp(scalars: Scalars, node: Node) -> Make:
    """The larger value and log(1 + exp(-|difference|)), in the steps of NumPy's `npy_logaddexp`."""

    def make(a: Scalar, b: Scalar) -> Scalar:
        difference = scalars.apply("subtract", a, b)
        rest = scalars.apply("exp", scalars.apply("neg", scalars.apply("abs", difference)))
        larger = scalars.apply("where", test(scalars, "greater", difference, scalars.literal(0, a.dtype)), a, b)
        apart = scalars.apply("add", larger, scalars.apply("log1p", rest))
        same = scalars.apply("add", a, scalars.literal(math.log(2), a.dtype))
        return scalars.apply("where", test(scalars, "equal", a, b), same, apart)

    return in_working_type(scalars, node.type.dtype, _types(node.inputs), make)


def _relation(scalars: Scalars, node: Node) -> Make:
    """A comparison, in the type that both values have together."""
    left, right = _types(node.inputs)
    shared = promote(left, right)
    if shared.is_float and not (left.is_float and right.is_float):
        shared = F64

    def make(a: Scalar, b: Scalar) -> Scalar:
        return test(scalars, node.label, scalars.convert(a, shared), scalars.convert(b, shared))

    return make


def _logic(scalars: Scalars, node: Node) -> Make:
    def make(*values: Scalar) -> Scalar:
        return test(scalars, node.label, *values)

    return make


def _question(scalars: Scalars, node: Node) -> Make:
    """Whether a value is nan or infinite, which no integer is."""
    if node.inputs[0].type.dtype.is_float:
        return _logic(scalars, node)
    no = scalars.literal(False, BOOL)

    def make(_: Scalar) -> Scalar:
        return no

    return make


def _where(scalars: Scalars, node: Node) -> Make:
    types = _types(node.inputs[1:])

    def make(condition: Scalar, *values: Scalar) -> Scalar:
        def choose(a: Scalar, b: Scalar) -> Scalar:
            return scalars.apply("where", condition, a, b)

        return in_working_type(scalars, node.type.dtype, types, choose)(*values)

    return make


def _unless_masked(scalars: Scalars, node: Node) -> Make:
    def make(x: Scalar, gradient: Scalar) -> Scalar:
        is_zero = test(scalars, "equal", gradient, scalars.literal(0, gradient.dtype))
        masked = test(scalars, "logical_and", is_zero, test(scalars, "isnan", x))
        return scalars.apply("where", masked, scalars.literal(0, x.dtype), x)

    return make


def _astype(scalars: Scalars, node: Node) -> Make:
    def make(value: Scalar) -> Scalar:
        return scalars.convert(value, node.type.dtype)

    return make


_EXPONENTIAL = ("exp", "expm1", "log", "log1p", "log2", "log10", "sqrt", "erf", "erfc")
_CIRCULAR = ("sin", "cos", "tan", "arcsin", "arccos", "arctan", "atan2", "hypot", "sinh", "cosh", "tanh")
_ARITHMETIC = ("add", "subtract", "multiply", "divide", "reciprocal", "mod", "square")
_CHOOSING = ("neg", "abs", "sign", "maximum", "minimum")
_RELATIONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")

POINTWISE: Mapping[str, Pointwise] = {
    **dict.fromkeys((*_EXPONENTIAL, *_CIRCULAR, *_ARITHMETIC, *_CHOOSING), _operator),
    **dict.fromkeys(("floor", "ceil", "round"), _rounding),
    **dict.fromkeys(_RELATIONS, _relation),
    **dict.fromkeys(("logical_and", "logical_or", "logical_not"), _logic),
    **dict.fromkeys(("isnan", "isinf"), _question),
    "power": _power,
    "logaddexp": _logaddexp,
    "where": _where,
    "unless_masked": _unless_masked,
    "astype": _astype,
    "identity": _astype,
}
"""The elementwise operations that can be unrolled."""
