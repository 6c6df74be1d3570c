"""A text cut into lexemes: words, signs, comments, blanks and newlines, one behind the other, with nothing left out.

What a word is, a keyword or a name, depends on the statement it stands in, so the parser's automaton says so: it is
followed token by token, and nothing is built. A text that does not follow the grammar is cut to its end all the same:
the rest of the statement with the mistake is cut without the automaton, which goes on at the next statement. Formatter,
highlighting, editor and session all read texts in this way.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from dsl.language.automaton import NAME, NESTING, NEWLINE, OPERATORS, after_blanks, pattern_of
from dsl.language.parser import grammar
from dsl.language.tables import END, Tables

BLANK, COMMENT, LINE_BREAK, STRAY = "BLANK", "COMMENT", "LINE_BREAK", "STRAY"
TRIVIA = frozenset((BLANK, COMMENT, LINE_BREAK))
"""The kinds of lexemes that a program could do without."""

_ENDS = frozenset((NEWLINE, "_SEMICOLON", "RBRACE", END))
"""With these, a statement with a mistake ends."""
_IN_EXPRESSIONS = frozenset(("AND", "OR", "NOT"))
_BLOCK = ("IF", NAME, "_LBRACE")
"""What opens a block of statements, whatever the words before the brace were meant to be."""


class Lexeme(NamedTuple):
    """A stretch of text: its kind, the text, and the offset at which it begins.

    The kind is the name of a terminal in `grammar/nn.lark`; `LINE_BREAK` for a newline that ends no statement, and `STRAY`
    for what begins no lexeme of the language, such as a string that is not closed. `keyword` says that the word is one here.
    """

    kind: str
    text: str
    start: int
    keyword: bool = False

    @property
    def end(self) -> int:
        """The offset behind it."""
        return self.start + len(self.text)


def lexemes(text: str, start: str = "start") -> list[Lexeme]:
    """The lexemes of a text, which follows the rule `start` of the grammar, or was meant to.

    Their texts, joined, are the text. Nothing is raised, whatever the text is.
    """
    return _Cutting(grammar(), text, start).lexemes()


def lexemes_and_following(text: str) -> tuple[list[Lexeme], frozenset[str] | None]:
    """The lexemes of a text, and the words and names that can come next, by their kinds.

    These are None where the statement at the end of the text has a mistake before its end.
    """
    cutting = _Cutting(grammar(), text, "start")
    return cutting.lexemes(), cutting.following


def clings(left: str, right: str) -> bool:
    """Whether two words or signs, written without a blank between them, are read as something else: `1.` and `.T`."""
    match = _first_token().match(left + right)
    return match is None or match.end() != len(left)


@lru_cache(maxsize=1)
def _first_token() -> re.Pattern[str]:
    return pattern_of(grammar(), grammar().terminals)


class _Cutting:
    """The work of cutting one text."""

    def __init__(self, tables: Tables, text: str, start: str) -> None:
        self.tables = tables
        self.keywords = frozenset(tables.keywords.values())
        self.text = text
        self.found: list[Lexeme] = []
        self.position = 0
        self.depth = 0
        self.previous = ""
        self.first_of_line = True
        self.states = [tables.starts[start]]
        self.beginnings = [tuple(self.states)]
        """For each open block the states in which its next statement begins."""
        self.line: tuple[int, int] | None = None
        """Where the line begins, among what was found and in the text, if it goes on with the statement of the one above."""
        self.lost = False
        """Whether the rest of a statement is passed over, in which there is a mistake."""
        self.following: frozenset[str] | None = None
        """The keywords that can come at the end of the text, and the name where one can; None where there is a mistake."""

    def lexemes(self) -> list[Lexeme]:
        """Cut the whole text."""
        pattern = _first_token()
        while True:
            match = pattern.match(self.text, self.position)
            if match is None:
                self._stray()
                continue
            kind = match.lastgroup or END
            if kind == NAME:
                kind = self._word(match[kind])
            elif kind == NEWLINE and ((self.depth and not self.lost) or self.previous in OPERATORS):
                self._trivia(match.end())
                continue
            if not self.lost and kind not in self._row:
                shorter = pattern_of(self.tables, {NEWLINE, *self._row}).match(self.text, self.position)
                if shorter:
                    kind, match = shorter.lastgroup or END, shorter
            self._trivia(self._start(match))
            if kind == END and not self.lost:
                self.following = frozenset(filter(self._accepts, (NAME, *self.keywords)))
            if self.first_of_line:
                goes_on = bool(self.found) and self.previous != NEWLINE
                self.line = (len(self.found), self.position) if goes_on else None
            kind = self._follow(kind, match[match.lastindex] if match.lastindex else "")
            if kind == END:
                return self.found
            if kind:
                self._add(kind, match.end())

    def _start(self, match: re.Match[str]) -> int:
        """Where a token begins; the carriage return before a newline is no part of the comment before that."""
        if not match.lastindex:
            return len(self.text)
        start = match.start(match.lastindex)
        return start - (start > self.position and self.text[start - 1 : start + 1] == "\r\n")

    @property
    def _row(self) -> dict[str, int]:
        return self.tables.rows[self.states[-1]]

    # -- what a token is

    def _word(self, word: str) -> str:
        """The keyword that a word is here, or that it is a name."""
        kind = self.tables.keywords.get(word, "")
        taken = kind in _IN_EXPRESSIONS and self.previous != "DOT" if self.lost else kind in self._row
        return kind if taken else NAME

    def _follow(self, kind: str, word: str) -> str:
        """Have the automaton take a token, or pass it over; the kind that it has, empty where its line is read anew."""
        if self.lost and kind not in _ENDS:
            if kind == "_LBRACE":
                self._open_block()
            return kind
        if not self.lost and self._shift(kind):
            self._note(kind)
            return kind
        if kind not in _ENDS and not self.first_of_line:
            if self._rewinds():
                return ""
            self.lost = True
            return self._word(word) if kind == NAME else kind
        # Begin a new statement: the one before ends here, or in the line before, though one of its brackets is open.
        self._begin_anew()
        kind = self._word(word) if word in self.tables.keywords else kind
        if self._shift(kind):
            self._note(kind)
        else:
            self._begin_anew()
            self.lost = kind not in _ENDS
        return kind

    def _rewinds(self) -> bool:
        """Go back to the beginning of the line, where its first word says that it does not go on with the statement above."""
        if self.line is None:
            return False
        count, start = self.line
        kind = self.tables.keywords.get(self.found[count].text)
        if kind not in self.tables.rows[self.beginnings[-1][-1]]:
            return False
        del self.found[count:]
        self.position, self.line, self.first_of_line = start, None, True
        self._begin_anew()
        return True

    def _begin_anew(self) -> None:
        self.states = list(self.beginnings[-1])
        self.depth, self.lost, self.previous = 0, False, NEWLINE

    def _open_block(self) -> None:
        """Take the brace at the end of a statement with a mistake for the beginning of a block, where there can be one."""
        self._begin_anew()
        if all(self._shift(kind) for kind in _BLOCK):
            self._note("_LBRACE")
        else:
            self._begin_anew()
            self.lost = True

    def _note(self, kind: str) -> None:
        """Remember the brackets, and where a statement can begin."""
        self.depth += NESTING.get(kind, 0)
        if kind == "_LBRACE":
            self.beginnings.append(tuple(self.states))
        elif kind == "RBRACE" and len(self.beginnings) > 1:
            self.beginnings.pop()
        elif kind in (NEWLINE, "_SEMICOLON"):
            self.beginnings[-1] = tuple(self.states)

    def _shift(self, kind: str) -> bool:
        """Reduce by the rules that end before a terminal and shift it, or find that it has no place here."""
        rows, rules, states = self.tables.rows, self.tables.rules, self.states
        while (action := rows[states[-1]].get(kind)) is not None:
            if action >= 0:
                states.append(action)
                return True
            rule = rules[-1 - action]
            del states[len(states) - rule.size :]
            states.append(rows[states[-1]][rule.origin])
            if rule.origin == "target":
                self._give_back()
        return False

    def _accepts(self, kind: str) -> bool:
        """Whether the automaton would take a token."""
        rows, rules, states = self.tables.rows, self.tables.rules, list(self.states)
        while (action := rows[states[-1]].get(kind)) is not None:
            if action >= 0:
                return True
            rule = rules[-1 - action]
            del states[len(states) - rule.size :]
            states.append(rows[states[-1]][rule.origin])
        return False

    def _give_back(self) -> None:
        """The last word is a name, though a statement might have begun with it."""
        at = next(at for at in range(len(self.found) - 1, -1, -1) if self.found[at].kind not in TRIVIA)
        self.found[at] = self.found[at]._replace(kind=NAME, keyword=False)

    # -- what is written down

    def _add(self, kind: str, end: int) -> None:
        """A token up to `end`; of newlines only the first ends the statement."""
        if kind == NEWLINE:
            first, *rest = _pieces(self.text, self.position, end)
            self.found += [first._replace(kind=NEWLINE), *rest]
        else:
            self.found.append(Lexeme(kind, self.text[self.position : end], self.position, kind in self.keywords))
        self.first_of_line = kind == NEWLINE
        self.position, self.previous = end, kind

    def _trivia(self, end: int) -> None:
        if end == self.position:
            return
        pieces = _pieces(self.text, self.position, end)
        self.first_of_line = self.first_of_line or any(piece.kind == LINE_BREAK for piece in pieces)
        self.found += pieces
        self.position = end

    def _stray(self) -> None:
        """A character that begins nothing, or the string that it begins and that does not end."""
        start = after_blanks(self.tables, self.text, self.position)
        self._trivia(start)
        line_end = self.text.find("\n", start)
        end = (line_end if line_end >= 0 else len(self.text)) if self.text[start] == '"' else start + 1
        self.found.append(Lexeme(STRAY, self.text[start:end], start))
        self.position, self.previous, self.first_of_line, self.lost = end, STRAY, False, True


_TRIVIA = re.compile(r"(?P<LINE_BREAK>\r?\n)|(?P<COMMENT>#(?:[^\r\n]|\r(?!\n))*)|(?P<BLANK>[ \t\f]+)")


def _pieces(text: str, start: int, end: int) -> list[Lexeme]:
    """What lies between two tokens, or is a newline with the blank lines and comments behind it."""
    return [Lexeme(m.lastgroup or "", m[0], m.start()) for m in _TRIVIA.finditer(text, start, end)]


def significant(found: Sequence[Lexeme]) -> Iterator[Lexeme]:
    """The lexemes that matter to the parser."""
    return (lexeme for lexeme in found if lexeme.kind not in TRIVIA)
