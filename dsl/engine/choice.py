"""Which code generator compiles a section: the one that was asked for, or the fastest for its sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dsl.engine.executable import Executable, Generator
from dsl.engine.names import AUTOMATIC
from dsl.graph.passes.lowering.lower import lower
from dsl.graph.passes.pipeline import optimise
from dsl.graph.passes.section import Section
from dsl.ops.parameters import Array
from dsl.source.collection import without_garbage_collection
from dsl.source.diagnostic import fail

Compiler = Callable[[Section, Sequence[Array]], Executable]
"""Compiles a section, as it is before all passes, whose states live in these arrays."""

Engine = str | Compiler
"""What runs a program: one of `ENGINES`, or a compiler of one's own."""


def compile_section(section: Section, states: Sequence[Array] = (), engine: Engine = AUTOMATIC) -> Executable:
    """Optimise and compile a section whose states live in these arrays.

    Raises ProgramError, of kind `engine`, where the engine that was asked for cannot run it.
    """
    if not isinstance(engine, str):
        return engine(section, states)
    with without_garbage_collection():
        ready = optimise(lower(section))
        return choose(ready, engine).compile(ready, states)


def choose(section: Section, engine: str = AUTOMATIC) -> Generator:
    """The code generator for a section after all passes.

    Raises ProgramError, of kind `engine`, where the one that was asked for cannot compile it.
    """
    if engine == AUTOMATIC:
        return _fastest(section)
    generator = GENERATORS[engine]()
    obstacle = generator.obstacle(section)
    if obstacle:
        place = next((node.span for node in section.results if node.span), None)
        message = f"the engine `{engine}` cannot run this: it {obstacle}"
        raise fail("engine", message, place, hint="leave the choice to `--engine auto`")
    return generator


def _fastest(section: Section) -> Generator:
    return GENERATORS["numpy"]()


def _arrays() -> Generator:
    from dsl.engine.arrays.generator import ArrayGenerator

    return ArrayGenerator()


GENERATORS: dict[str, Callable[[], Generator]] = {"numpy": _arrays}
"""Each code generator by what `--engine` calls it; imported when it is needed."""
