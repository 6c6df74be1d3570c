"""Values made from nothing but their shape: constants, ranges, the identity matrix, the size of a dimension."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, cast

import numpy as np

from dsl.ops.dims import Dim, Shape, as_dim
from dsl.ops.dtypes import BOOL, I64, DType
from dsl.ops.operation import Inference, OperationError, case, operation
from dsl.ops.parameters import (
    Array,
    Bound,
    Count,
    Flag,
    OptionalBound,
    OptionalCount,
    OptionalTypeName,
    Real,
    ShapeOf,
)
from dsl.ops.types import TensorType

FAMILY = "creation"


def _chosen(call: Inference, otherwise: DType | None = None) -> DType:
    """The element type that was asked for, or the other one, or the program's floating type."""
    dtype = call.attributes["dtype"] or otherwise or call.default_float
    call.attributes["dtype"] = dtype
    return dtype


def _as_numpy(dtype: OptionalTypeName) -> np.dtype[Any] | None:
    return dtype.numpy if dtype else None


def _require_size(call: Inference, *sizes: Dim) -> None:
    for size in sizes:
        if size.value is not None and size.value < 0:
            raise OperationError(f"{call.title} is given a negative size: {size}", code="argument")


def require_representable(call: Inference, name: str, dtype: DType) -> None:
    """Raise OperationError where the number in an attribute has no place in that element type."""
    if dtype.is_float:
        return
    value = call.attributes[name]
    low, high = (0, 1) if dtype is BOOL else (-(2 ** (dtype.bits - 1)), 2 ** (dtype.bits - 1) - 1)
    if not (math.isfinite(value) and value == int(value) and low <= value <= high):
        raise OperationError(f"`{name}` of {call.title} is {value}, which is no {dtype}", code="argument")


# -- constants --------------------------------------------------------------------------------------------------------


def _filled(call: Inference) -> TensorType:
    shape: Shape = call.attributes["shape"]
    _require_size(call, *shape)
    dtype = _chosen(call)
    if "value" in call.attributes:
        require_representable(call, "value", dtype)
    return TensorType(dtype, shape)


@operation(
    FAMILY,
    shape=_filled,
    formula="zeros({shape})",
    latex=r"\mathbf{{0}}",
    example="zeros([2, 2])  # [[0, 0], [0, 0]]",
    cases=[case(shape=(2, 3)), case(shape=4, dtype="i32"), case(shape=())],
)
def zeros(shape: ShapeOf, dtype: OptionalTypeName = None) -> Array:
    """Zeros of a shape, in the program's floating type unless `dtype` names another."""
    return np.zeros(shape, _as_numpy(dtype))


@operation(
    FAMILY,
    shape=_filled,
    formula="ones({shape})",
    latex=r"\mathbf{{1}}",
    example="ones([2, 2])  # [[1, 1], [1, 1]]",
    cases=[case(shape=(2, 3)), case(shape=4, dtype="bool"), case(shape=())],
)
def ones(shape: ShapeOf, dtype: OptionalTypeName = None) -> Array:
    """Ones of a shape, in the program's floating type unless `dtype` names another."""
    return np.ones(shape, _as_numpy(dtype))


@operation(
    FAMILY,
    shape=_filled,
    formula="full({shape}, {value})",
    latex=r"{value} \cdot \mathbf{{1}}",
    example="full([2, 2], 0.5)  # [[0.5, 0.5], [0.5, 0.5]]",
    cases=[case(shape=(2, 3), value=2.5), case(shape=4, value=-7, dtype="i64")],
)
def full(shape: ShapeOf, value: Real, dtype: OptionalTypeName = None) -> Array:
    """One number everywhere, in the program's floating type unless `dtype` names another."""
    return np.full(shape, value, _as_numpy(dtype))


def _identity(call: Inference) -> TensorType:
    rows: Dim = call.attributes["n"]
    columns: Dim = rows if call.attributes["m"] is None else call.attributes["m"]
    _require_size(call, rows, columns)
    call.attributes["m"] = columns
    return TensorType(_chosen(call), (rows, columns))


@operation(
    FAMILY,
    shape=_identity,
    formula="eye({n})",
    latex=r"I_{{{n}}}",
    example="eye(2)  # [[1, 0], [0, 1]]",
    cases=[case(n=3), case(n=2, m=4), case(n=2, dtype="bool")],
)
def eye(n: Count, m: OptionalCount = None, dtype: OptionalTypeName = None) -> Array:
    """The identity matrix: ones on the diagonal of `n` rows and `m` columns, as many as rows unless given."""
    return np.eye(n, m, dtype=_as_numpy(dtype))


