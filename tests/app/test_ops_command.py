"""`nn ops`."""

from __future__ import annotations

import pytest
from command_line import nn

from dsl.ops.registry import load
from dsl.training.initializers import INITIALIZERS
from dsl.training.optimizers import OPTIMIZERS
from dsl.training.schedules import SCHEDULES


class TestList:
    def test_everything_that_can_be_called_is_listed(self):
        sections = nn("ops", "--format", "json").document
        names = {entry["name"] for entries in sections.values() for entry in entries}
        assert names >= {*load(), *INITIALIZERS, *OPTIMIZERS, *SCHEDULES, "Dense", "LayerNorm"}

    def test_every_entry_says_what_it_is(self):
        for entries in nn("ops", "--format", "json").document.values():
            for entry in entries:
                assert entry["signature"].startswith(entry["name"])
                assert entry["doc"]

    def test_tables_stand_apart(self):
        lines = nn("ops").out.splitlines()
        assert lines[0] == "arithmetic"
        assert lines[lines.index("elementwise") - 1] == ""
        assert "" not in (lines[0], lines[-1])


class TestExplain:
    def test_signature_formula_derivative_and_example(self):
        out = nn("ops", "sigmoid").out
        assert out.startswith("sigmoid(x)\n\n")
        assert "derivative: x: g * y * (1 - y)" in out
        assert "example:    sigmoid(" in out

    def test_the_shapes_of_a_derivative_are_said(self):
        (entry,) = nn("ops", "matmul", "--format", "json").document
        assert entry["derivative"].splitlines()[-1] == "where a: [2, 3], b: [3, 4]"

    @pytest.mark.parametrize("name", ["Dense", "adam", "cosine", "glorot_uniform"])
    def test_layers_optimisers_schedules_and_initializers(self, name):
        result = nn("ops", name)
        assert result.status == 0
        assert result.out.startswith(f"{name}(")

    def test_an_unknown_name_gets_the_nearest(self):
        result = nn("ops", "sofmax")
        assert result.status == 1
        assert "there is no operation `sofmax`" in result.err
        assert "did you mean `softmax`?" in result.err

    def test_an_unknown_name_in_json(self):
        result = nn("ops", "sofmax", "--format", "json")
        assert result.status == 1
        assert result.document["diagnostics"][0]["hint"] == "did you mean `softmax`?"
