"""Text to syntax tree."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
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
_MOST_TRIES = 100
"""How often lines are taken out, so that the rest can be read."""
_BUILDING = Lock()


@dataclass(frozen=True, slots=True)
class Reading:
    """What could be read of a file: the tree of its healthy part, and every syntax error that could be found."""

    tree: syntax.Program
    mistakes: tuple[Diagnostic, ...]


def parse(source: Source) -> syntax.Program:
    """The syntax tree of a whole file. Raises ProgramError with every syntax error that could be found."""
    reading = read(source)
    if reading.mistakes:
        raise ProgramError(reading.mistakes)
    return reading.tree


def read(source: Source) -> Reading:
    """The syntax tree of a file without the lines of its syntax errors, and these errors."""
    statements, mistakes = _Reader(source).read()
    return Reading(syntax.Program(Span(source, 0, len(source.text)), statements, _docs(source)), mistakes)


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


def _run(source: Source, text: str, start: str, position: int = 0) -> Any:
    automaton, builder = _parser()
    with _BUILDING, without_garbage_collection():
        builder.source = source
        return automaton.parse(text, start, position)


class _Reader:
    """The reading of one file. Where it cannot go on, the lines of the mistake are blanked out.

    It then goes on from a statement above them, not from the beginning of the file: nothing that has been read and still
    stands there is read twice.
    """

    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.statements: list[syntax.Statement] = []
        self.mistakes: list[Diagnostic] = []
        self.is_explaining = True

    def read(self) -> tuple[tuple[syntax.Statement, ...], tuple[Diagnostic, ...]]:
        """The statements that can be read, and the mistakes."""
        for _ in range(_MOST_TRIES):
            start = self.statements[-1].span.end if self.statements else 0
            try:
                self.statements += _run(self.source, self.text, "start", start)
                break
            except UnreadableError as error:
                if not self._take_out(error):
                    break
        return tuple(self.statements), tuple(self.mistakes)

    def _take_out(self, error: UnreadableError) -> bool:
        """Explain a mistake and blank out its lines; whether there is something left to read."""
        from dsl.language.mistakes import explain, without, without_bracket

        if self.is_explaining:
            diagnostic = explain(self.source, self.text, error)
            if not self.mistakes or diagnostic.span != self.mistakes[-1].span:
                self.mistakes.append(diagnostic)
        shorter = without(self.text, error)
        self.is_explaining = self.is_explaining and shorter is not None and len(self.mistakes) < _MOST_SYNTAX_ERRORS
        shorter = shorter or without_bracket(self.text, error)
        self.statements += _finished(error.values)
        if shorter is None:
            return False
        while self.statements and not shorter.startswith(self.text[: self.statements[-1].span.end]):
            self.statements.pop()
        if self.statements:
            self.statements.pop()  # which might go on in what follows now
        self.text = shorter
        return True


def _finished(values: Sequence[Any]) -> list[syntax.Statement]:
    """The statements at the top of a file among what the parser has built."""
    found: list[syntax.Statement] = []
    for value in values:
        if isinstance(value, syntax.Statement):
            found.append(value)
        elif isinstance(value, list):
            found += value
        elif value is not None:
            break
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
