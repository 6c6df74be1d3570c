"""What stands in equations: names, partial derivatives, numbers, products, sums, and formulas read off a graph.

An expression says nothing of how it is written; that is for a notation (`dsl.explain.notation`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsl.graph.node import Node
from dsl.ops.operation import Operation
from dsl.ops.parameters import Array


@dataclass(frozen=True, slots=True, eq=False)
class Name:
    """What the program calls a value; with a shape where its numbers are too many to stand in a line."""

    text: str
    shape: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """The partial derivative of one value by another, by their names."""

    of: str
    wrt: str


@dataclass(frozen=True, slots=True, eq=False)
class Value:
    """A number, or an array in few words."""

    array: Array


@dataclass(frozen=True, slots=True, eq=False)
class Product:
    """Factors, multiplied in their order."""

    factors: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Sum:
    """Terms, added in their order."""

    terms: tuple[Expression, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Formula:
    """A node of a graph as a formula over others, by what those are called."""

    node: Node
    names: Mapping[Node, Expression]


@dataclass(frozen=True, slots=True, eq=False)
class Applied:
    """An operation by its own formula. `arguments` are what stands for each of its tensors, several for a list of them."""

    operation: Operation
    formula: str
    latex: str
    arguments: Mapping[str, tuple[Expression, ...]]
    attributes: Mapping[str, Any]


Expression = Name | Partial | Value | Product | Sum | Formula | Applied


@dataclass(frozen=True, slots=True, eq=False)
class Equation:
    """Sides that are equal, the first being what the others say; `note` is said beside it."""

    sides: tuple[Expression, ...]
    note: str = ""
