"""Sections compiled to kernels beside the reference engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from interpreted import interpreted

from dsl.engine.fused import writer
from dsl.engine.fused.generator import FusedExecutable, FusedGenerator
from dsl.engine.reference import ReferenceEngine
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.lowering.lower import lower
from dsl.graph.passes.section import Section
from dsl.ops.dims import as_shape
from dsl.ops.dtypes import DTYPES, DType
from dsl.ops.registry import OPERATIONS, load
from dsl.ops.types import TensorType

load()
Array = np.ndarray[Any, Any]


def leaf(graph: Graph, *shape: int, dtype: DType | None = None) -> Node:
    """A value that is given."""
    return graph.placeholder(TensorType(dtype or graph.default_float, as_shape(shape)))


def apply(graph: Graph, name: str, *inputs: Any, **attributes: Any) -> Node:
    """An operation on nodes, or on numbers."""
    return graph.apply(OPERATIONS[name], inputs, attributes)


def dtype_of(array: Array) -> DType:
    return next(dtype for dtype in DTYPES.values() if dtype.numpy == array.dtype)


def section_of(form: Callable[..., Any], *arrays: Array, floating: DType | None = None) -> Section:
    """What a function makes of nodes for arrays, with composite operations written out."""
    graph = Graph(floating or dtype_of(arrays[0]))
    leaves = [leaf(graph, *array.shape, dtype=dtype_of(array)) for array in arrays]
    made = form(graph, *leaves)
    return lower(Section(graph, leaves, list(made) if isinstance(made, list | tuple) else [made]))


def distance(found: Array, expected: Array) -> Array:
    """How many units in the last place lie between floating numbers; 0 for nan and nan, and for zeros of either sign."""
    integer = {2: np.int16, 4: np.int32, 8: np.int64}[expected.dtype.itemsize]
    lowest = np.iinfo(integer).min

    def order(array: Array) -> Array:
        bits = np.ascontiguousarray(array).view(integer).astype(object)
        return np.where(bits < 0, lowest - bits, bits)

    apart = np.abs(order(found) - order(expected)).astype(float)
    undefined = np.isnan(expected)
    return np.where(undefined, np.where(np.isnan(found), 0.0, np.inf), np.where(np.isnan(found), np.inf, apart))


def assert_close(found: Array, expected: Array, units: float = 4) -> None:
    """Of one type and shape, and equal; floating numbers may differ by some units in the last place."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    if expected.dtype.kind == "f":
        assert np.all(distance(found, expected) <= units), (found, expected)
    else:
        np.testing.assert_array_equal(found, expected)


def assert_near(found: Array, expected: Array, rough: float = 64) -> None:
    """Equal but for rounding that has gone through other operations, measured by the largest element."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    tolerance = rough * np.finfo(expected.dtype).eps if expected.dtype.kind == "f" else 0
    scale = np.abs(expected[np.isfinite(expected)]).max(initial=1.0).astype(float)
    np.testing.assert_allclose(found, expected, rtol=tolerance, atol=tolerance * scale)


def reference(section: Section, values: Mapping[Node, Array]) -> dict[Node, Array]:
    """The values of all nodes, from those of the leaves and of the states."""
    return {**values, **ReferenceEngine(section.graph, [*section.results, *section.updates]).run(values)}


def agree(
    section: Section,
    arrays: Sequence[Array],
    states: Sequence[Array] = (),
    runs: int = 2,
    same: Callable[[Array, Array], None] = assert_close,
) -> FusedExecutable:
    """Compile a section, run it so often, and compare its results and its states with the reference each time."""
    own = [state.copy() for state in states]
    plan = FusedGenerator().compile(section, own)
    given = [np.ascontiguousarray(array).reshape(array.shape) for array in arrays]
    before = [array.copy() for array in given]
    for _ in range(runs):
        values = dict(zip([*section.leaves, *section.states], [*given, *[state.copy() for state in own]], strict=True))
        expected = reference(section, values)
        for node, found in zip(section.results, plan.run(given), strict=True):
            same(found, expected[node])
        for node, found in zip(section.updates, own, strict=True):
            same(found, expected[node])
    for array, kept in zip(given, before, strict=True):
        np.testing.assert_array_equal(array, kept)
    return plan


@contextmanager
def without_compiler() -> Iterator[None]:
    """Kernels run as plain Python meanwhile."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "compiled", interpreted)
        yield


def kernels(plan: FusedExecutable) -> list[list[str]]:
    """The operations of each kernel of a plan, sorted."""
    return [sorted(node.label for node in step.nodes) for step in plan.steps if len(step.nodes) > 1]
