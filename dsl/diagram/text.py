"""A box drawing for the terminal: one column of boxes in running order.

Leaves stand at the left of what takes them; what does not go to the next box goes round at the right.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dsl.diagram.canvas import Canvas, width
from dsl.diagram.model import Box, Diagram, Role

_BORDERS: dict[Role, str] = {
    "loss": "┏━┓┃┗┛",
    "layer": "╔═╗║╚╝",
    "metric": "╭─╮│╰╯",
}
_PLAIN = "┌─┐│└┘"
_MARKS: dict[Role, str] = {"placeholder": "▱ ", "parameter": "◆ ", "constant": "= ", "memory": "▤ "}
_GUTTER = 2


def text_drawing(diagram: Diagram) -> str:
    """The drawing, and below it a line that says what its signs mean."""
    if not diagram.boxes:
        return "nothing to draw\n"
    return f"{_Column(diagram).draw()}\n\n{_legend(diagram)}\n"


def _legend(diagram: Diagram) -> str:
    roles = {box.role for box in diagram.boxes}
    words = [
        *(f"{mark.strip()} {role}" for role, mark in _MARKS.items() if role in roles),
        *(["║ folded"] if "layer" in roles else []),
        *(["┃ loss"] if "loss" in roles else []),
        *(["╭╮ metric"] if "metric" in roles else []),
        *(["∂ gradient"] if any(box.is_backward for box in diagram.boxes) else []),
    ]
    return "  ".join(words) or "┌┐ operation"


@dataclass(slots=True, eq=False)
class _Row:
    """A box of the column with the lines inside it, what stands at its left, and the rows that it takes."""

    box: Box
    lines: list[str]
    leaves: list[str] = field(default_factory=list[str])
    entries: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])
    """The boxes, and their values, whose ways come in from the right."""
    exits: list[str] = field(default_factory=list[str])
    """The values that leave at the right."""
    straight: str = ""
    """The value that goes straight on to the box below."""
    top: int = 0

    @property
    def height(self) -> int:
        """The lines inside: each leaf and each way needs one of its own."""
        return max(len(self.lines), len(self.leaves), len(self.entries) + len(self.exits), 1)

    @property
    def width(self) -> int:
        """The box with its borders."""
        return max(map(width, self.lines), default=0) + 4


class _Column:
    """The boxes of a diagram one below the other."""

    def __init__(self, diagram: Diagram) -> None:
        self.boxes = {box.key: box for box in diagram.boxes}
        self.types = {tag.key: tag.text for tag in diagram.tags}
        self.clusters = {cluster.key: cluster for cluster in diagram.clusters}
        self.sources: dict[str, dict[str, str]] = {}
        targets: dict[str, list[str]] = {}
        for edge in diagram.edges:
            self.sources.setdefault(edge.target, {}).setdefault(edge.source, edge.value)
            targets.setdefault(edge.source, []).append(edge.target)
        first = next((key for key, box in self.boxes.items() if key in targets and box.role == "placeholder"), "")
        leaves = {
            key
            for key, box in self.boxes.items()
            if key in targets and key not in self.sources and box.role in _MARKS and (key != first)
        }
        self.rows = [_Row(box, _inside(box)) for box in diagram.boxes if box.key not in leaves]
        self.row_of = {row.box.key: row for row in self.rows}
        self._connect(leaves, targets)

    def _connect(self, leaves: set[str], targets: Mapping[str, Sequence[str]]) -> None:
        shown: set[str] = set()
        above: _Row | None = None
        for row in self.rows:
            for source, value in self.sources.get(row.box.key, {}).items():
                if source in leaves:
                    row.leaves.append(self._leaf(self.boxes[source], value, source in shown))
                    shown.add(source)
                elif above is not None and source == above.box.key:
                    above.straight = value
                else:
                    row.entries.append((source, value))
                    exits = self.row_of[source].exits
                    exits += [] if value in exits else [value]
            above = row

    def _leaf(self, box: Box, value: str, again: bool) -> str:
        """A leaf on one line: its sign, its name, its readings the first time, and its type on the way."""
        words = [f"{_MARKS[box.role]}{box.title}"]
        if not again:
            words += [reading.line for reading in box.readings]
        kind = self.types.get(value, "")
        return f"{'  '.join(words)} ─{f' {kind} ─' if kind else ''}"

    # -- places

    def draw(self) -> Canvas:
        """Put everything in its place."""
        depth = max((self._depth(row.box.around) for row in self.rows), default=0)
        left = max((width(leaf) for row in self.rows for leaf in row.leaves), default=-1) + 1
        widest = max(row.width for row in self.rows)
        self.gutter = _GUTTER * depth
        self.middle = self.gutter + left + widest // 2
        self.canvas = Canvas()
        y, path, before = 0, list[str](), None
        for row in self.rows:
            inside = self._path(row.box.around)
            y = self._stems(y, path, inside, before)
            row.top = y
            self._draw_box(row, before is not None and bool(before.straight))
            y += row.height + 2
            self._bars(row.top, y, inside)
            path, before = inside, row
        self._stems(y, path, [], None)
        self._ways()
        return self.canvas

    def _depth(self, key: str) -> int:
        return len(self._path(key))

    def _path(self, key: str) -> list[str]:
        """The clusters around, the outermost first."""
        found: list[str] = []
        while key:
            found.insert(0, key)
            key = self.clusters[key].parent
        return found

    def _bars(self, top: int, bottom: int, path: Sequence[str]) -> None:
        """The lines at the left that go along with layers."""
        for level in range(len(path)):
            for y in range(top, bottom):
                self.canvas.put(_GUTTER * level, y, "╎")

    def _stems(self, y: int, path: list[str], inside: list[str], above: _Row | None) -> int:
        """The rows between two boxes: the ends and the beginnings of layers, and the line that goes straight on."""
        shared = 0
        while shared < min(len(path), len(inside)) and path[shared] == inside[shared]:
            shared += 1
        rows: list[tuple[int, str]] = [(level, "╰╴") for level in range(len(path) - 1, shared - 1, -1)]
        rows += [(level, f"╭╴{self.clusters[inside[level]].title} ") for level in range(shared, len(inside))]
        straight = above is not None and bool(above.straight)
        count = max(len(rows), 1 if straight else 0)
        for number in range(count):
            if straight:
                self.canvas.put(self.middle, y + number, "│")
            if number < len(rows):
                level, text = rows[number]
                opened = inside if text.startswith("╭") else path
                self._bars(y + number, y + number + 1, opened[:level])
                self.canvas.write(_GUTTER * level, y + number, text, over=False)
            else:
                self._bars(y + number, y + number + 1, inside[:shared])
        if above is not None and straight:
            self.canvas.write(self.middle + 2, y, self.types.get(above.straight, ""))
        return y + count

    def _draw_box(self, row: _Row, is_entered: bool) -> None:
        corner = _BORDERS.get(row.box.role, _PLAIN)
        if row.box.is_backward and row.box.role != "layer":
            corner = "┌╌┐╎└┘"
        x, y, across = self.middle - row.width // 2, row.top, row.width - 2
        put = self.canvas.write
        put(x, y, f"{corner[0]}{corner[1] * across}{corner[2]}")
        for number in range(row.height):
            text = row.lines[number] if number < len(row.lines) else ""
            put(x, y + 1 + number, f"{corner[3]} {text}{' ' * (across - 1 - width(text))}{corner[3]}")
        put(x, y + row.height + 1, f"{corner[4]}{corner[1] * across}{corner[5]}")
        if is_entered:
            put(self.middle, y, "▼")
        if row.straight:
            put(self.middle, y + row.height + 1, {"━": "┯", "═": "╤"}.get(corner[1], "┬"))
        for number, leaf in enumerate(row.leaves):
            start = self.gutter + self._left(row) - width(leaf)
            put(start, y + 1 + number, f"{leaf}{'─' * (x - 1 - start - width(leaf))}▶")

    def _left(self, row: _Row) -> int:
        return max(map(width, row.leaves), default=0)

    # -- ways at the right

    def _ways(self) -> None:
        """The lines at the right: one down from each value that others than the next box take, as near as is free."""
        ends: dict[tuple[str, str], list[tuple[int, str]]] = {}
        for row in self.rows:
            for number, entry in enumerate(row.entries):
                ends.setdefault(entry, []).append((row.top + 1 + number, row.box.key))
        first = max(
            self._right(row) + width(self._on_way(row, value)) for row in self.rows for value in (*row.exits, "")
        )
        free: list[int] = []
        for (source, value), taken in ends.items():
            row = self.row_of[source]
            start = row.top + row.height - len(row.exits) + 1 + row.exits.index(value)
            lane = next((n for n, until in enumerate(free) if until < start), len(free))
            free[lane:] = [max(y for y, _ in taken), *free[lane + 1 :]]
            self._way(row, value, first + 3 + 2 * lane, start, taken)

    def _right(self, row: _Row) -> int:
        """The column of the right border."""
        return self.middle - row.width // 2 + row.width - 1

    def _on_way(self, row: _Row, value: str) -> str:
        """The type that is written where a way begins: not where it stands below the box already."""
        kind = self.types.get(value, "")
        return "" if not kind or kind == self.types.get(row.straight) else f" {kind} "

    def _way(self, row: _Row, value: str, x: int, start: int, taken: Sequence[tuple[int, str]]) -> None:
        canvas, right = self.canvas, self._right(row)
        canvas.put(right, start, {"║": "╟", "┃": "┠"}.get(canvas.at(right, start), "├"))
        canvas.across(right + 1, x - 1, start)
        canvas.put(x, start, "╮")
        stop = max(y for y, _ in taken)
        for y in range(start + 1, stop + 1):
            canvas.down(x, y)
        for y, key in taken:
            edge = self._right(self.row_of[key]) + 1
            canvas.across(edge + 1, x - 1, y)
            canvas.put(edge, y, "◀")
            canvas.put(x, y, "╯" if y == stop else "┤")
        canvas.write(right + 2, start, self._on_way(row, value))


def _inside(box: Box) -> list[str]:
    """The lines of a box of the column."""
    mark = _MARKS.get(box.role, "")
    return [f"{mark}{box.title}", *box.lines[1:]]
