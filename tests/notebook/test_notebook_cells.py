"""`%%nn` cells and `%nn` lines: what they show, what they train, and how mistakes and interruptions end them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from IPython.core.completer import provisionalcompleter

import dsl
from dsl.app.notebook import screen
from dsl.app.notebook.progress import CellProgress
from dsl.app.progress import LineProgress
from dsl.diagram.formats import Svg
from dsl.source.diagnostic import fail

ROOT = Path(__file__).resolve().parents[2]
PROGRAMS = sorted((ROOT / "programs").glob("*.nn"))

NEURON = """\
dtype f64
placeholder x = 3
placeholder y = 0.6087876106387002
parameter   k = 0.35915077292816744
parameter   b = 0.3737660632429008
sigmoid = sigmoid(linear(x, k, b))
loss    = mse(y, sigmoid)
"""
TRAIN = "train { minimize = loss; optimizer = sgd(lr=0.5); steps = 40 }\n"


def cell(text: str = NEURON, options: str = "") -> str:
    return f"%%nn {options}\n{text}"


class TestExtension:
    def test_importing_the_package_does_not_import_ipython(self):
        code = "import sys, dsl; dsl.loads('y = 1').run(); assert 'IPython' not in sys.modules"
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)

    def test_it_can_be_loaded_again_and_unloaded(self, notebook):
        assert notebook.run("%reload_ext dsl").passed
        assert notebook.run("%nn 1 + 1").text.startswith("2")
        assert notebook.run("%unload_ext dsl").passed
        assert "not found" in notebook.run("%nn 1 + 1").text
        assert not [m for m in notebook.shell.Completer.custom_matchers if getattr(m, "matcher_identifier", "") == "nn"]

    def test_the_options_are_listed(self, notebook):
        ran = notebook.run(cell("y = 1", "--help"))
        assert ran.passed
        assert "--continue" in ran.out
        assert "net" not in notebook


class TestWhatACellShows:
    def test_the_graph_and_the_outputs(self, notebook):
        ran = notebook.run(cell())
        (picture,) = ran.shown("image/svg+xml")
        assert all(f">{name}<" in picture for name in ("x", "k", "sigmoid", "loss"))
        assert "0.04056" in ran.html
        assert "0.04056126022042443" in ran.text
        assert isinstance(notebook["net"], dsl.Program)
        assert notebook["_"]["loss"] == notebook["net"].run()["loss"]

    def test_the_graph_as_it_is_asked_for(self, notebook):
        assert not notebook.run(cell(options="--no-graph")).shown("image/svg+xml")
        (picture,) = notebook.run(cell(options="--values --gradients")).shown("image/svg+xml")
        assert "0.81019" in picture
        assert ">y<" not in notebook.run(cell(options="--of sigmoid")).shown("image/svg+xml")[0]

    def test_values_are_drawn_as_they_are_after_the_training(self, notebook):
        pictures = notebook.run(cell(NEURON + TRAIN, "--values")).shown("image/svg+xml")
        assert "0.60879" in pictures[-1]
        assert "0.81019" not in pictures[-1]

    def test_without_what_draws_it_the_graph_is_characters(self, notebook, monkeypatch):
        def missing(_: Svg) -> None:
            raise fail("missing", "pictures need a package", hint="pip install it")

        monkeypatch.setattr(Svg, "check", missing)
        ran = notebook.run(cell())
        assert ran.passed
        assert not ran.shown("image/svg+xml")
        assert "┃ loss ┃" in ran.text
        assert "pip install it" in ran.html

    def test_a_training_shows_its_curve_its_rows_and_its_metrics(self, notebook):
        ran = notebook.run(cell(NEURON + TRAIN + "expect loss < 1e-3\nexpect k > 1", "--no-graph"))
        assert len(ran.shown("image/svg+xml")) == 1
        assert "train: 40 rows" in ran.html
        assert "train: 40 epochs, 40 steps" in ran.html
        assert ran.html.count(">holds<") == ran.html.count(">fails<") == 1
        assert len(notebook["_"].history) == 40
        assert [found.passed for found in notebook["_"].expects] == [True, False]

    def test_without_what_plots_it_the_curve_is_characters(self, notebook, monkeypatch):
        monkeypatch.setitem(sys.modules, "matplotlib", None)
        ran = notebook.run(cell(NEURON + TRAIN, "--no-graph"))
        assert ran.passed
        assert not ran.shown("image/svg+xml")
        assert "⠉" in ran.text
        assert "nn-lang[plot]" in ran.html
        assert "train: 40 rows" in ran.html

    def test_training_can_be_left_for_later(self, notebook):
        ran = notebook.run(cell(NEURON + TRAIN + "expect loss < 1e-3", "--no-train"))
        assert not notebook["_"].outcomes
        assert "expect" not in ran.text
        assert notebook["net"].parameters["k"] == 0.35915077292816744

    def test_a_seed_decides_the_first_parameters(self, notebook):
        text = "parameter w: [3] ~ normal()\ns = sum(w)"
        drawn = []
        for seed in (1, 1, 2):
            notebook.run(cell(text, f"--seed {seed} --no-graph"))
            drawn.append(notebook["net"].parameters["w"])
        assert np.array_equal(drawn[0], drawn[1])
        assert not np.array_equal(drawn[0], drawn[2])

    def test_the_cell_is_what_the_command_line_does(self, notebook):
        (Path() / "neuron.nn").write_text(NEURON + TRAIN)
        notebook.run(cell(NEURON + TRAIN, "--no-graph"))
        program = dsl.load("neuron.nn")
        program.train_all()
        assert notebook["_"]["loss"] == program.run()["loss"]

    def test_what_waits_for_a_value_is_said_and_is_no_mistake(self, notebook):
        ran = notebook.run(cell("placeholder x: [2]\ny = x + 1"))
        assert ran.passed
        assert "`y` waits for `x`" in ran.text
        assert notebook["net"].run({"x": [1, 2]})["y"].tolist() == [2, 3]

    def test_chosen_values(self, notebook):
        notebook.run(cell(options="--fetch sigmoid --no-graph"))
        assert list(notebook["_"]) == ["sigmoid"]

    def test_quiet(self, notebook):
        ran = notebook.run(cell(NEURON + TRAIN, "--quiet"))
        assert ran.text.strip() == ""
        assert "net" in notebook

    @pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
    def test_every_program_is_a_cell(self, notebook, monkeypatch, path):
        monkeypatch.chdir(path.parent)
        ran = notebook.run(cell(path.read_text(encoding="utf-8"), "--no-train --depth 0"))
        assert ran.passed, ran.text
        assert len(ran.shown("image/svg+xml")) == 1


class TestProgressOnAPage:
    def test_the_curve_takes_the_place_of_the_bar(self, notebook, monkeypatch):
        pages: list[dict[str, str]] = []

        class Handle:
            def update(self, bundle: dict[str, str], raw: bool) -> None:
                pages.append(bundle)

        def display(bundle: dict[str, str], raw: bool, display_id: bool | None) -> Handle | None:
            pages.append(bundle)
            return Handle() if display_id else None

        monkeypatch.setattr(screen, "display", display)
        notebook.shell.kernel = object()
        try:
            ran = notebook.run(cell(NEURON + TRAIN, "--no-graph"))
        finally:
            del notebook.shell.kernel
        assert ran.passed
        assert "<progress" in pages[0]["text/html"]
        assert 'value="40" max="40"' in pages[-3]["text/html"]
        assert "image/svg+xml" in pages[-2]
        assert "train: 40 rows" in pages[-1]["text/html"]


class TestMistakes:
    def test_a_mistake_is_told_as_in_a_terminal(self, notebook):
        ran = notebook.run(cell("placeholder x = 3\ny = sigmod(x)"))
        assert not ran.passed
        assert "Traceback" not in ran.text
        assert "error[name]" in ran.text
        assert "--> In[2]:3:5" in ran.text, "lines count from that of the magic"
        assert "did you mean `sigmoid`?" in ran.text
        assert "\x1b[31m" in ran.out + ran.err

    def test_the_program_before_stays(self, notebook):
        notebook.run(cell())
        before = notebook["net"]
        for wrong in (cell("y = x +"), cell("y = 1", "--set nope=1"), cell("y = 1", "--nope"), cell("y = 1", "--feed 'x"),
                      cell("y = z", "--continue"), cell("placeholder x\ny = x", "--feed x=nope"),
                      cell("placeholder x: [2]\ny = x", "--feed x=[1,2,3]"), cell("y = 1", "--feed z=1"),
                      cell("y = 1", "--continue --name other")):  # fmt: skip
            ran = notebook.run(wrong)
            assert not ran.passed
            assert "error[" in ran.text
            assert "Traceback" not in ran.text
            assert notebook["net"] is before
        assert notebook.run("%nn sigmoid - y").text.startswith("sigmoid − y = 0.2013982627045835")

    def test_a_mistake_of_ours_keeps_its_traceback(self, notebook, monkeypatch):
        monkeypatch.setattr("dsl.app.notebook.cell.computed", lambda *_: 1 / 0)
        ran = notebook.run(cell())
        assert isinstance(ran.error, ZeroDivisionError)
        assert "Traceback" in ran.text

    def test_what_is_not_meant_is_shown(self, notebook):
        ran = notebook.run(cell("placeholder x = 3\nunused = x * 2  # <script>alert(1)</script>\nparameter w = 1\nloss = x",
                                "--no-graph"))  # fmt: skip
        assert ran.passed
        assert "warning" in ran.text
        assert "<script>" not in ran.html


class TestEscaping:
    def test_nothing_that_is_written_becomes_markup(self, notebook):
        text = 'placeholder x = 3\nshow x < 4  # <script>\nexpect x < 4\nconstant t = "<b>"\ny = x'
        ran = notebook.run(cell(text))
        assert "x &lt; 4" in ran.html
        assert "<script>" not in ran.html + "".join(ran.shown("image/svg+xml"))

    def test_notes(self, notebook):
        notebook["x"] = 1
        ran = notebook.run(cell("placeholder x\ny = x", "--no-graph"))
        assert "<code>x</code>" in ran.html


class TestInterruption:
    def test_the_parameters_that_were_reached_are_kept(self, notebook, monkeypatch):
        original = CellProgress.step

        def step(self: CellProgress, epoch: int, step: int, loss: float, rate: float) -> None:
            original(self, epoch, step, loss, rate)
            if step >= 3:
                os.kill(os.getpid(), signal.SIGINT)

        monkeypatch.setattr(CellProgress, "step", step)
        ran = notebook.run(cell(NEURON + TRAIN.replace("40", "1_000_000_000"), "--no-graph"))
        assert not ran.passed
        assert isinstance(ran.error, KeyboardInterrupt)
        assert "Traceback" not in ran.text
        assert "`net` has the parameters that were reached" in ran.text
        reached = notebook["net"].parameters["k"]
        assert reached != 0.35915077292816744
        assert notebook["k"] == reached
        assert notebook.run("%nn k").text.startswith(f"k = {reached}")
        monkeypatch.setattr(CellProgress, "step", original)
        assert notebook.run(cell("train { minimize = loss; optimizer = sgd(lr=0.5); steps = 5 }", "--continue")).passed


class TestGoingOn:
    def test_statements_take_the_place_of_those_of_the_same_name(self, notebook):
        notebook.run(cell())
        ran = notebook.run(cell("sigmoid = tanh(k)\n", "--continue --no-graph"))
        assert "in place of line 7: sigmoid = sigmoid(linear(x, k, b))" in ran.text
        assert "computed anew: loss" in ran.text
        assert notebook["_"]["loss"] == (np.tanh(0.35915077292816744) - 0.6087876106387002) ** 2

    def test_running_the_cell_again_changes_nothing_more(self, notebook):
        notebook.run(cell())
        results = []
        for _ in range(2):
            notebook.run(cell("parameter k = 0.1\n" + TRAIN, "--continue --no-graph"))
            results.append(notebook["_"]["loss"])
        assert results[1] < results[0], "the other parameter goes on from where it was"
        assert len(notebook["net"].model.runs) == 1

    def test_only_what_the_cell_says_is_trained(self, notebook):
        notebook.run(cell(NEURON + TRAIN, "--no-graph"))
        notebook.run(cell("double = 2 * loss", "--continue --no-graph"))
        assert not notebook["_"].outcomes
        notebook.run(cell("train more { minimize = double; optimizer = adam(); steps = 2 }", "--continue --no-graph"))
        assert list(notebook["_"].histories) == ["more"]

    def test_what_python_did_to_the_program_is_known(self, notebook):
        notebook.run(cell(NEURON + TRAIN, "--no-graph --no-train"))
        notebook.run("history = net.train(steps=7)")
        trained = notebook["net"].parameters["k"]
        assert notebook.run("%nn k").text.startswith(f"k = {trained}")
        notebook.run("net.feed({'x': 1})")
        notebook.run(cell("z = x + 1", "--continue --no-graph"))
        assert notebook["z"] == 2
        assert notebook["net"].parameters["k"] == trained

    def test_programs_have_names(self, notebook):
        notebook.run(cell("y = 1", "--name one --no-graph"))
        notebook.run(cell("y = 2", "--name two --no-graph"))
        notebook.run(cell("z = y + 10", "--name one --continue --no-graph"))
        assert notebook["z"] == 11
        assert notebook.run("%nn --name two y").text.startswith("y = 2")
        assert {"one", "two"} <= set(notebook.shell.user_ns)


class TestLines:
    def test_an_expression_and_a_command(self, notebook):
        notebook.run(cell())
        assert notebook.run("%nn sigmoid - y").text.startswith("sigmoid − y = 0.2013982627045835   [f64]")
        assert "0.18583185743835806" in notebook.run("%nn :grad loss wrt k").text

    def test_a_statement_changes_the_program(self, notebook):
        notebook.run(cell())
        notebook.run("%nn double = 2 * loss")
        assert notebook["double"] == 2 * notebook["loss"]
        assert "double" in notebook["net"].outputs
        notebook.run("%nn :undo")
        assert "double" not in notebook["net"].outputs

    def test_a_mistake(self, notebook):
        notebook.run(cell())
        ran = notebook.run("%nn nope + 1")
        assert not ran.passed
        assert "--> In[3]:1:1" in ran.text
        assert "no program" in notebook.run("%nn --name nope x").text

    def test_there_need_not_be_a_cell_before(self, notebook):
        notebook["net"] = "mine"
        assert notebook.run("%nn relu(-1) + 2").text.startswith("2")
        assert notebook["net"] == "mine"
        assert "`net` had another value" in notebook.run("%nn y = 3").text
        assert notebook["y"] == 3

    def test_an_interruption_is_told_in_words(self, notebook, monkeypatch):
        notebook.run(cell(NEURON + TRAIN, "--no-train --no-graph"))

        def step(*_: object) -> None:
            os.kill(os.getpid(), signal.SIGINT)

        monkeypatch.setattr(LineProgress, "step", step)
        ran = notebook.run("%nn :train")
        assert not ran.passed
        assert "Traceback" not in ran.text
        assert "the parameters reached are kept" in ran.text
        assert notebook["net"].parameters["k"] != 0.35915077292816744
        assert notebook["k"] == notebook["net"].parameters["k"]


class TestCompletion:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("%%nn\nplaceholder image = 3\ny = im", "image"),
            ("%%nn\ny = sigm", "sigmoid"),
            ("%%nn --continue\nz = slo", "slope"),
            ("%nn :gra", "grad"),
            ("%nn slo", "slope"),
        ],
    )
    def test_of_cells_and_lines(self, notebook, text, found):
        notebook.run(cell("parameter slope = 1\ny = slope * 2", "--no-graph"))
        assert found in completions(notebook, text)

    def test_python_is_completed_as_before(self, notebook):
        notebook["a_long_name"] = 1
        assert "a_long_name" in completions(notebook, "a_long")
        assert "placeholder" not in completions(notebook, "pl")


def completions(notebook, text: str) -> list[str]:
    with provisionalcompleter():
        return [each.text for each in notebook.shell.Completer.completions(text, len(text))]
