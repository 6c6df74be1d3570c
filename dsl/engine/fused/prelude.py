"""What the module of a kernel begins with: imports, and the functions that the kernel calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dsl.engine.fused.functions import FUNCTIONS, NEEDS
from dsl.engine.fused.precision import PRECISIONS
from dsl.engine.fused.row_functions import ROW_FUNCTIONS, ROW_NEEDS
from dsl.engine.jit.compilation import CHOOSE
from dsl.ops.dtypes import DType

HEADER = f"""\
from math import inf, nan, sqrt

import numpy as np
from numba import njit
from numpy import ceil, floor, rint
from numpy import float32 as f32, float64 as f64, int32 as i32, int64 as i64
{CHOOSE}"""
"""The imports, and `choose`."""

_OF_ROWS = '@njit(error_model="numpy")'
_OF_ELEMENTS = '@njit(error_model="numpy", fastmath={"contract"}, forceinline=True)'


def texts(names: Iterable[str], dtype: DType) -> Iterator[str]:
    """The functions of these names for a floating type, and those that they call, ready to be compiled."""
    needs = {**NEEDS, **ROW_NEEDS}
    wanted = [needed for name in names for needed in (*needs.get(name, ()), name)]
    for name in dict.fromkeys(wanted):
        function, decorator = (FUNCTIONS[name], _OF_ELEMENTS) if name in FUNCTIONS else (ROW_FUNCTIONS[name], _OF_ROWS)
        yield f"{decorator}\n{function(PRECISIONS[dtype])}"
