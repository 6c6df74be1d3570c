"""The chain rule of a program with its numbers: how a gradient crosses each step, and the paths that it takes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np

from dsl.engine.reference import ReferenceEngine
from dsl.explain.expressions import Expression, Formula, Name, Partial
from dsl.graph.gradient import DifferentiableGraph, Ways, summed, vector_jacobian_product, ways
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.outline import Outline
from dsl.graph.passes.algebra import simplify
from dsl.graph.passes.common import merge_common
from dsl.graph.passes.folding import fold_constants
from dsl.graph.passes.section import Section, copy, sizes, specialise
from dsl.ops.operation import Backward, OperationError
from dsl.ops.parameters import Array
from dsl.ops.symbol import Symbol

Form = Literal["factor", "elementwise", "product"]
"""What is told of a crossing: a derivative to multiply with, one for each element, or a vector-Jacobian product."""


class Crossing:
    """From the gradient of `user` to what flows on to `source`, which it is computed from, in one step.

    What is told of it is worked out when it is asked for.
    """

    def __init__(self, rule: ChainRule, user: Node, source: Node) -> None:
        self.user, self.source, self._rule = user, source, rule

    @cached_property
    def _told(self) -> tuple[Form, Derivative]:
        if not self._rule.value(self.user).shape:
            return "factor", self._rule.products(self.user, unit=True)[self.source]
        each = self._rule.elementwise(self.user, self.source)
        return ("elementwise", each) if each else ("product", self._product)

    @property
    def _product(self) -> Derivative:
        return self._rule.products(self.user)[self.source]

    @property
    def form(self) -> Form:
        """Whether the derivative is a factor, one for each element, or a product with the gradient of `user`."""
        return self._told[0]

    @property
    def derivative(self) -> Formula:
        """∂user/∂source as a formula; of a vector-Jacobian product the whole product, with the gradient of `user` in it."""
        return self._told[1].formula

    @property
    def shaped(self) -> Formula:
        """The same with shapes in place of arrays."""
        return self._told[1].shaped

    @property
    def operations(self) -> int:
        """How many operations the derivative is made of."""
        return len(self._told[1].section.operations)

    @cached_property
    def factor(self) -> Array | None:
        """The derivative's number or array, where it is a factor."""
        return self._told[1].value() if self.form == "factor" else None

    def pull(self, gradient: Array) -> Array:
        """What flows to `source` from a gradient of `user`."""
        return self._product.pull(gradient)


Path = tuple[Crossing, ...]
"""From the value that is differentiated, crossing by crossing, to one that it depends on."""


class ChainRule:
    """The gradients of (the sum of) `of` over an outline whose nodes have these values.

    `nodes` are the values that gradients reach, `of` first, each before those that it is computed from: of a folded step its
    results alone. Raises KeyError for a named size that `sizes` does not have.
    """

    def __init__(
        self,
        graph: Graph,
        outline: Outline,
        of: Node,
        values: Mapping[Node, Array],
        sizes: Mapping[str, int],
        called: Callable[[Node], str],
    ) -> None:
        self.of, self._graph, self._outline, self._values, self._sizes = of, graph, outline, values, sizes
        self._called = called
        shown = {of, *(node for step in outline.steps for node in step.outputs if node.kind != "constant")}
        leaves = [node for node in outline.step_of if node.type.dtype.is_float and node.kind != "constant"]
        self._ways: Ways = ways(graph, of, leaves)
        self.nodes = [node for node in self._ways.nodes if node in shown] or [of]
        self._shown = set(self.nodes)
        self._made: dict[tuple[Node, bool], dict[Node, Derivative]] = {}
        self.uses: dict[Node, list[Crossing]] = {node: [] for node in self.nodes}
        """For each value the crossings that lead to it, those of the first uses first."""
        self.path_count: dict[Node, int] = {of: 1}
        self.longest: dict[Node, int] = {of: 0}
        """For each value the number of crossings on the longest path to it."""
        for node in self.nodes:
            for source in self._sources(node):
                self.uses[source].append(Crossing(self, node, source))
                self.path_count[source] = self.path_count.get(source, 0) + self.path_count[node]
                self.longest[source] = max(self.longest.get(source, 0), self.longest[node] + 1)
        for uses in self.uses.values():
            uses.reverse()

    def paths(self, node: Node) -> Iterator[Path]:
        """Every path from `of` to a node, the shortest way through the text first."""
        waiting: list[tuple[Node, Path]] = [(node, ())]
        while waiting:
            at, path = waiting.pop()
            if at is self.of:
                yield path
            waiting += [(crossing.user, (crossing, *path)) for crossing in reversed(self.uses[at])]

    def along(self, path: Path) -> Array:
        """What flows along a path."""
        gradient = self.seed
        for crossing in path:
            gradient = crossing.pull(gradient)
        return gradient

    @property
    def seed(self) -> Array:
        """The gradient of the sum of `of` with respect to `of` itself: ones."""
        return np.ones_like(self._values[self.of])

    # -- crossings --------------------------------------------------------------------------------------------------------

    def _sources(self, user: Node) -> list[Node]:
        """The values that the gradient of a value flows on to in one step, each once."""
        reached, found = {user}, dict[Node, None]()
        for node in self._inside(user):
            if node in reached:
                for index in self._ways.flows[node]:
                    source = node.inputs[index]
                    if source in self._shown:
                        found[source] = None
                    reached.add(source)
        return list(found)

    def products(self, user: Node, unit: bool = False) -> dict[Node, Derivative]:
        """What flows to each source from the gradient of a value, or with `unit` from 1 in its place."""
        made = self._made.get((user, unit))
        if made is None:
            made = self._made[user, unit] = self._products(user, unit)
        return made

    def _products(self, user: Node, unit: bool) -> dict[Node, Derivative]:
        made = _Scratch(self, user, unit)
        contributions: dict[Node, list[Node]] = {user: [made.gradient]}
        for node in self._inside(user):
            if node not in contributions:
                continue
            total = summed(contributions.pop(node))
            inputs = [made.leaf(source) for source in node.inputs]
            for index in self._ways.flows[node]:
                at = Backward(total, made.leaf(node), inputs, node.attributes, index)
                part = vector_jacobian_product(node.operation, at, node in self._ways.masked)
                contributions.setdefault(node.inputs[index], []).append(part)
        found = {source: summed(parts) for source, parts in contributions.items() if source in self._shown}
        return {source: made.derivative(total) for source, total in found.items()}

    def _inside(self, user: Node) -> Iterator[Node]:
        """The node, and the others of its step that no other step sees, each before those that it is computed from."""
        for node in reversed(self._outline.step_of[user].nodes):
            if node is user or (node.index < user.index and node not in self._shown and node in self._ways.flows):
                yield node

    def elementwise(self, user: Node, source: Node) -> Derivative | None:
        """The derivative of each element by that of the source in its place; None where elements are not on their own."""
        operation = user.operation
        same_shape = self._values[user].shape == self._values[source].shape
        if operation is None or not operation.elementwise or not same_shape or self._outline.step_of[user].is_folded:
            return None
        made = _Scratch(self, user, unit=True)
        inputs = [made.leaf(node) for node in user.inputs]
        parts: list[Node] = []
        for index in self._ways.flows[user]:
            if user.inputs[index] is source:
                rule = operation.gradient_rule(index)
                assert rule is not None
                try:
                    part: Symbol = rule(Backward(made.gradient, made.leaf(user), inputs, user.attributes, index))
                except OperationError:
                    return None
                assert isinstance(part, Node)
                parts.append(part)
        found = summed(parts)
        return made.derivative(found) if found.shape in ((), source.shape) else None

    # -- what the scratch graphs need -------------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """The graph of the program."""
        return self._graph

    @property
    def sizes(self) -> Mapping[str, int]:
        """The sizes of named dimensions."""
        return self._sizes

    def value(self, node: Node) -> Array:
        """The value of a node."""
        return self._values[node]

    def called(self, node: Node) -> str:
        """What a node is called."""
        return self._called(node)


