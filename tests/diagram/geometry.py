"""What is wrong with a picture, measured: boxes that overlap, letters outside boxes, lines through what they do not touch."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from dsl.diagram.layout import Frame, Layout, Placed, Point, Way
from dsl.diagram.model import Diagram

SLACK = 0.6
"""Points by which things may touch: Graphviz rounds, and snaps lines to borders."""
SAMPLES = 12
"""Places that are looked at on each curve of a line."""

Rectangle = tuple[float, float, float, float]


def faults(diagram: Diagram, layout: Layout) -> list[str]:
    """Everything that is wrong, in words."""
    return [
        *_missing(diagram, layout),
        *_overlaps(layout),
        *_spilt_letters(layout),
        *_lines_through(layout),
        *_frames(diagram, layout),
    ]


def _missing(diagram: Diagram, layout: Layout) -> Iterator[str]:
    wanted = [*(box.key for box in diagram.boxes), *(tag.key for tag in diagram.tags)]
    for key in wanted:
        if key not in layout.placed:
            yield f"{key} is not placed"
    for box in diagram.boxes:
        shown = [text.text for text in layout.placed[box.key].texts]
        if shown != box.lines:
            yield f"{box.key} does not show {box.lines} but {shown}"
    for tag in diagram.tags:
        if [text.text for text in layout.placed[tag.key].texts] != [tag.text]:
            yield f"{tag.key} does not show {tag.text!r}"
    drawn = {(way.source, way.target) for way in layout.ways}
    for pair in diagram.ways:
        if pair not in drawn:
            yield f"no line leads from {pair[0]} to {pair[1]}"


def _overlaps(layout: Layout) -> Iterator[str]:
    for one, other in combinations(layout.placed.values(), 2):
        if _overlap(one.corners, other.corners):
            yield f"{one.key} overlaps {other.key}"
    for one in layout.placed.values():
        left, top, right, bottom = one.corners
        if left < -SLACK or top < -SLACK or right > layout.width + SLACK or bottom > layout.height + SLACK:
            yield f"{one.key} is cut off"


def _overlap(one: Rectangle, other: Rectangle) -> bool:
    return (
        one[0] < other[2] - SLACK
        and other[0] < one[2] - SLACK
        and one[1] < other[3] - SLACK
        and other[1] < one[3] - SLACK
    )


def _spilt_letters(layout: Layout) -> Iterator[str]:
    for placed in layout.placed.values():
        for text in placed.texts:
            is_inside = (
                text.x >= -placed.width / 2 - SLACK
                and text.x + text.width <= placed.width / 2 + SLACK
                and text.y - 0.75 * text.size >= -placed.height / 2 - SLACK
                and text.y + 0.1 * text.size <= placed.height / 2 + SLACK
            )
            if not is_inside:
                yield f"{text.text!r} stands out of {placed.key}"
        for one, other in combinations(placed.texts, 2):
            if abs(one.y - other.y) < 0.8 * min(one.size, other.size) and _meet(one.x, one.width, other.x, other.width):
                yield f"{one.text!r} stands on {other.text!r}"


def _meet(a: float, across: float, b: float, width: float) -> bool:
    return a < b + width - SLACK and b < a + across - SLACK


def _lines_through(layout: Layout) -> Iterator[str]:
    for way in layout.ways:
        points = list(places(way))
        across, down = zip(*points, strict=True)
        around = min(across) - 1, min(down) - 1, max(across) + 1, max(down) + 1
        for placed in layout.placed.values():
            if placed.key in (way.source, way.target) or not _overlap(placed.corners, around):
                continue
            if any(_inside(point, placed) for point in points):
                yield f"the line from {way.source} to {way.target} goes through {placed.key}"


def _inside(point: Point, placed: Placed) -> bool:
    left, top, right, bottom = placed.corners
    slack = 1.5
    return left + slack < point[0] < right - slack and top + slack < point[1] < bottom - slack


def places(way: Way) -> Iterator[Point]:
    """Places along a line."""
    points = way.points
    for first in range(0, len(points) - 1, 3):
        curve = points[first : first + 4]
        for step in range(SAMPLES + 1):
            t = step / SAMPLES
            weights = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t * t * (1 - t), t**3)
            yield (
                sum(w * x for w, (x, _) in zip(weights, curve, strict=True)),
                sum(w * y for w, (_, y) in zip(weights, curve, strict=True)),
            )


def _frames(diagram: Diagram, layout: Layout) -> Iterator[str]:
    around = {cluster.key: cluster.parent for cluster in diagram.clusters}
    homes = {box.key: box.around for box in diagram.boxes}
    frames = {frame.key: frame for frame in layout.frames}
    for key in around:
        if key not in frames:
            yield f"{key} has no frame"
    for box in diagram.boxes:
        inside = set(_chain(homes[box.key], around))
        for frame in layout.frames:
            is_in = _contains(frame, layout.placed[box.key].corners)
            if frame.key in inside and not is_in:
                yield f"{box.key} stands out of {frame.key}"
            if frame.key not in inside and _overlap(layout.placed[box.key].corners, _corners(frame)):
                yield f"{box.key} stands in {frame.key} and is no part of it"
    for cluster in diagram.clusters:
        shown = [text.text for text in _title(layout, cluster.key)]
        if shown != [cluster.title]:
            yield f"{cluster.key} does not show {cluster.title!r}"


def _title(layout: Layout, key: str) -> list[object]:
    placed = layout.placed.get(f"t{key}")
    if placed:
        return list(placed.texts)
    return [text for frame in layout.frames if frame.key == key for text in frame.texts]


def _chain(key: str, around: dict[str, str]) -> Iterator[str]:
    while key:
        yield key
        key = around[key]


def _corners(frame: Frame) -> Rectangle:
    return frame.left, frame.top, frame.right, frame.bottom


def _contains(frame: Frame, inner: Rectangle) -> bool:
    left, top, right, bottom = inner
    return (
        left >= frame.left - SLACK
        and right <= frame.right + SLACK
        and top >= frame.top - SLACK
        and bottom <= frame.bottom + SLACK
    )
