"""Which edges are drawn straight: the longest way through the graph first, then ways of what is left of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dsl.diagram.model import Box, Course, Edge


def with_courses(boxes: Sequence[Box], edges: Sequence[Edge]) -> list[Edge]:
    """The edges with what each is in the drawing; the gradients beside have straight ways of their own."""
    found: list[Edge] = []
    upward = {box.key for box in boxes if box.is_upward}
    for beside in (False, True):
        part = [box for box in boxes if box.is_upward == beside]
        own = [edge for edge in edges if (edge.source in upward) == (edge.target in upward) == beside]
        pairs = [(edge.source, edge.target) for edge in own]
        ways = courses([box.key for box in part], pairs, _leaves(part, edges))
        found += [replace(edge, course=course) for edge, course in zip(own, ways, strict=True)]
    found += [replace(edge, course="across") for edge in edges if (edge.source in upward) != (edge.target in upward)]
    return found


def _leaves(boxes: Sequence[Box], edges: Sequence[Edge]) -> dict[str, str]:
    """The parameters and constants, each with the box at whose side it may stand: its only user, in the same layer."""
    users: dict[str, set[str]] = {}
    for edge in edges:
        users.setdefault(edge.source, set()).add(edge.target)
    by_key = {box.key: box for box in boxes}
    leaves: dict[str, str] = {}
    for box in boxes:
        if box.role in ("parameter", "constant", "memory"):
            known = [by_key[key] for key in users.get(box.key, ()) if key in by_key]
            beside = len(known) == 1 and known[0].around == box.around and known[0].role != "layer"
            leaves[box.key] = known[0].key if beside else ""
    return leaves


def courses(keys: Sequence[str], edges: Sequence[tuple[str, str]], leaves: Mapping[str, str]) -> list[Course]:
    """The course of each edge; `keys` are in running order, each after those whose edges lead to it.

    `leaves` are boxes that nothing leads to and that are drawn beside others, each with the only box at whose side it may
    stand, or empty. A box has one leaf at its side.

    From every box one way goes on and one leads to it, the longest each time; an edge that is both lies on a straight line, and
    on the trunk where the line is that of the longest way of all.
    """
    before = _lengths(keys, edges)
    after = _lengths(list(reversed(keys)), [(target, source) for source, target in edges])
    best_before: dict[str, str] = {}
    best_after: dict[str, str] = {}
    for source, target in edges:
        if source not in leaves and (target not in best_before or before[source] > before[best_before[target]]):
            best_before[target] = source
        if source not in best_after or after[target] > after[best_after[source]]:
            best_after[source] = target
    trunk = _trunk([key for key in keys if key not in leaves], before, best_before)
    taken: set[str] = set()
    found: list[Course] = []
    for source, target in edges:
        if (source, target) in trunk:
            found.append("trunk")
        elif source in leaves:
            beside = leaves[source] == target and target not in taken
            taken.update([target] if beside else [])
            found.append("side" if beside else "leaf")
        elif best_before.get(target) == source and best_after[source] == target:
            found.append("chain")
        else:
            found.append("skip" if before[target] - before[source] > 1 else "chain")
    return found


def _lengths(keys: Sequence[str], edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """The number of edges of the longest way that leads to each box."""
    incoming: dict[str, list[str]] = {}
    for source, target in edges:
        incoming.setdefault(target, []).append(source)
    lengths: dict[str, int] = {}
    for key in keys:
        lengths[key] = max((lengths[source] + 1 for source in incoming.get(key, ())), default=0)
    return lengths


def _trunk(keys: Sequence[str], lengths: dict[str, int], best_before: dict[str, str]) -> set[tuple[str, str]]:
    """The edges of the longest way."""
    found: set[tuple[str, str]] = set()
    if not keys:
        return found
    at = max(keys, key=lengths.__getitem__)
    while at in best_before:
        found.add((best_before[at], at))
        at = best_before[at]
    return found
