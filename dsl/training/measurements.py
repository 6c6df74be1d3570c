"""The loss and the metrics of a data set, as a history reports them."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.engine.choice import Engine
from dsl.engine.names import AUTOMATIC
from dsl.engine.reference import Watch
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.parameters import Array
from dsl.training.evaluation import Evaluator


class Measurements:
    """Measures the loss of a run, and of the metrics those that the data feed all placeholders of."""

    def __init__(self, graph: Graph, loss: Node, metrics: Mapping[str, Node], engine: Engine = AUTOMATIC) -> None:
        self._graph, self._engine = graph, engine
        self._loss = loss
        self._metrics = dict(metrics)
        self._evaluators: dict[tuple[str, ...], Evaluator] = {}
        self._needs = {name: _needed_feeds(graph, node) for name, node in self._metrics.items()}

    def names(self, feeds: Mapping[str, Array]) -> list[str]:
        """What can be measured with these feeds: `loss`, and metrics."""
        return ["loss", *(name for name, needs in self._needs.items() if needs <= feeds.keys())]

    def measure(
        self, parameters: Mapping[str, Array], feeds: Mapping[str, Array], watch: Watch | None = None
    ) -> dict[str, float]:
        """The loss and the metrics by name. Raises ProgramError."""
        named = {"loss": self._loss, **{name: self._metrics[name] for name in self.names(feeds)[1:]}}
        evaluator = self._evaluators.get(key := tuple(named))
        if evaluator is None:
            evaluator = self._evaluators[key] = Evaluator(self._graph, named.values(), self._engine)
        values = evaluator.run(parameters, feeds, watch=watch)
        return {name: float(values[node]) for name, node in named.items()}


def _needed_feeds(graph: Graph, node: Node) -> set[str]:
    """The placeholders without a default that a node depends on."""
    return {n.name for n in graph.ancestors([node]) if n.kind == "placeholder" and n.value is None}
