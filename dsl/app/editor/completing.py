"""What can be typed at a place of a program: for the menu of an editor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsl.app.completion.candidates import Candidate
from dsl.app.completion.language import Known
from dsl.app.completion.language import complete as fitting_behind
from dsl.app.editor.told_symbols import type_of

if TYPE_CHECKING:
    from dsl.app.editor.analysis import Analysis


@dataclass(frozen=True, slots=True)
class Item:
    """A word that fits. `kind` says what it is: `operation`, `layer`, `placeholder`, `keyword`, `file` …

    `detail` stands beside it, `behind` is typed right behind it: an opening bracket, an equals sign.
    """

    text: str
    kind: str
    detail: str
    behind: str


@dataclass(frozen=True, slots=True)
class Completed:
    """The words that fit, best first, each in the place of what stands from `start` to `end`."""

    start: int
    end: int
    items: tuple[Item, ...]


def complete(analysis: Analysis, offset: int) -> Completed:
    """What can be typed at an offset; what stands behind it stays there. The program need not be whole."""
    source = analysis.source
    folder = source.path.parent if source.path else None
    visible = analysis.names.visible(offset).values
    inner = {name: type_of(analysis, each) for name, each in visible.items() if each.scope is not analysis.names.file}
    found = fitting_behind(source.text[:offset], Known(analysis.model, folder, inner, analysis.facts))
    rest = source.text[offset : offset + 80]
    return Completed(found.start, offset, tuple(_item(each, rest) for each in found.candidates))


def _item(candidate: Candidate, rest: str) -> Item:
    is_there = bool(candidate.behind.strip()) and rest.lstrip(" ").startswith(candidate.behind.strip())
    return Item(candidate.text, candidate.kind, candidate.meta, "" if is_there else candidate.behind)
