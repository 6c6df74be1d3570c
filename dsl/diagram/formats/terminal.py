"""The box drawing for terminals."""

from __future__ import annotations

from typing import ClassVar

from dsl.diagram.exporter import EXPORTERS, Subject
from dsl.diagram.text import text_drawing


@EXPORTERS.register(".txt")
class Text:
    """Boxes of characters."""

    ending: ClassVar[str]
    doc: ClassVar[str] = "a box drawing for terminals, one column"
    is_laid_out: ClassVar[bool] = True

    def check(self) -> None:
        """Nothing is needed."""

    def export(self, subject: Subject) -> bytes:
        """The drawing."""
        return text_drawing(subject.diagram).encode()
