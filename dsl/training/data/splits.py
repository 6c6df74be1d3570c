"""Dividing the rows into parts: by fractions, into folds, or not at all.

A split depends on the number of rows, the strata and the seed, and on nothing else: the order comes from the raw numbers of
PCG64, which NumPy promises to keep from version to version, unlike its own shuffling.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dsl.source.diagnostic import fail
from dsl.training.data.table import Array, Rows

TRAIN = "train"
_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Split:
    """Rows by the name of their part, and the part whose rows may be learnt from."""

    parts: Mapping[str, Rows]
    training_part: str

    @property
    def training(self) -> Rows:
        """The rows that scaling and filling may learn from."""
        return self.parts[self.training_part]


def all_rows(rows: int) -> Split:
    """One part, `all`, in the order of the file."""
    return Split({"all": np.arange(rows, dtype=np.int64)}, "all")


def fractions(rows: int, parts: Mapping[str, float], seed: int, strata: Array | None = None) -> Split:
    """Shuffled rows, cut into parts of these fractions; the part `train`, or else the first, is for training.

    A cut falls on the nearest row to the sum of the fractions before it. With `strata`, one label a row, every part has
    the labels in the proportions of the whole, to within a few rows. Raises ProgramError for fractions that are not
    positive or add up to more than 1, and for a part without rows.
    """
    if not parts:
        raise fail("data", "`fractions` names no part", hint="fractions(train=0.8, test=0.2)")
    for name, fraction in parts.items():
        if not (math.isfinite(fraction) and fraction > 0):
            raise fail("data", f"the fraction of `{name}` is {fraction:g}, and is to be more than 0")
    total = math.fsum(parts.values())
    if total > 1 + _TOLERANCE:
        raise fail("data", f"the fractions add up to {total:g}, which is more than 1", hint=_rescaled(parts, total))
    ends = [_nearest_row(math.fsum(list(parts.values())[: i + 1]), rows) for i in range(len(parts))]
    order, start, cut = _order(rows, seed, strata), 0, dict[str, Rows]()
    for (name, fraction), end in zip(parts.items(), ends, strict=True):
        if end == start:
            raise fail("data", f"`{name}` is to have {fraction:g} of {rows} rows, and that is none")
        cut[name] = order[start:end]
        start = end
    return Split(cut, TRAIN if TRAIN in cut else next(iter(cut)))


def folds(rows: int, count: int, seed: int, strata: Array | None = None) -> dict[str, Split]:
    """Cross-validation: `fold_1` to `fold_COUNT`, each with the parts `train` and `test`.

    The test parts are cut one after the other from the shuffled rows, and differ by one row at most in size; every row is in
    one of them. Raises ProgramError for fewer than two folds, and for more folds than rows.
    """
    if count < 2:
        raise fail("data", f"`folds({count})` leaves nothing to train on", hint="take 2 folds or more")
    if count > rows:
        raise fail("data", f"{rows} rows cannot be divided into {count} folds", hint=f"take {rows} folds or fewer")
    tests = np.array_split(_order(rows, seed, strata), count)
    named: dict[str, Split] = {}
    for index, test in enumerate(tests):
        train = np.concatenate([*tests[:index], *tests[index + 1 :]])
        named[f"fold_{index + 1}"] = Split({TRAIN: train, "test": test}, TRAIN)
    return named


def strata(name: str, values: Array) -> Array:
    """Which of the different values each row has, to stratify by.

    Raises ProgramError for values that are not one column, and for those that are nearly all different.
    """
    if values.ndim != 1:
        raise fail("data", f"`{name}` cannot stratify: its rows have shape {list(values.shape[1:])}")
    distinct, which = np.unique(values, return_inverse=True)
    if 2 * len(distinct) > len(values):
        raise fail(
            "data",
            f"`{name}` cannot stratify: it has {len(distinct)} different values in {len(values)} rows",
            hint="stratify by classes, of which each has many rows",
        )
    return which


def shuffled(count: int, generator: np.random.Generator) -> Rows:
    """The rows 0 to count - 1 in the order that the generator's next raw numbers put them in."""
    raw = np.asarray(generator.bit_generator.random_raw(count), dtype=np.uint64)
    return np.argsort(raw, kind="stable").astype(np.int64, copy=False)


def _order(rows: int, seed: int, which: Array | None) -> Rows:
    """All rows shuffled; with strata, so that any stretch of them has each stratum in proportion.

    Within a stratum of n rows the j-th is put at (j + u) / n, with one u in [0, 1) for the stratum (systematic sampling).
    """
    generator = np.random.Generator(np.random.PCG64(seed))
    order = shuffled(rows, generator)
    if which is None:
        return order
    at = np.empty(rows)
    for stratum in np.unique(which):
        members = np.flatnonzero(which[order] == stratum)
        start = int(generator.bit_generator.random_raw()) / 2**64
        at[members] = (np.arange(len(members)) + start) / len(members)
    return order[np.argsort(at, kind="stable")]


def _nearest_row(fraction: float, rows: int) -> int:
    """Where a cut falls: the tolerance makes 0.7 + 0.2 + 0.1 all the rows, and keeps halves on one side."""
    return min(rows, math.floor(fraction * rows + 0.5 + _TOLERANCE))


def _rescaled(parts: Mapping[str, float], total: float) -> str:
    return f"in these proportions: {', '.join(f'{name}={fraction / total:.3g}' for name, fraction in parts.items())}"
