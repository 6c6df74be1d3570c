"""A value that is not a number yet: what gradient rules are written in, with the operators of mathematics."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy.typing as npt

from dsl.ops.dims import Dim, Shape
from dsl.ops.types import TensorType

if TYPE_CHECKING:
    from dsl.ops.operation import Operation

Number = float | int | bool


class Builder(Protocol):
    """What a symbol belongs to: it can apply an operation to symbols and gives back the resulting symbol."""

    def apply(self, operation: Operation, inputs: Sequence[Symbol | Number], attributes: Mapping[str, Any]) -> Symbol:
        """The operation applied to symbols and bare numbers."""
        ...

    def size(self, dim: Dim, like: Symbol) -> Symbol | int:
        """A dimension as a value, in the element type of `like`."""
        ...


@runtime_checkable
class Differentiator(Builder, Protocol):
    """A builder that can add gradients as well."""

    def gradient(self, of: Symbol, wrt: Symbol) -> Symbol:
        """The gradient of the sum of `of` with respect to `wrt`, zeros where it does not depend on it."""
        ...


class Symbol:
    """A node of a graph, as gradient rules and expansions see it."""

    __slots__ = ("builder", "type")

    builder: Builder
    type: TensorType

    @property
    def shape(self) -> Shape:
        """The inferred shape."""
        return self.type.shape

    @property
    def literal(self) -> npt.NDArray[Any] | None:
        """The value, where it is written in the program itself and so known before it runs."""
        return None

    def __add__(self, other: Symbol | Number) -> Symbol:
        return _apply("add", self, other)

    def __radd__(self, other: Number) -> Symbol:
        return _apply("add", other, self)

    def __sub__(self, other: Symbol | Number) -> Symbol:
        return _apply("subtract", self, other)

    def __rsub__(self, other: Number) -> Symbol:
        return _apply("subtract", other, self)

    def __mul__(self, other: Symbol | Number) -> Symbol:
        return _apply("multiply", self, other)

    def __rmul__(self, other: Number) -> Symbol:
        return _apply("multiply", other, self)

    def __truediv__(self, other: Symbol | Number) -> Symbol:
        return _apply("divide", self, other)

    def __rtruediv__(self, other: Number) -> Symbol:
        return _apply("divide", other, self)

    def __pow__(self, other: Symbol | Number) -> Symbol:
        return _apply("power", self, other)

    def __matmul__(self, other: Symbol) -> Symbol:
        return _apply("matmul", self, other)

    def __neg__(self) -> Symbol:
        return _apply("neg", self)


def _apply(name: str, *inputs: Symbol | Number) -> Symbol:
    from dsl.ops.registry import OPERATIONS

    return OPERATIONS[name](*inputs)
