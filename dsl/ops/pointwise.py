"""Short forms for declaring operations that act on each element by itself."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dsl.ops.inference import elementwise_floating, elementwise_same
from dsl.ops.operation import Backward, Case, GradientRule, Operation, ShapeRule, Spelling, declare
from dsl.ops.parameters import Array
from dsl.ops.symbol import Symbol

UnaryRule = Callable[[Symbol, Symbol, Symbol], Symbol]
"""From the output's gradient `g`, the output `y` and the input `x` to the input's gradient."""
BinaryRule = Callable[[Symbol, Symbol, Symbol, Symbol], Symbol]
"""From the output's gradient `g`, the output `y` and the inputs `a`, `b` to the gradient of one of them."""


def numbers(x: Array) -> Array:
    """The array itself, or the integers 0 and 1 in place of truth values, on which NumPy would not do arithmetic."""
    return x.astype(np.int64) if x.dtype == np.bool_ else x


def unary(
    name: str,
    forward: Callable[[Array], Any],
    gradient: UnaryRule | None,
    *,
    family: str,
    formula: str,
    latex: str,
    doc: str,
    example: str,
    domain: str = "real",
    shape: ShapeRule = elementwise_floating,
    symbol: str = "",
    selects: bool = False,
    bools_as_integers: bool = True,
) -> Operation:
    """Declare an operation on one value, elementwise."""

    def apply(x: Array) -> Any:
        return forward(numbers(x) if bools_as_integers else x)

    return declare(
        apply,
        name=name,
        family=family,
        shape=shape,
        gradients=[_unary_rule(gradient)] if gradient else [],
        formula=formula,
        latex=latex,
        doc=doc,
        example=example,
        domain=domain,
        symbol=symbol,
        elementwise=True,
        selects=selects,
    )


def binary(
    name: str,
    forward: Callable[[Array, Array], Any],
    gradients: Sequence[BinaryRule | None],
    *,
    family: str,
    formula: str,
    latex: str,
    doc: str,
    example: str,
    domain: str = "real",
    shape: ShapeRule = elementwise_same,
    symbol: str = "",
    selects: bool = False,
    bools_as_integers: bool = True,
    spelling: Spelling | None = None,
    cases: Sequence[Case] = (),
) -> Operation:
    """Declare an operation on two values, elementwise with broadcasting."""

    def apply(a: Array, b: Array) -> Any:
        return forward(numbers(a), numbers(b)) if bools_as_integers else forward(a, b)

    return declare(
        apply,
        name=name,
        family=family,
        shape=shape,
        gradients=[_binary_rule(rule) if rule else None for rule in gradients],
        formula=formula,
        latex=latex,
        doc=doc,
        example=example,
        domain=domain,
        symbol=symbol,
        elementwise=True,
        selects=selects,
        spelling=spelling,
        cases=tuple(cases),
    )


def _unary_rule(rule: UnaryRule) -> GradientRule:
    def apply(r: Backward) -> Symbol:
        return rule(r.g, r.y, r.inputs[0])

    return apply


def _binary_rule(rule: BinaryRule) -> GradientRule:
    def apply(r: Backward) -> Symbol:
        return rule(r.g, r.y, r.inputs[0], r.inputs[1])

    return apply
