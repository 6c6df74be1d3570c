"""Numbers and arrays as a person reads them: all digits and no more, many elements by their range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dsl.ops.parameters import Array

_MOST_ELEMENTS = 24
_FEW = 8
_PREFIXES = ("", "k", "M", "G", "T")
_WIDE = 10_000
"""So many characters fit in a line of NumPy's before it breaks: more than there are ever."""


def number(value: Any) -> str:
    """A number with the digits that tell it from its neighbours: `3`, `0.1`, `1e-30`, `nan`."""
    item = np.asarray(value)[()]
    match item.dtype.kind:
        case "b":
            return "true" if item else "false"
        case "i" | "u":
            return str(int(item))
        case _:
            text = str(item)
            return text if "e" in text else text.removesuffix(".0")


def rounded(value: Any) -> str:
    """A number in few digits: floats with five, others as they are."""
    return f"{float(value):.5g}" if np.asarray(value).dtype.kind == "f" else number(value)


def short(count: int) -> str:
    """A count in three digits: `640`, `33.3k`, `1.06M`."""
    if count < 1000:
        return str(count)
    exponent = min((len(str(count)) - 1) // 3, len(_PREFIXES) - 1)
    return f"{count / 1000**exponent:.3g}{_PREFIXES[exponent]}"


def array(value: Array, spell: Callable[[Any], str] = number) -> str:
    """An array on one line: few elements one by one as `spell` has them, many by their shape, range and mean."""
    if value.ndim == 0:
        return spell(value)
    if value.size <= _MOST_ELEMENTS and value.ndim <= 2:
        text = np.array2string(value, separator=", ", max_line_width=_WIDE, threshold=_WIDE, formatter={"all": spell})
        return " ".join(text.split())
    return summary(value)


def summary(value: Array) -> str:
    """An array by its shape, its range and its mean."""
    if not value.size:
        return f"{list(value.shape)}, empty"
    if value.dtype.kind == "b":
        return f"{list(value.shape)}, {np.count_nonzero(value)} true"
    return f"{list(value.shape)}, {_range(value.astype(np.float64))}"


def elements(value: Array, full: bool = False) -> str:
    """An array on one line: a few elements, else those in the corners with shape, range and mean; all with `full`."""
    if not value.size:
        return summary(value)
    threshold = _WIDE**2 if full else _FEW
    edge = 2 if value.ndim == 1 else 1
    with np.printoptions(threshold=threshold, edgeitems=edge):
        text = np.array2string(
            value, separator=", ", max_line_width=_WIDE**2, threshold=threshold, formatter={"all": _compact}
        )
    text = " ".join(text.split()).replace("...", "…").replace(",…", ", …")
    return text if full or value.size <= _FEW else f"{text}  {summary(value)}"


def _compact(value: Any) -> str:
    return f"{float(value):.4g}" if np.asarray(value).dtype.kind == "f" else number(value)


def _range(values: Array) -> str:
    finite = values[np.isfinite(values)]
    odd = values.size - finite.size
    note = f", {odd} not finite" if odd else ""
    if not finite.size:
        return note.removeprefix(", ")
    with np.errstate(all="ignore"):
        return f"from {finite.min():.6g} to {finite.max():.6g}, mean {finite.mean():.6g}{note}"
