"""`nn check --print plan`, `passes` and `code`."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import nn

ROWS = "dim n\nplaceholder x: [n, 3]\nplaceholder y: [n] = 1\nparameter w: [3] = 0\nloss = mse(y, x @ w)\n"


def plan(*arguments) -> dict:
    """The plan of one program as its document has it."""
    result = nn("check", *arguments, "--print", "plan", "--format", "json")
    assert result.status == 0, result.out
    (found,) = result.document["plan"].values()
    return found


def refusal(*arguments) -> dict:
    """The one thing that is said against printing a plan."""
    result = nn("check", *arguments, "--print", "plan", "--format", "json")
    assert result.status == 1
    (found,) = result.document["diagnostics"]
    return found


class TestWhatIsPlanned:
    def test_the_step_of_a_train_block_with_a_batch_of_its_data(self, line):
        found = plan(line, "--set", "train.batch=8")
        assert found["of"] == "a step of `train`: sgd(lr=0.5), a batch of 8 rows"
        written = {value["name"]: value for entry in found["entries"] for value in entry["writes"]}
        assert written["x"]["type"] == "f32[8]"
        assert written["parameters"]["place"] == "state"
        assert found["bytes"]["states"] == 8

    def test_all_rows_of_the_data_without_a_batch(self, line):
        written = {value["name"]: value for entry in plan(line)["entries"] for value in entry["writes"]}
        assert written["x"]["type"] == "f32[30]"

    def test_a_step_without_data_has_the_sizes_of_the_defaults(self, folder):
        text = ROWS.replace("[n, 3]", "[n, 3] = [[1, 2, 3], [4, 5, 6]]")
        Path("p.nn").write_text(text + "train { minimize = loss; optimizer = adam(lr=0.1); steps = 3 }\n")
        written = {value["name"]: value for entry in plan("p.nn")["entries"] for value in entry["writes"]}
        assert written["x"]["type"] == "f32[2, 3]"
        assert {"exp_avg", "exp_avg_sq"} <= written.keys()

    def test_the_losses_and_gradients_that_an_optimizer_asks_for(self, folder):
        text = ROWS.replace("[n, 3]", "[n, 3] = [[1, 2, 3], [4, 5, 6]]")
        Path("p.nn").write_text(text + "train { minimize = loss; optimizer = lbfgs(); steps = 3 }\n")
        found = plan("p.nn")
        assert found["of"] == "`loss` and its gradients"
        assert found["bytes"]["states"] == 0

    def test_the_gradients_of_the_loss_without_a_train_block(self, neuron):
        found = plan(neuron)
        names = [value["name"] for entry in found["entries"] for value in entry["writes"]]
        assert found["of"] == "`loss` and its gradients"
        assert {"loss", "∂loss/∂k", "∂loss/∂b"} <= set(names)

    def test_the_outputs_where_there_is_nothing_to_differentiate(self, folder):
        Path("p.nn").write_text("placeholder x: [3] = [1, 2, 3]\ny = exp(x)\nz = x + 1\nshow z * 2\n")
        found = plan("p.nn", "--engine", "numpy")
        assert found["of"] == "the outputs"
        assert [entry["operations"] for entry in found["entries"] if entry["kind"] == "call"] == [
            ["exp"],
            ["add"],
            ["multiply"],
        ]

    def test_data_without_a_train_block_give_the_sizes(self, kinds):
        kinds.write_text(kinds.read_text().partition("train {")[0])
        written = {value["name"]: value for entry in plan(kinds)["entries"] for value in entry["writes"]}
        assert written["x"]["type"] == "f32[24, 2]"

    def test_a_program_that_computes_nothing(self, folder):
        Path("p.nn").write_text("")
        assert plan("p.nn")["entries"] == []


class TestSizes:
    def test_a_dimension_without_a_size_is_named_with_what_would_give_it_one(self, folder):
        Path("p.nn").write_text(ROWS)
        found = refusal("p.nn")
        assert found["message"] == "a plan is made for sizes, and that of the dimension `n` is not known"
        assert found["line"] == 2
        assert found["hint"] == "give it one: `--set n=…`, or feed `x`: `--feed x=…`"

    def test_a_dimension_given_from_outside(self, folder):
        Path("p.nn").write_text(ROWS)
        written = {
            value["name"]: value for entry in plan("p.nn", "--set", "n=7")["entries"] for value in entry["writes"]
        }
        assert written["x"]["type"] == "f32[7, 3]"

    def test_a_dimension_of_what_is_fed(self, folder):
        Path("p.nn").write_text(ROWS)
        found = plan("p.nn", "--feed", "x=[[1, 2, 3], [4, 5, 6]]")
        written = {value["name"]: value for entry in found["entries"] for value in entry["writes"]}
        assert written["x"]["type"] == "f32[2, 3]"

    def test_rows_that_do_not_fit_together(self, folder):
        Path("p.nn").write_text(ROWS)
        assert refusal("p.nn", "--feed", "x=[[1, 2, 3]]", "--feed", "y=[1, 2]")["code"] == "shape"

    def test_a_mistake_that_shows_only_here_spares_the_other_files(self, neuron):
        Path("p.nn").write_text(ROWS)
        result = nn("check", "p.nn", neuron, "--print", "plan")
        assert result.status == 1
        assert "plan of `loss`" in result.out
        assert "is not known" in result.err


class TestEngines:
    def test_the_engine_is_told_and_why_the_others_are_not_taken(self, line):
        found = plan(line, "--engine", "numpy")
        assert (found["engine"], found["asked"], found["reason"]) == ("numpy", "numpy", "as asked")
        assert "f64" in found["others"]["scalar"]
        out = nn("check", line, "--print", "plan", "--engine", "numpy").out
        assert "numpy, as asked" in out
        assert "not scalar" in out

    def test_the_choice_that_is_left_to_the_sizes(self, neuron):
        found = plan(neuron)
        assert (found["engine"], found["asked"]) == ("scalar", "auto")
        assert found["reason"].startswith("since ")

    def test_an_engine_that_cannot(self, line):
        found = refusal(line, "--engine", "scalar")
        assert found["code"] == "engine"
        assert "the engine `scalar` cannot run this" in found["message"]
        assert found["line"] == 7

    def test_there_is_no_plan_of_the_reference_engine(self, neuron):
        assert nn("check", neuron, "--print", "plan", "--engine", "reference").status == 2


class TestTable:
    def test_calls_are_numbered_with_their_values_costs_and_lines(self, neuron):
        rows = [row.split("  ") for row in nn("check", neuron, "--print", "plan", "--engine", "numpy").out.splitlines()]
        cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
        assert ["k", "f64, given", "4"] in cells
        assert ["2", "linear = add(%4, b)", "f64 @0, in place of %4", "24", "1", "6"] in cells
        assert next(row for row in cells if row[:1] == ["13"])[-1] == "∂ 7"

    def test_totals(self, neuron):
        out = nn("check", neuron, "--print", "plan", "--engine", "numpy").out
        totals = {line[:11].strip(): line[11:].strip() for line in out.partition("in all")[2].splitlines()[2:]}
        assert totals["calls"] == "14"
        assert totals["FLOPs"] == "14"
        assert totals["constants"] == "16 bytes"

    def test_views_have_no_number(self, kinds):
        lines = nn("check", kinds, "--print", "plan", "--engine", "numpy").out.splitlines()
        view = next(line for line in lines if "view of parameters" in line)
        assert view.startswith("     ")

    @pytest.mark.parametrize("width", [80, 120])
    def test_a_terminal_gets_lines_of_its_width(self, kinds, width, monkeypatch):
        from rich.console import Console

        import dsl.app.output as output

        monkeypatch.setattr(output, "console", lambda stderr=False: Console(width=width, highlight=False))
        lines = nn("check", kinds, "--print", "plan").out.splitlines()
        assert max(map(len, lines)) <= width


class TestPasses:
    def test_each_pass_tells_what_it_took_away_and_put_in(self, neuron):
        out = nn("check", neuron, "--print", "passes").out
        assert "`loss` and its gradients: 10 operations" in out
        assert "lowering: 10 operations before, 17 after" in out
        assert any(line.startswith("- ") and "sigmoid(" in line for line in out.splitlines())
        assert any(line.startswith("+ ") and "exp(" in line for line in out.splitlines())

    def test_document(self, neuron):
        document = nn("check", neuron, "--print", "passes", "--format", "json").document["passes"]["neuron.nn"]
        assert document["operations"] == 10
        lowering, *others = document["passes"]
        assert lowering["name"] == "lowering"
        assert lowering["operations"] == 17
        assert any("linear(" in line for line in lowering["removed"])
        assert {"constants", "common"} <= {found["name"] for found in others}


class TestCode:
    def test_the_code_can_be_read(self, neuron):
        out = nn("check", neuron, "--print", "code", "--engine", "numpy").out
        assert "\ndef run(" in out
        assert "    add(" in out
        compile(out.partition("\n")[2], "code", "exec")

    def test_document(self, neuron):
        document = nn("check", neuron, "--print", "code", "--engine", "numpy", "--format", "json").document
        (lines,) = document["code"].values()
        assert lines[0].startswith("def run(")

    def test_each_engine_has_its_own(self, neuron):
        codes = {nn("check", neuron, "--print", "code", "--engine", name).out for name in ("numpy", "scalar", "levels")}
        assert len(codes) == 3
