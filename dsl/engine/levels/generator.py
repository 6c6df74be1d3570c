"""The code generator for sections of very many numbers of few kinds."""

from __future__ import annotations

from collections.abc import Sequence

from dsl.engine.executable import Executable
from dsl.engine.levels.chains import collect_chains
from dsl.engine.levels.elements import remove_unused
from dsl.engine.levels.emission import Emission
from dsl.engine.levels.linking import link
from dsl.engine.levels.schedule import schedule
from dsl.engine.levels.unrolling import Unrolling, is_unrolled
from dsl.graph.passes.section import Section, element_total
from dsl.ops.parameters import Array
from dsl.source.collection import without_garbage_collection

MOST_ELEMENTS = 4_000_000
"""In all. Each takes some microseconds and a few hundred bytes when the section is compiled."""

MOST_IN_ONE = 65_536
"""Elements going into and out of an operation on whole arrays."""


class LevelGenerator:
    """Takes a section apart into single numbers, and computes those of one operation together, level by level."""

    name = "levels"

    def obstacle(self, section: Section) -> str:
        """Why it cannot compile this section, in words that follow its name; empty where it can."""
        total = 0
        for node in section.nodes:
            count = element_total(node)
            total += count
            if node.operation and not is_unrolled(node):
                count += sum(element_total(source) for source in node.inputs)
                if count > MOST_IN_ONE:
                    return (
                        f"takes arrays apart into single numbers, and `{node.operation.name}` "
                        f"has {count:,} of them at once (at most {MOST_IN_ONE:,})"
                    )
        if total > MOST_ELEMENTS:
            return f"takes arrays apart into single numbers, and here are {total:,} (at most {MOST_ELEMENTS:,})"
        return ""

    def compile(self, section: Section, states: Sequence[Array]) -> Executable:
        """Compile a section whose states live in these arrays, each of its state's shape and element type."""
        with without_garbage_collection():
            unrolled = Unrolling(section)
            elements = unrolled.elements
            collect_chains(elements, remove_unused(elements, unrolled.roots))
            emission = Emission(elements)
            emission.add_batches(schedule(elements))
            return link(section, unrolled, emission, states)
