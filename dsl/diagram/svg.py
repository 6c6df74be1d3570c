"""SVG: drawn here from the layout, with classes and one style sheet for light and dark; it is small, and can be restyled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsl.diagram.escaping import markup
from dsl.diagram.layout import Frame, Layout, Placed, Point, Text, Way
from dsl.diagram.model import Box, Cluster, Diagram
from dsl.diagram.style import css, look, look_class

MARGIN = 10


def svg_text(diagram: Diagram, layout: Layout) -> str:
    """The picture of a diagram."""
    return "\n".join(_lines(diagram, layout)) + "\n"


def _lines(diagram: Diagram, layout: Layout) -> Iterator[str]:
    width, height = (round(size + 2 * MARGIN) for size in (layout.width, layout.height))
    title = markup(diagram.title)
    yield (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="nn-diagram" role="img" aria-label="{title}" '
        f'width="{width}" height="{height}" viewBox="{-MARGIN} {-MARGIN} {width} {height}">'
    )
    yield f"<title>{title}</title>"
    yield f"<style>{css()}</style>"
    yield f'<rect class="page" x="{-MARGIN}" y="{-MARGIN}" width="{width}" height="{height}"/>'
    clusters = {cluster.key: cluster for cluster in diagram.clusters}
    for frame in layout.frames:
        yield from _frame(frame, clusters[frame.key], layout.placed.get(f"t{frame.key}"))
    known = diagram.ways
    for way in layout.ways:
        yield from _way(way, known.get((way.source, way.target), False))
    for tag in diagram.tags:
        yield from _words(tag.text, layout.placed[tag.key])
    for box in diagram.boxes:
        yield from _box(box, layout.placed[box.key])
    yield "</svg>"


def _frame(frame: Frame, cluster: Cluster, title: Placed | None) -> Iterator[str]:
    size = f'width="{_number(frame.right - frame.left)}" height="{_number(frame.bottom - frame.top)}"'
    name = "frame backward" if cluster.is_backward else "frame"
    yield f'<rect class="{name}" x="{_number(frame.left)}" y="{_number(frame.top)}" {size} rx="10"/>'
    if title:
        yield from _words(cluster.title, title)
    else:
        yield from map(_text, words_of(cluster.title, frame.texts))


def _words(letters: str, placed: Placed) -> Iterator[str]:
    for x, y, width, size, name, text in words_of(letters, placed.texts):
        yield _text((placed.x + x, placed.y + y, width, size, name, text))


def _way(way: Way, is_backward: bool) -> Iterator[str]:
    name = "way backward" if is_backward else "way"
    tip = f'<path class="{name} tip" d="M{points(way.tip, "L")}Z"/>' if way.tip else ""
    yield f'<path class="{name}" d="{curve(way.points)}"/>{tip}'


def _box(box: Box, placed: Placed) -> Iterator[str]:
    tooltip = f"<title>{markup(box.tooltip or box.title)}</title>"
    yield f'<g class="box {look_class(box)}" transform="translate({_number(placed.x)},{_number(placed.y)})">{tooltip}'
    bands = placed.outlines[len(placed.outlines) - _bands(box) :]
    for path, name in outlines_of(box, placed):
        yield f'<path class="{name}" d="{path}"/>'
    for outline in bands:
        yield f'<path class="band" d="{outline.path}" fill="{outline.fill}"/>'
    yield from map(_text, texts_of(box, placed))
    yield "</g>"


def _bands(box: Box) -> int:
    """How many of the outlines are the backgrounds of readings; they come last."""
    return sum(reading.level is not None for reading in box.readings)


def outlines_of(box: Box, placed: Placed) -> Iterator[tuple[str, str]]:
    """The lines around a box, without the backgrounds of readings: paths and their classes."""
    bar = look(box).line
    for outline in placed.outlines[: len(placed.outlines) - _bands(box)]:
        yield outline.path, "shape line" if not outline.fill else "bar" if outline.fill == bar else "shape"


Line = tuple[float, float, float, float, str, str]
"""A line of text: place, width, size, class and letters."""


def texts_of(box: Box, placed: Placed) -> Iterator[Line]:
    """The lines inside a box, with the diagram's own letters: those that come back from Graphviz only say where."""
    words = 1 + len(box.details)
    for number, (text, letters) in enumerate(zip(placed.texts, box.lines, strict=True)):
        name = "strong" if text.is_bold else "" if number < words else "reading"
        yield text.x, text.y, text.width, text.size, name, letters


def words_of(letters: str, texts: Sequence[Text]) -> Iterator[Line]:
    """A type on an edge, or the title of a layer."""
    for text in texts:
        yield text.x, text.y, text.width, text.size, "pale", letters


def _text(line: Line) -> str:
    x, y, width, size, name, letters = line
    classes = f' class="{name}"' if name else ""
    font = "" if size == _USUAL else f' font-size="{_number(size)}"'
    place = f'x="{_number(x)}" y="{_number(y)}" textLength="{_number(width)}"'
    return f'<text{classes}{font} {place} lengthAdjust="spacingAndGlyphs">{markup(letters)}</text>'


_USUAL = 12
"""The size of letters that the style sheet has."""


def curve(way: Sequence[Point]) -> str:
    """Cubic curves through control points as the path of an SVG."""
    return f"M{points(way[:1], '')}C{points(way[1:], ' ')}" if way else ""


def points(given: Sequence[Point], join: str) -> str:
    """Points of a path."""
    return join.join(f"{_number(x)},{_number(y)}" for x, y in given)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
