"""Generated functions compiled by numba, each text once; the machine code is kept on disk."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from importlib.util import find_spec
from types import ModuleType
from typing import Any

from dsl.engine.jit.cache import forget_compiled, import_kept
from dsl.ops.parameters import Array

CHOOSE = '''\
from numba import types
from numba.extending import intrinsic


@intrinsic
def choose(context, condition, yes, no):
    """One of two values, both of them computed."""
    def generate(context, builder, signature, arguments):
        return builder.select(*arguments)
    type = types.unliteral(yes)
    return type(types.boolean, type, type), generate
'''
"""What a module whose function chooses between two values has in it: no jump, so that loops become vector instructions."""


def obstacle() -> str:
    """Why nothing can be compiled, in words that follow a generator's name; empty where it can."""
    return "" if find_spec("numba") else 'needs numba, which is not installed (pip install "nn-lang[fast]")'


@dataclass(frozen=True, slots=True)
class ArrayType:
    """What a function knows of an array that it is given: `order` is C or Fortran, where it is contiguous, or A."""

    dtype: str
    rank: int
    order: str = "C"
    writable: bool = True

    @classmethod
    def of(cls, array: Array) -> ArrayType:
        """The type of an array."""
        order = "C" if array.flags.c_contiguous else "F" if array.flags.f_contiguous else "A"
        return cls(array.dtype.name, array.ndim, order, array.flags.writeable)


ParameterType = ArrayType | str
"""An array, or a number of the type that numba calls so."""


def compiled(text: str, types: Sequence[ParameterType | None], *, strict: bool = False) -> Callable[..., Any]:
    """The function `kernel` of a module with this text, compiled for arguments of these types.

    Where one of them is None, it is compiled when it is called first; as it is for arguments of yet other types. Where it is
    `strict`, other arguments raise TypeError.
    """
    module = _module(text)
    known = [type for type in types if type is not None]
    if len(known) == len(types):
        module.compile(tuple(map(_numba_type, known)))
    if strict:
        module.kernel.disable_compile()
    return module.kernel


@lru_cache(maxsize=1024)
def _module(text: str) -> _Module:
    return _Module(text)


class _Module:
    """A text and what compiles and calls its function, which remembers for which types it has been compiled."""

    def __init__(self, text: str) -> None:
        self._kept = import_kept(text, import_module("numba").__version__)
        self._module = self._kept or _unkept(text)
        self.kernel = self._dispatcher()

    def compile(self, types: tuple[Any, ...]) -> None:
        """Compile the function for arguments of these types, or find the machine code on disk."""
        self.kernel.disable_compile(False)
        try:
            self.kernel.compile(types)
        except Exception:  # whatever a damaged file makes numba raise; a fault of the text itself comes up again below
            if self._kept is None:
                raise
            forget_compiled(self._kept)
            self.kernel = self._dispatcher()
            self.kernel.compile(types)

    def _dispatcher(self) -> Any:
        njit = import_module("numba").njit
        return njit(error_model="numpy", cache=self._kept is not None)(self._module.kernel)


def _unkept(text: str) -> ModuleType:
    module = ModuleType("kernel")
    exec(compile(text, "<kernel>", "exec"), module.__dict__)
    return module


def _numba_type(type: ParameterType) -> Any:
    types = import_module("numba").types
    if isinstance(type, str):
        return getattr(types, type)
    element = types.boolean if type.dtype == "bool" else getattr(types, type.dtype)
    return types.Array(element, type.rank, type.order, readonly=not type.writable)
