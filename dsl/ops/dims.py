"""Dimensions: integers, names, and small polynomials of names, each remembering the line that fixed it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from math import prod
from typing import Any, cast

from dsl.source.text import Span

Monomial = tuple[str, ...]
"""The names that are multiplied, sorted; the empty one stands for 1."""


class Dim:
    """The size of an axis: a polynomial with integer coefficients over named dimensions.

    Equality and hash look at the polynomial only; `origin` is the place in the program that fixed the size.
    """

    __slots__ = ("origin", "terms", "value")

    def __init__(self, terms: Mapping[Monomial, int], origin: Span | None = None) -> None:
        self.terms = {names: factor for names, factor in terms.items() if factor}
        self.value: int | None = None
        """The size as an integer, where no name is left in it."""
        if not self.terms:
            self.value = 0
        elif len(self.terms) == 1 and () in self.terms:
            self.value = self.terms[()]
        self.origin = origin

    @classmethod
    def named(cls, name: str, origin: Span | None = None) -> Dim:
        """A dimension known by its name only."""
        return cls({(name,): 1}, origin)

    @classmethod
    def fixed(cls, size: int, origin: Span | None = None) -> Dim:
        """A dimension of a known size."""
        return cls({(): size}, origin) if origin else _fixed(size)

    @property
    def names(self) -> set[str]:
        """The named dimensions this one depends on."""
        return {name for monomial in self.terms for name in monomial}

    def at(self, origin: Span | None) -> Dim:
        """The same size, fixed by another line."""
        return Dim(self.terms, origin)

    def evaluate(self, sizes: Mapping[str, int]) -> int:
        """The size when the names have these sizes. Raises KeyError for a name without one."""
        if self.value is not None:
            return self.value
        return sum(factor * prod(sizes[name] for name in names) for names, factor in self.terms.items())

    def __add__(self, other: Dim | int) -> Dim:
        terms = dict(self.terms)
        for names, factor in as_dim(other).terms.items():
            terms[names] = terms.get(names, 0) + factor
        return Dim(terms, self.origin)

    def __neg__(self) -> Dim:
        return Dim({names: -factor for names, factor in self.terms.items()}, self.origin)

    def __sub__(self, other: Dim | int) -> Dim:
        return self + -as_dim(other)

    def __mul__(self, other: Dim | int) -> Dim:
        terms: dict[Monomial, int] = {}
        for left, a in self.terms.items():
            for right, b in as_dim(other).terms.items():
                names = tuple(sorted(left + right))
                terms[names] = terms.get(names, 0) + a * b
        return Dim(terms, self.origin)

    __radd__ = __add__
    __rmul__ = __mul__

    def __rsub__(self, other: int) -> Dim:
        return as_dim(other) - self

    def divided_by(self, divisor: Dim | int) -> Dim | None:
        """The exact quotient by a dimension of a single term, or None where there is none."""
        terms = as_dim(divisor).terms
        if self == divisor:
            return Dim.fixed(1)
        if len(terms) != 1:
            return None
        ((names, factor),) = terms.items()
        quotient: dict[Monomial, int] = {}
        for own, own_factor in self.terms.items():
            left = list(own)
            for name in names:
                if name not in left:
                    return None
                left.remove(name)
            if own_factor % factor:
                return None
            quotient[tuple(left)] = own_factor // factor
        return Dim(quotient, self.origin)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, int):
            return self.value == other
        return self is other or (isinstance(other, Dim) and self.terms == other.terms)

    def __hash__(self) -> int:
        return hash(frozenset(self.terms.items())) if self.value is None else hash(self.value)

    def __str__(self) -> str:
        if self.value is not None:
            return str(self.value)
        text = ""
        for names, factor in self.terms.items():
            sign = "-" if factor < 0 else "+"
            size = "*".join(([str(abs(factor))] if abs(factor) != 1 or not names else []) + list(names))
            text += f" {sign} {size}" if text else ("-" if factor < 0 else "") + size
        return text

    __repr__ = __str__


@lru_cache(maxsize=4096)
def _fixed(size: int) -> Dim:
    return Dim({(): size})


ONE = Dim.fixed(1)
Shape = tuple[Dim, ...]


def as_dim(size: Dim | int) -> Dim:
    """A dimension, from a dimension or an integer."""
    return size if isinstance(size, Dim) else _fixed(size)


def as_shape(sizes: Iterable[Dim | int]) -> Shape:
    """A shape, from dimensions and integers."""
    return tuple(as_dim(size) for size in sizes)


def element_count(shape: Iterable[Dim]) -> Dim:
    """The number of elements of an array of this shape."""
    count = ONE
    for dim in shape:
        count = count * dim if count is not ONE else dim
    return count


def show_shape(shape: Sequence[Dim]) -> str:
    """The shape as programs write it: `[batch, 64]`."""
    return f"[{', '.join(map(str, shape))}]"


def concrete(value: Any, sizes: Mapping[str, int]) -> Any:
    """An attribute with every dimension in it replaced by its size."""
    match value:
        case Dim():
            return value.evaluate(sizes)
        case slice():
            bounds = cast("slice[Any, Any, Any]", value)
            return slice(*(concrete(bound, sizes) for bound in (bounds.start, bounds.stop, bounds.step)))
        case tuple():
            return tuple(concrete(item, sizes) for item in cast("tuple[Any, ...]", value))
        case _:
            return value
