"""Sums, products, extremes and matrix products, written out, with additions in NumPy's order."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from itertools import accumulate
from typing import Any, cast

import numpy as np

from dsl.engine.scalars.pointwise import least, most, test
from dsl.engine.scalars.scalar import Scalar, Scalars
from dsl.graph.node import Node
from dsl.graph.passes.section import sizes
from dsl.ops.dtypes import BOOL, F64, I64, DType
from dsl.ops.parameters import Array

Reduction = Callable[[Scalars, Node, Sequence[Array]], Array]
"""From an operation and the elements of its inputs to those of its result."""

_LANES = 8
"""NumPy adds up eight elements of a row side by side, and longer rows than `_LONGEST_ROW` in two halves."""
_LONGEST_ROW = 128


def filled(values: Sequence[Scalar], shape: Sequence[int]) -> Array:
    """An array of these elements."""
    made = np.empty(len(values), object)
    made[:] = values
    return made.reshape(shape)


# -- sums and products ------------------------------------------------------------------------------------------------


def total(scalars: Scalars, rows: Sequence[Sequence[Scalar]], dtype: DType) -> Scalar:
    """The sum of some rows, each summed as NumPy does it for elements that lie side by side."""
    sums = [_row_sum(scalars, [scalars.convert(one, dtype) for one in row]) for row in rows if row]
    return _added(scalars, sums, dtype)


def _added(scalars: Scalars, terms: Sequence[Scalar], dtype: DType) -> Scalar:
    """The sum of terms in their order, as NumPy has it: from 0.0, so that it is not -0.0."""
    zero = scalars.literal(0, dtype)
    if not terms:
        return zero
    added = terms[0]
    for term in terms[1:]:
        added = scalars.apply("add", added, term)
    return scalars.apply("add", added, zero) if dtype.is_float else added


def _row_sum(scalars: Scalars, row: Sequence[Scalar]) -> Scalar:
    """The sum of a row in the order of `pairwise_sum` in NumPy's loops_utils.h."""

    def add(a: Scalar, b: Scalar) -> Scalar:
        return scalars.apply("add", a, b)

    if len(row) < _LANES:
        return reduce(add, row)
    if len(row) > _LONGEST_ROW:
        half = len(row) // 2 // _LANES * _LANES
        return add(_row_sum(scalars, row[:half]), _row_sum(scalars, row[half:]))
    whole = len(row) // _LANES * _LANES
    lanes = [reduce(add, row[lane:whole:_LANES]) for lane in range(_LANES)]
    while len(lanes) > 1:
        lanes = [add(a, b) for a, b in zip(lanes[::2], lanes[1::2], strict=True)]
    return reduce(add, row[whole:], lanes[0])


def _rows(node: Node, elements: Array) -> list[list[list[Scalar]]]:
    """For each element of the result, the elements that make it, in the rows that NumPy goes through one by one.

    A row is what lies side by side in memory: the elements along the last axes, where these are reduced.
    """
    axes: tuple[int, ...] = node.attributes["axis"]
    shape = elements.shape
    first = len(shape)
    while first and (first - 1 in axes or shape[first - 1] == 1):
        first -= 1
    outer = [axis for axis in range(first) if axis in axes]
    kept = [axis for axis in range(first) if axis not in axes]
    moved = elements.transpose([*kept, *outer, *range(first, len(shape))])
    counts = [math.prod(shape[axis] for axis in some) for some in (kept, outer, range(first, len(shape)))]
    return cast(Any, moved.reshape(counts)).tolist()


def _split(elements: Array, axes: int = 1) -> list[list[Scalar]]:
    """The rows along so many of the last axes."""
    first = elements.ndim - axes
    counts = math.prod(elements.shape[:first]), math.prod(elements.shape[first:])
    return cast(Any, elements.reshape(counts)).tolist()


