"""A change of a text."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Edit(NamedTuple):
    """What stands from offset `start` up to `end` becomes `text`."""

    start: int
    end: int
    text: str


def edited(text: str, edits: Iterable[Edit]) -> str:
    """The text with changes made, which do not overlap."""
    pieces, at = list[str](), 0
    for edit in sorted(edits):
        pieces += [text[at : edit.start], edit.text]
        at = edit.end
    return "".join([*pieces, text[at:]])


def least(before: str, after: str) -> Edit | None:
    """The one change that makes one text of another, without what both have at their beginning and end; None for none."""
    if before == after:
        return None
    start = common_beginning(before, after)
    most = min(len(before), len(after)) - start
    end = min(common_beginning(before[::-1], after[::-1]), most)
    return Edit(start, len(before) - end, after[start : len(after) - end])


def common_beginning(a: str, b: str) -> int:
    """How many characters two texts have in common at their beginning."""
    low, high = 0, min(len(a), len(b))
    while low < high:
        middle = (low + high + 1) // 2
        if a.startswith(b[low:middle], low):
            low = middle
        else:
            high = middle - 1
    return low
