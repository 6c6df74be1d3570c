"""Linear functions and products in terms of the matrix product and arithmetic."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.graph.passes.lowering.steps import Lowering, count, of_floats
from dsl.ops.shaping import reshape
from dsl.ops.symbol import Symbol


def linear(x: Symbol, k: Symbol, b: Symbol) -> Symbol:
    """k * x + b for a scalar k, and x @ k + b otherwise."""
    return x @ k + b if k.shape else k * x + b


def dot(a: Symbol, b: Symbol) -> Symbol | None:
    """The product of matrices and vectors of one element type, and of a scalar with anything.

    NumPy has other steps for single elements (BLAS adds a multiple, which it leaves out where the factor is 0, even of an
    infinity) and for stacks (one inner product after another): these keep the operation.
    """
    if not a.shape or not b.shape:
        return a * b
    if a.type.dtype is not b.type.dtype or not all(1 <= x.type.rank <= 2 and count(x) != 1 for x in (a, b)):
        return None
    return a @ b


def outer(a: Symbol, b: Symbol) -> Symbol:
    """Each element of one, as a column, times each of the other, as a row."""
    return reshape(a, shape=(count(a), 1)) * reshape(b, shape=(1, count(b)))


PRODUCTS: Mapping[str, Lowering] = {
    "linear": of_floats(linear),
    "dot": dot,
    "outer": outer,
}
