"""Pictures: SVG as it is drawn here, PNG and PDF as Graphviz draws the same boxes."""

from __future__ import annotations

import re
from typing import ClassVar

from dsl.diagram.dot import dot_text
from dsl.diagram.exporter import EXPORTERS, Subject
from dsl.diagram.graphviz import check_installed, draw
from dsl.diagram.layout import lay_out
from dsl.diagram.svg import svg_text

_SHARP = 144
"""Dots of a PNG on an inch, of which a line of text has some sixteen."""


@EXPORTERS.register(".svg")
class Svg:
    """A picture that stays sharp, light or dark as the reader's system is."""

    ending: ClassVar[str]
    doc: ClassVar[str] = "a picture that stays sharp, light or dark as the reader's system is"
    is_laid_out: ClassVar[bool] = True

    def check(self) -> None:
        """Graphviz is needed."""
        check_installed()

    def export(self, subject: Subject) -> bytes:
        """The picture."""
        (layout,) = lay_out([subject.diagram])
        return svg_text(subject.diagram, layout).encode()


@EXPORTERS.register(".png")
class Png:
    """A picture of dots."""

    ending: ClassVar[str]
    doc: ClassVar[str] = "a picture of dots"
    is_laid_out: ClassVar[bool] = True

    def check(self) -> None:
        """Graphviz is needed."""
        check_installed()

    def export(self, subject: Subject) -> bytes:
        """The picture."""
        return draw([(dot_text(subject.diagram, _SHARP), "png")])[0]


@EXPORTERS.register(".pdf")
class Pdf:
    """A page to print."""

    ending: ClassVar[str]
    doc: ClassVar[str] = "a page to print"
    is_laid_out: ClassVar[bool] = True

    def check(self) -> None:
        """Graphviz is needed."""
        check_installed()

    def export(self, subject: Subject) -> bytes:
        """The page, with no date in it, so that the same program gives the same bytes."""
        (page,) = draw([(dot_text(subject.diagram), "pdf")])
        return _DATE.sub(lambda date: date[1] + b"D:19700101000000".ljust(len(date[2])) + date[3], page)


_DATE = re.compile(rb"(/CreationDate \()([^)]*)(\))")
"""The date that the PDF writer puts in; what takes its place is as long, since places in the file are counted."""
