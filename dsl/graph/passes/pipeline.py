"""The passes in their order, run until nothing changes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from dsl.graph.passes.algebra import simplify
from dsl.graph.passes.common import merge_common
from dsl.graph.passes.folding import fold_constants
from dsl.graph.passes.products import turn_products
from dsl.graph.passes.section import Section
from dsl.graph.passes.shapes import cancel_shapes
from dsl.source.collection import without_garbage_collection

Pass = Callable[[Section], Section]
"""From a section to one with the same results and updates; the section itself where it finds nothing to do."""


PASSES: tuple[tuple[str, Pass], ...] = (
    ("shapes", cancel_shapes),
    ("constants", fold_constants),
    ("common", merge_common),
    ("algebra", simplify),
    ("products", turn_products),
)
"""By name, in running order. Shapes come first, so that a number repeated to a shape is seen as a number; constants before
the algebra that they are neutral in; common subexpressions before `where(c, x, x)`."""

ROUNDS = 4
"""So often each pass is run at most. What there is to do in the second round is little, and mostly nothing."""


def optimise(section: Section) -> Section:
    """The section after all passes: fewer operations for the same results and updates.

    Values keep their bits, but for the sign and payload of nans and for sums whose order BLAS or the layout of an array
    decides (see `products` and `shapes`). The section given is left as it is.
    """
    found = section
    with without_garbage_collection():
        for _, after in _steps(section):
            if found is not section:
                _release(found)
            found = after
    return found


def trace(section: Section) -> list[tuple[str, Section]]:
    """What `optimise` does step by step: the name of each pass that changed something, and the section after it."""
    return list(_steps(section))


def _steps(section: Section) -> Iterator[tuple[str, Section]]:
    """The passes that change something, each with the section after it.

    It is enough when all other passes have found nothing since the last one that did: what that one can do, it has done.
    """
    idle = -1
    for name, run in PASSES * ROUNDS:
        found = run(section)
        if found is not section:
            section, idle = found, 0
            yield name, section
        else:
            idle += 1
            if idle == len(PASSES) - 1:
                return


def _release(section: Section) -> None:
    """Free a section between two passes at once: its graph and its nodes point at each other."""
    section.graph.nodes.clear()
