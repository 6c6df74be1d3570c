"""Kernels run as plain Python on NumPy's numbers: the same arithmetic without a compiler, for tests of many kernels."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from dsl.engine.fused.prelude import HEADER


def choose(condition: Any, yes: Any, no: Any) -> Any:
    """What the code of kernels means by `choose`, of numbers and of arrays."""
    return np.where(condition, yes, no)[()]


def njit(**options: Any) -> Callable[[Any], Any]:
    """A decorator that leaves functions as they are."""
    return lambda function: function


NAMES: dict[str, Any] = {
    "choose": choose,
    "njit": njit,
    "np": np,
    "f32": np.float32,
    "f64": np.float64,
    "i32": np.int32,
    "i64": np.int64,
    "inf": math.inf,
    "nan": math.nan,
    "sqrt": np.sqrt,
    "floor": np.floor,
    "ceil": np.ceil,
    "rint": np.rint,
}
"""What the header of a kernel's module brings."""


def interpreted(text: str, types: tuple[Any, ...] = ()) -> Callable[..., Any]:
    """The function `kernel` of a module, as Python."""
    names = dict(NAMES)
    exec(compile(text.removeprefix(HEADER), "<kernel>", "exec"), names)
    return names["kernel"]
