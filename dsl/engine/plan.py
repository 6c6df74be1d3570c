"""The plan engine: what a program computes as compiled code, made once for each set of sizes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from dsl.engine.choice import Engine, compile_section
from dsl.engine.executable import Executable
from dsl.engine.names import AUTOMATIC
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import specialise
from dsl.ops.parameters import Array

_MOST_SIZES = 8
"""Sizes whose plans are kept: a batch, the last batch of an epoch, the parts of a data set …"""


class PlanEngine:
    """Runs the nodes `fetch` of a graph by plans."""

    def __init__(self, graph: Graph, fetch: Iterable[Node], engine: Engine = AUTOMATIC) -> None:
        self.graph, self.fetch, self.engine = graph, list(fetch), engine
        self.leaves = [node for node in graph.ancestors(self.fetch) if node.kind in ("placeholder", "parameter")]
        """The nodes whose values `run` has to be given."""
        self._plans: dict[tuple[object, ...], Executable] = {}

    def run(self, given: Mapping[Node, Array], sizes: Mapping[str, int] | None = None) -> dict[Node, Array]:
        """The values of the fetched nodes, as new arrays, from those of the leaves and the sizes of named dimensions."""
        arguments = [np.ascontiguousarray(given[leaf]).reshape(given[leaf].shape) for leaf in self.leaves]
        found = self.plan(sizes or {}).run(arguments)
        return dict(zip(self.fetch, map(np.array, found), strict=True))

    def plan(self, sizes: Mapping[str, int]) -> Executable:
        """The plan for these sizes."""
        key = tuple(sizes.items())
        plan = self._plans.get(key)
        if plan is None:
            if len(self._plans) >= _MOST_SIZES:
                self._plans.pop(next(iter(self._plans)))
            section = specialise(self.graph, self.leaves, self.fetch, sizes)
            plan = self._plans[key] = compile_section(section, engine=self.engine)
        return plan

    def plan_with(self, fixed: Mapping[Node, Array], sizes: Mapping[str, int]) -> tuple[list[Node], Executable]:
        """A plan in which some leaves keep these values, and the leaves that are left; nothing of it is kept here.

        What is known of the fixed arrays, such as how they look transposed, is worked out once.
        """
        open_leaves = [leaf for leaf in self.leaves if leaf not in fixed]
        section = specialise(self.graph, [*open_leaves, *fixed], self.fetch, sizes)
        count = len(open_leaves)
        section.leaves, section.states = section.leaves[:count], section.leaves[count:]
        section.updates = list(section.states)
        return open_leaves, compile_section(section, list(fixed.values()), self.engine)
