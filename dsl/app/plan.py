"""The part of a program that has a plan, compiled: what passes made of it, and the code with its calls."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsl.app.planned import Planned
from dsl.engine.choice import GENERATORS, choose
from dsl.engine.executable import Executable
from dsl.engine.listing import Listing, listing
from dsl.engine.names import AUTOMATIC
from dsl.graph.passes.lowering.lower import lower
from dsl.graph.passes.pipeline import trace
from dsl.graph.passes.section import Section


@dataclass(slots=True)
class Plan:
    """A section compiled: the sections on its way, by what made them, and the code generator that took the last one."""

    title: str
    results: Sequence[str]
    stages: list[tuple[str, Section]]
    generator: str
    reason: str
    executable: Executable
    others: dict[str, str]
    """Why the other code generators cannot take it; empty where they could."""

    @property
    def listing(self) -> Listing:
        """The calls of the code."""
        return listing(self.stages[-1][1], self.executable, self.results)


def stages_of(found: Planned) -> list[tuple[str, Section]]:
    """The section as it is, then after each step of its way that changed it."""
    lowered = lower(found.section)
    return [("", found.section), ("lowering", lowered), *trace(lowered)]


def compiled(found: Planned, engine: str = AUTOMATIC) -> Plan:
    """The plan of a section, by the code generator that is asked for. Raises ProgramError."""
    stages = stages_of(found)
    ready = stages[-1][1]
    choice = choose(ready, engine)
    name, executable = choice.generator.name, choice.generator.compile(ready, found.states)
    others = {other: make().obstacle(ready) for other, make in GENERATORS.items() if other != name}
    return Plan(found.title, found.results, stages, name, choice.reason, executable, others)
