"""A program's lexemes as logical lines: statements, braces and what stands beside them; comments; blank lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dsl.language.automaton import NEWLINE
from dsl.language.layout.spacing import blanks
from dsl.language.layout.words import STEP, WIDTH, Blank, Comment, Item, Line, Remark, Word
from dsl.language.lexemes import BLANK, Lexeme
from dsl.source.render import display_width

_OPENING, _CLOSING = "_LBRACE", "RBRACE"


def logical_lines(found: Sequence[Lexeme]) -> list[Item]:
    """The lines of a program that can be parsed, one statement each.

    A block stays on the line of its statement where it is on one line, holds no comment and one statement at most.
    """
    reading = _Reading([lexeme for lexeme in found if lexeme.kind != BLANK])
    return reading.items()


@dataclass(slots=True)
class _Reading:
    lexemes: list[Lexeme]
    found: list[Item] = field(default_factory=list[Item])
    words: list[Word] = field(default_factory=list[Word])
    """Those of the line that is being read."""
    comments: list[Comment] = field(default_factory=list[Comment])
    """Those behind the last word."""
    level: int = 0
    breaks: int = 0
    """How many newlines there were since the last word or comment."""
    inline_until: int = -1
    """The last brace of the blocks that stay on their line."""

    def items(self) -> list[Item]:
        for at, lexeme in enumerate(self.lexemes):
            match lexeme.kind:
                case "_NEWLINE" | "LINE_BREAK":
                    if lexeme.kind == NEWLINE:
                        self._end_line()
                    self.breaks += 1
                case "COMMENT":
                    self._comment(lexeme.text.rstrip())
                case "_SEMICOLON":
                    if at > self.inline_until:
                        self._end_line()
                    self.breaks = 0
                case _:
                    self._word(at, lexeme)
        self._end_line()
        self._drop_blank()
        return self.found

    def _word(self, at: int, lexeme: Lexeme) -> None:
        inline = at <= self.inline_until
        if lexeme.kind == _CLOSING and not inline:
            self._close_block()
        elif not self.words:
            self._keep_blank()
        after_comma = lexeme.kind in ("RPAR", "RSQB") and self.words[-1].kind == "COMMA"
        if after_comma:
            self.comments[:0] = self.words.pop().comments
        comments = tuple(self.comments)
        on_new_line = bool(comments or self.breaks) and bool(self.words)
        self.words.append(Word(lexeme.kind, lexeme.text, comments, on_new_line, after_comma))
        self.comments.clear()
        self.breaks = 0
        if lexeme.kind == _OPENING and not inline:
            begins = all(word.kind != _CLOSING for word in self.words)
            end = self._end_of_inline_blocks(at) if begins else -1
            self.inline_until = end if end > at and self._fits(at + 1, end) else -1
            if self.inline_until < 0:
                self._end_line()
                self.level += 1

    def _comment(self, text: str) -> None:
        if self.words:
            self.comments.append(Comment(text, below=self.breaks > 0))
        elif self.breaks == 0 and self.found and isinstance(last := self.found[-1], Line) and not last.comment:
            last.comment = text
        else:
            self._keep_blank()
            self.found.append(Remark(self.level, text))
        self.breaks = 0

    def _end_line(self) -> None:
        if not self.words:
            return
        first, *rest = self.comments or [Comment("", below=False)]
        self.found.append(Line(self.level, self.words, first.text))
        self.found += [Remark(self.level, comment.text) for comment in rest]
        self.words, self.comments = [], []

    def _close_block(self) -> None:
        """Begin the line of a `}`, which is that of its `{` when nothing is between them."""
        self._end_line()
        self._drop_blank()
        self.level -= 1
        last = self.found[-1]
        if isinstance(last, Line) and last.opens_block and not last.comment:
            self.words = last.words
            self.found.pop()
        self.breaks = 0

    # -- blank lines

    def _keep_blank(self) -> None:
        last = self.found[-1] if self.found else None
        if self.breaks > 1 and last and not (isinstance(last, Line) and last.opens_block):
            self.found.append(Blank())

    def _drop_blank(self) -> None:
        if self.found and isinstance(self.found[-1], Blank):
            self.found.pop()

    # -- blocks on one line

    def _end_of_inline_blocks(self, opening: int) -> int:
        """The last brace of the blocks of a statement that can stay on its line, or -1 where one of them cannot."""
        statements: list[str] = []
        """For each open block what there is of statements: none, one, or one and a separator behind it."""
        room = WIDTH
        for at in range(opening, len(self.lexemes)):
            room -= len(self.lexemes[at].text)
            match self.lexemes[at].kind:
                case _ if room < 0:
                    return -1
                case "_NEWLINE" | "LINE_BREAK" | "COMMENT":
                    return -1
                case "_LBRACE":
                    statements.append("none")
                case "RBRACE":
                    statements.pop()
                    if not statements and not self._goes_on(at):
                        return at
                case "_SEMICOLON":
                    statements[-1] = "ended" if statements[-1] == "one" else statements[-1]
                case _ if statements:
                    if statements[-1] == "ended":
                        return -1
                    statements[-1] = "one"
                case _:
                    pass
        return -1

    def _fits(self, start: int, end: int) -> bool:
        """Whether what was read of a line and the lexemes up to `end` fit on one row."""
        more = [Word(each.kind, each.text) for each in self.lexemes[start : end + 1] if each.kind != "_SEMICOLON"]
        words = [*self.words, *more]
        width = sum(len(blank) + display_width(word.text) for blank, word in zip(blanks(words), words, strict=True))
        return self.level * STEP + width <= WIDTH

    def _goes_on(self, at: int) -> bool:
        return at + 1 < len(self.lexemes) and self.lexemes[at + 1].kind == "ELSE"
