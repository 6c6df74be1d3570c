"""`nn run --profile` and `nn train --profile`: every line of the program with the time that it took."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import nn

DEEP = """\
dim n
placeholder x: [n, 2] = [[1, 2], [3, 4]]
layer Twice(units)(x: [..., n]) {
    inner = x |> Dense(units)
    return tanh(inner) * 2
}
a = x |> Twice(3)
b = a |> LayerNorm() |> Dense(1)
loss = mean(square(b))
train { minimize = loss; optimizer = adam(lr=0.01); steps = 20; clip_norm = 1 }
"""


def profile(*arguments) -> dict:
    """The profile of a command as its document has it."""
    return nn(*arguments, "--profile", "--format", "json", "--quiet").document["profile"]


def rows(found: dict) -> dict[str, dict]:
    return {row["name"]: row for row in found["rows"]}


@pytest.fixture
def deep(folder: Path) -> str:
    Path("deep.nn").write_text(DEEP)
    return "deep.nn"


class TestRows:
    def test_values_and_layers_by_the_line_they_come_from(self, deep):
        found = rows(profile("train", deep, "--engine", "numpy"))
        assert (found["b.LayerNorm"]["line"], found["b.Dense"]["line"], found["loss"]["line"]) == (8, 8, 9)
        assert found["b.LayerNorm"]["text"] == "b = a |> LayerNorm() |> Dense(1)"
        assert found["b.LayerNorm"]["calls"] > 5 * 20
        assert found["update"]["line"] is None

    def test_lines_of_a_layer_of_the_program_stand_for_themselves(self, deep):
        found = profile("train", deep, "--engine", "numpy")["rows"]
        assert {row["line"] for row in found if row["name"].startswith("a.Twice")} == {5, 7}
        assert {"a.Twice.inner.Dense", "a.Twice.tanh", "a"} <= {row["name"] for row in found}

    def test_forward_and_backward_are_told_apart(self, deep):
        found = rows(profile("train", deep, "--engine", "numpy"))
        for name in ("b.Dense", "b.LayerNorm", "a.Twice.tanh"):
            assert found[name]["forward"] > 0
            assert found[name]["backward"] > 0
            assert found[name]["seconds"] == pytest.approx(found[name]["forward"] + found[name]["backward"])
        assert not found["update"]["backward"]

    def test_what_took_longest_comes_first(self, deep):
        seconds = [row["seconds"] for row in profile("train", deep)["rows"]]
        assert seconds == sorted(seconds, reverse=True)

    def test_a_file_that_is_imported_is_named(self, folder):
        Path("part.nn").write_text("layer Half()(x: [..., n]) {\n    return tanh(x) / 2\n}\n")
        Path("p.nn").write_text('from "part.nn" import Half\nplaceholder x: [2] = [1, 2]\ny = x |> Half()\n')
        found = profile("run", "p.nn")["rows"]
        assert {(row["file"].rpartition("/")[2], row["line"]) for row in found} == {("part.nn", 2)}


class TestSums:
    def test_all_parts_together_are_the_time_that_passed(self, line):
        found = profile("train", line)
        parts = sum(row["seconds"] for row in found["rows"]) + found["compiling"] + found["outside"]
        assert parts == pytest.approx(found["seconds"])
        assert found["outside"] >= 0
        assert sum(row["share"] for row in found["rows"]) < 1

    def test_most_of_a_long_step_is_found_in_the_lines(self, folder):
        Path("p.nn").write_text(
            "placeholder x: [256, 256] = ones([256, 256])\nparameter w: [256, 256] ~ glorot_uniform()\n"
            "h = tanh(x @ w)\nloss = mean(square(h @ w))\n"
            "train { minimize = loss; optimizer = adam(lr=0.001); steps = 40 }\n"
        )
        found = profile("train", "p.nn", "--engine", "numpy")
        inside = sum(row["seconds"] for row in found["rows"])
        assert inside > 0.5 * (found["seconds"] - found["compiling"])

    def test_the_steps_are_counted(self, line):
        found = rows(profile("train", line, "--engine", "numpy"))
        assert found["update"]["calls"] % 40 == 0


class TestEngines:
    def test_the_reference_engine_is_timed_value_by_value(self, deep):
        found = profile("train", deep, "--engine", "reference")
        assert found["engines"] == ["reference"]
        assert rows(found)["loss"]["operations"][:1] == ["mean"]

    def test_code_without_calls_is_measured_as_calls(self, neuron):
        found = profile("run", neuron, "--engine", "scalar")
        assert (found["engines"], found["instead_of"]) == (["numpy"], ["scalar"])
        assert "in place of `scalar`" in nn("run", neuron, "--engine", "scalar", "--profile").err

    def test_the_results_are_the_same(self, line):
        plain = nn("train", line, "--quiet", "--engine", "numpy", "--format", "json").document
        measured = nn("train", line, "--quiet", "--engine", "numpy", "--format", "json", "--profile").document
        assert [run["metrics"] for run in plain["runs"]] == [run["metrics"] for run in measured["runs"]]

    def test_values_that_are_watched_are_not_measured(self, line):
        line.write_text(line.read_text().replace("epochs    = 40", 'epochs    = 4\n watch = ["loss"]'))
        result = nn("train", line, "--quiet", "--profile")
        assert "steps under `watch`" in result.err

    def test_trapping_and_measuring_exclude_each_other(self, line):
        result = nn("train", line, "--profile", "--trap-nonfinite")
        assert result.status == 2
        assert "leave out one of them" in result.err


class TestTable:
    def test_it_goes_to_standard_error_after_all_else(self, deep):
        result = nn("run", deep, "--profile", "--quiet")
        assert "where the time went" not in result.out
        assert result.err.strip().splitlines()[0].startswith("where the time went, in ms, measured on ")
        assert result.err.rstrip().endswith("100.0")

    def test_each_line_of_the_program_is_above_its_values(self, deep):
        lines = nn("train", deep, "--profile", "--quiet").err.splitlines()
        at = next(number for number, line in enumerate(lines) if "b = a |> LayerNorm() |> Dense(1)" in line)
        assert lines[at].split()[0] == "8"
        assert {line.split(":")[0] for line in lines[at + 1 : at + 3]} == {"         b.LayerNorm", "         b.Dense"}
        assert any(line.strip().startswith("compiling plans") for line in lines)
        assert any("reading data and batches" in line for line in lines)

    def test_a_long_program_shows_what_took_longest(self, folder):
        steps = "".join(f"a{i + 1} = tanh(a{i})\n" for i in range(60))
        Path("p.nn").write_text(f"placeholder a0: [2] = [1, 2]\n{steps}")
        result = nn("run", "p.nn", "--profile")
        assert "20 more values" in result.err
        assert len(profile("run", "p.nn")["rows"]) == 60

    def test_a_program_that_runs_nothing(self, folder):
        Path("p.nn").write_text("")
        assert "in all" in nn("run", "p.nn", "--profile").err
