"""What each name of a program is, for colours: what a grammar for editors cannot know, which has no tables of names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from dsl.language.resolution.names import Kind, Occurrence

if TYPE_CHECKING:
    from dsl.app.editor.analysis import Analysis

Type = Literal["namespace", "type", "class", "typeParameter", "parameter", "variable", "property", "event", "function"]
Modifier = Literal["declaration", "readonly", "abstract", "modification", "defaultLibrary"]
"""Types and modifiers are those that the protocol has words for, so that every theme knows them."""

TYPES: tuple[Type, ...] = (
    "namespace", "type", "class", "typeParameter", "parameter", "variable", "property", "event", "function",
)  # fmt: skip
MODIFIERS: tuple[Modifier, ...] = ("declaration", "readonly", "abstract", "modification", "defaultLibrary")

_Look = tuple[Type, tuple[Modifier, ...]] | None

LOOKS: dict[Kind, _Look] = {
    "value": ("variable", ()),
    "placeholder": ("variable", ("abstract",)),
    "parameter": ("variable", ("modification",)),
    "constant": ("variable", ("readonly",)),
    "counter": ("variable", ("readonly",)),
    "metric": ("event", ()),
    "dimension": ("typeParameter", ()),
    "size": ("typeParameter", ()),
    "argument": ("parameter", ()),
    "option": ("parameter", ("readonly",)),
    "data": ("namespace", ()),
    "part": ("property", ()),
    "field": ("property", ()),
    "train": ("namespace", ()),
    "function": ("function", ()),
    "layer": ("class", ()),
    "operation": ("function", ("defaultLibrary",)),
    "initializer": ("function", ("defaultLibrary",)),
    "optimizer": ("function", ("defaultLibrary",)),
    "schedule": ("function", ("defaultLibrary",)),
    "stopping": ("function", ("defaultLibrary",)),
    "reader": ("function", ("defaultLibrary",)),
    "split": ("function", ("defaultLibrary",)),
    "data function": ("function", ("defaultLibrary",)),
    "element type": ("type", ("defaultLibrary",)),
    "attribute": ("property", ()),
    "keyword argument": ("parameter", ()),
    "key": ("property", ()),
    "files": ("property", ()),
    "builtin": None,
    "unknown": None,
}
"""How each kind of name looks: a placeholder is `abstract`, for its value comes from elsewhere, and a parameter is under
`modification`, by training. Of what has no look the grammar knows as much."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of the text, from `start` to `end`, and what it is."""

    start: int
    end: int
    type: Type
    modifiers: tuple[Modifier, ...]


def semantic_tokens(analysis: Analysis) -> tuple[Token, ...]:
    """The names of the healthy part of a text, in its order; no two of them overlap."""
    text = analysis.source.text
    limit = len(text) if analysis.edited_at is None else analysis.edited_at - 1
    found: list[Token] = []
    for occurrence in analysis.names.occurrences:
        token = _token(occurrence)
        is_there = token is not None and token.end <= limit and text.startswith(occurrence.name, token.start)
        if token is not None and is_there and (not found or token.start >= found[-1].end):
            found.append(token)
    return tuple(found)


def _token(occurrence: Occurrence) -> Token | None:
    look = LOOKS[occurrence.kind]
    if look is None:
        return None
    type_, modifiers = look
    if occurrence.is_definition:
        modifiers = ("declaration", *modifiers)
    symbol = occurrence.symbol
    if (
        symbol is not None
        and symbol.called is not None
        and symbol.called.home.module.source.name.startswith("<library>")
    ):
        modifiers = (*modifiers, "defaultLibrary")
    start = occurrence.span.start
    return Token(start, start + len(occurrence.name), type_, modifiers)
