"""From a program to the same program in the canonical layout."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, cast

from dsl.language import syntax
from dsl.language.layout.alignment import Row, Spaced, align_columns, with_comments
from dsl.language.layout.breaking import rows_of
from dsl.language.layout.lines import logical_lines
from dsl.language.layout.spacing import blanks
from dsl.language.layout.words import STEP, Blank, Line, Remark
from dsl.language.lexemes import COMMENT, Lexeme, lexemes
from dsl.language.parser import parse
from dsl.source.collection import without_garbage_collection
from dsl.source.diagnostic import ProgramError
from dsl.source.text import Source


class LayoutError(Exception):
    """A layout that would not be the same program: a mistake of ours."""


def format_text(text: str) -> str:
    """A program in the canonical layout. Raises ProgramError for a text that is none."""
    return format_source(Source(text))


@without_garbage_collection()
def format_source(source: Source) -> str:
    """The text of a program in the canonical layout.

    Raises ProgramError for a text that is no program, and LayoutError where the layout would change what it means.
    """
    tree, found = parse(source), lexemes(source.text)
    text = _lay_out(found)
    try:
        laid_out = parse(Source(text, source.name))
    except ProgramError as error:
        raise LayoutError("the layout is no program") from error
    if not same_tree(tree, laid_out):
        raise LayoutError("the layout is another program")
    if comments(found) != comments(lexemes(text)):
        raise LayoutError("the layout changes comments")
    return text


def _lay_out(found: Sequence[Lexeme]) -> str:
    program = [Spaced(item, blanks(item.words) if isinstance(item, Line) else []) for item in logical_lines(found)]
    align_columns(program)
    rows: list[Row] = []
    for spaced in program:
        match spaced.item:
            case Blank():
                rows.append(Row(""))
            case Remark(level, comment):
                rows.append(Row(" " * (level * STEP) + comment))
            case Line() as line:
                rows += rows_of(line, spaced.blanks)
    return "".join(f"{row}\n" for row in with_comments(rows))


def comments(found: Iterable[Lexeme]) -> list[str]:
    """The comments among the lexemes of a text, in their order."""
    return [lexeme.text.rstrip() for lexeme in found if lexeme.kind == COMMENT]


def same_tree(one: syntax.Syntax, other: syntax.Syntax) -> bool:
    """Whether two syntax trees are the same but for the places they were read from; 1 and 1.0 are not. Trees may be deep."""
    waiting: list[tuple[Any, Any]] = [(one, other)]
    while waiting:
        a, b = waiting.pop()
        if type(a) is not type(b):
            return False
        if isinstance(a, syntax.Syntax):
            names = [name for name in a.__match_args__ if name not in ("span", "docs")]
            waiting += [(getattr(a, name), getattr(b, name)) for name in names]
        elif isinstance(a, tuple):
            parts, others = cast("tuple[Any, ...]", a), cast("tuple[Any, ...]", b)
            if len(parts) != len(others):
                return False
            waiting += zip(parts, others, strict=True)
        elif a != b:
            return False
    return True
