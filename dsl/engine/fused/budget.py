"""A limit to compilation: of more different kernels than are worth waiting for, the least useful are NumPy calls."""

from __future__ import annotations

import math
from collections.abc import Sequence

from dsl.engine.arrays.schedule import Step
from dsl.engine.fused.cutting import weight
from dsl.engine.fused.roles import Kernel, Shape
from dsl.graph.node import Node
from dsl.graph.passes.section import sizes

MOST_COMPILED = 4_000
"""What may be compiled, in operations, each of which takes about 5 ms the first time."""
ARRAY_WEIGHT = 5
"""As how many operations an array counts that a kernel is given."""


def within_budget(steps: Sequence[Step]) -> list[Step]:
    """The steps with single operations in place of the kernels that are too much to compile.

    Those that save the most calls and memory traffic, for each operation to be compiled, stay.
    """
    same: dict[object, list[Kernel]] = {}
    for step in steps:
        if isinstance(step, Kernel):
            same.setdefault(_code(step), []).append(step)
    left, chosen = MOST_COMPILED, set[int]()
    for kernels in sorted(same.values(), key=_gain, reverse=True):
        left -= _weight(kernels[0])
        if left >= 0:
            chosen.update(map(id, kernels))
    found: list[Step] = []
    for step in steps:
        whole = not isinstance(step, Kernel) or id(step) in chosen
        found += [step] if whole else [Step([node]) for node in step.nodes]
    return found


def _gain(kernels: Sequence[Kernel]) -> float:
    """How much a kernel saves for each of its operations: a call, which takes as long as 2,000 elements, and the elements."""
    return len(kernels) * (1 + math.prod(kernels[0].loop) / 2_000)


def _weight(kernel: Kernel) -> int:
    """How long a kernel takes to compile, in operations."""
    inside = set(kernel.nodes)
    read = {source for node in kernel.nodes for source in node.inputs}
    given, results = read - inside, inside - read
    arrays = [node for node in given | results if node.literal is None]
    return ARRAY_WEIGHT * len(arrays) + sum(map(weight, kernel.nodes))


def _code(kernel: Kernel) -> object:
    """What is the same for kernels with the same code, but for how arrays lie in memory."""
    places = {node: at for at, node in enumerate(kernel.nodes)}

    def source(node: Node) -> object:
        return places.get(node, _form(sizes(node), kernel.loop))

    return tuple([(node.label, node.type.dtype.name, *map(source, node.inputs)) for node in kernel.nodes])


def _form(shape: Shape, loop: Shape) -> tuple[bool, ...]:
    """Along which axes of the loops an array is repeated."""
    return tuple([own == size for own, size in zip(reversed(shape), reversed(loop), strict=False)])
