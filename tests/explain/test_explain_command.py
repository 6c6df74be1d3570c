"""`nn explain` as it is typed: names, options, mistakes, and the walk key by key in a real terminal."""

from __future__ import annotations

import json
import os
import pty
import select
import sys
import termios
import time
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import dsl
from dsl.app.main import cli, run

PROGRAMS = Path(__file__).resolve().parents[2] / "programs"
NEURON, SHARED, LINE = (str(PROGRAMS / f"{name}.nn") for name in ("neuron", "shared", "line"))


def nn(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments, obj={})


def failed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert run(list(arguments)) == 1
    return capsys.readouterr().err


def test_a_name_that_is_not_there_is_told_with_the_near_ones(capsys: pytest.CaptureFixture[str]) -> None:
    message = failed(capsys, "explain", NEURON, "sigmiod")
    assert "there is no value or layer `sigmiod`" in message
    assert "did you mean `sigmoid`?" in message


def test_a_layer_is_opened_when_it_is_named() -> None:
    told = nn("explain", SHARED, "encoder").output
    assert "encoder.w is a parameter" in told
    assert "a.encoder.y_1 computes itself" in told
    assert "b.encoder.y_1 computes itself" in told
    assert "logits.Dense.w is a parameter" not in told


def test_layers_fold_to_the_depth_that_is_asked_for() -> None:
    folded, opened = (nn("explain", SHARED, "--depth", depth).output for depth in ("0", "1"))
    assert "a.encoder, the layer Dense, computes itself" in folded
    assert "a.encoder.y_1" not in folded
    assert "a.encoder.y_1 computes itself" in opened
    assert "Folded into one step each: Dense." in folded


def test_rows_of_the_training_data_are_fed_where_nothing_else_is() -> None:
    told = nn("explain", SHARED, "--rows", "3", "--depth", "0").output
    assert "The first 3 rows of digits.train are fed to it." in told
    assert "f32[3, 64]" in told


def test_a_data_set_can_be_named() -> None:
    told = json.loads(nn("explain", SHARED, "logits", "--on", "digits.test", "--format", "json").output)
    assert told["dataset"] == "digits.test"
    assert told["rows"] == len(dsl.load(SHARED).dataset("digits.test"))
    assert told["values"][0]["shape"] == [told["rows"], 10]


def test_json_has_the_facts_of_the_text() -> None:
    told = json.loads(nn("explain", NEURON, "--format", "json").output)
    assert told["of"] == "loss"
    assert [each["name"] for each in told["forward"]] == ["x", "y", "k", "b", "linear", "sigmoid", "loss"]
    linear = told["forward"][4]
    assert linear["equation"]["text"] == "linear = k · x + b = 0.35915077292816744 · 3 + 0.3737660632429008"
    assert linear["line"] == 9
    (k,) = (each for each in told["backward"] if each["name"] == "k")
    (way,) = k["ways"]
    assert way["path"] == ["k", "linear", "sigmoid", "loss"]
    assert way["symbols"]["text"] == "∂loss/∂sigmoid · ∂sigmoid/∂linear · ∂linear/∂k"
    assert way["flow"] == pytest.approx(k["gradient"], rel=1e-15)


def test_something_else_can_be_differentiated() -> None:
    told = nn("explain", NEURON, "--of", "sigmoid").output
    assert "Backward: the gradient of sigmoid, by the chain rule" in told
    assert "∂sigmoid/∂linear · ∂linear/∂k" in told
    assert "∂loss" not in told


def test_steps_tell_how_the_parameters_move() -> None:
    program = dsl.load(LINE)
    told = program.explain(steps=3)
    step = program.training_step(engine="reference")
    assert told.story.training is not None
    for each in told.story.training.steps:
        before = step.parameters
        assert float(each.loss) == step.run({})
        for move in each.moves:
            assert move.before == before[move.name]
            assert move.after == pytest.approx(step.parameters[move.name], rel=1e-12)
    assert "θ′ = θ − rate · momentum_buffer′" in str(told)
    assert program.parameters["slope"] == 0  # the program itself stays as it is


def test_steps_use_the_batches_of_the_run() -> None:
    path = PROGRAMS / "iris.nn"
    told = dsl.load(path).explain(steps=2).story.training
    program = dsl.load(path)
    history = program.train(epochs=1)
    assert told is not None
    losses = [float(step.loss) for step in told.steps]
    assert losses[0] != losses[1]
    assert history.rows[0]["loss"] == pytest.approx(sum(losses) / 2, rel=0.5)


def test_values_without_a_gradient_say_why() -> None:
    told = nn("explain", SHARED, "y", "accuracy").output
    assert "y has no gradient: values of type i32 do not change smoothly." in told
    assert "accuracy has no gradient: no smooth path leads from it to loss." in told


