"""Nodes evaluated on a data set, or on the values that the placeholders have of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from dsl.engine.bindings import Fed, Sizes
from dsl.engine.reference import ReferenceEngine, Watch
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.parameters import Array
from dsl.training.failures import RUN_ERRORS, run_error
from dsl.training.values import fed_values


class Evaluator:
    """Evaluates the same nodes on one feed after the other."""

    def __init__(self, graph: Graph, fetch: Iterable[Node]) -> None:
        self.engine = ReferenceEngine(graph, fetch)
        self._placeholders = [node for node in self.engine.leaves if node.kind == "placeholder"]
        self._parameters = [node for node in self.engine.leaves if node.kind == "parameter"]
        self._others = [node for node in graph.placeholders if node.shape and node not in self._placeholders]
        """Placeholders that no fetched node needs; their arrays may fix a size that one mentions, as `x.shape[0]` does."""

    def run(
        self,
        parameters: Mapping[str, Array],
        feeds: Mapping[str, Array],
        sizes: Mapping[str, int] | None = None,
        watch: Watch | None = None,
    ) -> dict[Node, Array]:
        """The values of the fetched nodes and of all they depend on. Raises ProgramError."""
        bound = Sizes(sizes)
        fed = [node for node in self._others if node.name in feeds]
        given = fed_values([*self._placeholders, *fed], feeds, bound)
        given.update((node, parameters[node.name]) for node in self._parameters)
        bound.bind(Fed(node.name, node.shape, given[node].shape, node.span) for node in self._parameters)
        bound.bind(_sizing_defaults([node for node in self._others if node.name not in feeds], bound))
        try:
            return self.engine.run(given, bound, watch)
        except RUN_ERRORS as error:
            raise run_error(self.engine, given, bound, error) from None


def _sizing_defaults(placeholders: Iterable[Node], known: Mapping[str, int]) -> Iterator[Fed]:
    """The default arrays of placeholders, where they say how large a dimension is that nothing else has fixed."""
    for node in placeholders:
        if node.value is not None and node.value.ndim and any(dim.names - known.keys() for dim in node.shape):
            yield Fed(node.name, node.shape, node.value.shape, node.span)
