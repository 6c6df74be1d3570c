"""What diagnostics would have one write: their hints as changes of the text."""

from __future__ import annotations

from dataclasses import dataclass

from dsl.app.editor.analysis import Analysis
from dsl.app.editor.edit import Edit
from dsl.source.diagnostic import Diagnostic


@dataclass(frozen=True, slots=True)
class Correction:
    """A change that a diagnostic asks for, and what it is called."""

    title: str
    diagnostic: Diagnostic
    edit: Edit


def corrections(analysis: Analysis, start: int, end: int) -> tuple[Correction, ...]:
    """The changes that the diagnostics between two offsets ask for."""
    found: list[Correction] = []
    for diagnostic in analysis.diagnostics:
        place, correction = diagnostic.span, diagnostic.correction
        if place is None or correction is None or place.source is not analysis.source:
            continue
        if place.start <= end and start <= place.end:
            span, text = correction
            title = f"Change `{span.text}` to `{text}`"
            found.append(Correction(title, diagnostic, Edit(span.start, span.end, text)))
    return tuple(found)
