"""The sizes of named dimensions, found from the arrays that are fed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dsl.ops.dims import Dim, Shape, show_shape
from dsl.source.diagnostic import Label, ProgramError, fail
from dsl.source.text import Span


@dataclass(frozen=True, slots=True)
class Fed:
    """A value as it is declared and the shape of the array that it is given."""

    name: str
    declared: Shape
    actual: tuple[int, ...]
    span: Span | None = None


class Sizes(dict[str, int]):
    """The size of each named dimension, with the value that fixed it for messages."""

    def __init__(self, known: Mapping[str, int] | None = None) -> None:
        super().__init__(known or {})
        self.fixed_by: dict[str, str] = {}

    def bind(self, values: Iterable[Fed]) -> None:
        """Match the shapes of arrays with the declared ones. Raises ProgramError when they do not agree.

        A dimension with several unknown names, such as `[n * m]`, waits until the other axes have fixed all but one.
        """
        waiting: list[tuple[Fed, int]] = []
        for value in values:
            if len(value.declared) != len(value.actual):
                raise _wrong_rank(value)
            waiting.extend((value, axis) for axis in range(len(value.declared)))
        while waiting:
            later = [(value, axis) for value, axis in waiting if not self._bind_axis(value, axis)]
            if len(later) == len(waiting):
                raise self._undecided(*later[0])
            waiting = later

    def _bind_axis(self, value: Fed, axis: int) -> bool:
        """Whether the axis is settled; False while several of its names are unknown. Raises ProgramError."""
        dim, size = value.declared[axis], value.actual[axis]
        unknown = [name for name in sorted(dim.names) if name not in self]
        if len(unknown) > 1:
            return False
        if unknown:
            solved = _solve(dim, unknown[0], size, self)
            if solved is None:
                raise self._disagreement(value, axis)
            self[unknown[0]] = solved
            self.fixed_by[unknown[0]] = value.name
        elif dim.evaluate(self) != size:
            raise self._disagreement(value, axis)
        return True

    def _undecided(self, value: Fed, axis: int) -> ProgramError:
        unknown = sorted(value.declared[axis].names - self.keys())
        names = " and ".join(f"`{name}`" for name in unknown)
        return fail(
            "shape",
            f"axis {axis} of `{value.name}` is {value.declared[axis]} = {value.actual[axis]}, and nothing else tells {names}",
            value.span,
            label=f"declared as {show_shape(value.declared)}, given {list(value.actual)}",
            hint=f"give one of them a size: `dim {unknown[0]} = …`",
        )

    def _disagreement(self, value: Fed, axis: int) -> ProgramError:
        dim = value.declared[axis]
        known = dim.value is None and dim.names <= self.keys()
        expected = f"{dim} = {dim.evaluate(self)}" if known else str(dim)
        owners = sorted({self.fixed_by[name] for name in dim.names if name in self.fixed_by} - {value.name})
        source = f", known from {' and '.join(f'`{owner}`' for owner in owners)}" if owners else ""
        return fail(
            "shape",
            f"axis {axis} of `{value.name}` should have size {expected}{source}, and has size {value.actual[axis]}",
            value.span,
            label=f"declared as {show_shape(value.declared)}, given {list(value.actual)}",
            labels=[Label(dim.origin, f"{dim} is fixed here")] if dim.origin and dim.origin != value.span else [],
        )


def _wrong_rank(value: Fed) -> ProgramError:
    count = len(value.declared)
    what = show_shape(value.declared) if count else "a single number"
    row = [dim.value for dim in value.declared[1:]]
    is_row = bool(value.declared) and value.declared[0].value is None and row == list(value.actual)
    return fail(
        "shape",
        f"`{value.name}` is declared as {what} and was given an array of shape {list(value.actual)}",
        value.span,
        label=f"{count} {'axis' if count == 1 else 'axes'} here" if count else "",
        hint=f"a single row needs the axis of the rows too: shape {[1, *value.actual]}" if is_row else "",
    )


def _solve(dim: Dim, name: str, size: int, known: Mapping[str, int]) -> int | None:
    """The size of the one unknown name that makes the dimension this size, where there is exactly one."""
    if any(names.count(name) > 1 for names in dim.terms):
        return _search(dim, name, size, known)
    rest = dim.evaluate({**known, name: 0})
    slope = dim.evaluate({**known, name: 1}) - rest
    if slope == 0 or (size - rest) % slope or (size - rest) // slope < 0:
        return None
    return (size - rest) // slope


def _search(dim: Dim, name: str, size: int, known: Mapping[str, int]) -> int | None:
    """The same for powers of the name, by bisection; only where the dimension grows with it."""
    if any(factor < 0 for names, factor in dim.terms.items() if name in names):
        return None
    low, high = 0, max(size, 0) + abs(dim.evaluate({**known, name: 0}))
    while low < high:
        middle = (low + high) // 2
        if dim.evaluate({**known, name: middle}) < size:
            low = middle + 1
        else:
            high = middle
    return low if dim.evaluate({**known, name: low}) == size else None
