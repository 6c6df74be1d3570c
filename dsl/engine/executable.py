"""What every code generator gives back: a section compiled to run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from dsl.graph.passes.section import Section
from dsl.ops.parameters import Array

Series = npt.NDArray[np.float64]
"""Numbers that differ from run to run: a row for each run, or one row for all."""


class Executable(Protocol):
    """A compiled section. The arrays of its states are those given when it was compiled, and change in place.

    `source` is the code that was generated, to be read.
    """

    source: str

    def run(self, arguments: Sequence[Array]) -> Sequence[Array]:
        """Run once on the values of the leaves, C-contiguous arrays of their shapes and element types.

        The results may be overwritten by the next run.
        """
        ...

    def repeat(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        """Run so many times; the first result, a scalar, of each run.

        The last leaves are scalars that take their values from the columns of `series`; `arguments` are those before them.
        """
        ...


class Generator(Protocol):
    """A way to compile sections. `name` is what `--engine` calls it."""

    name: str

    def obstacle(self, section: Section) -> str:
        """Why it cannot compile this section, in words that follow its name; empty where it can."""
        ...

    def compile(self, section: Section, states: Sequence[Array]) -> Executable:
        """Compile a section whose states live in these arrays, each of its state's shape and element type."""
        ...
