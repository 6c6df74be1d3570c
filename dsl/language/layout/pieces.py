"""What a statement is printed from, and the printing: pieces of text with places between them where the line can be broken."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsl.language.layout.alignment import Row
from dsl.language.layout.words import WIDTH, Comment
from dsl.source.render import display_width

_DEEPEST = 80
"""Lines inside brackets are not indented further than this."""


@dataclass(slots=True)
class Text:
    """Words, and the blanks before them."""

    text: str


@dataclass(slots=True)
class Break:
    """A place where the line can be broken. Unbroken it is `flat`; one that `fills` is broken only where it has to be."""

    flat: str
    fills: bool = False


@dataclass(slots=True)
class Either:
    """What is written only where the group is broken."""

    broken: str


@dataclass(slots=True)
class Indent:
    """How much further new lines are indented from here on, where the group is broken."""

    by: int


@dataclass(slots=True)
class Open:
    """The beginning of a group, whose places are all broken or none of them; it is broken when it must be, or is too wide."""

    broken: bool
    width: int = 0
    end: int = 0


@dataclass(slots=True)
class Close:
    """The end of a group."""


Piece = Text | Break | Either | Indent | Open | Close | Comment


def width_of(piece: Piece) -> int:
    """How wide a piece is on one line."""
    match piece:
        case Text(text):
            return display_width(text)
        case Break(flat):
            return len(flat)
        case _:
            return 0


class Printer:
    """Prints the pieces of one statement, which begins at `indent`."""

    def __init__(self, pieces: Sequence[Piece], indent: int) -> None:
        self.pieces = pieces
        self.base = self.indent = indent
        self.rows: list[Row] = []
        self.row: list[str] = []
        self.column = 0
        self.comment = ""
        self.is_done = False
        """Whether a comment has ended the row."""
        self.modes = [True]
        """For each open group whether it is broken; the statement itself is no group, and is broken where it can be."""
        self._measure()

    def print(self) -> list[Row]:
        """The rows, with their comments."""
        for at, piece in enumerate(self.pieces):
            match piece:
                case Text(text):
                    self._write(text)
                case Either(text):
                    self._write(text if self.modes[-1] else "")
                case Break(flat, fills):
                    if self.modes[-1] and not (fills and self._fits(at + 1, self._room - len(flat))):
                        self._end_row()
                    else:
                        self._write(flat)
                case Indent(by):
                    self.indent += by if self.modes[-1] else 0
                case Open():
                    self.modes.append(piece.broken or (self.modes[-1] and not self._group_fits(piece)))
                case Close():
                    self.modes.pop()
                case Comment():
                    self._comment(piece)
        self._end_row()
        return self.rows

    def _measure(self) -> None:
        """Work out how wide each group is on one line, and where it ends."""
        total, begun = 0, list[tuple[Open, int]]()
        for at, piece in enumerate(self.pieces):
            total += width_of(piece)
            if isinstance(piece, Open):
                begun.append((piece, total))
            elif isinstance(piece, Close):
                group, before = begun.pop()
                group.width, group.end = total - before, at

    # -- what fits

    @property
    def _room(self) -> int:
        return WIDTH - (self.column if self.row else self._indentation)

    @property
    def _indentation(self) -> int:
        return min(self.indent, self.base + _DEEPEST)

    def _group_fits(self, group: Open) -> bool:
        """Whether a group fits on the row, with what follows up to the next place where the row can end."""
        room = self._room - group.width
        return room >= 0 and self._fits(group.end + 1, room)

    def _fits(self, start: int, room: int) -> bool:
        """Whether there is room for the pieces from `start` up to the next place where the row can end."""
        around, inside = len(self.modes) - 1, 0
        for at in range(start, len(self.pieces)):
            piece = self.pieces[at]
            breaks = inside > 0 or self.modes[around]
            match piece:
                case Break() if breaks:
                    return True
                case Comment():
                    return True
                case Either(text) if not inside and breaks:
                    room -= len(text)
                case Open(broken):
                    inside += breaks or broken or inside > 0
                case Close() if inside:
                    inside -= 1
                case Close():
                    around -= 1
                case _:
                    room -= width_of(piece)
            if room < 0:
                return False
        return True

    # -- rows

    def _write(self, text: str) -> None:
        if self.is_done:
            self._end_row()
        if not self.row:
            text = text.lstrip()
            if not text:
                return
            self.column = self._indentation
            self.row.append(" " * self.column)
        self.row.append(text)
        self.column += display_width(text)

    def _comment(self, comment: Comment) -> None:
        if self.row and not self.is_done and not comment.below:
            self.comment = comment.text
        else:
            self._end_row()
            self._write(comment.text)
        self.is_done = True

    def _end_row(self) -> None:
        if self.row:
            self.rows.append(Row("".join(self.row).rstrip(), self.comment))
        self.row, self.comment, self.is_done = [], "", False
