"""The code generator for arrays whose operations on elements are kernels: loops that numba compiles."""

from __future__ import annotations

from collections.abc import Sequence

from dsl.engine.arrays import kernels
from dsl.engine.arrays.generator import ArrayExecutable, settled
from dsl.engine.arrays.schedule import Step
from dsl.engine.arrays.storage import Storage, plan_storage
from dsl.engine.fused.grouping import group
from dsl.engine.fused.writer import KernelWriter
from dsl.engine.jit import compilation
from dsl.graph.passes.section import Section
from dsl.ops.parameters import Array


class FusedGenerator:
    """Compiles any section to kernels and NumPy calls, the matrix products among the latter.

    Sums have their additions in NumPy's order. Functions such as `exp` are those of `dsl.engine.fused.functions`, which differ
    from NumPy's by up to 4 units in the last place. Where the extreme of a row is 0, its sign may be another one.

    Compiling takes a second or two the first time; later processes find the machine code in the user's cache folder.
    """

    name = "numba"

    def obstacle(self, section: Section) -> str:
        """Why it cannot compile sections; empty where it can."""
        return compilation.obstacle()

    def compile(self, section: Section, states: Sequence[Array]) -> FusedExecutable:
        """Compile a section whose states live in these arrays."""
        section = settled(section)
        steps = group(section)
        return FusedExecutable(section, steps, plan_storage(section, steps, kernels.IN_PLACE), states)


class FusedExecutable(ArrayExecutable):
    """A section as a generated function that calls kernels. `kernels` are the modules of these, by name."""

    def __init__(self, section: Section, steps: Sequence[Step], storage: Storage, states: Sequence[Array]) -> None:
        self.kernels: dict[str, str] = {}
        super().__init__(section, steps, storage, states)
        self.source = "\n\n".join([self.source, *(_readable(*kernel) for kernel in self.kernels.items())])

    def writer(self, states: Sequence[Array]) -> KernelWriter:
        """What writes the steps as code."""
        return KernelWriter(self.section, self.storage, states, self.kernels)


def _readable(name: str, text: str) -> str:
    """The kernel of a module under the name by which it is called."""
    return text[text.index("def kernel(") :].replace("def kernel(", f"def {name}(", 1)
