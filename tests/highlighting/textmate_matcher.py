"""A small interpreter of TextMate grammars: as much of them as ours uses, in the way editors do it.

A line is looked at from the left. At each place, the expression that ends the innermost open rule and the rules inside it
are searched for; the leftmost match counts, of several at one place the first. A rule with `begin` stays open, over
lines, until its `end` is found. A group of an expression can have rules of its own, which are applied to its text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import Any

Rule = dict[str, Any]
Scopes = tuple[str, ...]


@dataclass(frozen=True)
class Frame:
    """A rule that is open, with the scopes inside it."""

    rule: Rule
    scopes: Scopes


class Matcher:
    """Colours texts by a grammar."""

    def __init__(self, grammar: Rule) -> None:
        self.grammar = grammar

    def scopes(self, text: str) -> list[Scopes]:
        """The scopes of each character of a text, the outermost first."""
        found: list[Scopes] = []
        stack = [Frame(self.grammar, ())]
        for line in text.split("\n"):
            shown = f"{line}\n"
            marks: list[Scopes] = [()] * len(shown)
            self._line(shown, 0, len(shown), stack, marks)
            found += marks
        return found[: len(text)]

    def _line(self, line: str, start: int, end: int, stack: list[Frame], marks: list[Scopes]) -> None:
        at = start
        seen: set[tuple[int, int]] = set()
        while at <= end:
            frame = stack[-1]
            match, rule = self._next(line, at, end, frame)
            if match is None:
                _mark(marks, at, end, frame.scopes)
                return
            _mark(marks, at, match.start(), frame.scopes)
            if rule is None:
                self._captures(line, match, frame.rule, "endCaptures", frame.scopes, marks)
                stack.pop()
            elif "begin" in rule:
                scopes = (*frame.scopes, *rule.get("name", "").split())
                self._captures(line, match, rule, "beginCaptures", scopes, marks)
                stack.append(Frame(rule, scopes))
            else:
                scopes = (*frame.scopes, *rule.get("name", "").split())
                self._captures(line, match, rule, "captures", scopes, marks)
            place = (match.end(), len(stack))
            if match.end() == at and place in seen:
                return  # a rule that opens and closes in one place for ever
            seen.add(place)
            at = match.end()

    def _next(self, line: str, at: int, end: int, frame: Frame) -> tuple[re.Match[str] | None, Rule | None]:
        """The next match inside a frame and its rule, which is None where the frame ends."""
        best: re.Match[str] | None = None
        found: Rule | None = None
        candidates: list[tuple[str, Rule | None]] = [(frame.rule["end"], None)] if "end" in frame.rule else []
        candidates += [(rule.get("match") or rule["begin"], rule) for rule in self._flat(frame.rule)]
        for pattern, rule in candidates:
            match = _compiled(pattern).search(line, at, end)
            if match and (best is None or match.start() < best.start()):
                best, found = match, rule
        return best, found

    def _flat(self, rule: Rule) -> list[Rule]:
        """The rules inside a rule, in their order, with the repository's put in."""
        found: list[Rule] = []
        for inner in rule.get("patterns", []):
            if "include" in inner:
                found += self._flat(self.grammar["repository"][inner["include"].removeprefix("#")])
            else:
                found.append(inner)
        return found

    def _captures(
        self, line: str, match: re.Match[str], rule: Rule, key: str, scopes: Scopes, marks: list[Scopes]
    ) -> None:
        _mark(marks, match.start(), match.end(), scopes)
        for number, capture in sorted(rule.get(key, {}).items(), key=lambda item: int(item[0])):
            start, end = match.span(int(number))
            if start < 0:
                continue
            inner = (*scopes, *capture.get("name", "").split())
            _mark(marks, start, end, inner)
            if "patterns" in capture:
                self._line(line, start, end, [Frame(capture, inner)], marks)


def _mark(marks: list[Scopes], start: int, end: int, scopes: Scopes) -> None:
    marks[start:end] = [scopes] * (end - start)


@cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)
