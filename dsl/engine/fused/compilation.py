"""Kernels compiled by numba, each text once; the machine code is kept on disk."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from importlib import import_module
from types import ModuleType
from typing import Any

from dsl.engine.scalars.cache import forget_compiled, import_kept

Kernel = Callable[..., Any]


def compiled(text: str, types: tuple[Any, ...]) -> Kernel:
    """The function `kernel` of a module with this text, compiled for arguments of these types.

    Where one of them is None, it is compiled when it is called first; as it is for arguments of yet other types.
    """
    kernel, module = _dispatcher(text)
    if None not in types:
        kernel = _compile(kernel, module, text, types)
    return kernel


def _compile(kernel: Any, module: ModuleType | None, text: str, types: tuple[Any, ...]) -> Kernel:
    try:
        kernel.compile(types)
    except Exception:  # whatever a damaged file makes numba raise; a fault of the text itself comes up again below
        if module is None:
            raise
        forget_compiled(module)
        kernel = _unkept(text)
        kernel.compile(types)
    return kernel


@lru_cache(maxsize=1024)
def _dispatcher(text: str) -> tuple[Kernel, ModuleType | None]:
    """What compiles and calls the kernel, and its module where that is kept on disk."""
    numba = import_module("numba")
    module = import_kept(text, numba.__version__)
    if module is None:
        return _unkept(text), None
    return numba.njit(error_model="numpy", cache=True)(module.kernel), module


def _unkept(text: str) -> Kernel:
    module = ModuleType("kernel")
    exec(compile(text, "<kernel>", "exec"), module.__dict__)
    return import_module("numba").njit(error_model="numpy")(module.kernel)
