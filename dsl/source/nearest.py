"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

_SHORTEST_BEGINNING = 3


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when nothing is alike.

    Alike are names that differ in case only, in a third of their letters at most (exchanged neighbours count once), in the
    order of their words, or in that one of them is the beginning of the other.
    """
    wanted = name.lower()
    scored = [(_difference(wanted, candidate.lower()), candidate) for candidate in dict.fromkeys(known)]
    best = min((score for score, _ in scored if score is not None), default=None)
    return next((candidate for score, candidate in scored if score == best), None) if best is not None else None


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint that names the nearest known name; `otherwise` when nothing is alike."""
    found = nearest(name, known)
    return f"did you mean `{found}`?" if found else otherwise


def _difference(wanted: str, candidate: str) -> float | None:
    """How different two names in lower case are, None when they are not alike."""
    if wanted == candidate:
        return 0.0
    most = max(len(wanted), len(candidate), 3) // 3
    if abs(len(wanted) - len(candidate)) <= most:
        edits = _edits(wanted, candidate)
        if edits <= most and edits < max(len(wanted), len(candidate)):
            return edits
    if sorted(wanted.split("_")) == sorted(candidate.split("_")):
        return most + 0.25
    shorter, longer = sorted((wanted, candidate), key=len)
    return most + 0.5 if len(shorter) >= _SHORTEST_BEGINNING and longer.startswith(shorter) else None


def _edits(a: str, b: str) -> int:
    """The least number of letters inserted, deleted, replaced or exchanged with their neighbour.

    The optimal string alignment distance (Damerau 1964), row by row.
    """
    before: list[int] = []
    above = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        row = [i]
        for j, other in enumerate(b, 1):
            cost = min(above[j] + 1, row[-1] + 1, above[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, above = above, row
    return above[-1]
