"""The functions that kernels compute by arithmetic, against many digits; and the reductions of rows, to the last bit."""

from __future__ import annotations

from typing import Any

import mpmath as mp
import numpy as np
import pytest
from fused_sections import assert_close
from interpreted import NAMES

from dsl.engine.fused.functions import FUNCTIONS
from dsl.engine.fused.prelude import texts
from dsl.engine.fused.row_functions import row_function
from dsl.ops.dtypes import F32, F64, DType
from dsl.ops.registry import OPERATIONS

BOUNDS = {"exp": 1.1, "expm1": 2.0, "log": 1.0, "log1p": 1.0, "tanh": 3.0, "erf": 3.0, "erfc": 6.0}
"""Units in the last place."""

SPECIAL = [
    0.0,
    -0.0,
    np.inf,
    -np.inf,
    np.nan,
    1.0,
    -1.0,
    -2.0,
    0.5,
    -0.5,
    1e-45,
    -1e-45,
    1e-40,
    1e-320,
    3e38,
    -3e38,
    800.0,
    -800.0,
]

every_type = pytest.mark.parametrize("dtype", [F32, F64], ids=str)


def function(name: str, dtype: DType) -> Any:
    """A function as Python, on numbers or on whole arrays."""
    names = dict(NAMES)
    exec("\n".join(texts([name], dtype)), names)
    return names[f"{name}_{dtype}"]


def arguments(name: str, dtype: DType) -> np.ndarray:
    """Small and large numbers, and those near the borders of what is computed in different ways."""
    rng = np.random.default_rng(0)
    largest = np.log10(np.finfo(dtype.numpy).max)
    edge = {
        "exp": largest * 2.3,
        "expm1": largest * 2.3,
        "tanh": 22.0,
        "erf": 10.0,
        "erfc": 9.0 if dtype is F32 else 26.0,
    }.get(name, 2.0)
    parts = [
        rng.uniform(-2, 2, 1000),
        rng.uniform(-1, 1, 500) * 10.0 ** rng.uniform(-20, 0, 500),
        rng.uniform(-edge, edge, 1000),
        0.5 + rng.uniform(-1e-3, 1e-3, 200),
    ]
    if name in ("log", "log1p"):
        parts += [10.0 ** rng.uniform(-largest, largest, 1000), rng.uniform(0.5, 2, 500)]
    x = np.concatenate(parts)
    if name == "log":
        x = np.abs(x)
    if name == "log1p":
        x = np.where(x <= -1, -x, x)
    return x.astype(dtype.numpy)


@every_type
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_functions_are_as_exact_as_they_say(name: str, dtype: DType) -> None:
    x = arguments(name, dtype)
    with np.errstate(all="ignore"):
        found = function(name, dtype)(x)
    assert found.dtype == dtype.numpy
    with mp.workprec(150):
        exact = [getattr(mp, name)(mp.mpf(float(value))) for value in x]
    smallest = np.finfo(dtype.numpy).smallest_normal
    for argument, value, wanted in zip(x, found, exact, strict=True):
        if abs(wanted) < smallest or abs(wanted) > np.finfo(dtype.numpy).max:
            continue
        unit = float(np.spacing(dtype.numpy.type(abs(float(wanted)))))
        assert abs(float(mp.mpf(float(value)) - wanted)) <= BOUNDS[name] * unit, (argument, value)


@every_type
@pytest.mark.parametrize("name", sorted(FUNCTIONS))
def test_special_values_are_numpys(name: str, dtype: DType) -> None:
    with np.errstate(all="ignore"):
        x = np.array(SPECIAL).astype(dtype.numpy)
        found, forward = function(name, dtype)(x), OPERATIONS[name].forward
        assert forward is not None
        expected = forward(x)
    assert_close(found, expected, 6 if name == "erfc" else 4)
    numbers = ~np.isnan(expected)
    np.testing.assert_array_equal(np.signbit(found)[numbers], np.signbit(expected)[numbers])


@every_type
def test_sums_of_rows_have_numpys_order_of_additions(dtype: DType) -> None:
    rng = np.random.default_rng(0)
    for length in (2, 3, 7, 8, 9, 16, 100, 127, 128, 129, 136, 300, 1000, 2055):
        row = rng.standard_normal(length).astype(dtype.numpy)
        assert function(row_function("sum", length), dtype)(row) == np.add.reduce(row)
    nothing = function("short_sum", dtype)(np.full(3, -0.0, dtype.numpy))
    assert not np.signbit(nothing)


@every_type
@pytest.mark.parametrize("name", ["max", "min"])
def test_extremes_of_rows(name: str, dtype: DType) -> None:
    rng = np.random.default_rng(0)
    for length in (2, 15, 16, 200):
        extreme = function(row_function(name, length), dtype)
        for special in ([], [np.inf], [-np.inf, np.inf], [np.nan], [-np.nan, -np.inf], [-1e30, 1e30]):
            row = np.append(rng.standard_normal(length), special)[-length:].astype(dtype.numpy)
            rng.shuffle(row)
            np.testing.assert_equal(extreme(row), getattr(np, name)(row))
