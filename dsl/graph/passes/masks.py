"""Rules for the masks of gradients that mask nothing: the contribution is certainly no nan where the gradient is 0.

Differentiation puts `unless_masked` behind each elementwise operation on the way from an operation that picks one of its
inputs. Most of them multiply the gradient by a constant, or turn its sign.
"""

from __future__ import annotations

import math

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.known import number
from dsl.graph.passes.rules import is_operation, same_type

Inputs = tuple[Node, ...]

LONGEST = 16
"""So many nodes from a contribution to its gradient are looked at."""


def idle_mask(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """unless_masked(x, g) = x where x is 0, and so no nan, wherever g is 0."""
    x, gradient = inputs
    return x if same_type(x, node) and _vanishes_with(x, gradient) else None


def idle_mask_written_out(graph: Graph, node: Node, inputs: Inputs) -> Node | None:
    """The same for where(g == 0 and isnan(x), 0, x), as the mask is lowered."""
    condition, _, x = inputs
    if not is_operation(condition, "logical_and") or not same_type(x, node):
        return None
    at_zero, undefined = condition.inputs
    if not (is_operation(at_zero, "equal") and is_operation(undefined, "isnan") and undefined.inputs[0] is x):
        return None
    gradient, zero = at_zero.inputs
    return x if number(zero) == 0 and _vanishes_with(x, gradient) else None


def _vanishes_with(x: Node, gradient: Node) -> bool:
    """Whether x is certainly 0 wherever the gradient is."""
    zeros = (gradient, *gradient.inputs) if is_operation(gradient, "neg") else (gradient,)
    waiting = [x]
    for _ in range(LONGEST):
        part = waiting.pop()
        if part not in zeros and number(part) != 0:
            sources = _vanishing_sources(part)
            if sources is None:
                return False
            waiting += sources
        if not waiting:
            return True
    return False


def _vanishing_sources(part: Node) -> Inputs | None:
    """The inputs that have to be 0 for an operation to be; None where even that is not enough, or not known to be.

    A zero stays one with its sign turned, in a product with a finite number, in a quotient by what is neither 0 nor nan, in
    another floating type, and when a choice takes it.
    """
    name = part.operation.name if part.operation else ""
    if name in ("neg", "astype"):
        return part.inputs
    if name == "where":
        return part.inputs[1:]
    if name == "multiply":
        a, b = part.inputs
        if _is_finite(b) and number(a) is None:
            return (a,)
        return (b,) if _is_finite(a) else None
    if name == "divide":
        divisor = number(part.inputs[1])
        return part.inputs[:1] if divisor is not None and divisor != 0 and not math.isnan(divisor) else None
    return None


def _is_finite(node: Node) -> bool:
    """Whether a node is a finite number known now, or a choice between two."""
    values = [number(source) for source in (node.inputs[1:] if is_operation(node, "where") else (node,))]
    return all(value is not None and math.isfinite(value) for value in values)
