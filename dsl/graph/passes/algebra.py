"""Algebra that keeps the bits: identities that hold in IEEE arithmetic for every value, infinities, nan and -0.0 among them.

Each rule says why it holds. What the sign or the payload of a nan is, IEEE leaves open, and so do these rules. An operand
stands in the place of a result only where it has the result's element type and shape: broadcasting may have made that larger.

What looks like an identity and is none, and so has no rule here:

====================================  ================================================================================
x + 0.0 = x                           not for x = -0.0, which becomes 0.0
x * 0 = 0,  x - x = 0                 not for infinities and nan, and -1.0 * 0 is -0.0
-(a - b) = b - a,  0.0 - x = -x       not where the difference is 0.0
(-a) - b = -(a + b)                   not where the sum is 0.0
(x * a) * b = x * (a * b)             rounds once instead of twice; even for powers of two, where x * a overflows or is
                                      subnormal
x ** 0.5 = sqrt(x),  x ** -1 = 1 / x  powers are not rounded correctly, and that of -0.0 is 0.0, that of -inf is inf;
                                      newer versions of NumPy take the right side where the exponent is a scalar
x ** 0 = 1                            NumPy's half-precision power of nan may be nan
sum of one element = that element     NumPy's sums start at 0.0: of -0.0 alone the sum is 0.0 (the same for mean)
sum of n equal numbers = n * that     rounds once instead of n times
not (a < b) = a >= b                  not for nan
maximum(a, b) = maximum(b, a)         of 0.0 and -0.0, NumPy gives the second
abs(relu(x)) = relu(x)                half-precision relu(-0.0) is -0.0
====================================  ================================================================================
"""

from __future__ import annotations

import math
from typing import cast

import numpy as np

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.known import number
from dsl.graph.passes.masks import idle_mask, idle_mask_written_out
from dsl.graph.passes.rules import apply_rules, is_operation, make, same_type
from dsl.graph.passes.section import Rule, Section
from dsl.ops.dtypes import BOOL, F16, F64, I32, DType
from dsl.ops.operation import Operation

Inputs = tuple[Node, ...]


def simplify(section: Section) -> Section:
    """The section with the identities below used wherever they save work; the section itself where none does."""
    return apply_rules(section, _rules_for)


def _rules_for(operation: Operation) -> tuple[Rule, ...]:
    return RULES.get(operation.name, ())


# -- what the rules ask -------------------------------------------------------------------------------------------------


def _negated(node: Node) -> Node | None:
    """What a node is the negative of, in one element type; None where it is no negation."""
    return node.inputs[0] if is_operation(node, "neg") and same_type(node.inputs[0], node) else None


def _is_neutral_in_addition(node: Node, total: Node) -> bool:
    """Whether x + node is x for every x: where the sum is floating -0.0 is, but 0 and 0.0 are not; else the integer 0 is."""
    return number(node) == 0 and _is_negative_zero(node) == total.type.dtype.is_float


def _is_neutral_in_subtraction(node: Node) -> bool:
    """Whether x - node is x for every x: 0.0, or the integer 0."""
    return number(node) == 0 and not _is_negative_zero(node)


def _is_negative_zero(node: Node) -> bool:
    value = number(node)
    return value == 0 and math.copysign(1, value) < 0


def _negative_constant(graph: Graph, node: Node) -> Node | None:
    """The negative of a known number as a scalar; None where the number is not known, or is a truth value."""
    value = number(node)
    if value is None or node.type.dtype is BOOL:
        return None
    return graph.constant(np.negative(np.asarray(value, node.type.dtype.numpy)), node.type.dtype)


def _is_in_one_type(node: Node, inputs: Inputs) -> bool:
    """Whether an operation calculates in the element type of its inputs.

    Where it does not, the negative of the smallest integer, which is that integer itself, is converted to another number.
    """
    return all(source.type.dtype is node.type.dtype for source in inputs)


# -- addition and subtraction ------------------------------------------------------------------------------------------


