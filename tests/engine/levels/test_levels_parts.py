"""The parts of the level generator by themselves: patterns of places, segments, batches, sums, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from level_sections import leaf

from dsl.engine.levels.affine import Affine, contiguous, grid, line, rectangle, run
from dsl.engine.levels.chains import collect_chains
from dsl.engine.levels.elements import REMOVED, remove_unused
from dsl.engine.levels.generator import LevelGenerator
from dsl.engine.levels.kinds import Given
from dsl.engine.levels.memory import array_at
from dsl.engine.levels.schedule import schedule
from dsl.engine.levels.segments import segments
from dsl.engine.levels.unrolling import Unrolling
from dsl.graph.gradient import DifferentiableGraph, gradients
from dsl.graph.graph import Graph
from dsl.graph.passes.section import Section, specialise
from dsl.ops.dtypes import F32, F64
from dsl.ops.registry import OPERATIONS as OPS

PLACES = np.arange(5000)


@given(st.integers(1000, 2000), st.integers(1, 40), st.integers(-3, 3))
def test_lines(offset: int, count: int, step: int) -> None:
    places = offset + step * np.arange(count)
    pattern = line(places)
    assert pattern
    assert (np.broadcast_to(array_at(PLACES, pattern), count) == places).all()
    assert (run(places) == offset) == (step == 1 or count == 1)


@given(st.integers(1000, 2000), st.integers(2, 9), st.integers(16, 40), st.integers(-100, 100), st.integers(-2, 2))
def test_rectangles(offset: int, rows: int, length: int, across: int, along: int) -> None:
    places = (offset + across * np.arange(rows)[:, None] + along * np.arange(length)).reshape(-1)
    pattern = line(places) or rectangle(places)
    assert pattern
    assert (np.broadcast_to(array_at(PLACES, pattern), pattern.shape or places.shape).reshape(-1) == places).all()


@given(st.lists(st.integers(0, 60), min_size=1, max_size=200))
def test_patterns_are_found_only_where_they_are(numbers: list[int]) -> None:
    places = np.array(numbers)
    for pattern in (line(places), rectangle(places), grid(places)):
        if pattern:
            assert (np.broadcast_to(array_at(PLACES, pattern).reshape(-1), len(places)) == places).all()


def test_grids_are_transposed_and_turned_around() -> None:
    places = np.arange(100, 124).reshape(2, 3, 4).transpose(2, 0, 1)[::-1]
    assert grid(places) == Affine(103, (4, 2, 3), (-1, 12, 4))
    assert grid(places + places**2) is None
    assert grid(np.array(7)) == contiguous(7)


def test_segments_are_cut_where_the_source_changes() -> None:
    """Three calls on parts of the memory, and one for what is left, in place of copies of everything."""
    first, second = np.arange(1000, 2000), np.arange(9000, 9500)
    scattered = np.random.default_rng(0).permutation(600)
    places = np.concatenate([first, second, scattered])[:, None]
    producers = np.repeat([1, 2, 3], [1000, 500, 600])[:, None]
    found = segments(places, producers)
    assert [(part.start, part.stop) for part in found] == [(0, 1000), (1000, 1500), (1500, 2100)]
    assert [part.operands[0] for part in found] == [contiguous(1000, 1000), contiguous(9000, 500), None]


def test_segments_that_go_on_are_one() -> None:
    places = np.stack([np.arange(2000), np.random.default_rng(0).permutation(2000)], axis=1)
    producers = np.stack([np.repeat([1, 2], 1000), np.repeat([3, 4], 1000)], axis=1)
    (whole,) = segments(places, producers)
    assert whole.operands == (contiguous(0, 2000), None)


def small(seed: int) -> Section:
    rng = np.random.default_rng(seed)
    graph = DifferentiableGraph(F64)
    leaves = [leaf(graph, F64) for _ in range(5)]
    nodes: list[Any] = list(leaves)
    for name in rng.choice(["add", "add", "multiply", "sin"], 300):
        one, other = (nodes[place] for place in rng.integers(0, len(nodes), 2))
        nodes.append(OPS[name](one) if name == "sin" else OPS[name](one, other))
    rows: Any = OPS["softmax"](OPS["stack"](*nodes[-10:]))
    loss: Any = OPS["sum"](rows * OPS["stack"](*nodes[-20:-10]))
    return specialise(graph, leaves, [loss, *gradients(graph, loss, leaves).values()])


def test_batches_come_after_what_they_need_and_hold_each_element_once() -> None:
    for seed in range(5):
        unrolled = Unrolling(small(seed))
        elements = unrolled.elements
        collect_chains(elements, remove_unused(elements, unrolled.roots))
        there = {e for e, kind in enumerate(elements.kind) if kind >= 0 and isinstance(elements.kinds[kind], Given)}
        for batch in schedule(elements):
            sources = {source for element in batch.elements for source in elements.sources[element]}
            assert {elements.owner.get(source, source) for source in sources} <= there
            assert {elements.kind[element] for element in batch.elements} == {batch.kind}
            assert not there & set(batch.elements)
            there |= set(batch.elements)
        wanted = {e for e, kind in enumerate(elements.kind) if kind != REMOVED and e not in elements.owner}
        assert there == wanted


def test_what_nothing_needs_is_left_out() -> None:
    graph = Graph(F64)
    x = leaf(graph, F64, 1000)
    section = specialise(graph, [x], [OPS["getitem"](OPS["sin"](x), index=(3,))])
    elements = Unrolling(section).elements
    remove_unused(elements, Unrolling(section).roots)
    assert sum(kind != REMOVED for kind in elements.kind) == 1001


def test_large_arrays_are_refused_in_words() -> None:
    generator, graph = LevelGenerator(), Graph(F32)
    x, k = leaf(graph, F32, 128, 784), leaf(graph, F32, 784, 256)
    assert generator.obstacle(specialise(graph, [x, k], [OPS["matmul"](x, k)])) == (
        "takes arrays apart into single numbers, and `matmul` has 333,824 of them at once (at most 65,536)"
    )
    long = leaf(graph, F32, 3_000_000)
    assert generator.obstacle(specialise(graph, [long], [OPS["sin"](long)])) == (
        "takes arrays apart into single numbers, and here are 6,000,000 (at most 4,000,000)"
    )
    assert generator.obstacle(specialise(graph, [x], [OPS["sin"](x)])) == ""
    assert generator.name == "levels"


def test_the_source_is_readable() -> None:
    graph = Graph(F64)
    x = leaf(graph, F64, 3)
    source = LevelGenerator().compile(specialise(graph, [x], [OPS["sin"](x) * x]), []).source
    assert [line for line in source.splitlines() if not line.startswith("#")] == [
        "def run():",
        "    sin(f64_0_3, out=f64_3_6)",
        "    multiply(f64_3_6, f64_0_3, out=f64_6_9)",
    ]
