"""`nn grad`."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import nn

NUMBERS = {
    "x": (3, 0.02224721841122111),
    "y": (0.6087876106387002, -0.402796525409167),
    "k": (0.35915077292816744, 0.18583185743835806),
    "b": (0.3737660632429008, 0.06194395247945269),
    "linear": (1.4512183820274032, 0.06194395247945269),
    "sigmoid": (0.8101858733432837, 0.402796525409167),
    "loss": (0.04056126022042443, 1),
}
"""The tutorial's neuron: values and gradients of the loss."""


class TestTable:
    def test_the_tutorials_numbers_to_the_last_digit(self, neuron):
        result = nn("grad", neuron)
        assert result.status == 0
        rows = {row[0]: row for row in (line.split() for line in result.out.splitlines()[2:])}
        assert list(rows) == list(NUMBERS)
        for name, row in rows.items():
            assert (float(row[2]), float(row[3])) == pytest.approx(NUMBERS[name], rel=1e-15)

    def test_all_digits_are_printed(self, neuron):
        assert "0.35915077292816744   0.18583185743835806" in nn("grad", neuron).out

    def test_single_precision_is_printed_in_its_own_digits(self, neuron):
        neuron.write_text(neuron.read_text().replace("f64", "f32"))
        assert "0.35915077 " in nn("grad", neuron).out


class TestJson:
    def test_document(self, neuron):
        document = nn("grad", neuron, "--format", "json").document
        assert document["of"] == "loss"
        assert document["order"] == list(NUMBERS)
        for name, node in document["nodes"].items():
            assert (node["value"], node["gradient"]) == pytest.approx(NUMBERS[name], rel=1e-15)
        assert document["nodes"]["linear"] == {
            "kind": "operation",
            "operation": "linear",
            "inputs": ["x", "k", "b"],
            "value": NUMBERS["linear"][0],
            "gradient": NUMBERS["linear"][1],
            "shape": [],
            "dtype": "f64",
            "file": "neuron.nn",
            "line": 6,
        }

    def test_every_input_comes_before_its_users(self, kinds):
        document = nn("grad", kinds, "--on", "fruits", "--format", "json").document
        seen: set[str] = set()
        for name in document["order"]:
            assert seen.issuperset(document["nodes"][name]["inputs"])
            seen.add(name)

    def test_what_is_not_floating_has_no_gradient(self, kinds):
        nodes = nn("grad", kinds, "--on", "fruits", "--format", "json").document["nodes"]
        assert nodes["kind"]["gradient"] is None
        assert nodes["logits"]["gradient"] is not None

    def test_infinite_gradients_are_null(self, folder):
        Path("p.nn").write_text("parameter x = 0.0\ny = sqrt(x)\n")
        nodes = nn("grad", "p.nn", "--format", "json").document["nodes"]
        assert nodes["x"]["gradient"] is None


class TestChoice:
    def test_of_another_value(self, neuron):
        document = nn("grad", neuron, "--of", "linear", "--format", "json").document
        assert document["order"] == ["x", "k", "b", "linear"]
        assert document["nodes"]["k"]["gradient"] == 3

    def test_with_respect_to_some(self, neuron):
        document = nn("grad", neuron, "--wrt", "b", "--wrt", "x", "--format", "json").document
        assert document["order"] == ["x", "b"]

    def test_what_the_value_does_not_depend_on_has_gradient_zero(self, neuron):
        document = nn("grad", neuron, "--of", "linear", "--wrt", "y", "--format", "json").document
        assert document["nodes"]["y"]["gradient"] == 0

    def test_a_value_that_is_no_scalar_is_summed(self, folder):
        Path("p.nn").write_text("parameter x = [1.0, 2.0]\ny = x * x\n")
        assert nn("grad", "p.nn", "--of", "y", "--format", "json").document["nodes"]["x"]["gradient"] == [2, 4]

    def test_an_unknown_name(self, neuron):
        assert "did you mean `linear`?" in nn("grad", neuron, "--of", "linaer").err
        assert "did you mean `sigmoid`?" in nn("grad", neuron, "--wrt", "sigmiod").err

    def test_integers_have_no_gradients(self, kinds):
        result = nn("grad", kinds, "--of", "guess", "--on", "fruits")
        assert result.status == 1
        assert "`guess` is i64[n], and only floating values have gradients" in result.err

    def test_an_unclear_target_is_asked_for(self, folder):
        Path("p.nn").write_text("parameter x = 1.0\ny = x * x\nz = x + 1\n")
        result = nn("grad", "p.nn")
        assert result.status == 1
        assert "name it, `--of y`" in result.err

    def test_feeds_and_trained_parameters(self, line):
        nn("train", line, "--save", "line.safetensors")
        result = nn(
            "grad", line, "--load", "line.safetensors", "--feed", "x=[0.5]", "--feed", "y=[2]", "--format", "json"
        )
        assert result.document["nodes"]["loss"]["value"] < 0.01

    def test_the_trap_looks_at_gradients_too(self, folder):
        Path("p.nn").write_text("parameter x = 0.0\nroot = sqrt(x)\nloss = 2 * root\n")
        assert nn("grad", "p.nn").status == 0
        result = nn("grad", "p.nn", "--trap-nonfinite")
        assert result.status == 1
        assert "the gradient that flows back through `root` is infinite" in result.err
