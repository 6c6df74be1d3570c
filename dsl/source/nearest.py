"""The name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from math import inf

from dsl.source.hint import Hint, Instead

_SHORTEST_BEGINNING = 3


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name most like `name`, or None when nothing is alike.

    Alike are names that differ in case only, in a third of their letters at most (exchanged neighbours count once), in the
    order of their words, or in that one of them is the beginning of the other.
    """
    wanted, best, least = name.lower(), None, inf
    for candidate in dict.fromkeys(known):
        difference = _difference(wanted, candidate.lower(), least)
        if difference < least:
            best, least = candidate, difference
    return best


def did_you_mean(name: str, known: Iterable[str], otherwise: str = "") -> str:
    """A hint that names the nearest known name; `otherwise` when nothing is alike."""
    found = nearest(name, known)
    return meant(name, found) if found else otherwise


def meant(name: str, found: str) -> Hint:
    """The hint that one name was written, and another one meant."""
    return Hint(f"did you mean `{found}`?", Instead(name, found))


def _difference(wanted: str, candidate: str, least: float) -> float:
    """How different two names in lower case are; infinite when they are not alike, or it is no less than `least`."""
    if wanted == candidate:
        return 0
    longest = max(len(wanted), len(candidate))
    most = max(longest, 3) // 3
    too_many = min(most + 1, longest, least)
    if _letters_apart(wanted, candidate) < too_many:
        edits = _edits(wanted, candidate)
        if edits < too_many:
            return edits
    if most < least and sorted(wanted.split("_")) == sorted(candidate.split("_")):
        return most + 0.25
    shorter, longer = sorted((wanted, candidate), key=len)
    return most + 0.5 if len(shorter) >= _SHORTEST_BEGINNING and longer.startswith(shorter) else inf


def _letters_apart(a: str, b: str) -> int:
    """How many letters one of the names has that the other has not: no fewer edits can do (and most names are far apart)."""
    longest = max(len(a), len(b))
    return longest - sum(min(a.count(letter), b.count(letter)) for letter in set(a))


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
