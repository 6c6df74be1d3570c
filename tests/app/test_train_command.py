"""`nn train`."""

from __future__ import annotations

import csv
import math
import re
from pathlib import Path

import pytest
from command_line import nn

from dsl.training.checkpoint import load

TWO_RUNS = """
train first {
    minimize   = loss
    data       = points.train
    steps      = 3
    parameters = ["k"]
}

train second {
    minimize   = loss
    data       = points.train
    validate   = points.test
    optimizer  = sgd(lr=0.1)
    epochs     = 2
}
"""


@pytest.fixture
def two_runs(line):
    text = line.read_text()
    line.write_text(text[: text.index("train {")] + TWO_RUNS)
    return line


class TestTable:
    def test_metrics_of_each_data_set_then_the_expectations(self, line):
        result = nn("train", line)
        assert result.status == 0
        lines = result.out.splitlines()
        assert lines[0].startswith("train: 40 epochs, 40 steps, ")
        assert lines[1].split() == ["on", "loss", "error"]
        assert [row.split()[0] for row in lines[3:5]] == ["points.train", "points.test"]
        assert lines[5] == ""
        assert lines[6].startswith("holds  expect error < 0.05 on points.test  (0.0")

    def test_progress_is_told_on_standard_error(self, line):
        err = nn("train", line).err.splitlines()
        assert err[0] == "train: sgd(lr=0.5) on points.train, 40 epochs of 1 step"
        assert err[1].startswith("  epoch 1/40: loss ")
        assert ", points.test.loss " in err[1]
        assert ", points.test.error " in err[1]
        assert err[-1].startswith("  epoch 40/40: ")
        assert len(err) == 12

    def test_quiet(self, line):
        assert not nn("train", line, "--quiet").err

    def test_an_expectation_that_fails_is_the_exit_status(self, line):
        result = nn("train", line, "--set", "train.epochs=1", "--quiet")
        assert result.status == 1
        assert "fails  expect error < 0.05 on points.test" in result.out

    def test_an_expectation_over_several_lines_is_printed_on_one(self, line):
        line.write_text(line.read_text().replace("expect error <", "expect error <\n   "))
        assert "expect error < 0.05 on points.test" in nn("train", line).out

    def test_a_loss_that_is_lost_is_said(self, line):
        result = nn("train", line, "--set", "train.optimizer=sgd(lr=1e20)", "--set", "train.epochs=4")
        assert "the loss is inf in epoch 2; `--trap-nonfinite` names the value that it begins with" in result.err

    def test_one_epoch_is_no_plural(self, line):
        assert "train: 1 epoch, 1 step, " in nn("train", line, "--set", "train.epochs=1").out

    def test_a_program_that_trains_nothing(self, neuron):
        result = nn("train", neuron)
        assert result.status == 1
        assert "the program has no `train` block" in result.err


class TestJson:
    def test_document(self, line):
        result = nn("train", line, "--set", "train.epochs=2", "--format", "json")
        document = result.document
        assert set(document) == {"runs", "expects"}
        (run,) = document["runs"]
        assert (run["name"], run["epochs"], run["steps"]) == ("train", 2, 2)
        assert [row["epoch"] for row in run["history"]] == [1, 2]
        assert set(run["history"][0]) == {
            *("epoch", "step", "loss", "rate", "seconds"),
            *("points.test.loss", "points.test.error"),
        }
        assert set(run["metrics"]) == {"points.train", "points.test"}
        assert set(run["metrics"]["points.test"]) == {"loss", "error"}
        assert run["seconds"] > 0
        assert document["expects"][0]["text"] == "error < 0.05 on points.test"

    def test_a_loss_that_is_lost_is_null(self, line):
        result = nn(
            "train", line, "--set", "train.optimizer=sgd(lr=1e30)", "--set", "train.epochs=4", "--format", "json"
        )
        assert result.document["runs"][0]["history"][-1]["loss"] is None
        assert result.document["expects"][0]["value"] is None

    def test_a_plot_for_the_terminal_is_no_part_of_the_document(self, line):
        result = nn("train", line, "--plot", "-", "--format", "json")
        assert result.document["runs"]
        assert "└──" in result.err

    def test_the_same_numbers_every_time(self, kinds):
        first, second = (nn("train", kinds, "--format", "json").document["runs"][0] for _ in range(2))
        assert [row["loss"] for row in first["history"]] == [row["loss"] for row in second["history"]]
        assert first["metrics"] == second["metrics"]


