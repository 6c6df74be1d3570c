"""What a program consists of while it is laid out: lines, their words, comments."""

from __future__ import annotations

from dataclasses import dataclass

WIDTH = 100
"""Lines are broken that would be longer, where that is possible."""
STEP = 4
"""How much is indented."""


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment inside a statement; `below` says that it stands on a line of its own."""

    text: str
    below: bool


@dataclass(slots=True)
class Word:
    """A word or sign of a statement, the comments between it and the word before, and whether a newline is there.

    A comma before a closing bracket is no word, but a property of the bracket: it is written where each item has its row.
    """

    kind: str
    text: str
    comments: tuple[Comment, ...] = ()
    on_new_line: bool = False
    after_comma: bool = False


@dataclass(slots=True)
class Line:
    """What belongs on one line, if it is not too long, and the comment behind it: a statement, or the beginning of one."""

    level: int
    words: list[Word]
    comment: str = ""

    @property
    def opens_block(self) -> bool:
        """Whether a block begins behind it."""
        return self.words[-1].kind == "_LBRACE"


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment on a line of its own, between statements."""

    level: int
    text: str


@dataclass(frozen=True, slots=True)
class Blank:
    """One or more blank lines."""


Item = Line | Remark | Blank
