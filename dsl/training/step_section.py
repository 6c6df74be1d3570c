"""One training step as one section of a graph: forward, backward, clipping and the optimiser's update.

The trained parameters of one element type lie in one vector, and so do their gradients and each array of the optimiser's
memory: the update is a formula on a few long vectors, whatever the number of parameters.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, copy, sizes, specialise
from dsl.ops.dims import Dim
from dsl.ops.dtypes import F64, DType
from dsl.ops.registry import OPERATIONS
from dsl.ops.types import TensorType
from dsl.training.clipping import Clipping
from dsl.training.optimizers.optimizer import Elementwise


@dataclass(slots=True)
class Group:
    """The trained parameters of one element type: where each lies in their vector, and the states of the step.

    `places` are the offset and the shape of each parameter. `slots` are the optimiser's arrays, by name.
    """

    dtype: DType
    places: dict[str, tuple[int, tuple[int, ...]]]
    vector: Node
    slots: dict[str, Node] = field(default_factory=dict[str, Node])

    @property
    def size(self) -> int:
        """The number of elements of all parameters."""
        return sum(math.prod(shape) for _, shape in self.places.values())


@dataclass(slots=True)
class StepSection:
    """A training step. The last leaves of the section are the coefficients, in their order, once for each group."""

    section: Section
    groups: list[Group]
    coefficients: list[str]


def step_section(
    graph: Graph,
    leaves: Sequence[Node],
    loss: Node,
    gradients: Mapping[Node, Node],
    known: Mapping[str, int],
    optimizer: Elementwise,
    clipping: Clipping,
) -> StepSection:
    """The section of a step: `gradients` are the nodes by the parameter that each belongs to, `known` the sizes.

    `leaves` are the placeholders and the parameters that are not trained, as the step is given them.
    """
    program = specialise(graph, [*leaves, *gradients], [loss, *gradients.values()], known)
    fixed, trained = program.leaves[: len(leaves)], program.leaves[len(leaves) :]
    built = Graph(graph.default_float)
    made = {leaf: copy(built, leaf, ()) for leaf in fixed}
    groups = [_group(built, dtype, optimizer, trained) for dtype in dict.fromkeys(node.type.dtype for node in trained)]
    for group in groups:
        for node in trained:
            if node.type.dtype is group.dtype:
                made[node] = _parameter(built, group, node)
    for node in program.nodes:
        if node not in made:
            made[node] = copy(built, node, tuple([made[source] for source in node.inputs]))
    found = dict(zip(trained, program.results[1:], strict=True))
    vectors = [_vector(built, [made[found[node]] for node in trained if node.name in g.places]) for g in groups]
    clipped = _clipped(built, vectors, clipping)
    names = list(optimizer.coefficients(1, {}))
    section = Section(built, [made[leaf] for leaf in fixed], [made[program.results[0]]])
    for group, gradient in zip(groups, clipped, strict=True):
        _add_update(built, section, group, gradient, optimizer, names)
    return StepSection(section, groups, names)


def _group(graph: Graph, dtype: DType, optimizer: Elementwise, trained: Sequence[Node]) -> Group:
    places: dict[str, tuple[int, tuple[int, ...]]] = {}
    at = 0
    for node in trained:
        if node.type.dtype is dtype:
            shape = sizes(node)
            places[node.name] = (at, shape)
            at += math.prod(shape)
    group = Group(dtype, places, _leaf(graph, "parameters", dtype, (at,)))
    group.slots = {name: _leaf(graph, name, dtype, (at,)) for name in optimizer.slots()}
    return group


def _leaf(graph: Graph, name: str, dtype: DType, shape: tuple[int, ...] = ()) -> Node:
    node = graph.placeholder(TensorType(dtype, tuple(map(Dim.fixed, shape))))
    node.name = name
    return node


def _apply(graph: Graph, name: str, *inputs: Any, **attributes: Any) -> Node:
    return graph.apply(OPERATIONS[name], inputs, attributes)


def _parameter(graph: Graph, group: Group, node: Node) -> Node:
    """A parameter as a view of its group's vector."""
    at, shape = group.places[node.name]
    part = _apply(graph, "getitem", group.vector, index=(slice(at, at + math.prod(shape)),))
    view = part if len(shape) == 1 else _apply(graph, "reshape", part, shape=shape)
    view.name, view.span = node.name, node.span
    return view


def _vector(graph: Graph, gradients: Sequence[Node]) -> Node:
    """Gradients one behind the other."""
    flat = [node if node.type.rank == 1 else _apply(graph, "reshape", node, shape=-1) for node in gradients]
    whole = flat[0] if len(flat) == 1 else _apply(graph, "concatenate", *flat, axis=0)
    whole.name = whole.name or "gradients"
    return whole


def _clipped(graph: Graph, gradients: Sequence[Node], clipping: Clipping) -> list[Node]:
    """The gradients within their limits, as `dsl.training.clipping` has them."""
    found = list(gradients)
    if (limit := clipping.clip_value) is not None:
        found = [_apply(graph, "clip", g, -limit, limit) for g in found]
    if clipping.clip_norm is None:
        return found
    wide = [_apply(graph, "astype", g, dtype=F64) for g in found]
    squares = [_apply(graph, "sum", _apply(graph, "square", g)) for g in wide]
    total: Any = squares[0]
    for square in squares[1:]:
        total = total + square
    ratio = clipping.clip_norm / (_apply(graph, "sqrt", total) + 1e-6)
    scale = _apply(graph, "where", _apply(graph, "greater_equal", ratio, 1), 1, ratio)
    return [_apply(graph, "multiply", g, _apply(graph, "astype", scale, dtype=g.type.dtype)) for g in found]


def _add_update(
    graph: Graph, section: Section, group: Group, gradient: Node, optimizer: Elementwise, names: Sequence[str]
) -> None:
    """Add the next values of a group's parameters and of the optimiser's memory to the section."""
    coefficients: Any = {name: _leaf(graph, name, group.dtype) for name in names}
    slots: Any = group.slots
    vector, following = optimizer.update(group.vector, gradient, slots, coefficients)
    section.leaves += coefficients.values()
    section.states += [group.vector, *group.slots.values()]
    section.updates += [_as_node(vector), *(_as_node(following[name]) for name in group.slots)]


def _as_node(symbol: Any) -> Node:
    assert isinstance(symbol, Node)
    return symbol
