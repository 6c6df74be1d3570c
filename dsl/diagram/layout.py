"""Where everything of a diagram lies: read from what Graphviz has laid out, in points, downwards from the top left corner."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from dsl.diagram.dot import dot_text
from dsl.diagram.graphviz import draw
from dsl.diagram.model import Diagram

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Text:
    """A line of text: the left end of its base line, from the middle of what it stands in, its width and its letters."""

    x: float
    y: float
    width: float
    size: float
    is_bold: bool
    colour: str
    text: str


@dataclass(frozen=True, slots=True)
class Outline:
    """A line around something, from the middle of it, as the path of an SVG; filled with a colour, or empty for none."""

    path: str
    fill: str


@dataclass(frozen=True, slots=True)
class Placed:
    """A box, a type on an edge or the title of a layer: its middle, its size and how it is drawn."""

    key: str
    x: float
    y: float
    width: float
    height: float
    outlines: tuple[Outline, ...]
    texts: tuple[Text, ...]

    @property
    def corners(self) -> tuple[float, float, float, float]:
        """Left, top, right, bottom."""
        return (
            self.x - self.width / 2,
            self.y - self.height / 2,
            self.x + self.width / 2,
            self.y + self.height / 2,
        )


@dataclass(frozen=True, slots=True)
class Frame:
    """The frame around an opened layer; its title, where it stands in the frame itself."""

    key: str
    left: float
    top: float
    right: float
    bottom: float
    texts: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Way:
    """A line from one thing to another: the control points of its cubic curves, and the tip of its arrow where it has one."""

    source: str
    target: str
    points: tuple[Point, ...]
    tip: tuple[Point, ...] = ()


@dataclass(frozen=True, slots=True)
class Layout:
    """A diagram laid out."""

    width: float
    height: float
    placed: dict[str, Placed]
    frames: tuple[Frame, ...]
    ways: tuple[Way, ...]


def lay_out(diagrams: Sequence[Diagram]) -> list[Layout]:
    """The layouts of diagrams. Raises ProgramError without Graphviz."""
    return [read(json.loads(data)) for data in draw([(dot_text(diagram), "json") for diagram in diagrams])]


def read(document: dict[str, Any]) -> Layout:
    """A layout from Graphviz's own JSON, in which y grows upwards."""
    left, bottom, right, top = map(float, document["bb"].split(","))
    placed: dict[str, Placed] = {}
    frames: list[Frame] = []
    names: dict[int, str] = {}
    for item in document.get("objects", ()):
        name = str(item["name"])
        names[item["_gvid"]] = name
        if name.startswith("cluster_"):
            frames.append(_frame(item, name.removeprefix("cluster_"), left, top))
        elif "pos" in item:
            placed[name] = _placed(item, name, left, top)
    ways = [
        _way(item, names[item["tail"]], names[item["head"]], left, top)
        for item in document.get("edges", ())
        if "_draw_" in item
    ]
    return Layout(right - left, top - bottom, placed, tuple(frames), tuple(ways))


def _placed(item: dict[str, Any], name: str, left: float, top: float) -> Placed:
    x, y = map(float, item["pos"].split(","))
    return Placed(
        name,
        _round(x - left),
        _round(top - y),
        _round(float(item["width"]) * 72),
        _round(float(item["height"]) * 72),
        tuple(_outlines([*item.get("_draw_", ()), *item.get("_ldraw_", ())], (x, y))),
        tuple(_texts(item.get("_ldraw_", ()), (x, y))),
    )


def _frame(item: dict[str, Any], key: str, left: float, top: float) -> Frame:
    x0, y0, x1, y1 = map(float, item["bb"].split(","))
    texts = tuple(_texts(item.get("_ldraw_", ()), (left, top)))
    return Frame(key, _round(x0 - left), _round(top - y1), _round(x1 - left), _round(top - y0), texts)


def _way(item: dict[str, Any], source: str, target: str, left: float, top: float) -> Way:
    points: list[Point] = []
    for op in item["_draw_"]:
        if op["op"] == "b":
            points = [(_round(x - left), _round(top - y)) for x, y in op["points"]]
    is_back = item.get("dir") == "back"
    tips = [op["points"] for op in item.get("_tdraw_" if is_back else "_hdraw_", ()) if op["op"] == "P"]
    tip = tuple((_round(x - left), _round(top - y)) for x, y in tips[0]) if tips else ()
    return Way(target, source, tuple(reversed(points)), tip) if is_back else Way(source, target, tuple(points), tip)


def _outlines(operations: Sequence[dict[str, Any]], middle: Point) -> Iterator[Outline]:
    """The shapes that drawing operations make (xdot, as Graphviz documents it), around the middle."""
    fill = ""
    for op in operations:
        match op["op"]:
            case "C":
                fill = str(op["color"])
            case "P" | "p":
                yield Outline(f"M{_path(op['points'], middle, 'L')}Z", fill if op["op"] == "P" else "")
            case "B" | "b":
                first, *rest = op["points"]
                closing = "Z" if op["op"] == "B" else ""
                path = f"M{_path([first], middle, '')}C{_path(rest, middle, ' ')}{closing}"
                yield Outline(path, fill if op["op"] == "B" else "")
            case "L":
                yield Outline(f"M{_path(op['points'], middle, 'L')}", "")
            case _:
                pass


def _path(points: Sequence[Sequence[float]], middle: Point, join: str) -> str:
    return join.join(f"{_short(x - middle[0])},{_short(middle[1] - y)}" for x, y in points)


def _texts(operations: Sequence[dict[str, Any]], middle: Point) -> Iterator[Text]:
    """The lines of text, with the letters' size, weight and colour in force at each."""
    size, colour, is_bold = 12.0, "#000000", False
    for op in operations:
        match op["op"]:
            case "F":
                size = float(op["size"])
            case "c":
                colour = str(op["color"])
            case "t":
                is_bold = bool(op["fontchar"] & 1)
            case "T":
                x, y = op["pt"]
                width = float(op["width"])
                start = {"l": 0.0, "c": width / 2, "r": width}[op["align"]]
                text = str(op["text"])
                yield Text(_round(x - start - middle[0]), _round(middle[1] - y), width, size, is_bold, colour, text)
            case _:
                pass


def _round(value: float) -> float:
    return round(value, 2)


def _short(value: float) -> str:
    """A coordinate in as few letters as show it."""
    text = f"{value:.1f}"
    return text.removesuffix(".0")
