"""Sections for the tests of passes: built from a function of nodes, run by the reference engine, compared bit for bit."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from dsl.engine.reference import ReferenceEngine
from dsl.graph.gradient import DifferentiableGraph
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, specialise
from dsl.ops.dims import as_shape
from dsl.ops.dtypes import DTYPES, DType
from dsl.ops.registry import OPERATIONS, load
from dsl.ops.types import TensorType

load()
Array = np.ndarray[Any, Any]


def op(name: str, *inputs: Any, **attributes: Any) -> Node:
    """An operation by its name, on nodes and bare numbers."""
    made = OPERATIONS[name](*inputs, **attributes)
    assert isinstance(made, Node)
    return made


def fixed(beside: Node, value: Any, dtype: DType | None = None) -> Node:
    """A constant in the graph of another node, in its element type unless told otherwise."""
    graph = beside.builder
    assert isinstance(graph, Graph)
    return graph.constant(np.asarray(value), dtype or beside.type.dtype)


def type_of(array: Array) -> TensorType:
    dtype = next(known for known in DTYPES.values() if known.numpy == array.dtype)
    return TensorType(dtype, as_shape(array.shape))


def section_of(function: Callable[..., Any], *arrays: Array, default_float: DType = DTYPES["f64"]) -> Section:
    """What a function makes of placeholders for some arrays: a node or several, the results."""
    graph = DifferentiableGraph(default_float)
    leaves = [graph.placeholder(type_of(array)) for array in arrays]
    made = function(*leaves)
    results = list(made) if isinstance(made, tuple | list) else [made]
    return specialise(graph, leaves, results)


def run(section: Section, arrays: Sequence[Array]) -> list[Array]:
    """The results, and the next values of the states, for the values of the leaves and then of the states."""
    wanted = [*section.results, *section.updates]
    given = dict(zip([*section.leaves, *section.states], arrays, strict=True))
    values = ReferenceEngine(section.graph, wanted).run(given)
    found = [values[node] if node.operation or node.kind == "constant" else given[node] for node in wanted]
    for node, value in zip(wanted, found, strict=True):
        assert (value.dtype, value.shape) == (node.type.dtype.numpy, tuple(dim.value for dim in node.shape))
    return found


def assert_same_bits(found: Sequence[Array], expected: Sequence[Array], about: str = "") -> None:
    """The same types, shapes and bits; the sign and the payload of a nan do not matter."""
    for own, wanted in zip(found, expected, strict=True):
        assert (own.dtype, own.shape) == (wanted.dtype, wanted.shape), about
        differs = np.atleast_1d(_bits(own) != _bits(wanted))
        assert not differs.any(), (
            f"{about}: {np.atleast_1d(own)[differs][:4]}, should be {np.atleast_1d(wanted)[differs][:4]}"
        )


def _bits(array: Array) -> Array:
    if array.dtype.kind != "f":
        return array
    filled = np.where(np.isnan(array), np.asarray(np.nan, array.dtype), array)
    return filled.view(f"u{array.dtype.itemsize}")


def names(section: Section) -> list[str]:
    """The operations of a section by name, in running order."""
    return [node.operation.name for node in section.operations if node.operation]


def check_topological(section: Section) -> None:
    """Every input stands before its user, all in one graph."""
    for place, node in enumerate(section.graph.nodes):
        assert node.index == place
        assert node.builder is section.graph
        for source in node.inputs:
            assert source.index < place
            assert section.graph.nodes[source.index] is source
