"""`nn repl` in a pseudo-terminal, typed into as a person does: an entry when the prompt is there."""

from __future__ import annotations

import os
import select
import struct
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from terminal_screen import Screen

pytest.importorskip("pty", reason="needs a system with pseudo-terminals")

import fcntl
import pty
import termios

ROWS, COLUMNS = 50, 180
PROMPT = "nn>"
_PATIENCE = 60


class Terminal:
    """A session under a terminal of its own, in the current folder."""

    def __init__(self, *arguments: str | Path, state: Path, environment: dict[str, str] | None = None) -> None:
        self._end, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        base = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "dsl.app.main", "repl", *map(str, arguments)],
            stdin=end,
            stdout=end,
            stderr=end,
            env={
                **base,
                "TERM": "xterm-256color",
                "PYTHONUTF8": "1",
                "XDG_STATE_HOME": str(state),
                **(environment or {}),
            },
            start_new_session=True,
            preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),
        )
        os.close(end)
        self.screen = Screen(ROWS, COLUMNS)
        self.raw = ""
        self._prompt_row = -1

    # -- what is seen

    def wait(self, until: Callable[[], bool], what: str) -> None:
        """Look on until something is there."""
        deadline = time.monotonic() + _PATIENCE
        while not until():
            assert time.monotonic() < deadline, f"{what} did not appear in\n{self.screen.text}"
            self._look()

    def prompt(self) -> None:
        """Wait for the next prompt, with nothing typed behind it."""
        self.wait(
            lambda: self.screen.row > self._prompt_row and self.screen.cursor_row.rstrip() == PROMPT, "the prompt"
        )
        self._prompt_row = self.screen.row

    def ended(self) -> int:
        """Wait for the end of the process; its exit status."""
        while self._look():
            pass
        os.close(self._end)
        return self.process.wait(timeout=_PATIENCE)

    def _look(self) -> bool:
        """Take what has been written; whether there can be more."""
        if not select.select([self._end], [], [], 0.2)[0]:
            return True
        try:
            chunk = os.read(self._end, 65536)
        except OSError:  # how Linux says that the other end is closed
            return False
        text = chunk.decode("utf-8", "replace")
        self.raw += text
        self.screen.feed(text)
        if self.screen.answers:
            os.write(self._end, self.screen.answers.encode())
            self.screen.answers = ""
        return bool(chunk)

    # -- what is typed

    def keys(self, text: str) -> None:
        """Press keys."""
        os.write(self._end, text.encode())

    def type(self, line: str) -> None:
        """Type a line, wait until it stands there, and press Enter."""
        self.keys(line)
        self.wait(lambda: self.screen.cursor_row.rstrip().endswith(line.rstrip()), line)
        self.keys("\r")

    def interrupt(self, entry: str, when: str) -> None:
        """Type a line, press Ctrl-C when something appears, and wait for the next prompt."""
        self.type(entry)
        self.wait(lambda: when in self.screen.text, when)
        self.keys("\x03")
        self.prompt()

    def enter(self, entry: str) -> None:
        """Type an entry line by line, without the blanks that the session begins lines with, and wait for the next prompt."""
        lines = entry.split("\n")
        for place, line in enumerate(lines):
            if place:
                row = self.screen.row
                self.wait(
                    lambda row=row: self.screen.cursor_row.startswith("...") and self.screen.row >= row, "the next line"
                )
            self.type(line.strip() if place else line)
        self.prompt()
