"""Text to syntax tree."""

from __future__ import annotations

import re
from functools import lru_cache
from threading import Lock
from typing import Any

from dsl.language import syntax
from dsl.language.automaton import Automaton, UnexpectedTokenError, UnreadableError
from dsl.language.tables import END, Tables, load_tables
from dsl.language.tree import TreeBuilder
from dsl.source.collection import without_garbage_collection
from dsl.source.diagnostic import Diagnostic, ProgramError
from dsl.source.text import Source, Span

_DOC = re.compile(r"^[ \t]*##(?!#)[ \t]?(.*)$", re.MULTILINE)
_MOST_SYNTAX_ERRORS = 10
_BUILDING = Lock()


def parse(source: Source) -> syntax.Program:
    """The syntax tree of a whole file. Raises ProgramError with every syntax error that could be found."""
    try:
        statements = _run(source, source.text, "start")
    except UnreadableError as error:
        raise ProgramError(_all_errors(source, error)) from None
    return syntax.Program(Span(source, 0, len(source.text)), statements, _docs(source))


def parse_expression(source: Source) -> syntax.Expression:
    """The tree of a text that is one expression. Raises ProgramError."""
    from dsl.language.mistakes import explain

    try:
        return _run(source, source.text, "expression_only")
    except UnreadableError as error:
        raise ProgramError([explain(source, source.text, error)]) from None


def is_unfinished(text: str) -> bool:
    """Whether a text breaks off where more has to follow: inside brackets, or behind an operator at the end of a line."""
    return any(_breaks_off(f"{text}\n", start) for start in ("start", "expression_only"))


def _breaks_off(text: str, start: str) -> bool:
    try:
        _run(Source(text), text, start)
    except UnexpectedTokenError as error:
        return error.token.type == END
    except UnreadableError:
        pass
    return False


def _run(source: Source, text: str, start: str) -> Any:
    automaton, builder = _parser()
    with _BUILDING, without_garbage_collection():
        builder.source = source
        return automaton.parse(text, start)


def _all_errors(source: Source, first: UnreadableError) -> list[Diagnostic]:
    """The first error and those found when its lines are taken out and the rest is read again."""
    from dsl.language.mistakes import explain, without

    text, error, found = source.text, first, list[Diagnostic]()
    while len(found) < _MOST_SYNTAX_ERRORS:
        diagnostic = explain(source, text, error)
        if not found or diagnostic.span != found[-1].span:
            found.append(diagnostic)
        shorter = without(text, error)
        if shorter is None:
            break
        text = shorter
        try:
            _run(source, text, "start")
            break
        except UnreadableError as following:
            error = following
    return found


def _docs(source: Source) -> dict[int, str]:
    """The `##` comments by the line of what follows them; those that begin the file at 0 too."""
    docs: dict[int, list[str]] = {}
    if "##" not in source.text:
        return {}
    for match in _DOC.finditer(source.text):
        line = source.position(match.start())[0]
        docs[line + 1] = [*docs.pop(line, []), match[1].rstrip()]
    result = {line: "\n".join(words) for line, words in docs.items()}
    following = {
        line: text for line, text in result.items() if line <= len(source.line_starts) and source.line(line).strip()
    }
    begins_file = source.text.lstrip().startswith("##") and not source.text.lstrip().startswith("###")
    return {0: next(iter(result.values())), **following} if begins_file else following


@lru_cache(maxsize=1)
def grammar() -> Tables:
    """The tables of the grammar, loaded once."""
    return load_tables()


@lru_cache(maxsize=1)
def _parser() -> tuple[Automaton, TreeBuilder]:
    builder = TreeBuilder()
    return Automaton(grammar(), builder), builder
