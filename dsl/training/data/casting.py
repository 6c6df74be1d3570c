"""Values as the element type of the placeholder that they feed, or an error: never another value."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from dsl.ops.dtypes import DType
from dsl.source.diagnostic import fail
from dsl.training.data.table import Array


def _row_name(row: int) -> str:
    return f"row {row + 1}"


def cast(values: Array, dtype: DType, name: str, row_name: Callable[[int], str] = _row_name) -> Array:
    """The numbers as `dtype`; floats are rounded to its precision.

    Raises ProgramError, with the first row and value, for a fraction or NaN where integers are needed, for anything but 0
    and 1 where truth values are, and for numbers out of range. `row_name` says what a row is called, given from 0.
    """
    if dtype.kind == "bool":
        _refuse((values != 0) & (values != 1), values, name, f"{dtype} holds 0 and 1 only", row_name)
    elif dtype.kind == "int":
        if values.dtype.kind == "f":
            _refuse(~(values == np.floor(values)), values, name, f"{dtype} holds whole numbers only", row_name)
            _refuse(np.isinf(values), values, name, f"{dtype} holds finite numbers only", row_name)
        low, high = -(2 ** (dtype.bits - 1)), 2 ** (dtype.bits - 1)
        outside = (values < low) | (values >= high if values.dtype.kind == "f" else values > high - 1)
        _refuse(outside, values, name, f"{dtype} holds numbers from {low} to {high - 1}", row_name)
    with np.errstate(over="ignore"):
        result = values.astype(dtype.numpy, copy=False)
    if dtype.is_float:
        _refuse(np.isinf(result) & np.isfinite(values), values, name, f"{dtype} cannot hold numbers so large", row_name)
    return result


def _refuse(
    wrong: npt.NDArray[np.bool_], values: npt.NDArray[Any], name: str, reason: str, row_name: Callable[[int], str]
) -> None:
    """Raise the error for the first value that is wrong, if any is."""
    if not wrong.any():
        return
    at = np.unravel_index(int(np.argmax(wrong)), wrong.shape)
    count = int(np.count_nonzero(wrong))
    more = f" (and {count - 1} more such value{'s' if count > 2 else ''})" if count > 1 else ""
    raise fail("data", f"`{name}` is fed {values[at].item()} in {row_name(int(at[0]))}{more}, but {reason}")
