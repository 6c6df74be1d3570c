"""What a person at a terminal sees: colours, the bar of a training, tables folded to the width."""

from __future__ import annotations

import os
import re
import select
import signal
import struct
import subprocess
import time
from pathlib import Path

import pytest
from command_line import command

pytest.importorskip("pty", reason="needs a system with pseudo-terminals")

import fcntl
import pty
import termios

_ESCAPE = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")


class Terminal:
    """A command under a terminal of its own, of some width."""

    def __init__(self, *arguments: str | Path, columns: int = 80, environment: dict[str, str] | None = None) -> None:
        self._end, end = pty.openpty()
        fcntl.ioctl(end, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
        base = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "COLUMNS", "LINES")}
        self.process = subprocess.Popen(
            command(*arguments),
            stdin=end,
            stdout=end,
            stderr=end,
            env={**base, "TERM": "xterm-256color", "PYTHONUTF8": "1", **(environment or {})},
            start_new_session=True,
        )
        os.close(end)
        self.raw = ""

    def read(self, until: str = "") -> str:
        """What is printed until a text appears, or to the end."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if select.select([self._end], [], [], 0.2)[0]:
                try:
                    self.raw += os.read(self._end, 65536).decode("utf-8", "replace")
                except OSError:  # how Linux says that the other end is closed
                    break
            if until and until in self.text:
                return self.text
        self.process.wait(timeout=10)
        os.close(self._end)
        return self.text

    @property
    def text(self) -> str:
        """What was printed, without colours and movements."""
        return _ESCAPE.sub("", self.raw).replace("\r\n", "\n")


class TestTraining:
    def test_the_bar_shows_epoch_speed_time_loss_metrics_and_rate(self, line):
        terminal = Terminal("train", line, "--set", "train.epochs=1500", columns=110)
        text = terminal.read()
        assert terminal.process.returncode == 0
        assert "━" in text
        assert "epoch 1500/1500" in text
        assert re.search(r"[\d,]+ steps/s", text)
        assert re.search(r"\d+:\d\d", text)
        last = text[text.rindex("epoch 1500/1500") :]
        assert re.search(r"loss \S+, points.test.loss \S+, points.test.error \S+, rate 0.5", last)
        assert "\x1b[?25h" in terminal.raw, "the cursor is shown again"
        assert "holds" in text

    def test_the_bar_fits_a_narrow_terminal(self, line):
        text = Terminal("train", line, "--set", "train.epochs=300", columns=40).read()
        drawn = [piece for piece in re.split(r"[\r\n]", text[: text.index("train: 300")]) if "loss" in piece]
        assert drawn
        assert all(len(piece.rstrip()) <= 40 for piece in drawn)
        assert any(piece.rstrip().endswith("…") for piece in drawn)

    def test_several_runs_are_named(self, line):
        text = line.read_text()
        blocks = "".join(
            f"train {name} {{\n minimize = loss\n data = points.train\n epochs = 20\n}}\n" for name in ("one", "two")
        )
        line.write_text(text[: text.index("train {")] + blocks)
        shown = Terminal("train", line).read()
        assert re.search(r"^one +━", shown, re.MULTILINE)
        assert re.search(r"^two +━", shown, re.MULTILINE)

    def test_an_interruption_leaves_a_tidy_terminal(self, line):
        terminal = Terminal("train", line, "--set", "train.epochs=1000000", columns=100)
        terminal.read(until="points.test.error")
        os.killpg(terminal.process.pid, signal.SIGINT)
        text = terminal.read()
        assert terminal.process.returncode == 130
        assert "\x1b[?25h" in terminal.raw
        assert re.search(r"interrupted in epoch \d+ of 1000000 of `train`", text)
        assert "Traceback" not in text


class TestColours:
    def test_errors_are_red_and_hints_green(self, folder):
        Path("bad.nn").write_text("speed = 1.0\nx = sped\n")
        terminal = Terminal("check", "bad.nn")
        terminal.read()
        assert "\x1b[31m\x1b[1merror[name]" in terminal.raw
        assert "\x1b[32m   = hint: did you mean `speed`?" in terminal.raw

    def test_none_where_the_environment_says_so(self, folder):
        Path("bad.nn").write_text("x = sped\n")
        terminal = Terminal("check", "bad.nn", environment={"NO_COLOR": "1"})
        terminal.read()
        assert "\x1b[" not in terminal.raw

    def test_markup_and_escape_codes_of_a_program_are_text(self, folder):
        name = "[bold]\x1b[35m.nn"
        Path(name).write_text("x = sped\n")
        terminal = Terminal("run", name)
        assert "[bold]\\x1b[35m.nn:1:5" in terminal.read()
        assert "\x1b[35m" not in terminal.raw


class TestTables:
    @pytest.mark.parametrize("columns", [30, 60, 200])
    def test_cells_are_folded_and_nothing_is_lost(self, neuron, columns):
        text = Terminal("grad", neuron, columns=columns).read()
        assert all(len(line) <= columns for line in text.splitlines())
        letters = re.sub(r"[^0-9]", "", text)
        assert columns < 200 or "0.18583185743835806" in text
        assert len(letters) >= 7 * 17 * 2 - 60
