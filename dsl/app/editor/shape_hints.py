"""The types that a program leaves unsaid, for an editor to show behind the names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsl.graph.node import Node

if TYPE_CHECKING:
    from dsl.app.editor.analysis import Analysis


@dataclass(frozen=True, slots=True)
class Hint:
    """A text to be shown at an offset, behind a name: `: f32[batch, 10]`."""

    offset: int
    text: str


def shape_hints(analysis: Analysis, start: int, end: int) -> tuple[Hint, ...]:
    """The types of the values bound between two offsets, where no declaration says them.

    In the body of a function or a layer only where it is the same in every use.
    """
    limit = end if analysis.edited_at is None else min(end, analysis.edited_at - 1)
    found: list[Hint] = []
    for occurrence in analysis.names.occurrences:
        symbol = occurrence.symbol
        if not occurrence.is_definition or symbol is None or symbol.kind not in ("value", "metric"):
            continue
        if not start <= occurrence.span.end <= limit:
            continue
        values = [v for v in analysis.model.bindings.get(occurrence.span, ()) if isinstance(v, Node)]
        types = {str(value.type) for value in values}
        if len(types) == 1:
            found.append(Hint(occurrence.span.end, f": {types.pop()}"))
    return tuple(found)