def _sum(scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
    sums = [total(scalars, rows, node.type.dtype) for rows in _rows(node, inputs[0])]
    return filled(sums, sizes(node))


def _mean(scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
    """The sum divided by the number of elements; integers are added up in double precision."""
    working = node.type.dtype if node.inputs[0].type.dtype.is_float else F64
    found: list[Scalar] = []
    for rows in _rows(node, inputs[0]):
        count = scalars.literal(sum(map(len, rows)), working)
        mean = scalars.apply("divide", total(scalars, rows, working), count)
        found.append(scalars.convert(mean, node.type.dtype))
    return filled(found, sizes(node))


def _prod(scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
    one = scalars.literal(1, node.type.dtype)
    return _folded(scalars, node, inputs, lambda a, b: scalars.apply("multiply", a, b), one)


def _prod_others(scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
    """For each element the product of those before it, times the product of those behind it from the last one on."""
    axes: tuple[int, ...] = node.attributes["axis"]
    last = tuple(range(-len(axes), 0))
    moved = np.moveaxis(inputs[0], axes, last)
    rows = _split(moved, len(axes))
    made = [one for row in rows for one in _others(scalars, [scalars.convert(x, node.type.dtype) for x in row])]
    return np.moveaxis(filled(made, moved.shape), last, axes)


def _others(scalars: Scalars, row: Sequence[Scalar]) -> list[Scalar]:
    def multiply(a: Scalar, b: Scalar) -> Scalar:
        return scalars.apply("multiply", a, b)

    one = [scalars.literal(1, row[0].dtype)] if row else []
    before = [*one, *accumulate(row[:-1], multiply)]
    behind = [*one, *accumulate(row[:0:-1], multiply)]
    return [multiply(a, b) for a, b in zip(before, reversed(behind), strict=True)]


def matmul(scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
    """The matrix product, its sums in the order of the inner axis; BLAS may add up in another."""
    a, b = inputs
    a = a[np.newaxis] if a.ndim == 1 else a
    b = b[:, np.newaxis] if b.ndim == 1 else b
    lead = np.broadcast_shapes(a.shape[:-2], b.shape[:-2])
    left, right = (
        np.broadcast_to(one, (*lead, *one.shape[-2:])).reshape(math.prod(lead), *one.shape[-2:]) for one in (a, b)
    )
    types = [source.type.dtype for source in node.inputs]
    result = node.type.dtype
    working = F64 if result.is_float and not all(dtype.is_float for dtype in types) else result
    products = [
        scalars.convert(_inner(scalars, row, column, working), result)
        for rows, matrix in zip(left.tolist(), right.tolist(), strict=True)
        for row in rows
        for column in _columns(matrix, b.shape[-1])
    ]
    return filled(products, sizes(node))


def _columns(matrix: Sequence[Sequence[Scalar]], count: int) -> list[list[Scalar]]:
    return [[row[at] for row in matrix] for at in range(count)]


def _inner(scalars: Scalars, row: Sequence[Scalar], column: Sequence[Scalar], dtype: DType) -> Scalar:
    products = [
        scalars.apply("multiply", scalars.convert(a, dtype), scalars.convert(b, dtype))
        for a, b in zip(row, column, strict=True)
    ]
    return _added(scalars, products, dtype)


# -- extremes and truth -----------------------------------------------------------------------------------------------


def _folded(
    scalars: Scalars,
    node: Node,
    inputs: Sequence[Array],
    join: Callable[[Scalar, Scalar], Scalar],
    empty: Scalar | None = None,
) -> Array:
    """The elements of the result joined one after the other; `empty` is the result where there are none."""
    found: list[Scalar] = []
    for rows in _rows(node, inputs[0]):
        values = [scalars.convert(one, node.type.dtype) for row in rows for one in row]
        found.append(reduce(join, values) if values or empty is None else empty)
    return filled(found, sizes(node))


def _extreme(join: Callable[[Scalars, Scalar, Scalar], Scalar], logic: str) -> Reduction:
    def unrolled(scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
        if node.type.dtype is BOOL:
            return _folded(scalars, node, inputs, lambda a, b: test(scalars, logic, a, b))
        return _folded(scalars, node, inputs, lambda a, b: join(scalars, a, b))

    return unrolled


def _truth(logic: str, empty: bool) -> Reduction:
    def unrolled(scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
        return _folded(scalars, node, inputs, lambda a, b: test(scalars, logic, a, b), scalars.literal(empty, BOOL))

    return unrolled


def _argument(relation: str) -> Reduction:
    """The place of the first extreme element, the first nan where there is one."""

    def unrolled(scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
        axis, elements = node.attributes["axis"], inputs[0]
        last = elements.reshape(-1) if axis is None else np.moveaxis(elements, axis, -1)
        return filled([_place(scalars, row, relation) for row in _split(last)], sizes(node))

    return unrolled


def _place(scalars: Scalars, row: Sequence[Scalar], relation: str) -> Scalar:
    best, place = row[0], scalars.literal(0, I64)
    for at, one in enumerate(row[1:], 1):
        better = test(scalars, "logical_not", test(scalars, relation, best, one))
        if best.dtype.is_float:
            better = test(scalars, "logical_and", better, test(scalars, "equal", best, best))
        best = scalars.apply("where", better, one, best)
        place = scalars.apply("where", better, scalars.literal(at, I64), place)
    return place


# -- classes ----------------------------------------------------------------------------------------------------------


def _one_hot(scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
    axis, dtype = node.attributes["axis"], node.type.dtype
    wide = np.broadcast_to(np.expand_dims(inputs[0], axis), sizes(node))
    classes = np.broadcast_to(_steps(node, axis), sizes(node))
    found = [
        scalars.convert(test(scalars, "equal", label, scalars.literal(step, label.dtype)), dtype)
        for label, step in zip(wide.ravel().tolist(), classes.ravel().tolist(), strict=True)
    ]
    return filled(found, sizes(node))


def _steps(node: Node, axis: int) -> Array:
    """The class that each element of the result asks for."""
    shape = [1] * len(sizes(node))
    shape[axis] = sizes(node)[axis]
    return np.arange(shape[axis]).reshape(shape)


def _nll(scalars: Scalars, node: Node, inputs: Sequence[Array]) -> Array:
    """The negative logarithm of each label's class, with `reduction` "none"."""
    axis = node.attributes["axis"]
    rows = _split(np.moveaxis(inputs[0], axis, -1))
    found: list[Scalar] = []
    for row, label in zip(rows, inputs[1].ravel().tolist(), strict=True):
        values = [scalars.convert(one, node.type.dtype) for one in row]
        picked = values[-1]
        for at in range(len(values) - 2, -1, -1):
            hit = test(scalars, "equal", label, scalars.literal(at, label.dtype))
            picked = scalars.apply("where", hit, values[at], picked)
        found.append(scalars.apply("neg", picked))
    return filled(found, sizes(node))


REDUCTIONS: Mapping[str, Reduction] = {
    "sum": _sum,
    "mean": _mean,
    "prod": _prod,
    "prod_others": _prod_others,
    "matmul": matmul,
    "max": _extreme(most, "logical_or"),
    "min": _extreme(least, "logical_and"),
    "any": _truth("logical_or", empty=False),
    "all": _truth("logical_and", empty=True),
    "argmax": _argument("greater_equal"),
    "argmin": _argument("less_equal"),
    "one_hot": _one_hot,
    "nll": _nll,
}
"""The operations between elements that can be unrolled."""
