"""The blanks between the words of a statement."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dsl.language.layout.words import Word
from dsl.language.lexemes import clings

LOOSENESS = {
    "PIPE": 0, "OR": 1, "AND": 2, "COMPARISON": 3, "PLUS": 4, "MINUS": 4, "STAR": 5, "SLASH": 5, "AT": 5, "PERCENT": 5,
}  # fmt: skip
"""The operators between two operands that have blanks around them, the loosest first."""
OPERAND_ENDS = frozenset(("NAME", "NUMBER", "STRING", "RPAR", "RSQB"))
RANGE = "__ANON_0"
_CLOSERS = frozenset(("COMMA", "RPAR", "RSQB", "DOT"))
_OPENERS = frozenset(("LPAR", "LSQB", "DOT"))


def is_binary(words: Sequence[Word], at: int) -> bool:
    """Whether a word is an operator between two operands; a sign before one is none. `**` is not counted."""
    kind = words[at].kind
    if kind in ("PLUS", "MINUS"):
        return at > 0 and words[at - 1].kind in OPERAND_ENDS
    return kind in LOOSENESS


def blanks(words: Sequence[Word]) -> list[str]:
    """What stands before each word of a statement, when it is written on one line: a blank or nothing."""
    signs = _Signs()
    signs.read(words)
    found = [""]
    for at in range(1, len(words)):
        left, right = words[at - 1], words[at]
        tight = _is_tight(words, at, signs)
        if tight and ("." in left.text or "." in right.text) and clings(left.text, right.text):
            tight = False
        found.append("" if tight else " ")
    return found


def _is_tight(words: Sequence[Word], at: int, signs: _Signs) -> bool:
    """Whether no blank stands before a word."""
    left, right = words[at - 1].kind, words[at].kind
    if right in _CLOSERS or left in _OPENERS or "POWER" in (left, right):
        return True
    if left in ("PLUS", "MINUS") and not is_binary(words, at - 1):
        return True
    if left == "COMMA":
        return False
    if right in ("LPAR", "LSQB") and left in OPERAND_ENDS:
        return True
    if "EQUAL" in (left, right) or RANGE in (left, right):
        return at in signs.tight or at - 1 in signs.tight
    if right == "COLON":
        return left == "COLON" or at not in signs.wide
    if left == "COLON":
        return at - 1 in signs.tight
    return (left, right) == ("_LBRACE", "RBRACE")


@dataclass(slots=True)
class _Part:
    """What is between two commas, in brackets or outside."""

    bracket: str
    signs: list[int] = field(default_factory=list[int])
    has_operator: bool = False
    has_type: bool = False


@dataclass(slots=True)
class _Signs:
    """Where `=`, `:` and `..` have blanks around them, and where they have none."""

    tight: set[int] = field(default_factory=set[int])
    wide: set[int] = field(default_factory=set[int])

    def read(self, words: Sequence[Word]) -> None:
        """Look at a whole statement."""
        parts = [_Part("")]
        for at, word in enumerate(words):
            part = parts[-1]
            match word.kind:
                case "LPAR" | "LSQB":
                    parts.append(_Part(word.kind))
                case "RPAR" | "RSQB":
                    self._end(parts.pop())
                case "COMMA" | "IN" | "WITH" | "_LBRACE" | "RBRACE":
                    self._end(part)
                    parts[-1] = _Part(part.bracket)
                case "EQUAL" if part.bracket == "LPAR" and not part.has_type:
                    self.tight.add(at)
                case "COLON" if part.bracket != "LSQB":
                    part.has_type = True
                case "COLON" | "__ANON_0":
                    part.signs.append(at)
                case _:
                    part.has_operator = part.has_operator or is_binary(words, at)
        for part in parts:
            self._end(part)

    def _end(self, part: _Part) -> None:
        """A sum in a slice or a range has blanks around its sign; then theirs has too, or it would seem to bind first."""
        (self.wide if part.has_operator else self.tight).update(part.signs)
