"""The node-link data of NetworkX: boxes as nodes, values as edges, layers as attributes of the graph."""

from __future__ import annotations

from typing import Any

from dsl.diagram.model import Box, Diagram, Reading


def node_link(diagram: Diagram) -> dict[str, Any]:
    """The diagram as `networkx.node_link_graph(data, edges="edges")` reads it: a directed graph with parallel edges."""
    types = {tag.key: tag.text for tag in diagram.tags}
    keys: dict[tuple[str, str], int] = {}
    edges: list[dict[str, Any]] = []
    for edge in diagram.edges:
        pair = edge.source, edge.target
        keys[pair] = keys.get(pair, -1) + 1
        edges.append(
            {
                "type": types.get(edge.value, ""),
                "course": edge.course,
                "backward": edge.is_backward,
                "source": edge.source,
                "target": edge.target,
                "key": keys[pair],
            }
        )
    layers = [{"id": c.key, "title": c.title, "around": c.parent, "backward": c.is_backward} for c in diagram.clusters]
    return {
        "directed": True,
        "multigraph": True,
        "graph": {"title": diagram.title, "layers": layers},
        "nodes": [_node(box) for box in diagram.boxes],
        "edges": edges,
    }


def _node(box: Box) -> dict[str, Any]:
    node = box.node
    return {
        "name": box.name,
        "role": box.role,
        "title": box.title,
        "details": list(box.details),
        "layer": box.around,
        "backward": box.is_backward,
        "operation": node.operation.name if node.operation and len(box.nodes) == 1 else None,
        "nodes": len(box.nodes),
        "dtype": node.type.dtype.name,
        "shape": [dim.value if dim.value is not None else str(dim) for dim in node.shape],
        "line": node.span.line if node.span else None,
        **{reading.measure: _reading(reading) for reading in box.readings},
        "id": box.key,
    }


def _reading(reading: Reading) -> str | None:
    return None if reading.level is None else reading.text
