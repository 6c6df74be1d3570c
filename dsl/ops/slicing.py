"""The canonical form of an index such as `1:, ..., none`, and the shape of what it picks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, cast

from dsl.ops.dims import ONE, Dim, Shape, as_dim, show_shape
from dsl.ops.operation import Inference, OperationError
from dsl.ops.parameters import Index, spell

WHOLE: Any = slice(None)
"""The slice that keeps a whole axis."""
_EMPTY: Any = slice(0, 0, 1)


def spell_index(index: Sequence[Any]) -> str:
    """An index as a program writes it between the brackets: `0, 1:, ::2`."""
    return ", ".join(map(_spell_entry, index))


def _is_slice(entry: Any) -> bool:
    return isinstance(entry, slice)


def _spell_entry(entry: Any) -> str:
    if entry is Ellipsis:
        return "..."
    if not _is_slice(entry):
        return spell(entry)
    start, stop, step = ("" if part is None else str(part) for part in (entry.start, entry.stop, entry.step))
    return f"{start}:{stop}" if step in ("", "1") else f"{start}:{stop}:{step}"


def canonical_index(call: Inference, shape: Shape, which: int | None) -> Shape:
    """Bring the attribute `index` to its canonical form for a value of this shape, and give the shape of the result.

    That form has one entry an axis besides the `none` entries, and no ellipsis. A position is not negative where the size
    is known. A slice is `slice(None)` for the whole axis; else its bounds are not negative and lie inside the axis, and
    its stop is None only when a negative step runs to the front. `which` input has the shape, for the messages.
    """
    index: list[Any] = []
    result: list[Dim] = []
    axis = 0
    for entry in _entries(call, shape, which):
        if entry is None:
            index.append(None)
            result.append(ONE)
            continue
        if _is_slice(entry):
            place, length = _slice(entry, axis, shape, which)
            index.append(place)
            result.append(length)
        else:
            index.append(_position(entry, axis, shape, which))
        axis += 1
    call.attributes["index"] = tuple(index)
    return tuple(result)


def _entries(call: Inference, shape: Shape, which: int | None) -> list[Any]:
    """The entries of the index with the ellipsis, or the axes left out at the end, written as whole slices."""
    given = call.attributes["index"]
    entries = list(cast("Sequence[Any]", given)) if isinstance(given, tuple | list) else [given]
    for entry in entries:
        if not (_is_place(entry) or entry is None or entry is Ellipsis or _is_slice_of_places(entry)):
            raise OperationError(
                f"an index is made of integers, slices of integers, `none` and `...`, not {_spell_entry(entry)}",
                hint="`take(x, [0, 2], axis=0)` picks several places",
                code="argument",
            )
    ellipses = [place for place, entry in enumerate(entries) if entry is Ellipsis]
    if len(ellipses) > 1:
        raise OperationError(f"`...` may stand once in an index, not {len(ellipses)} times", code="argument")
    used = sum(entry is not None and entry is not Ellipsis for entry in entries)
    if used > len(shape):
        raise OperationError(
            f"a value of shape {show_shape(shape)} cannot be indexed by [{spell_index(entries)}]: "
            f"it has {len(shape)} {'axis' if len(shape) == 1 else 'axes'}, and the index has {used}",
            *([] if which is None else [(which, None, f"{{name}} has shape {show_shape(shape)}")]),
        )
    rest = [WHOLE] * (len(shape) - used)
    if ellipses:
        return [*entries[: ellipses[0]], *rest, *entries[ellipses[0] + 1 :]]
    return [*entries, *rest]


def _is_place(entry: Any) -> bool:
    return isinstance(entry, int | Dim) and not isinstance(entry, bool)


def _is_slice_of_places(entry: Any) -> bool:
    return _is_slice(entry) and all(part is None or _is_place(part) for part in (entry.start, entry.stop, entry.step))


def _position(entry: int | Dim, axis: int, shape: Shape, which: int | None) -> int | Dim:
    place, size = _plain(entry), shape[axis].value
    if size is None or isinstance(place, Dim):
        return place
    if not -size <= place < size:
        raise OperationError(
            f"index {place} is out of range for axis {axis} of a value of shape {show_shape(shape)}: its size is {size}",
            *([] if which is None else [(which, axis, f"axis {axis} of {{name}} has size {size}")]),
            hint=f"indices of this axis go from {-size} to {size - 1}" if size else "the axis is empty",
        )
    return place % size


def _slice(entry: Any, axis: int, shape: Shape, which: int | None) -> tuple[Any, Dim]:
    """The canonical slice of an axis, and its length."""
    size = shape[axis]
    start, stop, step = _plain(entry.start), _plain(entry.stop), _plain(entry.step)
    if step is None:
        step = 1
    if step == 0:
        raise OperationError(f"the slice {_spell_entry(entry)} has a step of 0", code="argument")
    if size.value is not None and not any(isinstance(part, Dim) for part in (start, stop, step)):
        return _known_slice(slice(start, stop, step), size)
    if start is None and stop is None and step == -1:
        return slice(None, None, -1), size
    if not isinstance(step, int) or step < 0:
        raise OperationError(
            f"the slice {_spell_entry(entry)} of axis {axis} needs a size known before the program runs, "
            f"and the axis has size {size}",
            *([] if which is None else [(which, axis, f"axis {axis} of {{name}} has size {size}")]),
            hint="a step must be an integer above 0 here; `::-1` turns an axis of any size around",
        )
    return _symbolic_slice(_bound(start, size, Dim.fixed(0)), _bound(stop, size, size), step, size)


def _known_slice(entry: Any, size: Dim) -> tuple[Any, Dim]:
    start, stop, step = entry.indices(size.value)
    length = len(range(start, stop, step))
    if length == 0:
        return _EMPTY, Dim.fixed(0)
    if (start, stop, step) == (0, size, 1):
        return WHOLE, size
    return slice(start, stop if stop >= 0 else None, step), Dim.fixed(length)


def _symbolic_slice(start: Dim, stop: Dim, step: int, size: Dim) -> tuple[Any, Dim]:
    """A slice whose bounds depend on named dimensions; that they lie inside the axis is checked when it runs."""
    if start == 0 and stop == size and step == 1:
        return WHOLE, size
    length = stop - start
    if length.value is not None and length.value <= 0:
        return _EMPTY, Dim.fixed(0)
    place = slice(_plain(start), _plain(stop), step)
    if step == 1:
        return place, length
    # The ceiling of length / step: exact for the names, rounded up for the number beside them.
    beside = length.terms.get((), 0)
    quotient = (length - beside).divided_by(step)
    if quotient is None:
        raise OperationError(
            f"the length of the slice {_spell_entry(place)} is not known: {length} may not be a multiple of {step}",
            hint="give the axis a size, or a dimension such as `2*n`",
        )
    return place, quotient - (-beside // step)


def _bound(part: int | Dim | None, size: Dim, otherwise: Dim) -> Dim:
    """A bound counted from the front; one whose names are all subtracted, as in `x[-n:]`, is counted from the end."""
    if part is None:
        return otherwise
    bound = as_dim(part)
    factors = [factor for names, factor in bound.terms.items() if names] or [bound.value or 0]
    return size + bound if all(factor < 0 for factor in factors) else bound


def _plain(part: Any) -> Any:
    return part.value if isinstance(part, Dim) and part.value is not None else part


def check_index(shape: tuple[int, ...], index: Index) -> None:
    """Raise IndexError unless a canonical index lies inside an array of this shape, now that sizes are known."""
    places = [entry for entry in index if entry is not None]
    for axis, (size, entry) in enumerate(zip(shape, places, strict=True)):
        if not _is_slice(entry):
            fits = -size <= entry < size
        else:
            fits = entry.stop is None or entry.step < 0 or 0 <= entry.start <= entry.stop <= size
        if not fits:
            raise IndexError(f"[{_spell_entry(entry)}] reaches outside axis {axis}, whose size is {size}")
