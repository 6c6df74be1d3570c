"""Where to begin reading a text of which only the end matters: at the last statement that stands at the top of the file."""

from __future__ import annotations

import re
from functools import lru_cache

from dsl.language.highlighting.vocabulary import one_of, vocabulary

_NESTING = {"{": 1, "(": 1, "[": 1, "}": -1, ")": -1, "]": -1}
_GOES_ON = re.compile(r"(?:[-+*/@%<>=,|~:]|\b(?:and|or|not))$")
AT_THE_TOP = frozenset(
    ("dtype", "placeholder", "metric", "def", "layer", "import", "from", "data", "train", "expect", "show")
)
"""The words of the statements that stand at the top of a file and nowhere else."""


@lru_cache(maxsize=1)
def _landmarks() -> re.Pattern[str]:
    """Strings and comments, which are passed over; brackets; words at the beginning of a line."""
    declares = one_of(word for word in vocabulary().beginnings if word in AT_THE_TOP)
    passed_over = r'"(?:[^"\\\n]|\\.)*"?|#[^\n]*'
    words = rf'^(?P<sure>(?:{declares})\b(?=[ \t]+["\w{{]))|^(?P<word>[^\W\d])'
    return re.compile(rf"{passed_over}|(?P<bracket>[][(){{}}])|{words}", re.MULTILINE)


def beginning(text: str) -> int:
    """The offset of the last statement at the top of a file, whatever is wrong with those before it.

    A statement of the top begins its line with a word. What stands there inside an open bracket, or behind an operator, goes
    on with the statement above; but for words that no body and no expression has at such a place.
    """
    starts: list[int] = [0]
    depth = 0
    for match in _landmarks().finditer(text):
        kind = match.lastgroup
        if kind == "bracket":
            depth = max(0, depth + _NESTING[match["bracket"]])
        elif kind == "sure":
            depth = 0
            starts.append(match.start())
        elif kind == "word" and not depth:
            starts.append(match.start())
    while len(starts) > 1 and _goes_on(text, starts[-1]):
        starts.pop()
    return starts[-1]


def _goes_on(text: str, start: int) -> bool:
    """Whether the code before a place ends with an operator."""
    while start > 0:
        line = text[text.rfind("\n", 0, start - 1) + 1 : start]
        code = line.partition("#")[0].rstrip()
        if code:
            return bool(_GOES_ON.search(code))
        start -= len(line)
    return False
