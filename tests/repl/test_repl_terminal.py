"""What only a terminal shows: completion, highlighting, several lines, the history, pasting, leaving."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from prompt_toolkit.application import create_app_session
from prompt_toolkit.input import DummyInput
from prompt_toolkit.output import DummyOutput
from session_terminal import Terminal
from sessions import NEURON

from dsl.app.repl.completion import Completion
from dsl.app.repl.reader import Reader

_COLOUR = re.compile(r"\x1b\[[0-9;]*[1-9][0-9;]*m")


@pytest.fixture
def state(folder: Path) -> Path:
    return folder / "state"


def leave(terminal: Terminal) -> str:
    """Leave with Ctrl-D; what the screen shows then."""
    terminal.keys("\x04")
    assert terminal.ended() == 0
    return terminal.screen.text


class TestTyping:
    def test_words_are_completed(self, state):
        terminal = Terminal(state=state)
        terminal.prompt()
        terminal.enter("estimate = 3")
        terminal.keys("y = estim\t")
        terminal.wait(lambda: terminal.screen.cursor_row.startswith("nn> y = estimate"), "the completion")
        terminal.keys(" + 1\r")
        terminal.prompt()
        assert "y: f32 = estimate + 1" in leave(terminal)

    def test_a_menu_says_what_words_are(self, state):
        terminal = Terminal(state=state)
        terminal.prompt()
        terminal.keys("y = softm")
        terminal.wait(lambda: "softmax(x, axis=-1)   exp(x) / sum(exp(x))" in terminal.screen.text, "the menu")
        terminal.keys("\x03")
        terminal.wait(lambda: terminal.screen.cursor_row.rstrip() == "nn>", "a new prompt")
        assert "sum(exp(x))" not in leave(terminal)

    def test_a_line_is_given_up(self, state):
        terminal = Terminal(state=state)
        terminal.prompt()
        terminal.keys("x = (1 +\r")
        terminal.wait(lambda: terminal.screen.cursor_row.startswith("..."), "a second line")
        terminal.keys("\x03")
        terminal.prompt()
        terminal.enter("2 + 2")
        shown = leave(terminal)
        assert "4   [f32]" in shown
        assert "error" not in shown

    def test_lines_are_indented_and_brackets_close(self, state):
        terminal = Terminal(state=state)
        terminal.prompt()
        terminal.enter("def f(x) {\n    y = sum(\n        x\n    )\n    return y\n}")
        shown = leave(terminal)
        assert (
            "nn> def f(x) {\n...     y = sum(\n...         x\n...     )\n...     return y\n... }\nfunction f(x)"
            in shown
        )

    def test_a_line_can_be_begun_anywhere(self, state):
        terminal = Terminal(state=state)
        terminal.prompt()
        terminal.keys("x = 1\x1b\r")
        terminal.wait(lambda: terminal.screen.cursor_row.startswith("..."), "a second line")
        terminal.keys("y = 2\r")
        terminal.prompt()
        shown = leave(terminal)
        assert "x: f32 = 1\ny: f32 = 2\n" in shown

    def test_a_pasted_program_is_one_entry_in_any_order(self, state):
        terminal = Terminal(state=state)
        terminal.prompt()
        terminal.keys("\x1b[200~y = x + 1\nx = 2\n\n\x1b[201~\r")
        terminal.prompt()
        terminal.enter(":undo")
        terminal.enter(":show")
        assert "the program is empty" in leave(terminal)

    def test_pasted_commands_are_entries_of_their_own(self, state):
        terminal = Terminal(state=state)
        terminal.prompt()
        terminal.keys("\x1b[200~x = 2\nx + 1\n:engine\n\x1b[201~\r")
        terminal.prompt()
        shown = leave(terminal)
        assert "x: f32 = 2\nx + 1 = 3   [f32]\nengine: auto\n" in shown


class TestColours:
    def test_programs_are_highlighted(self, state):
        terminal = Terminal(state=state)
        terminal.prompt()
        before = len(terminal.raw)
        terminal.enter("parameter k = relu(0.5)")
        assert _COLOUR.search(terminal.raw[before:])
        leave(terminal)

    def test_not_where_the_environment_says_so(self, state):
        terminal = Terminal(state=state, environment={"NO_COLOR": "1"})
        terminal.prompt()
        terminal.enter("parameter k = 0.5")
        terminal.enter("k + q")
        leave(terminal)
        assert not _COLOUR.search(terminal.raw)


class TestHistory:
    def test_it_is_there_the_next_time(self, state):
        terminal = Terminal(state=state)
        terminal.prompt()
        terminal.enter("first = 1")
        terminal.enter("second = [\n    2\n]")
        leave(terminal)
        assert (state / "nn-lang" / "history").stat().st_mode & 0o077 == 0

        terminal = Terminal(state=state)
        terminal.prompt()
        terminal.keys("\x12")  # Ctrl-R
        terminal.wait(lambda: "i-search" in terminal.screen.text, "the search")
        terminal.keys("first")
        terminal.wait(lambda: "first = 1" in terminal.screen.text, "the entry")
        terminal.keys("\r\r")
        terminal.prompt()
        assert "first: f32 = 1" in leave(terminal)

    def test_a_long_one_is_shortened(self, state):
        path = state / "nn-lang" / "history"
        path.parent.mkdir(parents=True)
        path.write_text("".join(f"\n# 2026-01-01 00:00:00\n+value_{at} = {at}\n" for at in range(40_000)))
        with create_app_session(input=DummyInput(), output=DummyOutput()):
            Reader(lambda text: Completion(0, []), lambda: None)
        kept = path.read_text()
        assert 500_000 < len(kept) < 1_000_000
        assert kept.startswith("\n# 2026")
        assert kept.endswith("+value_39999 = 39999\n")
        assert path.stat().st_mode & 0o077 == 0

    def test_a_state_folder_that_cannot_be_is_done_without(self, folder, state):
        Path("state").write_text("a file")
        terminal = Terminal(state=state)
        terminal.prompt()
        terminal.enter("x = 1")
        assert "the program was not saved" in leave(terminal)


class TestLeaving:
    def test_what_is_not_saved_is_kept_and_said(self, state):
        Path("neuron.nn").write_text(NEURON)
        terminal = Terminal("neuron.nn", "--quiet", state=state)
        terminal.prompt()
        terminal.enter("extra = k + 1")
        terminal.enter(":train")
        terminal.enter("k")
        reached = re.findall(r"^k = (\S+)", terminal.screen.text, re.MULTILINE)[-1]
        shown = leave(terminal)
        kept = state / "nn-lang" / "unsaved.nn"
        assert "the program and the trained parameters were not saved; to go on: nn repl" in " ".join(shown.split())
        assert "extra = k + 1" in re.sub(" +", " ", kept.read_text())

        terminal = Terminal(kept, state=state)
        terminal.prompt()
        terminal.enter(f":load {kept.with_suffix('.safetensors')}")
        terminal.enter("k")
        assert f"k = {reached}" in leave(terminal)

    def test_nothing_is_said_where_all_is_saved(self, state):
        Path("neuron.nn").write_text(NEURON)
        terminal = Terminal("neuron.nn", state=state)
        terminal.prompt()
        terminal.enter("loss")
        assert "saved" not in leave(terminal)
        assert not (state / "nn-lang" / "unsaved.nn").exists()

    def test_a_file_that_is_wrong_waits_for_its_correction(self, state):
        Path("bad.nn").write_text("y = x\n")
        terminal = Terminal("bad.nn", state=state)
        terminal.prompt()
        Path("bad.nn").write_text("x = 1\ny = x\n")
        terminal.enter(":reload")
        terminal.enter("y")
        shown = leave(terminal)
        assert "bad.nn:1:5" in shown
        assert "y = x" in shown
        assert "[f32, line 2]" in shown


class TestInterrupting:
    def test_a_long_evaluation_is_stopped_and_the_session_goes_on(self, state):
        terminal = Terminal(state=state)
        terminal.prompt()
        terminal.enter("parameter w: [2, 2] = 0.5")
        terminal.keys("\x1b[200~2 + 2\nrepeat i in 0..1_000_000 with h = w { h = h @ w }\x1b[201~\r")
        terminal.wait(lambda: "4   [f32]" in terminal.screen.text, "the entry before it")
        terminal.keys("\x03")
        terminal.wait(lambda: "interrupted; the session is as it was" in terminal.screen.text, "the interruption")
        terminal.prompt()
        terminal.enter("sum(w)")
        shown = leave(terminal)
        assert "sum(w) = 2 " in shown
        assert "Traceback" not in shown
