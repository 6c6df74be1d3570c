"""`nn run`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import nn

LOSS = 0.04056126022042443


class TestTable:
    def test_outputs_are_printed_with_their_types_and_all_digits(self, neuron):
        result = nn("run", neuron)
        assert result.status == 0
        assert result.out.splitlines() == [
            "output   type   value",
            "───────────────────────────────────",
            f"loss     f64    {LOSS}",
        ]
        assert not result.err

    def test_no_line_ends_in_blanks_where_there_is_no_terminal(self, neuron):
        assert all(
            line == line.rstrip() for line in nn("run", neuron, "--fetch", "x", "--fetch", "loss").out.splitlines()
        )

    def test_what_is_shown_is_called_by_its_text(self, folder):
        Path("p.nn").write_text("a = 2.0\nb = a * 3\nshow a + 1\nshow b\n")
        assert [line.split() for line in nn("run", "p.nn").out.splitlines()[2:]] == [
            ["b", "f32", "6"],
            ["a", "+", "1", "f32", "3"],
        ]

    def test_a_program_without_values_says_what_is_missing(self, folder):
        Path("empty.nn").write_text("")
        result = nn("run", "empty.nn")
        assert (result.status, result.out) == (0, "")
        assert "there is nothing to print" in result.err

    def test_expectations_are_checked(self, folder):
        Path("p.nn").write_text("a = 2.0\nexpect a == 2\nexpect a > 3\n")
        result = nn("run", "p.nn")
        assert result.status == 1
        assert "holds  expect a == 2  (2)\nfails  expect a > 3  (2)\n" in result.out

    def test_what_only_labels_need_is_left_out_without_labels(self, line):
        nn("train", line, "--save", "line.safetensors")
        result = nn("run", line, "--load", "line.safetensors", "--feed", "x=[1, 2]")
        rows = [row.split() for row in result.out.splitlines()]
        assert ["estimate", "f32[2]"] in [row[:2] for row in rows]
        assert not any(row[:1] == ["loss"] for row in rows)


class TestJson:
    def test_document(self, neuron):
        result = nn("run", neuron, "--format", "json")
        assert result.document == {"outputs": {"loss": {"value": LOSS, "shape": [], "dtype": "f64"}}, "expects": []}

    def test_infinities_and_nan_are_null(self, folder):
        Path("p.nn").write_text("x = [1.0, 0.0, -1.0]\ny = log(x)\nz = y[1]\n")
        outputs = nn("run", "p.nn", "--fetch", "y", "--fetch", "z", "--format", "json").document["outputs"]
        assert outputs["y"]["value"] == [0, None, None]
        assert outputs["z"]["value"] is None

    def test_truth_values_and_integers_stay_what_they_are(self, folder):
        Path("p.nn").write_text("x = [1.0, 2.0]\nlarger = x > 1\nwhere_it_is = argmax(x)\n")
        outputs = nn("run", "p.nn", "--format", "json").document["outputs"]
        assert outputs["larger"] == {"value": [False, True], "shape": [2], "dtype": "bool"}
        assert outputs["where_it_is"] == {"value": 1, "shape": [], "dtype": "i64"}

    def test_expectations(self, folder):
        Path("p.nn").write_text("a = 2.0\nexpect a > 3   # never\n")
        result = nn("run", "p.nn", "--format", "json")
        assert result.status == 1
        assert result.document["expects"] == [{"text": "a > 3", "passed": False, "value": 2.0}]

    def test_training_is_told_on_standard_error(self, line):
        result = nn("run", line, "--format", "json")
        assert result.status == 0
        assert result.document["expects"][0]["passed"]
        assert "epoch 40/40" in result.err

    def test_errors_are_a_document_too(self, folder):
        Path("p.nn").write_text("a = y\nb = z\n")
        result = nn("run", "p.nn", "--format", "json")
        assert result.status == 1
        assert [d["message"] for d in result.document["diagnostics"]] == ["`y` is not defined", "`z` is not defined"]
        assert not result.err

    def test_warnings_go_to_standard_error(self, folder):
        Path("p.nn").write_text("parameter k = 1.0\na = 2.0\n")
        result = nn("run", "p.nn", "--format", "json")
        assert result.document["outputs"]
        assert "warning[unused]" in result.err


class TestFeed:
    @pytest.mark.parametrize(("text", "expected"), [("4", 4), ("-1", -1), ("1e3", 1000), ("1/4", 0.25), ("sqrt(4)", 2)])
    def test_numbers_and_expressions(self, neuron, text, expected):
        result = nn("run", neuron, "--feed", f"x={text}", "--fetch", "x", "--format", "json")
        assert result.document["outputs"]["x"]["value"] == expected

    def test_lists(self, line):
        result = nn(
            "run", line, "--set", "train.epochs=0", "--feed", "x=[1, 2, 3]", "--fetch", "estimate", "--format", "json"
        )
        assert result.document["outputs"]["estimate"]["value"] == [0, 0, 0]

    @pytest.mark.parametrize("name", ["x.npy", "x.npz", "x.csv"])
    def test_files(self, folder, name):
        Path("p.nn").write_text("dim n\nplaceholder x: [n]\ny = 2 * x\n")
        values = np.array([1.0, 2.5])
        if name.endswith("csv"):
            np.savetxt(name, values, header="x", comments="")
        else:
            (np.save if name.endswith("npy") else np.savez)(name, values)
        assert nn("run", "p.nn", "--feed", f"x=@{name}", "--format", "json").document["outputs"]["y"]["value"] == [2, 5]

    def test_an_unknown_name_gets_the_nearest(self, folder):
        Path("p.nn").write_text("placeholder speed = 3\ny = speed + 1\n")
        result = nn("run", "p.nn", "--feed", "sped=1")
        assert result.status == 1
        assert "there is no placeholder `sped`" in result.err
        assert "did you mean `speed`?" in result.err

    def test_a_parameter_is_no_placeholder(self, neuron):
        assert "`k` is no placeholder but a parameter" in nn("run", neuron, "--feed", "k=3").err

    def test_the_wrong_shape(self, line):
        nn("train", line, "--save", "line.safetensors")
        result = nn("run", line, "--load", "line.safetensors", "--feed", "x=[[1, 2]]", "--fetch", "estimate")
        assert result.status == 1
        assert "`x` is declared as [n] and was given an array of shape [1, 2]" in result.err

    def test_a_single_row_without_the_axis_of_rows(self, kinds):
        nn("train", kinds, "--quiet")
        result = nn("predict", kinds, "--feed", "x=[1, 2]")
        assert "a single row needs the axis of the rows too: shape [1, 2]" in result.err

    @pytest.mark.parametrize("text", ['"abc"', "[[1], [2, 3]]", '["a"]'])
    def test_what_is_no_number(self, neuron, text):
        result = nn("run", neuron, "--feed", f"x={text}")
        assert (result.status, result.out) == (1, "")
        assert "error[" in result.err

    def test_a_file_that_is_not_there(self, folder, neuron):
        np.save("values.npy", 1.0)
        result = nn("run", neuron, "--feed", "x=@value.npy")
        assert "there is no file `value.npy`" in result.err
        assert "did you mean `values.npy`?" in result.err

    def test_a_file_of_unknown_kind(self, neuron):
        assert (
            "the ending of `neuron.nn` does not say how to read it" in nn("run", neuron, "--feed", "x=@neuron.nn").err
        )

    @pytest.mark.parametrize("text", ["x", "=3", "x="])
    def test_anything_else_is_wrong_usage(self, neuron, text):
        result = nn("run", neuron, "--feed", text)
        assert result.status == 2
        assert f"--feed takes NAME=VALUE, not `{text}`" in result.err

    def test_all_missing_placeholders_are_named_at_once_with_the_data_sets(self, line):
        nn("train", line, "--save", "line.safetensors")
        result = nn("run", line, "--load", "line.safetensors", "--fetch", "loss")
        assert "the placeholder `x` has no value" in result.err
        assert "`y` has none either" in result.err
        assert "`--on points.train`" in result.err


class TestFetch:
    def test_any_name_path(self, line):
        result = nn("run", line, "--set", "train.epochs=0", "--fetch", "k", "--fetch", "b", "--format", "json")
        assert list(result.document["outputs"]) == ["k", "b"]

    def test_an_unknown_name_fails_before_training(self, line):
        result = nn("run", line, "--fetch", "los")
        assert result.status == 1
        assert "did you mean `loss`?" in result.err
        assert "epoch" not in result.err


class TestOn:
    def test_a_data_set(self, line):
        result = nn("run", line, "--on", "points.test", "--format", "json")
        assert result.document["outputs"]["loss"]["value"] < 0.01

    @pytest.mark.parametrize(("name", "hint"), [("points.tets", "`points.test`"), ("point.test", "`points`")])
    def test_an_unknown_one(self, line, name, hint):
        result = nn("run", line, "--set", "train.epochs=1", "--on", name)
        assert result.status == 1
        assert f"there is no data set `{name}`" in result.err
        assert hint in result.err

    def test_a_program_without_data(self, neuron):
        assert "the program has no `data` block" in nn("run", neuron, "--on", "points.test").err


class TestSet:
    def test_constants_and_dimensions(self, folder):
        Path("p.nn").write_text("constant width = 2\ndim n = 3\nx = ones([n, width])\n")
        result = nn("run", "p.nn", "--set", "width=5", "--set", "n=4", "--format", "json")
        assert result.document["outputs"]["x"]["shape"] == [4, 5]

    def test_the_length_of_the_training(self, line):
        assert "epoch 3/3" in nn("run", line, "--set", "train.epochs=3").err

    def test_an_unknown_name(self, folder):
        Path("p.nn").write_text("constant width = 2\nx = ones([width])\n")
        result = nn("run", "p.nn", "--set", "widht=5")
        assert result.status == 1
        assert "did you mean `width`?" in result.err

    def test_an_expression_that_is_wrong(self, neuron):
        result = nn("run", neuron, "--set", "a=1 +")
        assert result.status == 1
        assert "--set a:1:" in result.err


class TestTrap:
    def test_the_first_value_that_is_not_finite_is_named(self, folder):
        Path("p.nn").write_text("placeholder x = 0\nbelow = x - 1\nroot = sqrt(below)\ny = root + 1\n")
        assert nn("run", "p.nn").status == 0
        result = nn("run", "p.nn", "--trap-nonfinite")
        assert result.status == 1
        assert "`root` is nan: `sqrt` of `below` = -1" in result.err
        assert "p.nn:3:" in result.err
