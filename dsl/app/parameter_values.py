"""The values that the parameters of a program have."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from dsl.engine.bindings import Sizes
from dsl.graph.node import Node
from dsl.ops.parameters import Array
from dsl.training import checkpoint
from dsl.training.values import fed_values, first_values

Feeds = Mapping[str, npt.ArrayLike]


class ParameterValues:
    """The values by name path: drawn from the seed when they are first asked for, but for those that are kept."""

    def __init__(self, parameters: Sequence[Node], placeholders: Sequence[Node], seed: int) -> None:
        self.nodes = parameters
        self.seed = seed
        self._placeholders = placeholders
        self._kept: dict[str, Array] = {}
        self._values: dict[str, Array] | None = None

    def ready(self, feeds: Feeds) -> dict[str, Array]:
        """The values, where feeds may fix the dimensions that their shapes name. Raises ProgramError for one without a size."""
        if self._values is None:
            self._values = self.first(self.nodes, self._sizes(feeds))
        return self._values

    def first(self, nodes: Sequence[Node], sizes: Mapping[str, int]) -> dict[str, Array]:
        """The values with which some of them begin: what is kept, else what is drawn."""
        drawn = first_values([node for node in nodes if node.name not in self._kept], self.seed, sizes)
        known = {**drawn, **self._kept}
        return {node.name: known[node.name] for node in nodes}

    def take(self, values: Mapping[str, Array]) -> None:
        """Let them have the values that a training has reached."""
        self._values = dict(values)

    def fit(self, found: checkpoint.Checkpoint, origin: str) -> None:
        """Let them have values that come from elsewhere. Raises ProgramError where those do not fit."""
        self._values = checkpoint.fit(found, list(self.nodes), origin)

    def keep(self, values: Mapping[str, Array]) -> list[str]:
        """Begin anew with these values, those that fit by name and shape; the names of those."""
        nodes = {node.name: node for node in self.nodes}
        fitting = [name for name, value in values.items() if name in nodes and nodes[name].type.takes(value.shape)]
        self._kept = {name: np.asarray(values[name], nodes[name].type.dtype.numpy) for name in fitting}
        self._values = None
        return fitting

    def _sizes(self, feeds: Feeds) -> Sizes:
        """The named dimensions that feeds and defaults fix, needed where a parameter's shape names one."""
        sizes = Sizes()
        if any(dim.names for node in self.nodes for dim in node.shape):
            ready = [node for node in self._placeholders if node.name in feeds or node.value is not None]
            fed_values([node for node in ready if node.shape], feeds, sizes)
        return sizes
