"""How fast the language server answers in a program of 1,000 lines: from a key to completion, and to diagnostics.

    python benchmarks/editor.py --lines 1000 --json editor.json

The server is a process of its own, and the times are those of its client: from the message that a key was typed to the answer
that has been read. `benchmarks/README.md` says what was measured.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

from front_end import TOP, Measured, arrays, functions, tell

sys.path.insert(0, str(TOP / "tests" / "editor"))
from language_client import LanguageClient, client, replacement

HERE = "untitled:long"
COMPLETION, DIAGNOSTICS = 50, 200
"""The limits, in milliseconds."""
WORD = "fresh = va"
"""What is typed in the middle of the program, a letter at a time."""


def spoilt(text: str, mistakes: int) -> str:
    """The program with so many lines that cannot be read, spread over it."""
    lines = text.split("\n")
    for index in range(mistakes):
        place = (2 * index + 1) * len(lines) // (2 * mistakes)
        lines.insert(place, "broken = ) 2")
    return "\n".join(lines)


def misnamed(text: str) -> str:
    """The program with a name that stands for nothing."""
    return f"{text}\nlast = value_l + 1\n"


PROGRAMS: dict[str, Callable[[int], str]] = {
    "right": arrays,
    "with a wrong name": lambda lines: misnamed(arrays(lines)),
    "with a syntax error": lambda lines: spoilt(arrays(lines), 1),
    "with nine syntax errors": lambda lines: spoilt(arrays(lines), 9),
    "of functions": functions,
}


def measured(name: str, lines: int, repeats: int) -> Iterator[Measured]:
    """One kind of program: a word is typed again and again, and the menu asked for with every letter."""
    text = PROGRAMS[name](lines)
    written = text.split("\n")
    middle = next(line for line in range(len(written) // 2, len(written)) if written[line][:1].isalpha())
    completed: list[float] = []
    diagnosed: list[float] = []
    with client() as editor:
        editor.open(HERE, text)
        editor.diagnostics(HERE)
        editor.change(HERE, replacement((middle, 0), (middle, 0), "\n"))
        editor.diagnostics(HERE)
        used = _processor_time(editor)
        for number in range(repeats + 1):
            times = [_typed(editor, middle, column) for column in range(len(WORD))]
            if number:
                completed += [first for first, _ in times]
                diagnosed += [second for _, second in times]
            editor.change(HERE, replacement((middle, 0), (middle, len(WORD)), ""))
            editor.diagnostics(HERE)
            sleep(1)
        used = (_processor_time(editor) - used) / ((repeats + 1) * (len(WORD) + 1))
    for what, found, limit in (("completion", completed, COMPLETION), ("diagnostics", diagnosed, DIAGNOSTICS)):
        yield Measured(f"{name}: from a key to {what}", median(found) * 1e3, "ms", limit)
        yield Measured(f"{name}: from a key to {what}, at worst", max(found) * 1e3, "ms")
    yield Measured(f"{name}: processor time for a key", used * 1e3, "ms")


def _processor_time(editor: LanguageClient) -> float:
    """The seconds of processor time that the server has used, whatever else the machine does; 0 where nothing says so."""
    try:
        fields = Path(f"/proc/{editor.process.pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _typed(editor: LanguageClient, line: int, column: int) -> tuple[float, float]:
    """One letter: the time to the menu, which is asked for at once, and to the diagnostics."""
    start = perf_counter()
    editor.change(HERE, replacement((line, column), (line, column), WORD[column]))
    editor.at("completion", HERE, (line, column + 1))
    completed = perf_counter() - start
    editor.diagnostics(HERE)
    diagnosed = perf_counter() - start
    sleep(0.05)
    return completed, diagnosed


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the language server.")
    parser.add_argument("--lines", type=int, default=1_000, help="the length of the program")
    parser.add_argument("--repeats", type=int, default=10, help="how often the word is typed")
    parser.add_argument("--programs", nargs="*", choices=list(PROGRAMS), default=list(PROGRAMS))
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the numbers here too")
    options = parser.parse_args()
    found: list[Measured] = []
    for name in options.programs:
        found += tell(measured(name, options.lines, options.repeats))
    if options.json:
        facts = {"lines": options.lines, "python": platform.python_version(), "cores": os.cpu_count()}
        options.json.write_text(json.dumps({**facts, "measured": [asdict(one) for one in found]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
