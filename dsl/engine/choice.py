"""Which code generator compiles a section: the one that was asked for, or the fastest for its sizes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from dsl.engine.arrays.views import VIEWS
from dsl.engine.executable import Executable, Generator
from dsl.engine.names import AUTOMATIC, ENGINES
from dsl.engine.scalars.size import scalar_operations
from dsl.graph.passes.lowering.lower import lower
from dsl.graph.passes.pipeline import optimise
from dsl.graph.passes.section import Section, element_total
from dsl.ops.parameters import Array
from dsl.source.collection import without_garbage_collection
from dsl.source.diagnostic import fail
from dsl.source.nearest import did_you_mean

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
        return choose(ready, engine).generator.compile(ready, states)


@dataclass(frozen=True, slots=True)
class Choice:
    """The code generator for a section, and why it is this one, in words that follow its name."""

    generator: Generator
    reason: str


def choose(section: Section, engine: str = AUTOMATIC) -> Choice:
    """The code generator for a section after all passes.

    Raises ProgramError, of kind `engine`, where the one that was asked for cannot compile it.
    """
    if engine == AUTOMATIC:
        return _fastest(section)
    if engine not in GENERATORS:
        raise fail(
            "engine",
            f"there is no engine `{engine}`",
            hint=did_you_mean(engine, ENGINES, f"there are {', '.join(ENGINES)}"),
        )
    generator = GENERATORS[engine]()
    obstacle = generator.obstacle(section)
    if obstacle:
        place = next((node.span for node in section.results if node.span), None)
        message = f"the engine `{engine}` cannot run this: it {obstacle}"
        raise fail("engine", message, place, hint="leave the choice to `--engine auto`")
    return Choice(generator, "as asked")


SCALAR_COST, CALL_COST = 0.015, 0.55
"""Microseconds of an operation on Python floats, and of a NumPy call on a small array: measured, see `benchmarks`."""
MANY_CALLS, FEW_ELEMENTS = 2_000, 8
"""From so many calls on, of so few elements each on average, grouping single numbers by level pays for its compilation."""


def _fastest(section: Section) -> Choice:
    """By the sizes: straight-line arithmetic for a few numbers, levels for very many single ones, else NumPy calls."""
    calls = [node for node in section.operations if node.label not in VIEWS]
    if len(calls) < MANY_CALLS:
        scalar, count = GENERATORS["scalar"](), scalar_operations(section)
        cheaper = count * SCALAR_COST < len(calls) * CALL_COST
        if cheaper and not scalar.obstacle(section):
            return Choice(scalar, f"since {count:,} operations on single numbers cost less than {len(calls):,} calls")
    elif sum(map(element_total, calls)) < len(calls) * FEW_ELEMENTS:
        levels = GENERATORS["levels"]()
        if not levels.obstacle(section):
            return Choice(levels, f"since {len(calls):,} operations have few elements each, and can be grouped")
    return Choice(GENERATORS["numpy"](), f"for {len(calls):,} operations on arrays")


def _arrays() -> Generator:
    from dsl.engine.arrays.generator import ArrayGenerator

    return ArrayGenerator()


def _scalars() -> Generator:
    from dsl.engine.arrays.generator import ArrayGenerator
    from dsl.engine.scalars.python_loop import ScalarGenerator

    return ScalarGenerator(ArrayGenerator().compile)


def _levels() -> Generator:
    from dsl.engine.levels.generator import LevelGenerator

    return LevelGenerator()


def _numba() -> Generator:
    from dsl.engine.fused.generator import FusedGenerator
    from dsl.engine.scalars.numba_loop import ScalarLoopGenerator

    return FirstAble("numba", [ScalarLoopGenerator(), FusedGenerator()])


@dataclass(slots=True)
class FirstAble:
    """A code generator that leaves each section to the first of others that can compile it."""

    name: str
    generators: Sequence[Generator]

    def obstacle(self, section: Section) -> str:
        """Why the last of them cannot compile the section; empty where it can."""
        return self.generators[-1].obstacle(section)

    def compile(self, section: Section, states: Sequence[Array]) -> Executable:
        """Compile a section by the first that has no obstacle."""
        able = (generator for generator in self.generators if not generator.obstacle(section))
        return next(able, self.generators[-1]).compile(section, states)


GENERATORS: dict[str, Callable[[], Generator]] = {
    "numpy": _arrays,
    "scalar": _scalars,
    "levels": _levels,
    "numba": _numba,
}
"""Each code generator by what `--engine` calls it; imported when it is needed."""
