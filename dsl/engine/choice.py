"""Which code generator compiles a section: the one that was asked for, or the fastest for its sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from dsl.engine.executable import Executable, Generator
from dsl.graph.passes.lowering.lower import lower
from dsl.graph.passes.pipeline import optimise
from dsl.graph.passes.section import Section
from dsl.ops.parameters import Array
from dsl.source.collection import without_garbage_collection
from dsl.source.diagnostic import fail

AUTOMATIC = "auto"
REFERENCE = "reference"


def compile_section(section: Section, states: Sequence[Array] = (), engine: str = AUTOMATIC) -> Executable:
    """Optimise and compile a section whose states live in these arrays.

    Raises ProgramError, of kind `engine`, where the engine that was asked for cannot run it.
    """
    with without_garbage_collection():
        ready = optimise(lower(section))
        generator = _fastest(ready) if engine == AUTOMATIC else GENERATORS[engine]()
        obstacle = generator.obstacle(ready)
        if obstacle:
            raise fail("engine", f"the engine `{engine}` cannot run this: {obstacle}", hint="leave the choice to `auto`")
        return generator.compile(ready, states)


def _fastest(section: Section) -> Generator:
    return GENERATORS["numpy"]()


def _arrays() -> Generator:
    from dsl.engine.arrays.generator import ArrayGenerator

    return ArrayGenerator()


GENERATORS: dict[str, Callable[[], Generator]] = {"numpy": _arrays}
"""Each code generator by what `--engine` calls it; imported when it is needed."""

ENGINES = (AUTOMATIC, *GENERATORS, REFERENCE)