class TestSet:
    def test_the_optimiser(self, line):
        assert nn("train", line, "--set", "train.optimizer=adam(lr=0.1)").err.startswith("train: adam(lr=0.1) on")

    @pytest.mark.parametrize(
        ("setting", "message", "hint"),
        [
            ("train.epoch=3", "there is nothing to set named `train.epoch`", "did you mean `train.epochs`?"),
            ("trian.epochs=3", "there is nothing to set named `trian.epochs`", "did you mean `train.epochs`?"),
            ("train.epochs=-1", "`epochs` must be an integer of at least 0", ""),
            ("train.epochs=1.5", "`epochs` must be an integer", "not 1.5"),
            ("train.optimizer=adm()", "`adm` is not the name of an optimiser", "did you mean `adam`?"),
            ("train.optimizer=adam(l=1)", "`adam` has no hyper-parameter `l`", "did you mean `lr`?"),
            ("train.data=points.tset", "`points` has no part `tset`", "did you mean `test`?"),
            ("train.early_stopping=early_stopping(monitor=\"points.test.eror\")", "no `points.test.eror` to monitor", "error"),
            ("train.parameters=[\"m\"]", 'nothing is named as `parameters = ["m"]` says', ""),
            ("train.watch=[\"los\"]", 'nothing is named as `watch = ["los"]` says', "did you mean `loss`?"),
        ],
    )  # fmt: skip
    def test_what_is_wrong_is_said_before_training(self, line, setting, message, hint):
        result = nn("train", line, "--set", setting)
        assert result.status == 1
        assert message in result.err
        assert hint in result.err
        assert "epoch 1/" not in result.err

    def test_lbfgs_does_not_take_clipped_gradients(self, line):
        result = nn("check", line, "--set", "train.optimizer=lbfgs()", "--set", "train.clip_norm=1")
        assert result.status == 1
        assert "clipped gradients belong to no loss" in result.err


class TestSeveralRuns:
    def test_each_is_named_and_carried_out_in_order(self, two_runs):
        result = nn("train", two_runs)
        assert [line for line in result.err.splitlines() if not line.startswith(" ")] == [
            "first: adam() on points.train, 3 epochs of 1 step",
            "second: sgd(lr=0.1) on points.train, 2 epochs of 1 step",
        ]
        assert "first: 3 epochs, 3 steps" in result.out
        assert "second: 2 epochs, 2 steps" in result.out

    def test_only_one_of_them(self, two_runs):
        document = nn("train", two_runs, "--only", "second", "--format", "json").document
        assert [run["name"] for run in document["runs"]] == ["second"]

    def test_an_unknown_one(self, two_runs):
        result = nn("train", two_runs, "--only", "secnd")
        assert result.status == 1
        assert "did you mean `second`?" in result.err

    def test_settings_of_one_run(self, two_runs):
        runs = nn("train", two_runs, "--set", "second.epochs=5", "--format", "json").document["runs"]
        assert [run["epochs"] for run in runs] == [3, 5]

    def test_the_history_numbers_the_runs(self, two_runs):
        assert nn("train", two_runs, "--history", "history.csv").status == 0
        with Path("history.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert [(row["run"], row["epoch"]) for row in rows] == [
            ("1", "1"),
            ("1", "2"),
            ("1", "3"),
            ("2", "1"),
            ("2", "2"),
        ]
        assert rows[0]["points.test.loss"] == ""

    def test_each_is_drawn_into_a_file_of_its_own(self, two_runs):
        pytest.importorskip("matplotlib")
        assert nn("train", two_runs, "--plot", "loss.svg").status == 0
        assert Path("loss-first.svg").exists()
        assert Path("loss-second.svg").exists()


