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

Pointwise = Callable[[Scalars, Node, Sequence[Scalar]], Scalar]
"""From an operation and an element of each of its inputs to the element of its result."""


def unroll_pointwise(rule: Pointwise, scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
    """The elements of the result, from those of the inputs, which are broadcast."""
    shape = sizes(node)
    wide = [np.broadcast_to(elements, shape).ravel().tolist() for elements in inputs]
    made = np.empty(element_total(node), object)
    made[:] = [rule(scalars, node, operands) for operands in zip(*wide, strict=True)]
    return made.reshape(shape)


def in_working_type(scalars: Scalars, result: DType, operands: Sequence[Scalar], make: Callable[..., Scalar]) -> Scalar:
    """What `make` makes of the operands in the type in which NumPy calculates, converted to that of the result.

    That is the type of the result, but double precision where integers or truth values stand beside floats.
    """
    mixed = result.is_float and not all(one.dtype.is_float for one in operands)
    working = F64 if mixed else result
    return scalars.convert(make(*[scalars.convert(one, working) for one in operands]), result)


def most(scalars: Scalars, a: Scalar, b: Scalar) -> Scalar:
    """The larger of two values, nan where one is."""
    return scalars.apply("maximum", a, b)


def least(scalars: Scalars, a: Scalar, b: Scalar) -> Scalar:
    """The smaller of two values, nan where one is."""
    return scalars.apply("minimum", a, b)


def test(scalars: Scalars, operator: str, *operands: Scalar) -> Scalar:
    """A truth value."""
    return scalars.apply(operator, *operands, dtype=BOOL)


def _operator(scalars: Scalars, node: Node, operands: Sequence[Scalar]) -> Scalar:
    """The operator of the same name."""

    def make(*values: Scalar) -> Scalar:
        return scalars.apply(node.label, *values)

    return in_working_type(scalars, node.type.dtype, operands, make)


def _rounding(scalars: Scalars, node: Node, operands: Sequence[Scalar]) -> Scalar:
    """The operator of the same name, which leaves integers as they are."""
    if node.type.dtype.is_float:
        return _operator(scalars, node, operands)
    return scalars.convert(operands[0], node.type.dtype)


def _power(scalars: Scalars, node: Node, operands: Sequence[Scalar]) -> Scalar:
    """The power; the square and the root where one exponent for all elements is written as 2 or 0.5, as NumPy has it."""
    known = {2: "square", 0.5: "sqrt"} if element_total(node.inputs[1]) == 1 else {}

    def make(a: Scalar, b: Scalar) -> Scalar:
        special = known.get(b.value) if b.is_literal else None
        return scalars.apply(special, a) if special else scalars.apply("power", a, b)

    return in_working_type(scalars, node.type.dtype, operands, make)


def _logaddexp(scalars: Scalars, node: Node, operands: Sequence[Scalar]) -> Scalar:
    """The larger value and log(1 + exp(-|difference|)), in the steps of NumPy's `npy_logaddexp`."""

    def make(a: Scalar, b: Scalar) -> Scalar:
        difference = scalars.apply("subtract", a, b)
        rest = scalars.apply("exp", scalars.apply("neg", scalars.apply("abs", difference)))
        larger = scalars.apply("where", test(scalars, "greater", difference, scalars.literal(0, a.dtype)), a, b)
        apart = scalars.apply("add", larger, scalars.apply("log1p", rest))
        same = scalars.apply("add", a, scalars.literal(math.log(2), a.dtype))
        return scalars.apply("where", test(scalars, "equal", a, b), same, apart)

    return in_working_type(scalars, node.type.dtype, operands, make)


def _clip(scalars: Scalars, node: Node, operands: Sequence[Scalar]) -> Scalar:
    """The value between its bounds. Of two zeros NumPy keeps the value's, unless a bound differs from element to element."""
    bounds_differ = any(element_total(bound) != 1 for bound in node.inputs[1:])

    def make(x: Scalar, low: Scalar, high: Scalar) -> Scalar:
        if bounds_differ:
            return least(scalars, most(scalars, x, low), high)
        return _unless(scalars, "greater", _unless(scalars, "less", x, low), high)

    return in_working_type(scalars, node.type.dtype, operands, make)


def _unless(scalars: Scalars, relation: str, x: Scalar, bound: Scalar) -> Scalar:
    """The value, but the bound where the relation holds or the bound is nan."""
    beyond = test(scalars, relation, x, bound)
    if bound.dtype.is_float and not (bound.is_literal and not math.isnan(bound.value)):
        beyond = test(scalars, "logical_or", beyond, test(scalars, "isnan", bound))
    return scalars.apply("where", beyond, bound, x)


def _relation(scalars: Scalars, node: Node, operands: Sequence[Scalar]) -> Scalar:
    """A comparison, in the type that both values have together."""
    shared = promote(operands[0].dtype, operands[1].dtype)
    if shared.is_float and not all(one.dtype.is_float for one in operands):
        shared = F64
    return test(scalars, node.label, *[scalars.convert(one, shared) for one in operands])


def _logic(scalars: Scalars, node: Node, operands: Sequence[Scalar]) -> Scalar:
    return test(scalars, node.label, *operands)


def _question(scalars: Scalars, node: Node, operands: Sequence[Scalar]) -> Scalar:
    """Whether a value is nan or infinite, which no integer is."""
    return test(scalars, node.label, *operands) if operands[0].dtype.is_float else scalars.literal(False, BOOL)


def _where(scalars: Scalars, node: Node, operands: Sequence[Scalar]) -> Scalar:
    condition, *values = operands

    def make(a: Scalar, b: Scalar) -> Scalar:
        return scalars.apply("where", condition, a, b)

    return in_working_type(scalars, node.type.dtype, values, make)


def _unless_masked(scalars: Scalars, node: Node, operands: Sequence[Scalar]) -> Scalar:
    x, gradient = operands
    is_zero = test(scalars, "equal", gradient, scalars.literal(0, gradient.dtype))
    masked = test(scalars, "logical_and", is_zero, test(scalars, "isnan", x))
    return scalars.apply("where", masked, scalars.literal(0, x.dtype), x)


def _astype(scalars: Scalars, node: Node, operands: Sequence[Scalar]) -> Scalar:
    return scalars.convert(operands[0], node.type.dtype)


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
    "clip": _clip,
    "where": _where,
    "unless_masked": _unless_masked,
    "astype": _astype,
    "identity": _astype,
}
"""The elementwise operations that can be unrolled."""
