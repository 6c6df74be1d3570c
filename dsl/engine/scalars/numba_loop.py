"""The second flavour of the scalar code generator: whole loops that numba compiles, kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np
import numpy.typing as npt

from dsl.engine.executable import Executable, Series
from dsl.engine.scalars.cache import import_kept
from dsl.engine.scalars.labels import label_checks
from dsl.engine.scalars.limits import obstacle
from dsl.engine.scalars.numba_text import kernel_text
from dsl.engine.scalars.unroll import unroll
from dsl.graph.passes.section import Section, element_total, sizes
from dsl.ops.dtypes import BOOL, F32, F64, I32, I64
from dsl.ops.parameters import Array

MOST_OPERATIONS = 1_500
"""Operations on elements that are written out: numba takes 2 to 3 ms to compile each."""

_EMPTY: npt.NDArray[np.float64] = np.empty((0, 0))


class ScalarLoopGenerator:
    """Compiles sections to loops in machine code, by numba.

    Arithmetic is IEEE's in each element type by itself, without liberties. Functions such as `exp` are those of the C library,
    which differ from NumPy's by up to 4 units in the last place. Compiling takes some seconds the first time, at the first
    run; later processes find the machine code in the user's cache folder.
    """

    name = "numba"

    def obstacle(self, section: Section) -> str:
        """Why it cannot compile this section; empty where it can."""
        if find_spec("numba") is None:
            return 'numba is not installed (pip install "nn-lang[fast]")'
        return obstacle(section, frozenset({F32, F64, I32, I64, BOOL}), MOST_OPERATIONS)

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
        self._loop(1, arguments, _EMPTY)
        return self._results

    def repeat(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        """Run so many times; see `Executable`. Raises IndexError for a label that is no class."""
        if len(series) > 1:
            return self._loop(count, arguments, np.ascontiguousarray(series))
        leaves = self._section.leaves[len(arguments) :]
        fixed = [np.asarray(number, leaf.type.dtype.numpy) for number, leaf in zip(series[0], leaves, strict=True)]
        return self._loop(count, [*arguments, *fixed], _EMPTY)

    def _loop(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        for check in self._checks:
            check.check(arguments)
        losses = np.empty(count)
        kernel = self._kernels.get(len(arguments)) or self._compile(len(arguments))
        try:
            kernel(count, losses, series, *self._flat, *arguments, *self._flat_results)
        except TypeError:  # an array that cannot be written to, or does not lie as the machine wants it
            kernel(count, losses, series, *self._flat, *map(_copy, arguments), *self._flat_results)
        return losses

    def _compile(self, given: int) -> Callable[..., None]:
        """The function for so many leaves that are arrays; the others take their values from the series."""
        text = kernel_text(self._unrolled, given)
        kernel = self._kernels[given] = compiled(text, self._signature(given))
        return kernel

    def _signature(self, given: int) -> Any:
        from numba import types

        def array(node: Any, rank: int) -> Any:
            return types.Array(_numba_type(node.type.dtype.name), rank, "C")

        leaves = self._section.leaves[:given]
        return types.void(
            types.int64,
            types.Array(types.float64, 1, "C"),
            types.Array(types.float64, 2, "C"),
            *[array(node, 1) for node in self._section.states],
            *[array(node, node.type.rank) for node in leaves],
            *[array(node, 1) for node in self._section.results],
        )


def compiled(text: str, signature: Any) -> Callable[..., None]:
    """The function `kernel` of a module with this text, as machine code, which is kept on disk where that is possible."""
    import numba

    module = import_kept(text, numba.__version__)
    kept = module is not None
    if module is None:
        module = ModuleType("loop")
        exec(compile(text, "<scalar engine>", "exec"), module.__dict__)
    return numba.njit(signature, error_model="numpy", cache=kept)(module.kernel)


def _numba_type(name: str) -> Any:
    from numba import types

    return {"f32": types.float32, "f64": types.float64, "i32": types.int32, "i64": types.int64, "bool": types.boolean}[
        name
    ]


def _copy(array: Array) -> Array:
    return np.array(array, order="C")
