"""What stands behind a command's name: words, and `name = value` pairs behind them, each with its place."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dsl.source.diagnostic import fail
from dsl.source.nearest import did_you_mean
from dsl.source.text import Span

_PAIR = re.compile(r"(?P<name>[^\W\d][\w.]*)[ \t]*=(?!=)[ \t]*")
_FLAG = re.compile(r"--(?P<name>[\w-]+)(?:[ \t]*=[ \t]*|[ \t]+|$)")
_LEXEME = re.compile(r'"(?:[^"\\\n]|\\.)*"|.', re.DOTALL)
_NESTING = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


@dataclass(frozen=True, slots=True)
class Arguments:
    """`place` is all that stands behind the command's name. Pairs are also written `--name value`."""

    place: Span
    words: Sequence[Span]
    pairs: Mapping[str, Span]
    names: Mapping[str, Span]
    """Where the names of the pairs stand."""

    @property
    def texts(self) -> list[str]:
        """The words, without the quotes around them."""
        return [unquoted(word) for word in self.words]

    def text(self, name: str) -> str | None:
        """The value of a pair, without quotes; None where it is not given."""
        return unquoted(self.pairs[name]) if name in self.pairs else None

    def check(self, most: int, usage: str, known: Sequence[str] = ()) -> None:
        """Raise ProgramError where there are more words than that, or a pair of another name."""
        if len(self.words) > most:
            raise fail("argument", "this is more than the command takes", self.words[most], hint=f"usage: {usage}")
        for name, place in self.names.items():
            if name not in known:
                hint = did_you_mean(name, known, f"usage: {usage}")
                raise fail("argument", f"the command has no option `{name}`", place, hint=hint)

    def one(self, usage: str) -> str:
        """The only word. Raises ProgramError where there is none."""
        if not self.words:
            raise fail("argument", "something is missing", self.place, hint=f"usage: {usage}")
        return self.texts[0]

    def whole(self, name: str) -> int | None:
        """The value of a pair that is a number of at least 0; None where it is not given. Raises ProgramError."""
        place = self.pairs.get(name)
        if place is not None and not place.text.isdecimal():
            raise fail("argument", "a whole number of at least 0 is needed here", place)
        return None if place is None else int(place.text)

    def count(self, place: Span) -> int:
        """A word or a value that is a number of at least 1. Raises ProgramError."""
        text = place.text.replace("_", "")
        if not text.isdecimal() or not int(text):
            raise fail("argument", "a whole number of at least 1 is needed here", place)
        return int(text)


def unquoted(place: Span) -> str:
    """The text of a place, without quotes around it."""
    text = place.text
    return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text


def read_arguments(place: Span) -> Arguments:
    """Cut what stands behind a command's name. A value ends where the next pair begins."""
    text = place.text
    words: list[Span] = []
    pairs: dict[str, Span] = {}
    names: dict[str, Span] = {}
    at = 0
    while at < len(text):
        if text[at].isspace():
            at += 1
            continue
        flag, pair = _FLAG.match(text, at), _PAIR.match(text, at)
        found = flag or pair
        end = _end(text, found.end() if found else at, whole=bool(pair and not flag))
        if found:
            name = found["name"]
            names[name] = _part(place, found.start("name"), found.end("name"))
            pairs[name] = _part(place, found.end(), end)
        else:
            words.append(_part(place, at, end))
        at = max(end, at + 1)
    return Arguments(place, words, pairs, names)


def _part(place: Span, start: int, end: int) -> Span:
    return Span(place.source, place.start + start, place.start + end)


def _end(text: str, at: int, whole: bool) -> int:
    """Where a word ends, or a `whole` value, which has blanks in it; those inside brackets and strings do not count."""
    depth = 0
    for match in _LEXEME.finditer(text, at):
        depth += _NESTING.get(match[0], 0)
        if match[0].isspace() and depth <= 0:
            following = match.end()
            if not whole or _PAIR.match(text, following) or _FLAG.match(text, following):
                return len(text[: match.start()].rstrip())
    return len(text.rstrip())