class _Scratch:
    """A graph of its own in which the values of a program are leaves, for the derivative of one step."""

    def __init__(self, rule: ChainRule, user: Node, unit: bool) -> None:
        self._rule, self._user = rule, user
        self._graph = DifferentiableGraph(rule.graph.default_float)
        self._leaves: dict[Node, Node] = {}
        if unit:
            self.gradient = self._graph.constant(1, user.type.dtype)
        else:
            self.gradient = self._graph.placeholder(user.type)

    def leaf(self, node: Node) -> Node:
        """What stands for a node of the program: a constant as it is, a leaf for every other."""
        if node not in self._leaves:
            is_number = node.kind == "constant"
            self._leaves[node] = copy(self._graph, node, ()) if is_number else self._graph.placeholder(node.type)
        return self._leaves[node]

    def derivative(self, result: Node) -> Derivative:
        """A node of this graph as a formula and a function of the gradient."""
        given = {leaf: node for node, leaf in self._leaves.items() if node.kind != "constant"}
        is_unit = self.gradient.kind == "constant"
        leaves = [*given] if is_unit else [self.gradient, *given]
        section = _tidied(specialise(self._graph, leaves, [result], self._rule.sizes))
        names: dict[Node, Expression] = {}
        values: dict[Node, Array] = {}
        for leaf, made in zip(leaves, section.leaves, strict=True):
            if leaf is self.gradient:
                names[made] = Partial(self._rule.called(self._rule.of), self._rule.called(self._user))
            else:
                names[made], values[made] = Name(self._rule.called(given[leaf])), self._rule.value(given[leaf])
        return Derivative(section, names, values, not is_unit)


@dataclass(slots=True, eq=False)
class Derivative:
    """A derivative as a section whose leaves have these names and values; the first leaf may be the gradient."""

    section: Section
    names: Mapping[Node, Expression]
    values: Mapping[Node, Array]
    takes_gradient: bool

    @property
    def formula(self) -> Formula:
        """The derivative over the values of the program."""
        return Formula(self.section.results[0], self.names)

    @property
    def shaped(self) -> Formula:
        """The same with the shapes of arrays: `x[4, 2]ᵀ · [4, 8]`."""
        names: dict[Node, Expression] = {}
        for leaf, name in self.names.items():
            shape = sizes(leaf)
            names[leaf] = Name(name.text if isinstance(name, Name) else "", shape) if shape else name
        return Formula(self.section.results[0], names)

    def value(self) -> Array:
        """The derivative's number, where it takes no gradient."""
        return self._run(self.values)

    def pull(self, gradient: Array) -> Array:
        """What flows on from a gradient."""
        return self._run({**self.values, self.section.leaves[0]: gradient})

    def _run(self, given: Mapping[Node, Array]) -> Array:
        result = self.section.results[0]
        return ReferenceEngine(self.section.graph, [result]).run(given)[result]


def _tidied(section: Section) -> Section:
    """The section without numbers that do nothing: 1 · x, x + 0, 2 · 3. Transposes stay what they are in a textbook."""
    for _ in range(4):
        before = section
        for tidy in (fold_constants, merge_common, simplify):
            section = tidy(section)
        if section is before:
            break
    return section
