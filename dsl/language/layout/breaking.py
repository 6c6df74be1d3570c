"""Statements as pieces to be printed: where a line can be broken, and what is indented there.

A line that is too long is broken before the `|>` of its pipeline, else inside brackets. A sum that is not in brackets gets
round ones, which do not change what is read.
"""

from __future__ import annotations

from collections.abc import Sequence

from dsl.language.elaborate.machine import Task, run
from dsl.language.layout.alignment import Row
from dsl.language.layout.brackets import Brackets
from dsl.language.layout.pieces import Break, Close, Either, Indent, Open, Piece, Printer, Text
from dsl.language.layout.spacing import LOOSENESS, is_binary
from dsl.language.layout.words import STEP, Comment, Line

_WORD_BEFORE_VALUE = ("RETURN", "SHOW")
_BINDINGS = ("PLACEHOLDER", "PARAMETER", "CONSTANT", "DIM", "METRIC", "NAME")


def rows_of(line: Line, blanks: Sequence[str]) -> list[Row]:
    """The rows that a line takes, the comment behind it at the end of the last one."""
    building = _Building(line, blanks)
    run(building.statement())
    rows = Printer(building.pieces, line.level * STEP).print()
    rows[-1].comment = line.comment
    return rows


class _Building:
    def __init__(self, line: Line, blanks: Sequence[str]) -> None:
        self.words = line.words
        self.blanks = blanks
        self.brackets = Brackets(line.words)
        self.comments: list[list[Comment]] = [list(word.comments) for word in line.words]
        """The comments before each word that are not written yet."""
        self.pieces: list[Piece] = []
        self.outside = set(self.brackets.outside(0, len(self.words)))
        self.hangs = False
        """Whether a comment outside brackets has ended a row already, so that the rest is indented."""

    # -- statements

    def statement(self) -> Task:
        """The whole line."""
        end = len(self.words)
        start = self._value()
        pipes = self._pipes(start, end)
        if pipes:
            yield self._run(0, start)
            yield self._chain(start, pipes, end)
        elif self._wraps(start, end):
            yield self._run(0, start)
            yield self._wrapped(start, end)
        else:
            yield self._run(0, end)

    def _value(self) -> int:
        """Where the value begins that the statement binds, returns or shows, or the end of a statement of another kind."""
        first = self.words[0].kind
        if first in _WORD_BEFORE_VALUE:
            return 1
        if first in _BINDINGS and not any(word.kind == "_LBRACE" for word in self.words):
            for at in self.brackets.outside(1, len(self.words)):
                if self.words[at].kind in ("EQUAL", "TILDE"):
                    return at + 1
        return len(self.words)

    def _pipes(self, start: int, end: int) -> list[int]:
        return [at for at in self.brackets.outside(start, end) if self.words[at].kind == "PIPE"]

    def _chain(self, start: int, pipes: Sequence[int], end: int) -> Task:
        """A pipeline outside brackets, a step a row where it is broken."""
        broken = any(self.brackets.is_broken_at(at) for at in pipes)
        self.pieces.append(Open(broken))
        yield self._run(start, pipes[0])
        self.pieces.append(Indent(STEP))
        for at, stop in zip(pipes, [*pipes[1:], end], strict=True):
            self._break(at)
            self.pieces += self._comments(at)
            yield self._run(at, stop, begins_row=True)
        self.pieces += [Indent(-STEP), Close()]

    def _wraps(self, start: int, end: int) -> bool:
        """Whether a value that is too long gets brackets; not where its last brackets serve as well."""
        signs = self._loosest(start, end)
        at_top = list(self.brackets.outside(start, end))
        if not signs or any(self.words[at].kind == "COMMA" or self.comments[at] for at in at_top):
            return False
        last = at_top[-1]
        serves = self.words[last].kind == "LPAR" and self.brackets.partner[last] > last + 1
        return len(signs) > 1 or not serves

    def _wrapped(self, start: int, end: int) -> Task:
        self.pieces += [Text(self.blanks[start]), Open(broken=False), Either("("), Indent(STEP), Break("")]
        yield self._expression(start, end, hangs=False)
        self.pieces += [Indent(-STEP), Break(""), Either(")"), Close()]

    # -- expressions

    def _run(self, start: int, end: int, *, begins_row: bool = False) -> Task:
        """Words one behind the other, their brackets alone broken."""
        at = start
        while at < end:
            if self.brackets.opens(at):
                self._word(at, begins_row=begins_row and at == start)
                last = self._innermost_of_one(at)
                yield self._bracket(at, last)
            else:
                self._word(at, begins_row=begins_row and at == start)
            at = max(self.brackets.partner[at], at) + 1

    def _expression(self, start: int, end: int, *, hangs: bool) -> Task:
        """An expression in brackets: broken before its loosest operators, which are indented where it `hangs`."""
        signs = self._loosest(start, end)
        if not signs:
            yield self._run(start, end, begins_row=True)
            return
        broken = any(self.comments[at] or self.brackets.is_broken_at(at) for at in signs)
        self.pieces.append(Open(broken))
        yield self._expression(start, signs[0], hangs=True)
        if hangs:
            self.pieces.append(Indent(STEP))
        for at, stop in zip(signs, [*signs[1:], end], strict=True):
            self._break(at)
            self._word(at, begins_row=True)
            self.pieces.append(Text(self.blanks[at + 1]))
            yield self._expression(at + 1, stop, hangs=True)
        if hangs:
            self.pieces.append(Indent(-STEP))
        self.pieces.append(Close())

    def _loosest(self, start: int, end: int) -> list[int]:
        """The operators of an expression that bind least."""
        signs = [at for at in self.brackets.outside(start, end) if is_binary(self.words, at)]
        least = min((LOOSENESS[self.words[at].kind] for at in signs), default=0)
        return [at for at in signs if LOOSENESS[self.words[at].kind] == least]

    # -- brackets

    def _innermost_of_one(self, opening: int) -> int:
        """The last of brackets that hold nothing but each other, or a call each: `f([…])`, `mean(square(…))`.

        They are opened on one row and closed on one.
        """
        while True:
            inner = opening + 1
            if self.words[inner].kind == "NAME":
                inner += 1
            if not self.brackets.opens(inner):
                return opening
            behind = self.brackets.partner[inner] + 1
            between = [*range(opening + 1, inner + 1), behind]
            if behind != self.brackets.partner[opening] or any(self.comments[at] for at in between):
                return opening
            opening = inner

    def _bracket(self, first: int, opening: int) -> Task:
        """What is inside brackets, and those that close them; the `first` of them is written."""
        partner = self.brackets.partner
        for at in range(first + 1, opening + 1):
            self._word(at)
        closing = partner[opening]
        items = self.brackets.items(opening)
        if not items and not self.comments[closing]:
            self._close(closing, partner[first])
            return
        self.pieces += [
            Open(opening in self.brackets.open),
            *self._comments_beside(opening + 1),
            Indent(STEP),
            Break(""),
        ]
        fills = self.brackets.holds_numbers(opening)
        takes_items = self.brackets.takes_items(opening)
        for start, end in items:
            yield self._item(start, end, hangs=takes_items and len(items) > 1)
            if end < items[-1][1]:
                self.pieces += [Text(","), *self._comments(end)]
                self._break(end + 1, " ", fills)
        if takes_items and items:
            self.pieces.append(Either(","))
        self.pieces += [*self._comments(closing), Indent(-STEP), Break("")]
        self._close(closing, partner[first])
        self.pieces.append(Close())

    def _close(self, closing: int, last: int) -> None:
        self.pieces.append(Text("".join(word.text for word in self.words[closing : last + 1])))

    def _item(self, start: int, end: int, *, hangs: bool) -> Task:
        """An argument, an item of a list, a part of an index, a parameter of a function."""
        kinds = {self.words[at].kind for at in self.brackets.outside(start, end)}
        if "COLON" in kinds:
            yield self._run(start, end, begins_row=True)
        elif "EQUAL" in kinds:
            yield self._run(start, start + 2, begins_row=True)
            yield self._expression(start + 2, end, hangs=hangs)
        else:
            yield self._expression(start, end, hangs=hangs)

    # -- words and comments

    def _word(self, at: int, *, begins_row: bool = False) -> None:
        """A word with the comments before it; at the beginning of a row what separates it from the word before is there."""
        comments = self._comments(at)
        if comments and at in self.outside and not self.hangs:
            self.hangs = True
            self.pieces.append(Indent(STEP))
        self.pieces += comments
        self.pieces.append(Text(self.words[at].text if begins_row else self.blanks[at] + self.words[at].text))

    def _break(self, at: int, flat: str | None = None, fills: bool = False) -> None:
        """A place to break the line before a word."""
        self.pieces += self._comments_beside(at)
        self.pieces.append(Break(self.blanks[at] if flat is None else flat, fills))

    def _comments(self, at: int) -> list[Comment]:
        """The comments before a word, those that are not written yet."""
        found, self.comments[at] = self.comments[at], []
        return found

    def _comments_beside(self, at: int) -> list[Comment]:
        """The comment before a word that stands behind the word before."""
        comments = self.comments[at]
        return [comments.pop(0)] if comments and not comments[0].below else []
