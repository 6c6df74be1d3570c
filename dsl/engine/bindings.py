"""The sizes of named dimensions, found from the arrays that are fed."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.ops.dims import Dim, Shape, show_shape
from dsl.source.diagnostic import Label, fail
from dsl.source.text import Span


class Sizes(dict[str, int]):
    """The size of each named dimension, with the value that fixed it for messages."""

    def __init__(self, known: Mapping[str, int] | None = None) -> None:
        super().__init__(known or {})
        self.fixed_by: dict[str, str] = {}

    def bind(self, name: str, declared: Shape, actual: tuple[int, ...], span: Span | None = None) -> None:
        """Match the shape of an array with the declared one. Raises ProgramError when they do not agree."""
        if len(declared) != len(actual):
            raise fail(
                "shape",
                f"`{name}` is declared as {show_shape(declared)} and was given an array of shape {list(actual)}",
                span,
                label=f"{len(declared)} {'axis' if len(declared) == 1 else 'axes'} here",
            )
        for axis, (dim, size) in enumerate(zip(declared, actual, strict=True)):
            self._bind_axis(name, declared, actual, axis, dim, size, span)

    def _bind_axis(
        self, name: str, declared: Shape, actual: tuple[int, ...], axis: int, dim: Dim, size: int, span: Span | None
    ) -> None:
        unknown = [n for n in sorted(dim.names) if n not in self]
        if len(unknown) == 1:
            solved = _solve(dim, unknown[0], size, self)
            if solved is not None:
                self[unknown[0]] = solved
                self.fixed_by[unknown[0]] = name
                return
        if not unknown and dim.evaluate(self) == size:
            return
        expected = str(dim) if unknown or dim.value is not None else f"{dim} = {dim.evaluate(self)}"
        owners = sorted({self.fixed_by[n] for n in dim.names if n in self.fixed_by} - {name})
        known = f", known from {' and '.join(f'`{owner}`' for owner in owners)}" if owners else ""
        raise fail(
            "shape",
            f"axis {axis} of `{name}` should have size {expected}{known}, and has size {size}",
            span,
            label=f"declared as {show_shape(declared)}, given {list(actual)}",
            labels=[Label(dim.origin, f"{dim} is fixed here")] if dim.origin and dim.origin != span else [],
        )


def _solve(dim: Dim, name: str, size: int, known: Mapping[str, int]) -> int | None:
    """The size of the one unknown name that makes the dimension this size, where there is exactly one."""
    if any(names.count(name) > 1 for names in dim.terms):
        return None
    rest = dim.evaluate({**known, name: 0})
    slope = dim.evaluate({**known, name: 1}) - rest
    if slope == 0 or (size - rest) % slope or (size - rest) // slope < 0:
        return None
    return (size - rest) // slope