class TestFiles:
    def test_parameters_are_saved_and_loaded(self, line):
        nn("train", line, "--save", "line.safetensors")
        found = load("line.safetensors").parameters
        assert math.isclose(found["k"], 2, abs_tol=0.1)
        result = nn("run", line, "--load", "line.safetensors", "--format", "json")
        assert result.document["expects"][0]["passed"]
        assert not result.err

    def test_training_goes_on_from_loaded_parameters(self, line):
        nn("train", line, "--save", "line.safetensors")
        document = nn(
            "train", line, "--load", "line.safetensors", "--set", "train.epochs=1", "--format", "json"
        ).document
        assert document["runs"][0]["history"][0]["loss"] < 0.01

    def test_the_history_is_a_table(self, line):
        nn("train", line, "--history", "history.csv")
        with Path("history.csv").open() as file:
            rows = list(csv.DictReader(file))
        assert len(rows) == 40
        assert float(rows[-1]["loss"]) < float(rows[0]["loss"])

    def test_the_checkpoint_of_the_block_lies_beside_the_program(self, kinds):
        nn("train", kinds)
        assert set(load("fruits.safetensors").statistics) == {
            "fruits/x.standardize.center",
            "fruits/x.standardize.scale",
            "fruits/kind.encode.labels",
        }

    def test_a_picture(self, line):
        pytest.importorskip("matplotlib")
        assert nn("train", line, "--plot", "loss.png").status == 0
        assert Path("loss.png").read_bytes().startswith(b"\x89PNG")

    def test_a_plot_in_the_terminal(self, line):
        out = nn("train", line, "--plot", "-").out
        assert "points.test.error: " in out
        assert "└──" in out

    @pytest.mark.parametrize(
        ("arguments", "message"),
        [
            (["--save", "no/model.safetensors"], "there is no folder `no`"),
            (["--history", "no/history.csv"], "there is no folder `no`"),
            (["--plot", "no/loss.png"], "there is no folder `no`"),
            (["--plot", "loss.bmp"], "no picture of the kind `.bmp` can be drawn"),
            (["--plot", "loss"], "no picture of the kind `loss` can be drawn"),
            (["--load", "no.safetensors"], "cannot read `no.safetensors`"),
            (["--set", 'train.checkpoint="no/model.safetensors"'], "there is no folder `no`"),
        ],
    )
    def test_what_cannot_be_written_or_read_is_said_before_training(self, line, arguments, message):
        result = nn("train", line, *arguments)
        assert result.status == 1
        assert message in result.err
        assert "epoch" not in result.err

    def test_without_matplotlib_the_extra_is_named_before_training(self, line, monkeypatch):
        monkeypatch.setitem(__import__("sys").modules, "matplotlib", None)
        result = nn("train", line, "--plot", "loss.png")
        assert result.status == 1
        assert "pip install 'nn-lang[plot]'" in result.err
        assert "epoch" not in result.err

    def test_an_error_in_training_leaves_the_last_checkpoint(self, kinds):
        nn("train", kinds)
        before = Path("fruits.safetensors").read_bytes()
        settings = ["--set", "train.optimizer=sgd(lr=1e300)", "--set", "train.epochs=3"]
        assert nn("train", kinds, *settings, "--trap-nonfinite").status == 1
        assert Path("fruits.safetensors").read_bytes() == before


class TestTrap:
    def test_the_first_value_is_named_with_line_step_and_ranges(self, line):
        result = nn(
            "train", line, "--set", "train.optimizer=sgd(lr=1e25)", "--set", "train.batch=8", "--trap-nonfinite"
        )
        assert result.status == 1
        assert re.search(
            r"error\[nonfinite\]: `loss` is infinite in step 2: `mse` of `y` in \[\S+, \S+\] and `estimate` in \[",
            result.err,
        )
        assert "line.nn:7:" in result.err

    def test_a_value_of_the_validation_is_named_too(self, line):
        text = line.read_text().replace("metric error = mae(y, estimate)", "metric error = mean(log(y - 9))")
        line.write_text(text.replace("expect error < 0.05 on points.test", ""))
        assert nn("train", line).status == 0
        result = nn("train", line, "--trap-nonfinite")
        assert "in validation after step 1" in result.err


class TestFeed:
    PROGRAM = """
placeholder x: [3] = [1, 2, 3]
placeholder y: [3]
parameter k = 0
loss = mse(y, k * x)
train { minimize = loss; optimizer = sgd(lr=0.05); steps = 200 }
expect k == 2 within 1e-3
"""

    @pytest.fixture
    def slope(self, tmp_path):
        path = tmp_path / "slope.nn"
        path.write_text(self.PROGRAM)
        return path

    def test_what_is_fed_is_trained_on_and_expected_of(self, slope):
        assert nn("train", slope, "--feed", "y=[2, 4, 6]", "--quiet").status == 0
        assert nn("train", slope, "--feed", "y=[3, 6, 9]", "--quiet").status == 1
        assert nn("run", slope, "--feed", "y=[2, 4, 6]", "--quiet").status == 0

    def test_without_it_the_placeholder_is_named(self, slope):
        result = nn("train", slope)
        assert result.status == 1
        assert "the placeholder `y` has no value" in result.err

    def test_gradients_are_compared_at_what_is_fed(self, slope):
        result = nn("check", slope, "--gradients", "--feed", "y=[2, 4, 6]")
        assert result.status == 0
        assert "-18.66666667" in result.out

    def test_data_and_a_feed_for_one_placeholder_are_refused(self, line):
        result = nn("train", line, "--feed", "x=[1]")
        assert result.status == 1
        assert "`x` is fed by `points.train`, and a value is given for it besides" in result.err
