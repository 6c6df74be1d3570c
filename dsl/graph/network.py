"""The graph as NetworkX has it: for reachability, cycles, subgraphs, drawing, and for users."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from dsl.graph.node import Node

if TYPE_CHECKING:
    import networkx


def as_network(nodes: Iterable[Node]) -> networkx.DiGraph[str]:
    """A directed graph of name paths, in running order.

    A node has the attributes `kind`, `operation`, `inputs` (in their order), `attributes`, `dtype`, `shape`, `line` and
    `node`; an edge has `positions`, the places at which the source stands among the target's inputs.
    """
    import networkx

    network: networkx.DiGraph[str] = networkx.DiGraph()
    for node in nodes:
        network.add_node(node.name, **_facts(node))
        places: dict[str, tuple[int, ...]] = {}
        for position, source in enumerate(node.inputs):
            places[source.name] = (*places.get(source.name, ()), position)
        for source, positions in places.items():
            network.add_edge(source, node.name, positions=positions)
    return network


def _facts(node: Node) -> dict[str, Any]:
    return {
        "kind": node.kind,
        "operation": node.operation.name if node.operation else None,
        "inputs": tuple(source.name for source in node.inputs),
        "attributes": dict(node.attributes),
        "dtype": node.type.dtype.name,
        "shape": tuple(dim.value if dim.value is not None else str(dim) for dim in node.shape),
        "line": node.span.line if node.span else None,
        "node": node,
    }
