"""The order of a run as steps: an operation by itself, or elementwise operations over one shape together."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from dsl.graph.node import Node
from dsl.graph.passes.section import sizes


@dataclass(slots=True)
class Step:
    """Operations that run together, inputs before their users; all of several have the shape of the first."""

    nodes: list[Node]

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape that every node of a fused step has."""
        return sizes(self.nodes[0])


def schedule(operations: Iterable[Node], is_fusible: Callable[[Node], bool], most: int = 1_000_000) -> list[Step]:
    """The steps of a run, from operations in running order.

    A fusible operation joins the last step of its shape, where all its inputs are there by then: its own steps may read
    the values of one another element by element. No step has more than `most` operations.
    """
    steps: list[Step] = []
    joined: dict[tuple[int, ...], int] = {}
    readable: dict[Node, int] = {}
    """The first step that may read a value: for a fused one that is the step itself."""
    for node in operations:
        if not is_fusible(node):
            steps.append(Step([node]))
            readable[node] = len(steps)
            continue
        shape = sizes(node)
        at = joined.get(shape, -1)
        ready = max([readable.get(source, 0) for source in node.inputs], default=0)
        if at < ready or len(steps[at].nodes) >= most:
            at = joined[shape] = len(steps)
            steps.append(Step([node]))
        else:
            steps[at].nodes.append(node)
        readable[node] = at
    return steps
