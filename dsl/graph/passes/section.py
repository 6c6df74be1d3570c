"""A section: the part of a graph that is compiled to run as one, and the way passes rebuild it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dims import Dim, Shape, concrete
from dsl.ops.dtypes import DType
from dsl.ops.types import TensorType


@dataclass(slots=True)
class Section:
    """What one run computes: `results` from `leaves`, and for each of the `states` its value in the next run.

    Leaves are given at each run, in their order. States keep their values between runs; `updates` has the node of the next
    value of each. All shapes are known sizes.
    """

    graph: Graph
    leaves: list[Node]
    results: list[Node]
    states: list[Node] = field(default_factory=list[Node])
    updates: list[Node] = field(default_factory=list[Node])

    @property
    def nodes(self) -> list[Node]:
        """All nodes that a run needs, in running order."""
        return self.graph.ancestors([*self.results, *self.updates])

    @property
    def operations(self) -> list[Node]:
        """The nodes that a run computes, in running order."""
        return [node for node in self.nodes if node.operation]


Rule = Callable[[Graph, Node, tuple[Node, ...]], Node | None]
"""From the graph being built, an operation of the old one and its inputs in the new one to what stands in its place.

None keeps the operation as it is.
"""


def rewrite(section: Section, rule: Rule) -> Section:
    """The section with every operation rebuilt by a rule, inputs before their users; what nothing needs is left out.

    What a rule makes belongs to the place in the program of the operation that it replaces, and takes its name.
    """
    graph = Graph(section.graph.default_float)
    made: dict[Node, Node] = {}
    for node in [*section.leaves, *section.states]:
        made[node] = copy(graph, node, ())
    for node in section.nodes:
        if node in made:
            continue
        inputs = tuple([made[source] for source in node.inputs])
        if node.operation is None:
            made[node] = copy(graph, node, inputs)
            continue
        graph.span, graph.backward_of = node.span, node.backward_of
        start = len(graph.nodes)
        found = rule(graph, node, inputs)
        if found is None:
            found = copy(graph, node, inputs)
        elif found.index >= start and not found.name:
            found.name, found.documentation = node.name, node.documentation
        made[node] = found
    graph.span = graph.backward_of = None
    return translated(section, graph, made)


def translated(section: Section, graph: Graph, made: Mapping[Node, Node]) -> Section:
    """The section in another graph, by what stands there for each of its nodes."""

    def all_of(nodes: Iterable[Node]) -> list[Node]:
        return [made[node] for node in nodes]

    return Section(
        graph, all_of(section.leaves), all_of(section.results), all_of(section.states), all_of(section.updates)
    )


def copy(graph: Graph, node: Node, inputs: tuple[Node, ...], type: TensorType | None = None) -> Node:
    """The same node in another graph, on other inputs."""
    made = Node(
        graph,
        len(graph.nodes),
        node.kind,
        type or node.type,
        operation=node.operation,
        inputs=inputs,
        attributes=node.attributes,
        value=node.value,
        span=node.span,
        backward_of=node.backward_of,
    )
    made.name, made.documentation = node.name, node.documentation
    graph.nodes.append(made)
    return made


def sizes(node: Node) -> tuple[int, ...]:
    """The shape of a node of a section, as NumPy has it."""
    return tuple([dim.value for dim in node.type.shape])  # pyright: ignore[reportReturnType]


def element_total(node: Node) -> int:
    """The number of elements of a node of a section."""
    return math.prod(sizes(node))


def specialise(
    graph: Graph, leaves: Sequence[Node], results: Sequence[Node], known: Mapping[str, int] | None = None
) -> Section:
    """The section that computes `results` from `leaves`, with sizes in place of named dimensions.

    The leaves are all placeholders and parameters that the results depend on. Raises KeyError for a name without a size.
    """
    names = known or {}
    made: dict[Node, Node] = {}
    types: dict[tuple[DType, Shape], TensorType] = {}
    built = Graph(graph.default_float)
    wanted = dict.fromkeys([*leaves, *graph.ancestors(results)])
    for node in wanted:
        key = node.type.dtype, node.type.shape
        type = types.get(key)
        if type is None:
            shape = tuple(Dim.fixed(dim.evaluate(names)) for dim in node.type.shape)
            type = types[key] = TensorType(node.type.dtype, shape)
        made[node] = new = copy(built, node, tuple([made[source] for source in node.inputs]), type)
        if node.attributes:
            new.attributes = {name: concrete(value, names) for name, value in node.attributes.items()}
    return Section(built, [made[node] for node in leaves], [made[node] for node in results])
