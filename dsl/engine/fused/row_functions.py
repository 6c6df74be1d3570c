"""Sums and extremes of the elements of a row, with NumPy's order of additions, as text for both precisions."""

from __future__ import annotations

from collections.abc import Callable

from dsl.engine.fused.precision import Precision


def short_sum(p: Precision) -> str:
    """The sum of fewer than 8 values, one after the other, as NumPy adds them."""
    return f"""\
def short_sum_{p.dtype}(values):
    total = {p.dtype}(0)
    for i in range(values.shape[0]):
        total += values[i]
    return total
"""


def row_sum(p: Precision) -> str:
    """The sum of 8 to 128 values, in 8 lanes, as NumPy adds them."""
    lanes = range(8)
    first = ", ".join(f"values[{lane}]" for lane in lanes)
    names = ", ".join(f"a{lane}" for lane in lanes)
    following = "\n".join(f"        a{lane} += values[8 * k + {lane}]" for lane in lanes)
    return f"""\
def row_sum_{p.dtype}(values):
    {names} = {first}
    count = values.shape[0]
    for k in range(1, count // 8):
{following}
    total = ((a0 + a1) + (a2 + a3)) + ((a4 + a5) + (a6 + a7))
    for i in range(count - count % 8, count):
        total += values[i]
    return total + {p.dtype}(0)
"""


def long_sum(p: Precision) -> str:
    """The sum of more than 128 values by halves, as NumPy adds them.

    A loop over the shortest parts takes the place of recursion, which numba cannot keep on disk: `rest` is the length of the
    second half at each level, 0 when that is under way, and `left` the sum of the first.
    """
    t = p.dtype
    return f"""\
def long_sum_{t}(values):
    rest, left = np.empty(64, i64), np.empty(64, {t})
    level, start, count = 0, 0, values.shape[0]
    while True:
        while count > 128:
            half = count // 2
            half -= half % 8
            level += 1
            rest[level] = count - half
            count = half
        total = row_sum_{t}(values[start : start + count])
        start += count
        while level > 0 and rest[level] == 0:
            total = left[level] + total
            level -= 1
        if level == 0:
            return total
        left[level] = total
        count = rest[level]
        rest[level] = 0
"""


def _short_extreme(name: str, relation: str) -> Callable[[Precision], str]:
    def text(p: Precision) -> str:
        """The extreme of some values; nan where there is one."""
        return f"""\
def short_{name}_{p.dtype}(values):
    best = values[0]
    for i in range(1, values.shape[0]):
        best = choose((best {relation} values[i]) | (best != best), best, values[i])
    return best
"""

    return text


def _row_extreme(name: str, relation: str) -> Callable[[Precision], str]:
    def text(p: Precision) -> str:
        """The extreme of many values, by integers in the same order, which LLVM compares in vectors; nan where there is one."""
        i, top = p.integer, p.dtype.bits - 1
        lowest, mask = -(2**top), 2**top - 1
        return f"""\
def row_{name}_{p.dtype}(values):
    best = {i}({lowest if name == "max" else mask})
    unordered = {i}(0)
    for k in range(values.shape[0]):
        value = values[k]
        bits = {p.dtype}(value).view({i})
        key = {i}(bits ^ {i}({i}(bits >> {top}) & {i}({mask})))
        best = choose(key {relation} best, key, best)
        unordered = {i}(unordered | choose(value != value, {i}(1), {i}(0)))
    bits = {i}(best ^ {i}({i}(best >> {top}) & {i}({mask})))
    return choose(unordered != 0, {p.dtype}(nan), {i}(bits).view({p.dtype}))
"""

    return text


ROW_FUNCTIONS: dict[str, Callable[[Precision], str]] = {
    "short_sum": short_sum,
    "row_sum": row_sum,
    "long_sum": long_sum,
    "short_max": _short_extreme("max", ">"),
    "short_min": _short_extreme("min", "<"),
    "row_max": _row_extreme("max", ">"),
    "row_min": _row_extreme("min", "<"),
}
"""The text of each function of a row."""

ROW_NEEDS = {"long_sum": ("row_sum",)}
"""The functions that another one calls."""


def row_function(name: str, length: int) -> str:
    """The function that is the reduction of this name for rows of this length, at least 2."""
    if name == "sum":
        return "short_sum" if length < 8 else "row_sum" if length <= 128 else "long_sum"
    return f"short_{name}" if length < 16 else f"row_{name}"
