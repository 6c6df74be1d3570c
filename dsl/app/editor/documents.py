"""The documents that an editor has open, with the text that it shows, saved or not."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from dsl.app.editor.analysis import Analysis, analyse
from dsl.app.editor.positions import Encoding, Positions
from dsl.source.text import Source

_NOTHING = Source("")


@dataclass(eq=False)
class Document:
    """A text in an editor. `source` is what is read of it: as from a file, every line ends with a plain newline."""

    uri: str
    text: str
    version: int = 0
    path: Path | None = None
    name: str = "<text>"
    encoding: Encoding = "utf-16"
    analysis: Analysis | None = None
    """The last one that was made, of this text or of an earlier one."""
    prepared: Analysis | None = None
    """The last one that can be asked without a wait."""
    source: Source = field(init=False)
    positions: Positions = field(init=False)

    def __post_init__(self) -> None:
        self.renew()

    def renew(self) -> None:
        """Make a new source of the text, so that it is looked at again."""
        text = self.text
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        self.source = Source(text, self.name, self.path)
        self.positions = Positions(text, self.encoding)

    def change(self, start: tuple[int, int], end: tuple[int, int], text: str) -> None:
        """Put a text in the place of what stands between two positions."""
        places = Positions(self.text, self.encoding)
        first, last = places.offset(*start), places.offset(*end)
        self.text = self.text[:first] + text + self.text[max(first, last) :]

    @property
    def is_analysed(self) -> bool:
        """Whether the last analysis is of this very text."""
        return self.analysis is not None and self.analysis.source is self.source

    def recent(self) -> Analysis:
        """The last analysis, for the text as it is now; at once, however little is known."""
        known = self.prepared or analyse(_NOTHING)
        return known if known.source is self.source else known.now(self.source)


class Documents:
    """All documents that are open, by their addresses."""

    def __init__(self) -> None:
        self._open: dict[str, Document] = {}

    def __iter__(self) -> Iterator[Document]:
        return iter(list(self._open.values()))

    def get(self, uri: str) -> Document | None:
        """The document of this address, None where it is not open."""
        return self._open.get(uri)

    def open(self, document: Document) -> None:
        """Add a document, or put it in the place of what was open by its address."""
        self._open[document.uri] = document

    def close(self, uri: str) -> Document | None:
        """Take a document away; None where it was not open."""
        return self._open.pop(uri, None)

    def is_open(self, document: Document) -> bool:
        """Whether a document has not been closed, or opened anew."""
        return self._open.get(document.uri) is document

    def read(self, path: Path, name: str) -> Source:
        """A file as an import sees it: what is being written in it, where it is open.

        Raises OSError or UnicodeDecodeError.
        """
        wanted = os.path.realpath(path)
        for document in self:
            if document.path is not None and os.path.realpath(document.path) == wanted:
                return Source(document.source.text, name, path)
        return Source.read(path, name)

    def importing(self, changed: Document) -> Iterator[Document]:
        """The other documents whose programs take something over from this one, or tried to."""
        if changed.path is None:
            return
        place = os.path.realpath(changed.path)
        for document in self:
            if document is not changed and document.analysis is not None and place in document.analysis.files:
                yield document
