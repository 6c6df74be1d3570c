"""Scripts through a pipe: plain, over at the first mistake, and as one document for tools."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from sessions import NEURON, Script

from dsl.app.main import run


class TestPlain:
    def test_results_are_printed(self, script: Script):
        spoken = script("x = 2\n\nx + 1\n:names\n")
        assert spoken.status == 0
        assert spoken.out.startswith("x: f32 = 2\nx + 1 = 3   [f32]\nname ")
        assert "\x1b" not in spoken.all

    def test_the_first_mistake_ends_it_with_its_line(self, script: Script):
        spoken = script("x = 2\n# a remark\n\ny = x +\n    q\nz = 3\n")
        assert spoken.status == 1
        assert "--> <stdin>:5:5" in spoken.all
        assert "5 |     q" in spoken.all
        assert spoken.out == "x: f32 = 2\n"

    def test_or_not(self, script: Script):
        spoken = script("x = q\ny = 3\n", "--keep-going")
        assert spoken.status == 1
        assert "y: f32 = 3" in spoken.out

    def test_a_program_is_a_script(self, script: Script):
        spoken = script(NEURON + "\n:train\nloss\n", "--quiet")
        assert spoken.status == 0
        assert "train: 20 epochs" in spoken.out

    def test_what_follows_with_a_pipe_belongs_to_the_line_before(self, script: Script):
        spoken = script("x = [-1, 2]\n    |> relu\n    |> sum\nx\n")
        assert "= 2 " in spoken.out

    def test_documentation_belongs_to_what_follows(self, script: Script):
        assert "How steep." in script("## How steep.\nparameter k = 1\n:doc k\n").out

    def test_quit_ends_it(self, script: Script):
        assert script("x = 1\n:quit\nq\n").status == 0

    def test_what_is_not_whole_is_told(self, script: Script):
        spoken = script("x = (1 +\n")
        assert spoken.status == 1
        assert "<stdin>:1:5" in spoken.all

    def test_a_file_comes_first(self, script: Script):
        Path("neuron.nn").write_text(NEURON)
        assert "= 0.0405" in script("loss\n", "neuron.nn").out
        spoken = script("loss\n", "nothing.nn")
        assert spoken.status == 1
        assert "cannot read `nothing.nn`" in spoken.all

    def test_an_expectation_that_does_not_hold_after_training_is_a_failure(self, script: Script):
        assert script(NEURON + "expect loss < 1e-30\n", "--quiet").status == 0
        assert script(NEURON + "expect loss < 1e-30\n:train\n:names loss\n", "--quiet").status == 1

    def test_an_engine_can_be_chosen(self, script: Script):
        assert script(":engine\n", "--engine", "reference").out == "engine: reference\n"

    def test_nothing_drives_a_terminal(self, script: Script):
        spoken = script('constant text = "a\x1b[31mb"\n:names\n:show\ntext\n', "--keep-going")
        assert "\x1b" not in spoken.all
        assert "\\x1b" in spoken.all

    def test_an_internal_error_is_reported_and_the_session_goes_on(self, script: Script, monkeypatch):
        from dsl.app.repl.session import Session

        def broken(self: Session, typed: object, entry: str = "") -> None:
            raise ZeroDivisionError("broken")

        entering = Session.enter
        monkeypatch.setattr(Session, "enter", broken)
        spoken = script("x = 1\n2 + 2\n", "--keep-going")
        assert "internal error: ZeroDivisionError: broken" in spoken.all
        assert "Traceback" not in spoken.all
        assert "4   [f32]" in spoken.out
        monkeypatch.setattr(Session, "enter", entering)


class TestEcho:
    def test_it_looks_as_in_a_terminal(self, script: Script):
        spoken = script("x = [\n1]\nq\n", "--echo", "--keep-going")
        assert spoken.all.startswith("nn> x = [\n... 1]\nx: i64[1] = [ 1]\nnn> q\nerror[name]")
        assert "<repl>:1:1" in spoken.all


class TestDocument:
    def test_entries_with_their_results(self, script: Script):
        spoken = script("x = 2\nx + 1\n:forward\nx = 3\n", "--format", "json")
        document = json.loads(spoken.out)
        assert [entry["kind"] for entry in document["entries"]] == ["statement", "expression", "command", "statement"]
        assert [entry["line"] for entry in document["entries"]] == [1, 2, 3, 4]
        one, two, three, four = (entry["result"] for entry in document["entries"])
        assert one["entered"] == ["x: f32 = 2"]
        assert two == {"name": None, "formula": "x + 1", "value": 3, "shape": [], "dtype": "f32", "line": None}
        assert three == {"outputs": {"x": {"value": 2.0, "shape": [], "dtype": "f32"}}}
        assert four["replaced"] == ["x = 2"]
        assert document["diagnostics"] == []

    def test_mistakes_are_in_it(self, script: Script):
        spoken = script("x = 2\ny = q\n", "--format", "json")
        assert spoken.status == 1
        document = json.loads(spoken.out)
        (found,) = document["diagnostics"]
        assert (found["code"], found["file"], found["line"], found["column"]) == ("name", "<stdin>", 2, 5)
        assert document["entries"][1]["kind"] == "mistake"

    def test_a_file_that_cannot_be_read_is_a_document_too(self, script: Script):
        spoken = script("x = 1\n", "nothing.nn", "--format", "json")
        assert spoken.status == 1
        assert json.loads(spoken.out)["diagnostics"][0]["code"] == "file"


class TestProcess:
    def test_a_script_needs_nothing_of_the_terminal(self, folder):
        code = "import sys; sys.modules['prompt_toolkit'] = None\nfrom dsl.app.main import main\nmain(['repl'])"
        done = subprocess.run([sys.executable, "-c", code], input="2 + 2\n", capture_output=True, text=True, timeout=60)
        assert done.returncode == 0
        assert done.stdout == "4   [f32]\n"

    def test_without_its_library_a_terminal_is_told_what_to_install(self, monkeypatch, capsys):
        from dsl.app.repl import conversation

        monkeypatch.setitem(sys.modules, "prompt_toolkit", None)
        monkeypatch.delitem(sys.modules, "dsl.app.repl.reader", raising=False)
        monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
        assert run(["repl"]) == 1
        message = capsys.readouterr().err
        assert "error[missing]: a session in a terminal needs the package `prompt_toolkit`" in message
        assert "pip install prompt_toolkit" in message
        assert conversation


@pytest.mark.parametrize("option", ["--echo", "--keep-going"])
def test_options_of_scripts_are_for_scripts(option, monkeypatch, capsys):
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True, raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True, raising=False)
    assert run(["repl", option]) == 2
    assert "through a pipe" in capsys.readouterr().err