def add_nothing(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """x + -0.0 = x, since the sum of two zeros is -0.0 only where both are. Integers: x + 0 = x."""
    for x, other in (inputs, inputs[::-1]):
        if same_type(x, node) and _is_neutral_in_addition(other, node):
            return x
    return None


def add_negative(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """a + (-b) = a - b: IEEE defines the difference so. (-a) + b = b - a, since addition commutes."""
    for a, other in (inputs, inputs[::-1]):
        b = _negated(other)
        if b is not None and _is_in_one_type(node, inputs):
            return make(graph, "subtract", a, b)
    return None


def subtract_nothing(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """x - 0.0 = x: -0.0 - 0.0 is the sum of two negative zeros. Not so x - -0.0. Integers: x - 0 = x."""
    x, other = inputs
    return x if same_type(x, node) and _is_neutral_in_subtraction(other) else None


def subtract_negative(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """a - (-b) = a + b: a difference is the sum with the negative, and negation twice is none."""
    a, other = inputs
    b = _negated(other)
    return make(graph, "add", a, b) if b is not None and _is_in_one_type(node, inputs) else None


def subtract_from_nothing(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """-0.0 - x = -x, by `add_nothing` of -x. Integers: 0 - x = -x. Not so 0.0 - x, which is 0.0 for x = 0.0."""
    zero, x = inputs
    return make(graph, "neg", x) if same_type(x, node) and _is_neutral_in_addition(zero, node) else None


# -- multiplication and division ---------------------------------------------------------------------------------------


def multiply_by_one(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """x * 1 = x: the product is exact."""
    for x, other in (inputs, inputs[::-1]):
        if same_type(x, node) and number(other) == 1:
            return x
    return None


def multiply_by_minus_one(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """x * -1 = -x: the product is exact, and its sign is that of x turned around, that of zeros too."""
    for x, other in (inputs, inputs[::-1]):
        if same_type(x, node) and number(other) == -1:
            return make(graph, "neg", x)
    return None


def divide_by_one(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """x / 1 = x and x / -1 = -x: the quotient is exact."""
    x, other = inputs
    if not same_type(x, node):
        return None
    divisor = number(other)
    if divisor == 1:
        return x
    return make(graph, "neg", x) if divisor == -1 else None


def divide_by_power_of_two(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """x / 2**k = x * 2**-k, where 2**-k is a normal number: both are the same real number, rounded once."""
    x, other = inputs
    divisor = number(other)
    if divisor is None or not same_type(x, node) or other.type.dtype is not node.type.dtype:
        return None
    reciprocal = _exact_reciprocal(divisor, node.type.dtype)
    return None if reciprocal is None else make(graph, "multiply", x, graph.constant(reciprocal, node.type.dtype))


def _exact_reciprocal(value: float, dtype: DType) -> float | None:
    """1 / value where the value is a power of two, and the result a normal number of the element type."""
    if not math.isfinite(value) or abs(math.frexp(value)[0]) != 0.5:
        return None
    limits = np.finfo(dtype.numpy)
    reciprocal = math.ldexp(0.5, 2 - math.frexp(value)[1])
    return math.copysign(reciprocal, value) if limits.tiny <= reciprocal <= limits.max else None


def both_negative(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """(-a) * (-b) = a * b and (-a) / (-b) = a / b: the sign is that of both together, and magnitudes know no sign."""
    assert node.operation is not None
    a, b = (_negated(source) for source in inputs)
    if a is None or b is None or not _is_in_one_type(node, inputs):
        return None
    return make(graph, node.operation.name, a, b)


def negative_beside_constant(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """(-x) * c = x * (-c), (-x) / c = x / (-c) and c / (-x) = (-c) / x: it does not matter which of two signs is turned."""
    assert node.operation is not None
    if not _is_in_one_type(node, inputs):
        return None
    for place, constant in ((0, inputs[1]), (1, inputs[0])):
        x = _negated(inputs[place])
        if x is None or not same_type(x, node):
            continue
        negative = _negative_constant(graph, constant)
        if negative is not None:
            return make(graph, node.operation.name, *((x, negative) if place == 0 else (negative, x)))
    return None


def negative_of_scaled(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """-(x * c) = x * (-c), and the same for x / c and c / x: a sign costs nothing in a constant."""
    inner = inputs[0]
    if inner.operation is None or inner.operation.name not in ("multiply", "divide") or not same_type(inner, node):
        return None
    if not _is_in_one_type(inner, inner.inputs):
        return None
    for place, x in enumerate(inner.inputs):
        if same_type(x, node):
            negative = _negative_constant(graph, inner.inputs[1 - place])
            if negative is not None:
                return make(graph, inner.operation.name, *((x, negative) if place == 0 else (negative, x)))
    return None


def multiply_by_itself(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """x * x = square(x): the same product of the same two numbers."""
    a, b = inputs
    return make(graph, "square", a) if a is b else None


# -- signs and powers --------------------------------------------------------------------------------------------------


def negative_twice(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """-(-x) = x: a sign turned around twice, and of integers the negative modulo 2**bits."""
    x = _negated(inputs[0])
    return x if x is not None and same_type(x, node) else None


def sign_forgotten(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """abs(-x) = abs(x), square(-x) = square(x), and the square of an absolute value too: none looks at the sign."""
    assert node.operation is not None
    inner = inputs[0]
    forgotten = ("neg", "abs") if node.operation.name == "square" else ("neg",)
    if inner.operation is None or inner.operation.name not in forgotten or not same_type(inner.inputs[0], inner):
        return None
    return make(graph, node.operation.name, inner.inputs[0])


def absolute_square(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """abs(square(x)) = square(x) for floats: the square of a zero is 0.0. Squares of integers may wrap around."""
    x = inputs[0]
    return x if node.type.dtype.is_float and is_operation(x, "square") and same_type(x, node) else None


def first_power(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """x ** 1 = x: C's pow says so of every x, nan too. A scalar exponent, with which NumPy takes no shortcut of its own."""
    x, exponent = inputs
    return x if same_type(x, node) and not exponent.shape and number(exponent) == 1 else None


def second_power(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """x ** 2 = square(x): `power` takes the square where the exponent is a scalar 2."""
    x, exponent = inputs
    if exponent.shape or number(exponent) != 2 or not _is_in_one_type(node, inputs):
        return None
    return make(graph, "square", x)


# -- choices and truth values -------------------------------------------------------------------------------------------


def same_choice(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """where(c, x, x) = x, wherever x has the full shape."""
    _, x, y = inputs
    return x if x is y and same_type(x, node) else None


def settled_choice(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """where(true, x, y) = x and where(false, x, y) = y, wherever that has the type of both together."""
    condition = number(inputs[0])
    if condition is None:
        return None
    chosen = inputs[1] if condition else inputs[2]
    return chosen if same_type(chosen, node) else None


def choice_turned_around(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """where(not c, x, y) = where(c, y, x)."""
    condition, x, y = inputs
    if not is_operation(condition, "logical_not"):
        return None
    return make(graph, "where", condition.inputs[0], y, x)


def choice_made_before(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """where(c, where(c, x, _), y) = where(c, x, y), and the same in the other branch: the inner choice is known."""
    condition, x, y = inputs
    for place, branch in ((1, x), (2, y)):
        if is_operation(branch, "where") and branch.inputs[0] is condition and same_type(branch, branch.inputs[place]):
            chosen = branch.inputs[place]
            return make(graph, "where", condition, *((chosen, y) if place == 1 else (x, chosen)))
    return None


def truth_of_itself(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """`a and a` = a, `a or a` = a, maximum(x, x) = x, minimum(x, x) = x: either operand is the result."""
    a, b = inputs
    return a if a is b and same_type(a, node) else None


def neutral_truth(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """`a and true` = a, `a or false` = a."""
    assert node.operation is not None
    neutral = node.operation.name == "logical_and"
    for a, other in (inputs, inputs[::-1]):
        if same_type(a, node) and number(other) is neutral:
            return a
    return None


def denied_twice(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """`not not a` = a."""
    inner = inputs[0]
    return inner.inputs[0] if is_operation(inner, "logical_not") else None


def denied_equality(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """`not (a == b)` = `a != b` and the other way round, also for nan, which is equal to nothing and differs from all."""
    inner = inputs[0]
    for name, opposite in (("equal", "not_equal"), ("not_equal", "equal")):
        if is_operation(inner, name):
            return make(graph, opposite, *inner.inputs)
    return None


# -- element types and the rest -----------------------------------------------------------------------------------------


def same_value(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """identity(x) = x, and astype(x) = x to the type that x has."""
    return inputs[0] if same_type(inputs[0], node) else None


def converted_exactly_before(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """astype(astype(x, wide), t) = astype(x, t), where every value of x has its place in the wide type.

    Not from floats to integers, where values out of range are whatever the processor makes of them in either type. Not from
    integers to half precision, which NumPy rounds twice.
    """
    inner = inputs[0]
    if not is_operation(inner, "astype"):
        return None
    x = inner.inputs[0]
    own, wide, final = x.type.dtype, inner.type.dtype, node.type.dtype
    if not _holds(wide, own) or (own.is_float and final.kind == "int") or (own.kind == "int" and final is F16):
        return None
    return x if own is final else make(graph, "astype", x, dtype=final)


def _holds(wide: DType, narrow: DType) -> bool:
    """Whether every value of one element type is one of another, so that nothing is lost on the way through it."""
    if narrow.kind == wide.kind:
        return narrow.bits <= wide.bits
    return narrow is BOOL or (narrow is I32 and wide is F64)


def once_is_enough(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """f(f(x)) = f(x) for abs, relu, sign, floor, ceil and round: their results are where they change nothing."""
    assert node.operation is not None
    x = inputs[0]
    return x if is_operation(x, node.operation.name) and same_type(x, node) else None


def reduction_of_single_elements(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """The largest, smallest and product of one element is that element; of integers and truth values the sum, any and all.

    A sum of floats starts from 0.0 and is left alone.
    """
    x, axes = inputs[0], cast("tuple[int, ...]", node.attributes["axis"])
    if x.type.dtype is not node.type.dtype or any(x.shape[axis] != 1 for axis in axes):
        return None
    if is_operation(node, "sum") and x.type.dtype.is_float:
        return None
    return x if same_type(x, node) else make(graph, "reshape", x, shape=node.shape)


RULES: dict[str, tuple[Rule, ...]] = {
    "add": (add_nothing, add_negative),
    "subtract": (subtract_nothing, subtract_negative, subtract_from_nothing),
    "multiply": (multiply_by_one, multiply_by_minus_one, both_negative, negative_beside_constant, multiply_by_itself),
    "divide": (divide_by_one, both_negative, negative_beside_constant, divide_by_power_of_two),
    "neg": (negative_twice, negative_of_scaled),
    "abs": (once_is_enough, sign_forgotten, absolute_square),
    "square": (sign_forgotten,),
    "power": (first_power, second_power),
    "maximum": (truth_of_itself,),
    "minimum": (truth_of_itself,),
    "where": (same_choice, settled_choice, choice_turned_around, choice_made_before, idle_mask_written_out),
    "unless_masked": (idle_mask,),
    "logical_and": (truth_of_itself, neutral_truth),
    "logical_or": (truth_of_itself, neutral_truth),
    "logical_not": (denied_twice, denied_equality),
    "identity": (same_value,),
    "astype": (same_value, converted_exactly_before),
    "relu": (once_is_enough,),
    "sign": (once_is_enough,),
    "floor": (once_is_enough,),
    "ceil": (once_is_enough,),
    "round": (once_is_enough,),
    "sum": (reduction_of_single_elements,),
    "prod": (reduction_of_single_elements,),
    "max": (reduction_of_single_elements,),
    "min": (reduction_of_single_elements,),
    "any": (reduction_of_single_elements,),
    "all": (reduction_of_single_elements,),
}
"""The rules by the operation that they look at, in the order in which they are tried."""
