"""What a format is: a name, and how it writes each kind of block."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import ClassVar

from dsl.explain.document import Block, Code, Document, Entry, Heading, Inline, Math, Paragraph, Table
from dsl.explain.expressions import Name, Value
from dsl.explain.notation import Notation

FORMATS: dict[str, type[Format]] = {}
"""Each format by the name that `--format` gives it."""


def register(name: str) -> Callable[[type[Format]], type[Format]]:
    """Register the decorated format under a name."""

    def declare(format: type[Format]) -> type[Format]:
        format.format_name = name
        FORMATS[name] = format
        return format

    return declare


@dataclass(frozen=True, slots=True)
class Style:
    """What can be chosen: how many digits numbers have, whether all elements of arrays are told, the width of a line."""

    digits: int | None = None
    full: bool = False
    width: int = 100


class Format(ABC):
    """Writes documents."""

    format_name: ClassVar[str] = ""
    notation: Notation

    @abstractmethod
    def __init__(self, style: Style) -> None: ...

    def write(self, document: Document) -> str:
        """The whole document."""
        return self.whole(document, [self.block(block) for block in document.blocks])

    def block(self, block: Block) -> str:
        """One block."""
        match block:
            case Heading():
                return self.heading(block)
            case Paragraph():
                return self.paragraph(block)
            case Entry():
                return self.entry(block)
            case Table():
                return self.table(block)

    def said_at_once(self, block: Entry) -> str:
        """The single number of a value that was given, which needs no equation of its own; empty where it does."""
        if len(block.equations) != 1 or block.equations[0].words or block.equations[0].continues:
            return ""
        match block.equations[0].equation.sides:
            case (Name(), Value(number)) if not number.ndim:
                return self.math(self.notation.write(Value(number)))
            case _:
                return ""

    def words(self, words: Sequence[Inline]) -> str:
        """Words, names and mathematics in a row."""
        return "".join(map(self._inline, words))

    def _inline(self, part: Inline) -> str:
        match part:
            case Code(text):
                return self.code(text)
            case Math(expression):
                return self.math(self.notation.write(expression))
            case str():
                return self.plain(part)

    @abstractmethod
    def whole(self, document: Document, blocks: Sequence[str]) -> str:
        """The document around its blocks."""
        ...

    @abstractmethod
    def heading(self, block: Heading) -> str:
        """The title of a part."""
        ...

    @abstractmethod
    def paragraph(self, block: Paragraph) -> str:
        """A paragraph."""
        ...

    @abstractmethod
    def entry(self, block: Entry) -> str:
        """What is said of one value."""
        ...

    @abstractmethod
    def table(self, block: Table) -> str:
        """A table."""
        ...

    @abstractmethod
    def plain(self, text: str) -> str:
        """Words, in which nothing is markup."""
        ...

    @abstractmethod
    def code(self, text: str) -> str:
        """A name of the program."""
        ...

    @abstractmethod
    def math(self, text: str) -> str:
        """An expression within a sentence, as the notation wrote it."""
        ...