def test_a_program_without_a_loss_is_told_forward() -> None:
    told = str(dsl.loads("placeholder x = 2\na = x + 1\nb = x * a").explain())
    assert "b computes itself from x and a" in told
    told = str(dsl.loads("placeholder x = [1, 2]\na = x + 1\nb = x - 1").explain("a"))
    assert "Nothing is differentiated, so a has no gradient." in told


def test_a_program_too_large_to_read_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    lines = ["parameter w = 1", "h0 = w + 1", *(f"h{i + 1} = tanh(h{i})" for i in range(5000)), "loss = h5000"]
    path = tmp_path / "long.nn"
    path.write_text("\n".join(lines))
    message = failed(capsys, "explain", str(path))
    assert "there are 5,003 values to tell of, and no more than 2,000 can be read" in message
    assert nn("explain", str(path), "h10").exit_code == 0


def test_a_missing_feed_is_named(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = tmp_path / "open.nn"
    path.write_text("placeholder x: [2]\nparameter w = 1\nloss = sum(w * x)")
    assert "`x`" in failed(capsys, "explain", str(path))


def test_files_are_written_by_their_ending(tmp_path: Path) -> None:
    told = dsl.load(NEURON).explain()
    for ending, mark in (
        (".txt", "Forward"),
        (".md", "## Forward"),
        (".tex", "\\documentclass"),
        (".html", "<!doctype"),
    ):
        told.save(tmp_path / f"told{ending}")
        assert mark in (tmp_path / f"told{ending}").read_text(encoding="utf-8")
    with pytest.raises(dsl.ProgramError, match=r"cannot be written as `\.htm`") as caught:
        told.save(tmp_path / "told.htm")
    assert "did you mean `.html`?" in str(caught.value)


def test_an_unknown_language_and_format_are_told() -> None:
    program = dsl.load(NEURON)
    with pytest.raises(dsl.ProgramError, match="no words in the language `fr`"):
        program.explain(lang="fr")
    with pytest.raises(dsl.ProgramError, match="there is no format `latx`") as caught:
        program.explain().write("latx")
    assert "did you mean `latex`?" in str(caught.value)


def test_notebooks_show_a_page() -> None:
    told = dsl.load(NEURON).explain("k")
    assert "&lt;math" in told._repr_html_()
    assert "```text" in told._repr_markdown_()


def test_a_walk_needs_a_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["explain", NEURON, "--step"]) == 2
    assert "--step waits for keys" in capsys.readouterr().err


def test_a_walk_shows_one_value_a_key(tmp_path: Path) -> None:
    screen = Screen(NEURON)
    assert "x is a placeholder" in screen.until("[1/")
    assert "y is a placeholder" in screen.press(" ", "[2/")
    shown = screen.press("n", "[3/")
    assert "k is a parameter" in shown
    assert "linear" not in shown
    assert "y is a placeholder" in screen.press("b", "[2/")
    rest = screen.press("a", None)
    assert "∂loss/∂y" in rest
    assert screen.status == 0


def test_a_walk_ends_with_the_update() -> None:
    screen = Screen(LINE)
    screen.until("[1/")
    rest = screen.press("a", None)
    assert "θ − rate · momentum_buffer′" in rest
    assert "slope" in rest[rest.index("after") :]


def test_q_leaves_a_walk() -> None:
    screen = Screen(NEURON)
    screen.until("[1/")
    assert "linear" not in screen.press("q", None)
    assert screen.status == 0


class Screen:
    """`nn explain FILE --step` in a pseudo-terminal of its own."""

    def __init__(self, file: str) -> None:
        self.pid, self.terminal = pty.fork()
        if not self.pid:
            os.environ["TERM"] = "xterm"
            os.execv(sys.executable, [sys.executable, "-m", "dsl.app.main", "explain", file, "--step"])
        self.status: int | None = None

    def press(self, key: str, mark: str | None) -> str:
        """Press a key as soon as one is waited for: a terminal that still collects lines would lose it."""
        deadline = time.monotonic() + 10
        while termios.tcgetattr(self.terminal)[3] & termios.ICANON and time.monotonic() < deadline:
            time.sleep(0.01)
        os.write(self.terminal, key.encode())
        return self.until(mark)

    def until(self, mark: str | None) -> str:
        """What is printed up to a mark; to the end of the process without one."""
        text, deadline = "", time.monotonic() + 60
        while time.monotonic() < deadline:
            ready, _, _ = select.select([self.terminal], [], [], 0.2)
            if ready:
                try:
                    chunk = os.read(self.terminal, 65536).decode(errors="replace")
                except OSError:  # the process has ended
                    chunk = ""
                if not chunk:
                    _, status = os.waitpid(self.pid, 0)
                    self.status = os.waitstatus_to_exitcode(status)
                    return text
                text += chunk
                if mark is not None and mark in text:
                    return text
        raise AssertionError(f"{mark} did not appear in {text!r}")
