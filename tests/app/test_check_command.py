"""`nn check`."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import NEURON, nn

import dsl.app.gradient_check
from dsl.ops.registry import OPERATIONS


class TestDiagnostics:
    def test_a_right_program_is_said_to_be_right(self, neuron):
        result = nn("check", neuron)
        assert (result.status, result.out, result.err) == (0, "neuron.nn: no mistakes found\n", "")

    def test_every_file_is_checked_and_counted(self, folder):
        Path("good.nn").write_text("x = 1.0\n")
        Path("bad.nn").write_text("x = y\nz = u\nparameter k = 1.0\n")
        Path("odd.nn").write_text("parameter k = 1.0\n")
        result = nn("check", "good.nn", "bad.nn", "missing.nn", "odd.nn")
        assert result.status == 1
        assert result.out == "good.nn: no mistakes found\n"
        assert [line for line in result.err.splitlines() if ".nn: " in line] == [
            "bad.nn: 2 errors",
            "missing.nn: 1 error",
            "odd.nn: 1 warning",
        ]

    def test_warnings_alone_are_no_failure(self, folder):
        Path("odd.nn").write_text("parameter k = 1.0\n")
        assert nn("check", "odd.nn").status == 0

    def test_document(self, folder):
        Path("bad.nn").write_text("a = 1.0\nb = aa + 1\n")
        result = nn("check", "bad.nn", "--format", "json")
        assert result.status == 1
        (found,) = result.document["diagnostics"]
        assert found | {"label": "", "labels": []} == {
            "code": "name",
            "severity": "error",
            "message": "`aa` is not defined",
            "file": "bad.nn",
            "line": 2,
            "column": 5,
            "end_line": 2,
            "end_column": 7,
            "label": "",
            "labels": [],
            "hint": "did you mean `a`?",
        }
        assert not result.err

    def test_document_of_several_files(self, neuron):
        Path("bad.nn").write_text("x = y\n")
        result = nn("check", neuron, "bad.nn", "missing.nn", "--format", "json")
        assert [(d["code"], d["file"]) for d in result.document["diagnostics"]] == [("name", "bad.nn"), ("file", None)]

    def test_nothing_wrong_is_an_empty_list(self, neuron):
        result = nn("check", neuron, "--format", "json")
        assert (result.status, result.document) == (0, {"diagnostics": []})


class TestFiles:
    def test_a_missing_file_gets_the_nearest_beside_it(self, neuron):
        result = nn("check", "nuron.nn")
        assert result.status == 1
        assert "cannot read `nuron.nn`: no such file or directory" in result.err
        assert "did you mean `neuron.nn`?" in result.err

    def test_a_missing_folder_is_named(self, folder):
        assert "there is no folder `models`" in nn("check", "models/neuron.nn").err

    def test_a_folder_is_no_program(self, folder):
        assert nn("check", folder).status == 2

    def test_bytes_are_no_program(self, folder):
        Path("binary.nn").write_bytes(b"\xff\xfe\x00\x01")
        result = nn("check", "binary.nn")
        assert result.status == 1
        assert "`binary.nn` is not UTF-8 text" in result.err

    def test_an_empty_file_is_a_program(self, folder):
        Path("empty.nn").write_text("")
        assert nn("check", "empty.nn").status == 0

    def test_no_file_is_wrong_usage(self):
        assert nn("check").status == 2


class TestPrint:
    def test_tree(self, neuron):
        lines = nn("check", neuron, "--print", "tree").out.splitlines()
        assert lines[1] == "Program  @1"
        assert "    PlaceholderStatement  @2" in lines

    def test_a_tree_deeper_than_the_stack(self, folder):
        Path("deep.nn").write_text(f"x = {'-' * 3000}1.0\n")
        assert nn("check", "deep.nn", "--print", "tree").out.count("Unary") == 3000
        assert len(nn("check", "deep.nn", "--print", "tree", "--format", "json").document["tree"]["deep.nn"]) > 3000

    def test_graph(self, neuron):
        rows = [line.split() for line in nn("check", neuron, "--print", "graph").out.splitlines()]
        assert rows[1] == ["node", "type", "is", "line"]
        assert ["linear", "f64", "linear(x,", "k,", "b)", "6"] in rows

    def test_a_line_of_the_library_is_told_from_one_of_the_program(self, kinds):
        rows = [line.split() for line in nn("check", kinds, "--print", "graph").out.splitlines()]
        assert next(row for row in rows if row[0] == "logits.Dense.w")[-1].startswith("dense.nn:")
        assert next(row for row in rows if row[0] == "loss")[-1] == "6"

    def test_gradient_nodes_are_named_after_what_they_belong_to(self, neuron):
        out = nn("check", neuron, "--print", "gradient").out
        assert "∂sigmoid" in out
        assert "∂loss" in out

    def test_nodes_are_one_document(self, neuron):
        document = nn("check", neuron, "--print", "graph", "--format", "json").document
        nodes = {node["name"]: node for node in document["graph"]["neuron.nn"]}
        assert list(nodes) == ["x", "y", "k", "b", "linear", "sigmoid", "loss"]
        assert nodes["loss"]["inputs"] == ["y", "sigmoid"]
        assert nodes["loss"]["type"] == "f64"

    def test_a_program_with_errors_is_not_printed(self, folder):
        Path("bad.nn").write_text("x = y\n")
        assert not nn("check", "bad.nn", "--print", "graph").out


class TestGradients:
    def test_right_gradients_agree(self, neuron):
        result = nn("check", neuron, "--gradients")
        assert result.status == 0
        assert result.out.count("agrees") == 4

    def test_document(self, neuron):
        document = nn("check", neuron, "--gradients", "--format", "json").document
        assert [(row["of"], row["wrt"], row["agrees"]) for row in document["gradients"]] == [
            ("loss", name, True) for name in ("x", "y", "k", "b")
        ]
        assert all(abs(row["analytic"] - row["numeric"]) < 1e-9 for row in document["gradients"])

    def test_a_wrong_rule_is_caught(self, neuron, monkeypatch):
        sigmoid = OPERATIONS["sigmoid"]
        wrong = tuple(lambda b: b.g * b.y * (1 - b.y) * 1.001 for _ in sigmoid.gradients)
        before = sigmoid.gradients
        object.__setattr__(sigmoid, "gradients", wrong)
        try:
            result = nn("check", neuron, "--gradients")
        finally:
            object.__setattr__(sigmoid, "gradients", before)
        assert result.status == 1
        assert "WRONG" in result.out

    def test_the_data_of_the_program_are_used(self, kinds, monkeypatch):
        seen = []
        original = dsl.app.gradient_check.compare_gradients
        monkeypatch.setattr(
            dsl.app.gradient_check, "compare_gradients", lambda *given: seen.append(given[3]) or original(*given)
        )
        assert nn("check", kinds, "--gradients").status == 0
        shapes = {node.name: value.shape for node, value in seen[0].items()}
        assert shapes["x"] == (8, 2)

    def test_random_values_lie_in_the_domain_where_they_can(self, folder):
        Path("p.nn").write_text("dim n\nplaceholder x: [n]\nloss = sum(log(x) + sqrt(x))\n")
        assert nn("check", "p.nn", "--gradients").status == 0

    def test_every_loss_of_the_program_is_checked(self, line):
        text = (
            line.read_text()
            + "\nother = mean(estimate ** 2)\ntrain more {\n minimize = other\n data = points.train\n epochs = 1\n}\n"
        )
        line.write_text(text)
        document = nn("check", line, "--gradients", "--format", "json").document
        assert {row["of"] for row in document["gradients"]} == {"loss", "other"}

    def test_a_mistake_that_shows_only_here_spares_the_other_files(self, line, folder):
        Path("points.csv").unlink()
        Path("neuron.nn").write_text(NEURON)
        result = nn("check", line, "neuron.nn", "--gradients", "--format", "json")
        assert result.status == 1
        assert [d["code"] for d in result.document["diagnostics"]] == ["data"]
        assert {row["file"] for row in result.document["gradients"]} == {"neuron.nn"}

    def test_where_there_is_nothing_to_check_it_is_said(self, folder):
        Path("empty.nn").write_text("")
        result = nn("check", "empty.nn", "--gradients")
        assert result.status == 0
        assert "there is no scalar that could be differentiated" in result.out

    @pytest.mark.parametrize("dtype", ["f16", "f32"])
    def test_low_precision_is_checked_in_double(self, folder, dtype):
        Path("p.nn").write_text(f"dtype {dtype}\n" + NEURON.partition("\n")[2])
        assert nn("check", "p.nn", "--gradients").status == 0
