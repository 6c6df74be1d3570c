"""Where an error inside a function, a layer or a `repeat` comes from: the uses that led to it."""

from __future__ import annotations

from dataclasses import replace

from dsl.source.diagnostic import Diagnostic, Label, ProgramError
from dsl.source.text import Source, Span

_SAME_IN_EVERY_USE = {"name", "syntax", "cycle", "recursion", "import"}
_MOST_USES = 3


def inside(error: ProgramError, span: Span, text: str) -> ProgramError:
    """The error with a word on where it happened: `in this use of f`."""
    return ProgramError(_inside(found, Label(span, text)) for found in error.diagnostics)


def _inside(found: Diagnostic, use: Label) -> Diagnostic:
    if found.span is not None and _is_library(found.span.source) and not _is_library(use.span.source):
        # What the standard layers need is the matter of who uses them.
        needed = Label(found.span, found.label or "needed here")
        others = [label for label in found.labels if label.span != use.span]
        return replace(found, span=use.span, label="", labels=(needed, *others))
    uses = sum(label.text.startswith("in ") for label in found.labels)
    known = any(label.span == use.span for label in found.labels) or use.span == found.span
    if found.code in _SAME_IN_EVERY_USE or uses >= _MOST_USES or known:
        return found
    return replace(found, labels=(*found.labels, use))


def _is_library(source: Source) -> bool:
    return source.name.startswith("<library>")
