"""Sessions in this process, recorded sessions, and what tests of both compare."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from dsl.app.repl.attempt import Attempt, attempt
from dsl.app.repl.session import Session
from dsl.source.text import Source, Span

NEURON = """\
dtype f64
placeholder x = 3
placeholder y = 0.6087876106387002
parameter k = 0.35915077292816744
parameter b = 0.3737660632429008
linear = linear(x, k, b)
sigmoid = sigmoid(linear)
loss = mse(y, sigmoid)

train {
    minimize = loss
    optimizer = sgd(lr=0.1)
    steps = 20
}
"""

GOLDENS = Path(__file__).parent / "goldens"
STOP = "^C"
"""What stands below an entry during which Ctrl-C is pressed."""

_NUMBER = re.compile(r"(?<![\w.\[])-?\d+(?:\.\d+)?(?:e[-+]?\d+)?(?![\w])")
_TIMES = re.compile(r"\d+\.\d+ s$|\S+ (?:s|ms|µs|ns), the median of [\d,]+ runs?", re.MULTILINE)
_COUNT = re.compile(r"[\d,]*\d")
_RULE = re.compile(r"─{3,}")


@dataclass(frozen=True)
class Spoken:
    """What a script came to: its exit status, what it printed, all together and on standard output alone."""

    status: int
    all: str
    out: str


Script = Callable[..., Spoken]
"""Carries out a script with options of the command."""
Tell = Callable[[str], str]
"""Enters something into a session, and gives what it prints."""


def type_into(session: Session, text: str) -> Attempt:
    """Enter something into a session."""
    return attempt(session, Span(Source(text, "<repl>"), 0, len(text)))


def entries_of(transcript: str) -> list[tuple[str, bool]]:
    """What was typed in a recorded session, entry by entry, and whether it was stopped."""
    entries: list[tuple[str, bool]] = []
    for line in transcript.split("\n"):
        if line.startswith("nn> ") or line == "nn>":
            entries.append((line[4:], False))
        elif line.startswith("... ") or line == "...":
            entries[-1] = (f"{entries[-1][0]}\n{line[4:]}", False)
        elif line == STOP:
            entries[-1] = (entries[-1][0], True)
    return entries


def same_session(found: str, recorded: str) -> None:
    """Compare what was said with what is recorded: words as they are, numbers as closely as another machine computes them."""
    found, recorded = _TIMES.sub("0 s", found), _TIMES.sub("0 s", recorded)
    lines, wanted = found.rstrip("\n").split("\n"), recorded.rstrip("\n").split("\n")
    for line, other in zip(lines, wanted, strict=False):
        if line.startswith("interrupted in epoch"):  # after as many steps as there were
            assert _COUNT.sub("#", line) == _COUNT.sub("#", other)
            continue
        assert _words(line) == _words(other)
        for number, expected in zip(_numbers(line), _numbers(other), strict=True):
            assert number == pytest.approx(expected, rel=2e-3, abs=1e-6), line
    assert len(lines) == len(wanted)


def _words(line: str) -> list[str]:
    return _RULE.sub("─", _NUMBER.sub("#", line)).split()


def _numbers(line: str) -> list[float]:
    return [float(match) for match in _NUMBER.findall(line)]
