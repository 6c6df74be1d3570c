"""SVG: drawn here from the layout, with classes and one style sheet for light and dark; it is small, and can be restyled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dsl.diagram.escaping import markup
from dsl.diagram.layout import Frame, Layout, Placed, Point, Text, Way
from dsl.diagram.model import Box, Diagram
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
    backward = {cluster.key for cluster in diagram.clusters if cluster.is_backward}
    for frame in layout.frames:
        yield from _frame(frame, frame.key in backward)
    known = diagram.ways
    for way in layout.ways:
        yield from _way(way, known.get((way.source, way.target), False))
    boxes = {box.key: box for box in diagram.boxes}
    for placed in layout.placed.values():
        box = boxes.get(placed.key)
        yield from _box(box, placed) if box else _words(placed)
    yield "</svg>"


def _frame(frame: Frame, is_backward: bool) -> Iterator[str]:
    size = f'width="{_number(frame.right - frame.left)}" height="{_number(frame.bottom - frame.top)}"'
    name = "frame backward" if is_backward else "frame"
    yield f'<rect class="{name}" x="{_number(frame.left)}" y="{_number(frame.top)}" {size} rx="10"/>'
    for text in frame.texts:
        yield _text(text, "pale")


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
    for x, y, width, size, name, text in texts_of(box, placed):
        yield _text(Text(x, y, width, size, False, "", text), name)
    yield "</g>"


def _bands(box: Box) -> int:
    """How many of the outlines are the backgrounds of readings; they come last."""
    return sum(reading.level is not None for reading in box.readings)


def outlines_of(box: Box, placed: Placed) -> Iterator[tuple[str, str]]:
    """The lines around a box, without the backgrounds of readings: paths and their classes."""
    bar = look(box).line
    for outline in placed.outlines[: len(placed.outlines) - _bands(box)]:
        yield outline.path, "shape line" if not outline.fill else "bar" if outline.fill == bar else "shape"


def texts_of(box: Box, placed: Placed) -> Iterator[tuple[float, float, float, float, str, str]]:
    """The lines inside a box: place, width, size, class and letters."""
    words = 1 + len(box.details)
    for number, text in enumerate(placed.texts):
        name = "strong" if text.is_bold else "" if number < words else "reading"
        yield text.x, text.y, text.width, text.size, name, text.text


def _words(placed: Placed) -> Iterator[str]:
    for text in placed.texts:
        moved = Text(placed.x + text.x, placed.y + text.y, text.width, text.size, text.is_bold, text.colour, text.text)
        yield _text(moved, "pale")


def _text(text: Text, name: str) -> str:
    classes = f' class="{name}"' if name else ""
    size = "" if text.size == 12 else f' font-size="{_number(text.size)}"'
    place = f'x="{_number(text.x)}" y="{_number(text.y)}" textLength="{_number(text.width)}"'
    return f'<text{classes}{size} {place} lengthAdjust="spacingAndGlyphs">{markup(text.text)}</text>'


def curve(way: Sequence[Point]) -> str:
    """Cubic curves through control points as the path of an SVG."""
    return f"M{points(way[:1], '')}C{points(way[1:], ' ')}" if way else ""


def points(given: Sequence[Point], join: str) -> str:
    """Points of a path."""
    return join.join(f"{_number(x)},{_number(y)}" for x, y in given)


def _number(value: float) -> str:
    return f"{value:.1f}".removesuffix(".0")
