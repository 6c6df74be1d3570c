"""Our spans, edits and diagnostics in the words of the protocol."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from lsprotocol import types
from pygls.uris import from_fs_path

from dsl.app.editor.documents import Document, Documents
from dsl.app.editor.edit import Edit
from dsl.app.editor.positions import Positions
from dsl.source.diagnostic import Diagnostic, Label
from dsl.source.render import printable
from dsl.source.text import Source, Span

NAME = "nn"
"""What diagnostics are signed with."""


class Translation:
    """Places of one document, and of the files that its program is made of."""

    def __init__(self, document: Document, documents: Documents) -> None:
        self._document, self._documents = document, documents
        self._positions = document.positions
        self._others: dict[Source, Positions] = {}

    def offset(self, position: types.Position) -> int:
        """The offset of a position in the document."""
        return self._positions.offset(position.line, position.character)

    def position(self, offset: int) -> types.Position:
        """The position of an offset in the document."""
        return types.Position(*self._positions.position(offset))

    def range(self, start: int, end: int) -> types.Range:
        """The range between two offsets in the document."""
        return types.Range(self.position(start), self.position(end))

    def edits(self, edits: Iterable[Edit]) -> list[types.TextEdit]:
        """Edits of the document."""
        return [types.TextEdit(self.range(edit.start, edit.end), edit.text) for edit in edits]

    def workspace_edit(self, edits: Iterable[Edit]) -> types.WorkspaceEdit:
        """Edits of the document, to be made by the client."""
        return types.WorkspaceEdit(changes={self._document.uri: self.edits(edits)})

    def location(self, span: Span) -> types.Location | None:
        """Where a span stands, in this file or another; None for a text that is no file."""
        if span.source.text == self._document.source.text and span.source.path == self._document.path:
            return types.Location(self._document.uri, self.range(span.start, span.end))
        uri = self._uri(span.source)
        if uri is None:
            return None
        places = self._others.get(span.source)
        if places is None:
            places = self._others[span.source] = Positions(span.source.text, self._document.encoding)
        first, last = places.position(span.start), places.position(span.end)
        return types.Location(uri, types.Range(types.Position(*first), types.Position(*last)))

    def _uri(self, source: Source) -> str | None:
        if source.path is None:
            return None
        path = Path(source.path).absolute()
        known = next((each.uri for each in self._documents if each.path == path), None)
        return known or from_fs_path(str(path))

    # -- diagnostics

    def diagnostics(self, found: Iterable[Diagnostic], source: Source) -> list[types.Diagnostic]:
        """Diagnostics of the program; those that stand in another file point there from its first line."""
        return [self.diagnostic(each, source) for each in found]

    def diagnostic(self, found: Diagnostic, source: Source) -> types.Diagnostic:
        """One diagnostic, with its label and its hint in its words, and the other places beside it."""
        place = found.span
        is_here = place is not None and place.source is source
        others = list(found.labels)
        if place is not None and not is_here:
            others.insert(0, Label(place, found.label or found.message))
        error = types.DiagnosticSeverity.Error
        unused = types.DiagnosticTag.Unnecessary
        return types.Diagnostic(
            self.range(place.start, place.end) if place is not None and is_here else self.range(0, 0),
            _words(found),
            severity=error if found.severity == "error" else types.DiagnosticSeverity.Warning,
            code=found.code,
            source=NAME,
            tags=[unused] if found.code == "unused" else None,
            related_information=[
                types.DiagnosticRelatedInformation(where, printable(label.text))
                for label in others
                if (where := self.location(label.span)) is not None
            ],
            data=found.as_json(),
        )


def _words(found: Diagnostic) -> str:
    lines = [*found.message.split("\n"), *([found.label] if found.label else [])]
    lines += [f"hint: {found.hint}"] if found.hint else []
    return "\n".join(map(printable, lines))
