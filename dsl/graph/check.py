"""Gradients compared with finite differences, in double precision and along random directions.

Along a direction `u` a gradient `g` says that the value changes by `g·u` a unit; one difference quotient checks all its
elements at once (the check of HIPS/autograd). Second derivatives are checked as the gradient of such a product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from dsl.graph.gradient import gradients
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dims import as_shape, concrete
from dsl.ops.dtypes import BOOL, F64, I64, DType
from dsl.ops.parameters import Array
from dsl.ops.registry import OPERATIONS
from dsl.ops.symbol import Symbol
from dsl.ops.types import TensorType

STEPS = (1e-3, 1e-5)
"""Lengths of the steps tried: the long one rounds less, the short one is less likely to cross a kink."""

_EPSILON = float(np.finfo(np.float64).eps)


@dataclass(frozen=True, slots=True)
class Comparison:
    """One derivative along one direction, as the rules have it and as a difference quotient has it."""

    node: Node
    """The input or parameter that the derivative is taken by."""
    order: int
    analytic: float
    numeric: float
    error: float
    """The relative error, less what rounding explains; infinite where either number is not finite."""

    def __str__(self) -> str:
        subject = self.node.name or f"input {self.node.index}"
        return f"order {self.order}, {subject}: {self.analytic!r}, should be {self.numeric!r} (off by {self.error:.1e})"


@dataclass(frozen=True, slots=True)
class GradientReport:
    """The comparisons of a check, in the order in which they were made."""

    comparisons: tuple[Comparison, ...]

    @property
    def worst(self) -> Comparison | None:
        """The comparison with the largest error; None where there was nothing to differentiate by."""
        return max(self.comparisons, key=lambda comparison: comparison.error, default=None)

    @property
    def error(self) -> float:
        """The largest relative error, 0 where there was nothing to differentiate by."""
        return self.worst.error if self.worst else 0.0


def check_gradient(
    function: Callable[..., Symbol], inputs: Sequence[Any], order: int = 2, seed: int = 0
) -> GradientReport:
    """Check the derivatives, up to `order`, of a function from nodes to a node of any shape.

    `inputs` are numbers or arrays; the floating ones are differentiated by. Raises TypeError when the function's result
    is not floating.
    """
    rng = np.random.default_rng(seed)
    graph = Graph(F64)
    arrays = [np.asarray(value) for value in inputs]
    nodes = [graph.placeholder(TensorType(_dtype_of(array), as_shape(array.shape))) for array in arrays]
    values = dict(zip(nodes, arrays, strict=True))
    subjects = [node for node in nodes if node.type.dtype.is_float]
    scalar = _project(graph, [_as_node(function(*nodes))], rng)
    made: list[Comparison] = []
    for level in range(1, order + 1):
        found = gradients(graph, scalar, subjects)
        made.extend(_compare(graph, scalar, subjects, found, values, {}, level, rng))
        if not found:
            break
        scalar = _project(graph, list(found.values()), rng)
    return GradientReport(tuple(made))


def compare_gradients(
    graph: Graph,
    of: Node,
    wrt: Iterable[Node],
    values: Mapping[Node, Array],
    sizes: Mapping[str, int] | None = None,
    seed: int = 0,
) -> GradientReport:
    """Check the gradient of a scalar node of a graph with respect to some leaves.

    `values` are those of the leaves that `of` depends on, `sizes` those of the named dimensions. All is computed in double
    precision, whatever the nodes' own types are, so that a program in f32 can be checked too. The gradient's nodes are
    added to the graph.
    """
    subjects = [node for node in wrt if node.type.dtype.is_float]
    found = gradients(graph, of, subjects)
    rng = np.random.default_rng(seed)
    return GradientReport(tuple(_compare(graph, of, subjects, found, values, sizes or {}, 1, rng)))


def evaluate_in_double(
    graph: Graph, fetch: Sequence[Node], values: Mapping[Node, Array], sizes: Mapping[str, int]
) -> list[Array]:
    """The values of some nodes, with double precision in place of every floating type."""
    known: dict[Node, Array] = {}
    with np.errstate(all="ignore"):
        for node in graph.ancestors(fetch):
            if node.operation is None:
                value = node.value if node.kind == "constant" else values[node]
            else:
                assert node.operation.forward is not None
                attributes = {name: _widened(concrete(value, sizes)) for name, value in node.attributes.items()}
                inputs = [known[source] for source in node.inputs]
                value = node.operation.forward(*inputs, **attributes)
            known[node] = np.asarray(value, _widened(node.type.dtype).numpy)
    return [known[node] for node in fetch]


def _widened(attribute: Any) -> Any:
    return F64 if isinstance(attribute, DType) and attribute.is_float else attribute


def _dtype_of(array: Array) -> DType:
    match array.dtype.kind:
        case "f":
            return F64
        case "b":
            return BOOL
        case _:
            return I64


def _as_node(symbol: Symbol) -> Node:
    if not isinstance(symbol, Node) or not symbol.type.dtype.is_float:
        raise TypeError(f"only a floating node has derivatives, not {symbol!r}")
    return symbol


def _project(graph: Graph, nodes: Sequence[Node], rng: np.random.Generator) -> Node:
    """A scalar made of all elements of some nodes with random weights."""
    total: Symbol | None = None
    for node in nodes:
        weights = graph.constant(rng.normal(size=[dim.evaluate({}) for dim in node.shape]), F64)
        product = node * weights
        part = OPERATIONS["sum"](product) if product.shape else product
        total = part if total is None else total + part
    assert isinstance(total, Node)
    return total


def _compare(
    graph: Graph,
    of: Node,
    wrt: Sequence[Node],
    found: Mapping[Node, Node],
    values: Mapping[Node, Array],
    sizes: Mapping[str, int],
    order: int,
    rng: np.random.Generator,
) -> list[Comparison]:
    """Compare the gradient `found` (a node that is missing in it has gradient 0) with difference quotients."""
    of_each = dict(zip(found, evaluate_in_double(graph, list(found.values()), values, sizes), strict=True))
    made: list[Comparison] = []
    for node in wrt:
        start = np.asarray(values[node], np.float64)
        direction = rng.normal(size=start.shape)
        direction = direction / max(float(np.sqrt(np.sum(np.square(direction)))), 1e-300)

        def along(distance: float, node: Node = node, start: Array = start, direction: Array = direction) -> float:
            moved = {**values, node: start + distance * direction}
            return float(evaluate_in_double(graph, [of], moved, sizes)[0])

        analytic = float(np.sum(of_each[node] * direction)) if node in of_each else 0.0
        tried = [_against_quotient(along, step, analytic) for step in STEPS]
        error, numeric = min(tried, key=lambda attempt: attempt[0])
        made.append(Comparison(node, order, analytic, numeric, error))
    return made


def _against_quotient(along: Callable[[float], float], step: float, analytic: float) -> tuple[float, float]:
    """The relative error against the central difference of fourth order, and that difference."""
    near, far = (along(step), along(-step)), (along(2 * step), along(-2 * step))
    numeric = (8 * (near[0] - near[1]) - (far[0] - far[1])) / (12 * step)
    if not np.isfinite(analytic) or not np.isfinite(numeric):
        return float("inf"), numeric
    rounding = _EPSILON * (64 * max(map(abs, (*near, *far))) / step + 1)
    excess = max(abs(analytic - numeric) - rounding, 0.0)
    return (excess / max(abs(analytic), abs(numeric)) if excess else 0.0), numeric
