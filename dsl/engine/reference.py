"""The reference engine: each node in its order, evaluated with plain NumPy. What every other engine is compared with."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import numpy as np

from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.dims import concrete
from dsl.ops.parameters import Array

Watch = Callable[[Node, Array, Mapping[Node, Array]], None]
"""Called after each operation with the node, its value and the values so far."""


class ReferenceEngine:
    """Evaluates the nodes that `fetch` depends on."""

    def __init__(self, graph: Graph, fetch: Iterable[Node]) -> None:
        self.fetch = list(fetch)
        self.order = graph.ancestors(self.fetch)
        self.leaves = [node for node in self.order if node.kind in ("placeholder", "parameter")]
        """The nodes whose values `run` has to be given."""
        self._constants = {node: node.value for node in self.order if node.kind == "constant"}
        self._operations = [node for node in self.order if node.operation]
        self._attributes: dict[tuple[tuple[str, int], ...], list[Mapping[str, Any]]] = {}

    def run(
        self, given: Mapping[Node, Array], sizes: Mapping[str, int] | None = None, watch: Watch | None = None
    ) -> dict[Node, Array]:
        """The values of all nodes in the order, from the values of the leaves and the sizes of named dimensions.

        Infinities and NaNs are values as IEEE has them; `watch` sees each as it appears.
        """
        values: dict[Node, Array] = {**self._constants, **{leaf: given[leaf] for leaf in self.leaves}}
        with np.errstate(all="ignore"):
            for node, attributes in zip(self._operations, self._concrete_attributes(sizes or {}), strict=True):
                value = evaluate(node, [values[source] for source in node.inputs], attributes)
                values[node] = value
                if watch:
                    watch(node, value, values)
        return values

    def _concrete_attributes(self, sizes: Mapping[str, int]) -> list[Mapping[str, Any]]:
        """The attributes of every operation with these sizes put in; kept, since training repeats few sizes."""
        key = tuple(sizes.items())
        found = self._attributes.get(key)
        if found is None:
            found = [concrete_attributes(node, sizes) for node in self._operations]
            self._attributes[key] = found
        return found


def concrete_attributes(node: Node, sizes: Mapping[str, int]) -> Mapping[str, Any]:
    """The attributes of a node with sizes in place of dimensions. Raises KeyError for a name without a size."""
    return {name: concrete(value, sizes) for name, value in node.attributes.items()}


def evaluate(node: Node, inputs: list[Array], attributes: Mapping[str, Any]) -> Array:
    """The value of one operation on arrays, in the element type of its node."""
    assert node.operation is not None
    assert node.operation.forward is not None
    return np.asarray(node.operation.forward(*inputs, **attributes), node.type.dtype.numpy)
