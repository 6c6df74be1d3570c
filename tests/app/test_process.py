"""The command line as a process: exit status, streams, signals, and how fast it is there."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from command_line import command, nn, spawn

import dsl.app.commands.run
from dsl.training.checkpoint import load

LONG = ["--set", "train.epochs=1000000"]


class TestUsage:
    def test_help_lists_the_commands(self):
        result = spawn("--help")
        assert result.status == 0
        for name in ("run", "check", "grad", "train", "predict", "ops"):
            assert re.search(rf"^  {name} ", result.out, re.MULTILINE)

    @pytest.mark.parametrize("name", ["run", "check", "grad", "train", "predict", "ops"])
    def test_every_command_and_option_explains_itself(self, name):
        result = nn(name, "--help")
        assert result.status == 0
        for option in re.findall(r"^  (--[a-z-]+)", result.out, re.MULTILINE):
            if option != "--help":
                text = result.out.partition(f"  {option}")[2]
                assert re.match(r"[^\n]*(  |\n {10,})[A-Z]", text), option

    def test_version(self):
        assert nn("--version").out == f"nn-lang {dsl.__version__}\n"

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["rnu", "neuron.nn"], "did you mean `run`?"),
            (["neuron.nn"], "did you mean `nn run neuron.nn`?"),
            (["run"], "Missing argument 'FILE'"),
            (["run", "neuron.nn", "--formt", "json"], "No such option"),
            (["run", "neuron.nn", "--format", "xml"], "'xml' is not one of"),
            (["\x1b[31m"], "there is no command `\\x1b[31m`"),
        ],
    )
    def test_wrong_usage(self, arguments, message):
        result = nn(*arguments)
        assert (result.status, result.out) == (2, "")
        assert message in result.err

    def test_no_command_shows_the_help(self):
        result = nn()
        assert result.status == 2
        assert "Commands:" in result.err + result.out


class TestExitStatus:
    def test_done_failed_and_wrong_usage(self, neuron):
        Path("fails.nn").write_text("a = 1.0\nexpect a > 2\n")
        assert [spawn(*words.split()).status for words in ("run neuron.nn", "run fails.nn", "run --no")] == [0, 1, 2]


class TestStreams:
    def test_json_is_the_only_thing_on_standard_output(self, line):
        result = spawn("train", line, "--format", "json")
        assert result.document["runs"]
        assert "epoch" in result.err

    def test_no_colours_where_there_is_no_terminal(self, folder):
        Path("bad.nn").write_text("x = y\n")
        result = spawn("check", "bad.nn", environment={"FORCE_COLOR": "", "TERM": "xterm-256color"})
        assert "\x1b" not in result.err + spawn("ops").out

    def test_a_reader_that_goes_away_is_no_error(self):
        done = subprocess.run(
            f"{' '.join(command('ops'))} | head -n 1", shell=True, capture_output=True, text=True, timeout=60
        )
        assert done.stdout == "arithmetic\n"
        assert not done.stderr

    @pytest.mark.skipif(not os.path.exists("/dev/full"), reason="there is no full device here")
    @pytest.mark.parametrize("form", ["table", "json"])
    def test_a_full_disk_is_said(self, neuron, form):
        with open("/dev/full", "w") as full:
            done = subprocess.run(
                command("run", neuron, "--format", form), stdout=full, stderr=subprocess.PIPE, text=True, timeout=60
            )
        assert done.returncode == 1
        assert "no space left on device" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_closed_output(self, neuron):
        done = subprocess.run(
            f"{' '.join(command('run', neuron))} >&-", shell=True, stderr=subprocess.PIPE, text=True, timeout=60
        )
        assert (done.returncode, done.stderr) == (0, "")

    def test_letters_that_the_output_has_not(self, neuron):
        western = {"PYTHONUTF8": "0", "PYTHONIOENCODING": "latin-1"}
        table = spawn("grad", neuron, environment=western)
        assert table.status == 0
        assert "\\u2202loss" in table.out
        document = spawn("ops", "softmax", "--format", "json", environment=western)
        assert document.status == 0
        assert json.loads(document.out)


class TestNames:
    def test_markup_in_names_is_shown_as_it_is(self, folder):
        Path("[red]a.nn").write_text("x = [1.0, 2.0]\nshow x[0]\n")
        assert "[red]a.nn: no mistakes found" in nn("check", "[red]a.nn").out
        assert "x[0]" in nn("run", "[red]a.nn").out

    def test_escape_codes_do_not_reach_the_terminal(self, folder):
        name = "a\x1b[31m.nn"
        Path(name).write_text("x = y\n")
        for result in (nn("check", name), nn("run", name), nn("run", f"{name}x"), nn("run", name, "--set", "\x1b")):
            assert "\x1b" not in result.out + result.err
            assert result.status in (1, 2)


class TestInternalErrors:
    @pytest.fixture
    def broken(self, neuron, monkeypatch):
        """A command with a mistake of ours in it."""

        def fail(*given):
            raise ZeroDivisionError("nobody\x1b[31m expected this")

        monkeypatch.setattr(dsl.app.commands.run, "open_program", fail)
        monkeypatch.delenv("NN_TRACEBACK", raising=False)
        return neuron

    def test_whose_mistake_it_is_and_how_to_report_it(self, broken):
        result = nn("run", broken)
        assert result.status == 1
        assert result.err.startswith(
            "internal error: ZeroDivisionError: nobody\\x1b[31m expected this in test_process.py:"
        )
        assert "This is a mistake in nn-lang, not in your program. Please report it" in result.err
        assert f"nn-lang {dsl.__version__}, Python {sys.version_info.major}.{sys.version_info.minor}" in result.err
        assert "Traceback" not in result.err

    def test_the_traceback_on_request(self, broken, monkeypatch):
        monkeypatch.setenv("NN_TRACEBACK", "1")
        assert "Traceback (most recent call last)" in nn("run", broken).err

    def test_a_tool_gets_a_document_all_the_same(self, broken):
        result = nn("run", broken, "--format", "json")
        assert result.status == 1
        assert [d["code"] for d in result.document["diagnostics"]] == ["internal"]
        assert "Please report it" in result.err

    @pytest.mark.parametrize(
        ("error", "message"),
        [
            (MemoryError(), "error[memory]: the program needs more memory than there is"),
            (OSError(28, "No space left on device"), "error[system]: the system refused: no space left on device"),
            (PermissionError(13, "Permission denied", "a.npy"), "the system refused `a.npy`: permission denied"),
        ],
    )
    def test_the_limits_of_the_machine_are_no_mistake_of_ours(self, neuron, monkeypatch, error, message):
        def fail(*given):
            raise error

        monkeypatch.setattr(dsl.app.commands.run, "open_program", fail)
        result = nn("run", neuron)
        assert result.status == 1
        assert message in result.err
        assert "internal" not in result.err


class TestInterruption:
    def _interrupted(self, *arguments: str | Path) -> tuple[int, str, str]:
        """Start a long training, interrupt it once it is under way; the exit status and what was printed."""
        process = subprocess.Popen(
            command(*arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, encoding="utf-8"
        )
        assert process.stderr
        assert process.stderr.readline()
        assert "epoch 1/1000000" in process.stderr.readline()
        time.sleep(0.1)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=30)
        return process.returncode, out, err

    def test_the_exit_status_and_how_far_it_was(self, line):
        status, out, err = self._interrupted("train", line, *LONG)
        assert status == 130
        assert not out
        assert re.search(
            r"interrupted in epoch \d+ of 1000000 of `train`, after [\d,]+ steps?; nothing was saved\n$", err
        )
        assert "Traceback" not in err

    def test_the_last_whole_checkpoint_stays(self, kinds):
        assert nn("train", kinds, "--quiet").status == 0
        before = Path("fruits.safetensors").read_bytes()
        files = sorted(Path().iterdir())
        status, _, err = self._interrupted("train", kinds, *LONG, "--save", "other.safetensors", "--history", "h.csv")
        assert status == 130
        assert "`fruits.safetensors` is still what the last whole run wrote" in err
        assert Path("fruits.safetensors").read_bytes() == before
        assert sorted(Path().iterdir()) == files
        assert load("fruits.safetensors").parameters

    def test_run_is_interrupted_alike(self, line):
        assert self._interrupted("run", line, *LONG)[0] == 130


class TestStart:
    def _modules(self, *arguments: str | Path) -> set[str]:
        """What a command has imported when it is done."""
        code = (
            "import sys\nfrom dsl.app.main import run\nstatus = run(sys.argv[1:])\n"
            "print(status, *sorted(sys.modules), file=sys.stderr)"
        )
        done = subprocess.run(
            [sys.executable, "-c", code, *map(str, arguments)], capture_output=True, text=True, timeout=60
        )
        status, *modules = done.stderr.splitlines()[-1].split()
        assert status == "0"
        return set(modules)

    def test_help_imports_next_to_nothing(self):
        modules = self._modules("--help")
        assert not modules & {"numpy", "lark", "networkx", "rich", "matplotlib", "safetensors"}

    def test_check_imports_neither_networkx_nor_rich(self, neuron):
        modules = self._modules("check", neuron)
        assert not modules & {"networkx", "rich", "matplotlib", "safetensors", "pyarrow"}

    def test_the_api_is_imported_when_it_is_used(self):
        code = "import sys, dsl\nassert 'numpy' not in sys.modules\nassert 'load' in dir(dsl)\ndsl.load"
        subprocess.run([sys.executable, "-c", code], check=True, timeout=60)


@pytest.mark.parametrize(
    "arguments",
    [
        ["check", "neuron.nn", "--set", "hidden=3"],
        ["check", "neuron.nn", "--gradients", "--feed", "x=[1]"],
        ["run", "neuron.nn", "--set", "hidden=3"],
        ["train", "neuron.nn", "--set", "train.epochs=3"],
    ],
)
def test_values_given_to_a_fresh_process_are_read(tmp_path, arguments):
    (tmp_path / "neuron.nn").write_text("placeholder x = 3\nparameter k = 2\nloss = k * x\n")
    done = subprocess.run(
        [sys.executable, "-m", "dsl.app.main", *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert "internal error" not in done.stderr
    assert done.stderr.startswith("error[")
