"""How fast the interactive session answers: the prompt, the menu of completions, an entry in a program of 1,000 lines.

    python benchmarks/repl.py --lines 1000 --json repl.json

The prompt and the menu are those of whole processes in a pseudo-terminal, from the shell's call and from the key to what is
drawn. `benchmarks/README.md` says what was measured.
"""

from __future__ import annotations

import argparse
import fcntl
import json
import os
import platform
import pty
import select
import signal
import struct
import subprocess
import sys
import tempfile
import termios
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from statistics import median
from time import perf_counter

from front_end import TOP, Measured, arrays, seconds, tell

from dsl.app.repl.completion import Completer
from dsl.app.repl.entries import kind_of
from dsl.app.repl.interpreter import carry_out
from dsl.app.repl.session import Session
from dsl.source.text import Source, Span

PROMPT = "nn>"
WORDS = {
    "a name": "y = value_1",
    "anything": "y = ",
    "an operation": "y = x |> lay",
    "an argument": "y = mean(value_3, ax",
    "a command": ":expl",
    "an argument of a command": ":explain value_9",
}
"""What stands before the cursor, by what is completed."""


# -- in this process -----------------------------------------------------------------------------------------------------------


def typed(text: str) -> Span:
    return Span(Source(text, "<repl>"), 0, len(text))


def session_of(lines: int) -> Session:
    """A session with a program of so many lines."""
    session = Session()
    session.enter(typed(arrays(lines)))
    return session


def completing(lines: int, repeats: int) -> Iterator[Measured]:
    """The words that fit, without a terminal; the first time after an entry, and from then on."""
    session = session_of(lines)
    for what, before in WORDS.items():
        first, later = [], []
        for _ in range(repeats):
            completer = Completer(session)
            first.append(seconds(lambda completer=completer, before=before: completer.complete(before)))
            later.append(seconds(lambda completer=completer, before=before: completer.complete(before)))
        yield Measured(f"completing {what}, first after an entry", median(first) * 1e3, "ms", 50)
        yield Measured(f"completing {what}", median(later) * 1e3, "ms", 50)


def entering(lines: int, repeats: int) -> Iterator[Measured]:
    """Entries carried out, without a terminal."""
    session = session_of(lines)
    entries = {
        "a new statement": "fresh = value_7 * 2",
        "a name bound again": "value_7 = value_2 + 1",
        "an expression": "value_7 * 2 + x",
        "what is taken back": ":undo",
    }
    session.enter(typed("x = ones([2, 8])"))
    taken: dict[str, list[float]] = {name: [] for name in entries}
    for _ in range(repeats):
        for name, text in entries.items():
            entry = typed(text)
            taken[name].append(seconds(lambda entry=entry: carry_out(session, kind_of(entry), entry)))
    for name, times in taken.items():
        yield Measured(f"entering {name}", median(times) * 1e3, "ms")


# -- in a terminal -------------------------------------------------------------------------------------------------------------


class Terminal:
    """`nn repl` in a pseudo-terminal."""

    def __init__(self, arguments: list[str], environment: dict[str, str]) -> None:
        self._end, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 40, 120, 0, 0))
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dsl.app.main", "repl", *arguments],
            stdin=end, stdout=end, stderr=end, env=environment, start_new_session=True,
        )  # fmt: skip
        os.close(end)
        self.shown = ""

    def until(self, text: str) -> None:
        """Read on to a text."""
        start = len(self.shown)
        while text not in self.shown[start:]:
            if not select.select([self._end], [], [], 60)[0]:
                raise TimeoutError(text)
            self.shown += os.read(self._end, 65536).decode(errors="replace")

    def press(self, keys: str) -> None:
        os.write(self._end, keys.encode())

    def close(self) -> None:
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        os.close(self._end)


def in_a_terminal(lines: int, repeats: int) -> Iterator[Measured]:
    """From the start to the prompt, and from a key to the menu. Bytecode is kept, as it is where a package is installed."""
    with tempfile.TemporaryDirectory() as folder:
        long = Path(folder) / "long.nn"
        long.write_text(arrays(lines))
        kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        environment = {
            **kept, "PYTHONPATH": str(TOP), "PYTHONPYCACHEPREFIX": folder, "XDG_CACHE_HOME": folder, "XDG_STATE_HOME": folder,
            "TERM": "xterm-256color", "PROMPT_TOOLKIT_NO_CPR": "1",
        }  # fmt: skip
        neuron = str(TOP / "programs" / "neuron.nn")
        for name, arguments in {"nn repl": [], "nn repl neuron.nn": [neuron]}.items():
            times = [_started(arguments, environment) for _ in range(repeats + 1)][1:]
            yield Measured(f"{name}: from the start to the prompt", median(times) * 1e3, "ms", 500)
        terminal = Terminal([str(long)], environment)
        terminal.until(PROMPT)
        times = [_menu(terminal) for _ in range(repeats + 1)][1:]
        terminal.close()
        yield Measured("from a key to the menu", median(times) * 1e3, "ms", 50)


def _started(arguments: list[str], environment: dict[str, str]) -> float:
    start = perf_counter()
    terminal = Terminal(arguments, environment)
    terminal.until(PROMPT)
    taken = perf_counter() - start
    terminal.close()
    return taken


def _menu(terminal: Terminal) -> float:
    """How long the menu takes after the first letter of a word, which all names of the program begin with."""
    terminal.press("y = ")
    terminal.until("=")
    start = perf_counter()
    terminal.press("v")
    terminal.until("f32[batch, 8]")  # the type of a name, which only the menu shows
    taken = perf_counter() - start
    terminal.press("\x03")
    terminal.until(PROMPT)
    return taken


PARTS: dict[str, Callable[[int, int], Iterator[Measured]]] = {
    "completing": completing,
    "entering": entering,
    "terminal": in_a_terminal,
}


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure the interactive session.")
    parser.add_argument("--lines", type=int, default=1_000, help="the length of the program")
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--parts", nargs="*", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--json", type=Path, metavar="PATH", help="write the numbers here too")
    options = parser.parse_args()
    found: list[Measured] = []
    for part in options.parts:
        found += tell(PARTS[part](options.lines, options.repeats))
    if options.json:
        facts = {"lines": options.lines, "python": platform.python_version(), "cores": os.cpu_count()}
        options.json.write_text(json.dumps({**facts, "measured": [asdict(one) for one in found]}, indent=1) + "\n")


if __name__ == "__main__":
    main()
