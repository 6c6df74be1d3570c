"""What is said of the word under the cursor, as Markdown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dsl.app.completion.beginning import beginning
from dsl.app.completion.brackets import open_brackets
from dsl.app.completion.language import Known
from dsl.app.editor import told_words as words
from dsl.app.editor.markdown import fenced, paragraphs
from dsl.app.editor.told_symbols import told_symbol
from dsl.app.names.callees import callee
from dsl.language.lexemes import Lexeme, lexemes, significant
from dsl.ops.parameters import Array

if TYPE_CHECKING:
    from dsl.app.editor.analysis import Analysis
    from dsl.language.resolution.names import Occurrence

_REGISTERED = {
    "initializer": "initializer",
    "optimizer": "optimizer",
    "schedule": "schedule",
    "stopping": "early_stopping",
    "reader": "data",
    "split": "data",
    "data function": "data",
}
"""Where names are looked up that only some places of a program call, by the kinds of these."""
_WHAT = {
    "stopping": "a way to stop early",
    "reader": "reader of data files",
    "split": "how rows are divided",
    "data function": "function of columns",
}
_LONGEST_WORD = 200


@dataclass(frozen=True, slots=True)
class Hover:
    """What is said, as Markdown, of the text from `start` to `end`."""

    start: int
    end: int
    text: str


def hover(analysis: Analysis, offset: int, values: Mapping[str, Array] | None = None) -> Hover | None:
    """What is said of the word at an offset, None where nothing is. `values` are those of a run, by name path."""
    found = analysis.names.at(offset) if analysis.edited_at is None or offset < analysis.edited_at else None
    if found is not None:
        text = _of_name(analysis, found, values)
        return Hover(found.span.start, found.span.end, text) if text else None
    lexeme = _lexeme(analysis.source.text, offset)
    if lexeme is None:
        return None
    keyword = words.told_keyword(lexeme.text) if lexeme.keyword else ""
    text = paragraphs([keyword, words.told_sign(lexeme.text)])
    return Hover(lexeme.start, lexeme.end, text) if text else None


def _of_name(analysis: Analysis, found: Occurrence, values: Mapping[str, Array] | None) -> str:
    if found.symbol is not None:
        return told_symbol(analysis, found.symbol, values)
    match found.kind:
        case "operation":
            return words.told_operation(found.name)
        case "element type":
            return words.told_dtype(found.name)
        case "builtin":
            return words.told_builtin(found.name)
        case "files":
            return words.told_key(found.name, "data")
        case "attribute":
            return words.told_attribute(found.name) or _part_of_data(analysis, found.name)
        case "key":
            return words.told_key(found.name, found.owner)
        case "keyword argument":
            known = Known(analysis.model)
            section = _section(analysis, found)
            return words.told_keyword_argument(found.owner, found.name, section, known.definitions, known.values)
        case kind if kind in _REGISTERED:
            called = callee(found.name, _REGISTERED[kind])
            return words.told_callee(called, _WHAT.get(kind, kind)) if called else ""
        case _:
            return ""


def _part_of_data(analysis: Analysis, name: str) -> str:
    """A part that a way of dividing the rows has made, such as a fold."""
    for plan in analysis.model.data.values():
        made = [f"{plan.name}.{part}" for part in plan.split.names if name in part.split(".")]
        if made:
            return paragraphs([fenced(made), "*parts of data*"])
    return ""


def _section(analysis: Analysis, found: Occurrence) -> str:
    """What the owner of an argument is looked up among, which its place in the text says."""
    text = analysis.tree.span.source.text[: found.span.start]
    stack = open_brackets(list(significant(lexemes(text[beginning(text) :]))))
    return stack[-1].section


def _lexeme(text: str, offset: int) -> Lexeme | None:
    """The keyword or sign at an offset, in the statement that it stands in."""
    start = beginning(text[: offset + 1])
    end = text.find("\n", offset)
    found = lexemes(text[start : end if end >= 0 else len(text)])
    at = next((each for each in significant(found) if each.start + start <= offset < each.end + start), None)
    return None if at is None or len(at.text) > _LONGEST_WORD else at._replace(start=at.start + start)


def described(analysis: Analysis, word: str, kind: str) -> str:
    """What is said of a word of a menu, by the kind that it has there; empty where there is no more to say."""
    match kind:
        case "operation":
            return words.told_operation(word)
        case "keyword":
            return words.told_keyword(word)
        case "key":
            return words.told_key(word, "train") or words.told_key(word, "data")
        case "type":
            return words.told_dtype(word)
        case "attribute":
            return words.told_attribute(word)
        case _:
            return _of_program(analysis, word, kind) or _of_library(word, kind)


def _of_program(analysis: Analysis, word: str, kind: str) -> str:
    names = analysis.names.file
    is_called = kind in ("function", "layer") and word in names.callables
    symbol = names.callables[word] if is_called else names.values.get(word)
    return told_symbol(analysis, symbol, None) if symbol is not None and kind not in _REGISTERED else ""


def _of_library(word: str, kind: str) -> str:
    sections = dict.fromkeys((kind, "data", *_REGISTERED.values()))
    called = next((found for section in sections if (found := callee(word, section)) is not None), None)
    if called is not None:
        return words.told_callee(called, _WHAT.get(kind, kind))
    return words.told_builtin(word)