# -- ranges -----------------------------------------------------------------------------------------------------------


def _ranged(call: Inference) -> TensorType:
    attributes = call.attributes
    if attributes["stop"] is None:
        attributes["start"], attributes["stop"] = 0, attributes["start"]
    bounds: list[Dim | float] = [attributes[name] for name in ("start", "stop", "step")]
    known: list[Any] = [bound.value if isinstance(bound, Dim) else bound for bound in bounds]
    if known[2] == 0:
        raise OperationError(f"`step` of {call.title} is 0, and nothing is reached", code="argument")
    if any(isinstance(bound, float) and not math.isfinite(bound) for bound in known):
        raise OperationError(f"{call.title} cannot count {_in_words(bounds)}", code="argument")
    fractional = any(isinstance(bound, float) for bound in known)
    dtype = _chosen(call, None if fractional else I64)
    if dtype is BOOL:
        raise OperationError(f"{call.title} counts, and cannot make truth values", code="argument")
    size = _symbolic_steps(call, bounds, fractional) if None in known else Dim.fixed(_steps(*known))
    return TensorType(dtype, (size,))


def _in_words(bounds: Sequence[Dim | float]) -> str:
    start, stop, step = bounds
    return f"from {start} to {stop} in steps of {step}"


def _steps(start: float, stop: float, step: float) -> int:
    return max(0, math.ceil((stop - start) / step))


def _symbolic_steps(call: Inference, bounds: Sequence[Dim | float], fractional: bool) -> Dim:
    """The number of steps when one of the bounds is a dimension whose size is not known yet."""
    count = None
    if not fractional:
        start, stop, step = (as_dim(cast("Dim | int", bound)) for bound in bounds)
        count = (stop - start).divided_by(step)
    if count is None:
        raise OperationError(
            f"{call.title} cannot tell how many numbers there are {_in_words(bounds)} before the sizes are known",
            hint="count in steps of 1 and scale the result: `arange(n) * 0.1`",
        )
    return count


@operation(
    FAMILY,
    shape=_ranged,
    formula="arange({start}, {stop}, {step})",
    latex=r"{start}, {start} + {step}, \ldots",
    example="arange(4)  # [0, 1, 2, 3]",
    cases=[
        case(start=5),
        case(start=2, stop=-5, step=-3),
        case(start=0, stop=1, step=0.25),
        case(start=3, dtype="f32"),
    ],
)
def arange(start: Bound, stop: OptionalBound = None, step: Bound = 1, dtype: OptionalTypeName = None) -> Array:
    """Numbers from `start` to before `stop` at equal distances; with one bound from 0 to before it.

    Integers are i64 unless `dtype` names another type; as soon as one of the three has a fraction, the numbers are of the
    program's floating type.
    """
    assert stop is not None
    steps = np.arange(_steps(start, stop, step))
    return (start + step * steps).astype(_as_numpy(dtype))


def _spaced(call: Inference) -> TensorType:
    count: Dim = call.attributes["num"]
    _require_size(call, count)
    dtype = _chosen(call)
    if not dtype.is_float:
        raise OperationError(f"{call.title} makes fractions, and {dtype} has none", code="argument")
    return TensorType(dtype, (count,))


@operation(
    FAMILY,
    shape=_spaced,
    formula="linspace({start}, {stop}, {num})",
    latex=r"{start}, \ldots, {stop}",
    example="linspace(0, 1, 5)  # [0, 0.25, 0.5, 0.75, 1]",
    cases=[case(start=-1, stop=2.5, num=7), case(start=0, stop=1, num=4, endpoint=False), case(start=2, stop=3, num=1)],
)
def linspace(start: Real, stop: Real, num: Count = 50, endpoint: Flag = True, dtype: OptionalTypeName = None) -> Array:
    """So many numbers at equal distances from `start` to `stop`, with `stop` itself unless `endpoint` is false."""
    return np.linspace(start, stop, num, endpoint, dtype=_as_numpy(dtype))


# -- sizes ------------------------------------------------------------------------------------------------------------


def _scalar(call: Inference) -> TensorType:
    return TensorType(_chosen(call, I64))


@operation(
    FAMILY,
    shape=_scalar,
    formula="{size}",
    latex=r"{size}",
    example="dimension(3)  # 3",
    cases=[case(size=3), case(size=7, dtype="f64")],
)
def dimension(size: Count, dtype: OptionalTypeName = None) -> Array:
    """The size of a dimension as a value, in i64 unless `dtype` names another type."""
    return np.asarray(size, _as_numpy(dtype))
