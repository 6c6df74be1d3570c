"""Sections compiled by the array generator beside the reference engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from dsl.engine.arrays.generator import ArrayExecutable, ArrayGenerator
from dsl.engine.reference import ReferenceEngine
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, specialise

Array = np.ndarray[Any, Any]


def assert_same(found: Array, expected: Array) -> None:
    """Equal to the last bit; a nan is a nan, and -0 is not 0."""
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    np.testing.assert_array_equal(found, expected)
    if expected.dtype.kind == "f":
        numbers = ~np.isnan(expected)
        np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(expected)[numbers])


def assert_near(found: Array, expected: Array) -> None:
    """Equal but for the rounding of sums in another order, measured by the largest element."""
    assert found.dtype == expected.dtype
    tolerance = 16 * np.finfo(expected.dtype).eps if expected.dtype.kind == "f" else 0
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1.0).astype(float)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale)


def compile_results(
    graph: Graph, values: Mapping[Node, Array], results: Sequence[Node], merges: bool = False
) -> ArrayExecutable:
    """The plan of some values of a graph, from the leaves in the order of `values`."""
    return ArrayGenerator(merges).compile(specialise(graph, list(values), results), [])


def check(graph: Graph, values: Mapping[Node, Array], results: Sequence[Node]) -> ArrayExecutable:
    """Compile, run twice, and compare with the reference engine; also with small sums merged."""
    _check(graph, values, results, merges=True)
    return _check(graph, values, results, merges=False)


def _check(graph: Graph, values: Mapping[Node, Array], results: Sequence[Node], merges: bool) -> ArrayExecutable:
    plan = compile_results(graph, values, results, merges)
    same = assert_near if merges else assert_same
    expected = ReferenceEngine(graph, results).run(values)
    arguments = [np.ascontiguousarray(value).reshape(value.shape) for value in values.values()]
    before = [value.copy() for value in arguments]
    for _ in range(2):
        for node, found in zip(results, plan.run(arguments), strict=True):
            same(np.asarray(found), expected[node])
    for argument, kept in zip(arguments, before, strict=True):
        assert_same(argument, kept)
    return plan


def run_states(section: Section, states: Mapping[Node, Array], arguments: Sequence[Array] = ()) -> list[Array]:
    """The states after one run of a section, and what the reference engine has for their next values, compared."""
    arrays = [states[node].copy() for node in section.states]
    given = {**dict(zip(section.leaves, arguments, strict=True)), **states}
    expected = ReferenceEngine(section.graph, [*section.updates, *section.results]).run(given)
    results = ArrayGenerator(merges=False).compile(section, arrays).run(arguments)
    for node, found in zip(section.updates, arrays, strict=True):
        assert_same(found, expected[node])
    for node, result in zip(section.results, results, strict=True):
        assert_same(np.asarray(result), expected[node])
    return arrays
