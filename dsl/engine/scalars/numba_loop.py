"""The second flavour of the scalar code generator: whole loops that numba compiles, kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from dsl.engine.executable import Executable, Series
from dsl.engine.jit import compilation
from dsl.engine.jit.compilation import ArrayType, ParameterType
from dsl.engine.scalars.labels import label_checks
from dsl.engine.scalars.limits import obstacle
from dsl.engine.scalars.numba_text import kernel_text
from dsl.engine.scalars.unroll import unroll
from dsl.graph.passes.section import Section, sizes
from dsl.ops.dtypes import BOOL, F32, F64, I32, I64
from dsl.ops.parameters import Array

MOST_OPERATIONS = 1_500
"""Operations on elements that are written out: numba takes 2 to 3 ms to compile each."""

_NO_SERIES: npt.NDArray[np.float64] = np.empty((1, 0))


class ScalarLoopGenerator:
    """Compiles sections to loops in machine code, by numba.

    Arithmetic is IEEE's in each element type by itself, without liberties. Functions such as `exp` are those of the C library,
    which differ from NumPy's by up to 4 units in the last place. Compiling takes some seconds the first time, at the first
    run; later processes find the machine code in the user's cache folder.
    """

    name = "numba"

    def obstacle(self, section: Section) -> str:
        """Why it cannot compile this section; empty where it can."""
        types = frozenset({F32, F64, I32, I64, BOOL})
        return compilation.obstacle() or obstacle(section, types, MOST_OPERATIONS)

    def compile(self, section: Section, states: Sequence[Array]) -> Executable:
        """Compile a section whose states live in these C-contiguous arrays."""
        return NumbaLoop(section, states)


class NumbaLoop:
    """A section as a loop that numba compiles, at its first run."""

    def __init__(self, section: Section, states: Sequence[Array]) -> None:
        self._section = section
        self._flat = [state.reshape(-1) for state in states]
        self._unrolled = unroll(section)
        self._checks = label_checks(section)
        self._results = [np.empty(sizes(node), node.type.dtype.numpy) for node in section.results]
        self._flat_results = [result.reshape(-1) for result in self._results]
        self._kernels: dict[int, Callable[..., None]] = {}
        self.source = kernel_text(self._unrolled, len(section.leaves))

    def run(self, arguments: Sequence[Array]) -> Sequence[Array]:
        """Run once; see `Executable`. Raises IndexError for a label that is no class."""
        self._loop(1, arguments, _NO_SERIES)
        return self._results

    def repeat(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        """Run so many times; see `Executable`. Raises IndexError for a label that is no class."""
        return self._loop(count, arguments, np.ascontiguousarray(series))

    def _loop(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        for check in self._checks:
            check.check(arguments)
        losses, step = np.empty(count), int(len(series) > 1)
        kernel = self._kernels.get(len(arguments)) or self._compile(len(arguments))
        try:
            kernel(count, losses, series, step, *self._flat, *arguments, *self._flat_results)
        except TypeError:  # an array that cannot be written to, or does not lie as the machine wants it
            kernel(count, losses, series, step, *self._flat, *map(_copy, arguments), *self._flat_results)
        return losses

    def _compile(self, given: int) -> Callable[..., None]:
        """The function for so many leaves that are arrays; the others take their values from the series."""
        self.source = kernel_text(self._unrolled, given)
        kernel = self._kernels[given] = compilation.compiled(self.source, self._types(given), strict=True)
        return kernel

    def _types(self, given: int) -> list[ParameterType]:
        """The types of the function's parameters; see `kernel_text`."""
        section = self._section
        return [
            "int64",
            ArrayType("float64", 1),
            ArrayType("float64", 2),
            "int64",
            *[ArrayType(node.type.dtype.numpy.name, 1) for node in section.states],
            *[ArrayType(node.type.dtype.numpy.name, node.type.rank) for node in section.leaves[:given]],
            *[ArrayType(node.type.dtype.numpy.name, 1) for node in section.results],
        ]


def _copy(array: Array) -> Array:
    return np.array(array, order="C")
