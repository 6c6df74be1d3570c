"""Sections compiled by the level generator beside the reference engine: every number has to have the same bits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dsl.engine.executable import Executable
from dsl.engine.levels.generator import LevelGenerator
from dsl.engine.reference import ReferenceEngine
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, specialise
from dsl.ops.dims import as_shape
from dsl.ops.dtypes import DTYPES, DType
from dsl.ops.types import TensorType

Array = np.ndarray[Any, Any]


def leaf(graph: Graph, dtype: DType, *shape: int) -> Node:
    return graph.placeholder(TensorType(dtype, as_shape(shape)))


def dtype_of(array: Array) -> DType:
    return next(dtype for dtype in DTYPES.values() if dtype.numpy == array.dtype)


def step(
    graph: Graph, leaves: Sequence[Node], states: Sequence[Node], results: Sequence[Node], updates: Sequence[Node]
) -> Section:
    """A section with states, from nodes of a graph."""
    whole = specialise(graph, [*leaves, *states], [*results, *updates])
    return Section(
        whole.graph,
        whole.leaves[: len(leaves)],
        whole.results[: len(results)],
        whole.leaves[len(leaves) :],
        whole.results[len(results) :],
    )


def expected(
    section: Section, arguments: Sequence[Array], states: Sequence[Array] = ()
) -> tuple[list[Array], list[Array]]:
    """The results and the next values of the states, by the reference engine."""
    engine = ReferenceEngine(section.graph, [*section.results, *section.updates])
    given = dict(zip([*section.leaves, *section.states], [*arguments, *states], strict=True))
    values = {**given, **engine.run(given)}
    return [values[node] for node in section.results], [values[node] for node in section.updates]


def compiled(section: Section, states: Sequence[Array] = ()) -> Executable:
    generator = LevelGenerator()
    assert generator.obstacle(section) == ""
    return generator.compile(section, states)


def agree(section: Section, arguments: Sequence[Array], states: Sequence[Array] = (), runs: int = 2) -> Executable:
    """Run a section so often, each time from the states that the last run left, and compare all numbers each time."""
    own = [np.array(state) for state in states]
    plan = compiled(section, own)
    for _ in range(runs):
        before = [state.copy() for state in own]
        results, following = expected(section, arguments, before)
        found = plan.run(arguments)
        for got, wanted in zip([*found, *own], [*results, *following], strict=True):
            same_bits(got, wanted)
    return plan


def same_bits(found: Array, wanted: Array) -> None:
    """Fail unless two arrays are of one type and hold the same numbers: zeros of the same sign, and nan where nan is."""
    assert found.dtype == wanted.dtype
    assert found.shape == wanted.shape
    if found.dtype.kind == "f":
        undefined = np.isnan(wanted)
        np.testing.assert_array_equal(np.isnan(found), undefined)
        np.testing.assert_array_equal(np.signbit(found)[~undefined], np.signbit(wanted)[~undefined])
    np.testing.assert_array_equal(found, wanted)
