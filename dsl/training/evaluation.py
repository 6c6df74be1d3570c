"""Nodes evaluated on a data set, or on the values that the placeholders have of themselves."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dsl.engine.bindings import Sizes
from dsl.engine.reference import ReferenceEngine, Watch
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.parameters import Array
from dsl.source.diagnostic import ProgramError, fail
from dsl.training.values import fed_values


class Evaluator:
    """Evaluates the same nodes on one feed after the other."""

    def __init__(self, graph: Graph, fetch: Iterable[Node]) -> None:
        self.engine = ReferenceEngine(graph, fetch)
        self._placeholders = [node for node in self.engine.leaves if node.kind == "placeholder"]
        self._parameters = [node for node in self.engine.leaves if node.kind == "parameter"]

    def run(
        self,
        parameters: Mapping[str, Array],
        feeds: Mapping[str, Array],
        sizes: Mapping[str, int] | None = None,
        watch: Watch | None = None,
    ) -> dict[Node, Array]:
        """The values of the fetched nodes and of all they depend on. Raises ProgramError."""
        bound = Sizes(sizes)
        given = fed_values(self._placeholders, feeds, bound)
        for node in self._parameters:
            value = given[node] = parameters[node.name]
            bound.bind(node.name, node.shape, value.shape, node.span)
        try:
            return self.engine.run(given, bound, watch)
        except IndexError as error:
            raise _out_of_range(self.engine, given, bound, error) from None
        except KeyError as error:
            raise fail(
                "shape",
                f"the size of the dimension `{error.args[0]}` is not known",
                hint=f"give it one: `dim {error.args[0]} = …`, or feed a placeholder that has it",
            ) from None


def _out_of_range(
    engine: ReferenceEngine, given: Mapping[Node, Array], sizes: Mapping[str, int], error: IndexError
) -> ProgramError:
    """The error for an index or a label that is out of range, at the node that was given it."""
    last: list[Node] = []
    try:
        engine.run(given, sizes, lambda node, value, values: last.append(node))
    except IndexError:
        following = [node for node in engine.order if node.operation]
        node = following[len(last)]
        return fail("value", f"`{node.name or node.label}`: {error}", node.span)
    raise error
