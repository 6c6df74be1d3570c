"""What diagnostics would have one write: their hints as changes of the text."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from dsl.app.editor.analysis import Analysis
from dsl.app.editor.edit import Edit
from dsl.language import syntax
from dsl.language.blocks import inside
from dsl.source.diagnostic import Diagnostic
from dsl.source.hint import Declare, Delete, Instead, Remedy, Write
from dsl.source.text import Span

_LONGEST_QUOTE = 40


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
        place, remedy = diagnostic.span, diagnostic.remedy
        if place is None or remedy is None or place.source is not analysis.source:
            continue
        if place.start <= end and start <= place.end:
            change = _change(analysis, place, remedy)
            if change is not None:
                found.append(Correction(change[0], diagnostic, change[1]))
    return tuple(found)


def _change(analysis: Analysis, place: Span, remedy: Remedy) -> tuple[str, Edit] | None:
    """What a remedy for a mistake at a place is called, and the change; None where the text does not have it."""
    match remedy:
        case Instead(wrong, right):
            found = remedy.place_in(place.text)
            return found and (
                f"Change `{wrong}` to `{right}`",
                Edit(place.start + found[0], place.start + found[1], right),
            )
        case Write(span, text):
            return _title(span.text, text.strip()), Edit(span.start, span.end, text)
        case Declare(statement):
            line = analysis.source.text.rfind("\n", 0, _outermost(analysis, place).start) + 1
            return f"Add `{statement}`", Edit(line, line, f"{statement}\n")
        case Delete():
            whole = _innermost(analysis, place)
            return whole and (f"Delete `{_short(whole.text)}`", _without(analysis.source.text, whole))


def _title(old: str, new: str) -> str:
    if not old:
        return f"Insert `{new}`"
    return f"Change `{old}` to `{new}`" if new else f"Delete `{old}`"


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST_QUOTE else f"{line[:_LONGEST_QUOTE]}…"


def _outermost(analysis: Analysis, place: Span) -> Span:
    """The statement at the top of the file that a place is in, or else the place itself."""
    around = _around(analysis.tree.statements, place)
    return around.span if around else place


def _innermost(analysis: Analysis, place: Span) -> Span | None:
    """The smallest statement that a place is in."""
    found, around = None, _around(analysis.tree.statements, place)
    while around is not None:
        found, around = around, _around(inside(around), place)
    return found.span if found else None


def _around(statements: Iterable[syntax.Statement], place: Span) -> syntax.Statement | None:
    """The one of some statements that a place is in."""
    around = (each for each in statements if each.span.start <= place.start and place.end <= each.span.end)
    return next(around, None)


def _without(text: str, statement: Span) -> Edit:
    """A statement taken away, with its lines where nothing else stands on them, else with the semicolon beside it."""
    first = text.rfind("\n", 0, statement.start) + 1
    last = text.find("\n", statement.end)
    last = len(text) if last < 0 else last + 1
    before, after = text[first : statement.start], text[statement.end : last]
    if not before.strip() and (not after.strip() or after.lstrip().startswith("#")):
        return Edit(first, last, "")
    if after.lstrip().startswith(";"):
        following = after.lstrip()[1:].lstrip()
        return Edit(statement.start, last - len(following), "")
    if before.rstrip().endswith(";"):
        return Edit(first + len(before.rstrip()) - 1, statement.end, "")
    return Edit(statement.start, statement.end, "")
