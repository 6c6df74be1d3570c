"""A program's text with new statements in it: each in the place of the one it replaces, or at the end.

Every part of the new text knows where it comes from, so that a mistake is shown in what was typed, and all else where it
stands in the session.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from dsl.app.names.binding import replaced
from dsl.language import syntax
from dsl.source.diagnostic import Diagnostic, ProgramError
from dsl.source.text import Source, Span

_REST_OF_LINE = re.compile(r"[ \t]*(#[^\n]*)?(?=\n|\Z)")
_LINE_OF_DOCS = re.compile(r"(?:^[ \t]*##(?!#)[^\n]*\n)+\Z", re.MULTILINE)
_BETWEEN = re.compile(r"[\s;]*")


@dataclass(frozen=True, slots=True)
class Chunk:
    """A typed statement with the comments before it and behind it, from `start` to `end` of what was typed."""

    statement: syntax.Statement
    start: int
    end: int
    text: str

    @property
    def has_docs(self) -> bool:
        """Whether it brings documentation of its own."""
        return self.text.startswith("##")

    @property
    def has_remark(self) -> bool:
        """Whether a comment stands behind it."""
        return self.start + len(self.text.rstrip()) > self.statement.span.end

    @property
    def is_long(self) -> bool:
        """Whether it stands on several lines."""
        return "\n" in self.text


@dataclass(frozen=True, slots=True)
class Splice:
    """A part of the old text, from `start` to `end`, and what takes its place: a chunk between two texts that nobody typed."""

    start: int
    end: int
    chunk: Chunk | None = None
    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """What takes the place."""
        return f"{self.before}{self.chunk.text if self.chunk else ''}{self.after}"


def chunks(text: str, statements: Sequence[syntax.Statement]) -> Iterator[Chunk]:
    """What was typed, cut into its statements; comments at the end belong to the last one."""
    at = 0
    for statement in statements:
        start = _after(_BETWEEN, text, at)
        rest = _REST_OF_LINE.match(text, statement.span.end)
        at = rest.end() if rest else statement.span.end
        if statement is statements[-1]:
            at = max(at, len(text.rstrip(" \t\n;")))
        yield Chunk(statement, start, at, text[start:at].rstrip())


def _after(pattern: re.Pattern[str], text: str, at: int) -> int:
    match = pattern.match(text, at)
    return match.end() if match else at


class Edit:
    """New statements put into a program. `taken` are the old statements that they take the place of, by their places.

    `typed` is where the statements were typed.
    """

    def __init__(self, old: Source, statements: Sequence[syntax.Statement], typed: Span, new: Iterable[Chunk]) -> None:
        self._old, self._typed = old, typed
        self.taken: dict[int, Chunk] = {}
        splices: list[Splice] = []
        for chunk in new:
            splices += self._placed(statements, chunk)
        self._splices = sorted(_apart(old.text, splices), key=lambda splice: splice.start)
        self.text = self._spliced()

    def _placed(self, statements: Sequence[syntax.Statement], chunk: Chunk) -> Iterator[Splice]:
        """Where a chunk goes, and what goes for it."""
        text = self._old.text
        places = [place for place in replaced(chunk.statement, statements) if place not in self.taken]
        self.taken |= dict.fromkeys(places, chunk)
        for place in places[1:]:
            yield _without(text, statements[place])
        if places:
            yield _instead(text, statements[places[0]], chunk)
        elif isinstance(chunk.statement, syntax.DTypeStatement) and statements:
            start = statements[0].span.start
            yield Splice(start, start, chunk, after="\n")
        else:
            yield Splice(len(text), len(text), chunk, after="\n")

    def _spliced(self) -> str:
        parts: list[str] = []
        at = 0
        for splice in self._splices:
            parts += [self._old.text[at : splice.start], splice.text]
            at = splice.end
        return "".join([*parts, self._old.text[at:]])

    # -- where things come from -------------------------------------------------------------------------------------------

    def located(self, diagnostic: Diagnostic, new: Source) -> Diagnostic:
        """A diagnostic about the new text, told of what was typed and of the old text."""
        return at_home(diagnostic, lambda span: self.home(span, new))

    def home(self, span: Span, new: Source) -> Span:
        """Where a place in the new text comes from: what was typed, or the old text."""
        if span.source is not new:
            return span
        shift = 0
        for splice in self._splices:
            start = splice.start + shift
            if span.start < start:
                break
            first = start + len(splice.before)
            if splice.chunk and span.start <= first + len(splice.chunk.text):
                return self._in_chunk(span, splice.chunk, first)
            shift += len(splice.text) - (splice.end - splice.start)
        length = len(self._old.text)
        return Span(self._old, min(span.start - shift, length), min(span.end - shift, length))

    def _in_chunk(self, span: Span, chunk: Chunk, start: int) -> Span:
        first, last = (min(max(at - start, 0), len(chunk.text)) + chunk.start for at in (span.start, span.end))
        return Span(self._typed.source, self._typed.start + first, self._typed.start + last)


def _without(text: str, statement: syntax.Statement) -> Splice:
    """A statement taken out: with its documentation and its line where that is its own, else with a semicolon."""
    start, end = statement.span.start, _after(_REST_OF_LINE, text, statement.span.end)
    line = text.rfind("\n", 0, start) + 1
    if not text[line:start].strip() and (end == len(text) or text[end] == "\n"):
        docs = _LINE_OF_DOCS.search(text, 0, line)
        return Splice(docs.start() if docs and line else line, min(end + 1, len(text)))
    following = re.compile(r"[ \t]*;[ \t]*").match(text, statement.span.end)
    if following:
        return Splice(start, following.end())
    return Splice(len(text[:start].rstrip(" \t;")), statement.span.end)


def _instead(text: str, statement: syntax.Statement, chunk: Chunk) -> Splice:
    """A chunk in the place of a statement; the comment behind that one stays unless the chunk has its own."""
    start, end = statement.span.start, statement.span.end
    if chunk.has_docs:
        line = text.rfind("\n", 0, start) + 1
        docs = _LINE_OF_DOCS.search(text, 0, line) if not text[line:start].strip() else None
        start = docs.start() if docs and line else start
    if not chunk.has_remark:
        return Splice(start, end, chunk)
    rest = _REST_OF_LINE.match(text, end)
    if rest:
        return Splice(start, rest.end(), chunk)
    return Splice(start, _after(_BETWEEN, text, end), chunk, after="\n")


def _apart(text: str, splices: Sequence[Splice]) -> Iterator[Splice]:
    """The splices with empty lines around what is appended and stands on several lines, as a person would set it."""
    lines = text.rstrip("\n")
    follows_long, is_first = lines.endswith("}"), not lines
    missing = "" if is_first or text.endswith("\n") else "\n"
    for splice in splices:
        chunk = splice.chunk
        if chunk is None or splice.start < len(text) or splice.start != splice.end:
            yield splice
            continue
        gap = "\n" if not is_first and (chunk.is_long or follows_long) else ""
        yield replace(splice, before=missing + gap)
        follows_long, is_first, missing = chunk.is_long, False, ""


def moved(error: ProgramError, places: Mapping[Source, Span]) -> ProgramError:
    """An error about texts by themselves, told of the places where those texts stand."""

    def home(span: Span) -> Span:
        to = places.get(span.source)
        return span if to is None else Span(to.source, to.start + span.start, to.start + span.end)

    return ProgramError(at_home(found, home) for found in error.diagnostics)


def at_home(diagnostic: Diagnostic, home: Callable[[Span], Span]) -> Diagnostic:
    """A diagnostic with each of its places where that comes from."""
    labels = tuple(replace(label, span=home(label.span)) for label in diagnostic.labels)
    return replace(diagnostic, span=home(diagnostic.span) if diagnostic.span else None, labels=labels)
