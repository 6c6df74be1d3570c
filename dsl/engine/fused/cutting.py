"""Long kernels cut into shorter ones that repeat, so that few have to be compiled."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from dsl.engine.arrays.schedule import Step
from dsl.engine.fused.functions import FUNCTIONS
from dsl.engine.fused.roles import Kernel, kernel_of
from dsl.graph.node import Node
from dsl.graph.passes.section import element_total

MOST_OPERATIONS = 96
"""Operations of a kernel, a function such as `exp` counted as several: more take long to compile, and save little."""
MOST_ARRAYS = 32
"""Arrays of a kernel: each takes as long as an operation on some hundred elements when the kernel is called."""
MOST_CHECKS = 120
"""Pairs of arrays, one of them written, whose places a vector loop compares before it begins; LLVM gives up at 128."""

Integers = npt.NDArray[np.intp]

_FUNCTION_WEIGHT = 8


def weight(node: Node) -> int:
    """As how many operations one counts."""
    return _FUNCTION_WEIGHT if node.label in FUNCTIONS else 1


def cut(kernel: Kernel, users: Mapping[Node, Collection[Node]], kept: Collection[Node]) -> list[Step]:
    """The kernel in pieces, where it is too long.

    `users` are those of each value that has any, and what is `kept` is read after the run. Where the same operations come
    again and again, pieces are whole periods of them, so that they are the same code.
    """
    nodes = kernel.nodes
    if list(_possible_ends(nodes, 0, users, kept))[-1] == len(nodes):
        return [kernel]
    periods, lengths = _repetitions(nodes)
    steps: list[Step] = []
    start = 0
    while start < len(nodes):
        ends = list(_possible_ends(nodes, start, users, kept))
        end = _best_end(ends, start, periods, lengths)
        piece = nodes[start:end]
        steps.append(kernel_of(piece, kernel.loop) if len(piece) > 1 else Step(piece))
        start = end
    return steps


def _possible_ends(
    nodes: Sequence[Node], start: int, users: Mapping[Node, Collection[Node]], kept: Collection[Node]
) -> Iterator[int]:
    """Where a piece that starts here may end: it has not too many operations, and not too many arrays."""
    inside: set[Node] = set()
    read: set[Node] = set()
    numbers: set[Node] = set()
    missing: dict[Node, int] = {}
    """How many users of a value the piece does not have; one more where it is kept."""
    written = total = 0
    for at in range(start, len(nodes)):
        node = nodes[at]
        total += weight(node)
        if total > MOST_OPERATIONS and at > start:
            return
        for source in dict.fromkeys(node.inputs):
            if source in inside:
                missing[source] -= 1
                written -= missing[source] == 0
            elif source.literal is None or source.literal.size > 1:
                (read if element_total(source) > 1 else numbers).add(source)
        inside.add(node)
        missing[node] = len(users.get(node, ())) + (node in kept)
        written += missing[node] > 0
        checks = written * (written - 1) // 2 + written * len(read)
        if at == start or (checks <= MOST_CHECKS and written + len(read) + len(numbers) <= MOST_ARRAYS):
            yield at + 1


def _best_end(ends: Sequence[int], start: int, periods: Integers, lengths: Integers) -> int:
    """The last end that makes whole periods; before operations that repeat, the last one that leaves those alone."""
    period = int(periods[start])
    if period:
        whole = [end for end in ends if (end - start) % period == 0 and end - start <= lengths[start]]
        return max(whole, default=ends[-1])
    repeating = np.flatnonzero(periods[start : ends[-1]])
    return max((end for end in ends if not repeating.size or end <= start + repeating[0]), default=ends[-1])


def _repetitions(nodes: Sequence[Node]) -> tuple[Integers, Integers]:
    """For each place the shortest period of the operations from there on, 0 where there is none, and how far it holds."""
    kinds = _kinds(nodes)
    periods, lengths = np.zeros(len(nodes), np.intp), np.zeros(len(nodes), np.intp)
    for period in range(1, MOST_OPERATIONS + 1):
        same = kinds[:-period] == kinds[period:]
        breaks = np.flatnonzero(~same)
        following = np.append(breaks, len(same))[np.searchsorted(breaks, np.arange(len(same)))]
        held = following - np.arange(len(same))
        found = np.flatnonzero((held >= MOST_OPERATIONS) & (periods[: len(same)] == 0))
        periods[found], lengths[found] = period, held[found] + period
    return periods, lengths


def _kinds(nodes: Sequence[Node]) -> Integers:
    """A number for each operation; the same for the same operation on inputs that come from equally far before."""
    places = {node: at for at, node in enumerate(nodes)}
    numbers: dict[tuple[object, ...], int] = {}

    def source_kind(at: int, source: Node) -> object:
        if source.literal is not None:
            return source.literal.tobytes() if source.literal.size == 1 else "array"
        distance = at - places.get(source, -MOST_OPERATIONS)
        return distance if distance < MOST_OPERATIONS else source.type.shape

    def kind(at: int, node: Node) -> int:
        sources = [source_kind(at, source) for source in node.inputs]
        key = (node.label, node.type.dtype, repr(node.attributes), *sources)
        return numbers.setdefault(key, len(numbers))

    return np.array([kind(at, node) for at, node in enumerate(nodes)], np.intp)
