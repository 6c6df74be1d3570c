"""An optimiser's update as formulas: the graph that it makes of symbols in place of arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dtypes import F64
from dsl.ops.types import TensorType
from dsl.training.optimizers.optimizer import Elementwise

PARAMETER, GRADIENT = "θ", "g"
"""What formulas call a parameter and its gradient."""


@dataclass(frozen=True, slots=True)
class UpdateFormulas:
    """The next value of a parameter and of the optimiser's memory, by name, over leaves by theirs.

    `coefficients` are the leaves whose numbers are those of a step, where a formula has them.
    """

    following: Mapping[str, Node]
    names: Mapping[Node, str]
    coefficients: tuple[str, ...]


def update_formulas(optimizer: Elementwise) -> UpdateFormulas:
    """The formulas of one element's update."""
    graph = Graph(F64)

    def leaf() -> Node:
        return graph.placeholder(TensorType(F64))

    parameter, gradient = leaf(), leaf()
    slots: Any = {name: leaf() for name in optimizer.slots()}
    coefficients: Any = {name: leaf() for name in optimizer.coefficients(1, {})}
    made, memory = optimizer.update(parameter, gradient, slots, coefficients)
    following: dict[str, Any] = {**memory, PARAMETER: made}
    names: dict[Node, str] = {parameter: PARAMETER, gradient: GRADIENT}
    for known in (slots, coefficients):
        names |= {node: name for name, node in known.items()}
    used = set(graph.ancestors(following.values()))
    return UpdateFormulas(following, names, tuple(name for name, node in coefficients.items() if node in used))
