"""`nn predict`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from command_line import nn

NEW = "length,weight\n21,101\n13,950\n"


@pytest.fixture
def trained(kinds):
    assert nn("train", kinds, "--quiet").status == 0
    return kinds


@pytest.fixture
def trained_line(line):
    assert nn("train", line, "--quiet", "--save", "line.safetensors").status == 0
    return line


class TestNewData:
    def test_a_file_without_labels(self, trained):
        Path("new.csv").write_text(NEW)
        result = nn("predict", trained, "--data", "new.csv")
        assert result.status == 0
        assert result.out.splitlines() == ["row   guess", "────────────", "  1   banana", "  2   melon"]

    def test_a_file_with_labels_predicts_the_same(self, trained):
        Path("new.csv").write_text(NEW)
        Path("labelled.csv").write_text("kind,length,weight\nmelon,21,101\nmelon,13,950\n")
        with_labels = nn("predict", trained, "--data", "labelled.csv")
        assert with_labels.out == nn("predict", trained, "--data", "new.csv").out

    def test_document(self, trained):
        Path("new.csv").write_text(NEW)
        document = nn("predict", trained, "--data", "new.csv", "--format", "json").document
        assert document == {
            "outputs": {"guess": {"value": [0, 1], "shape": [2], "dtype": "i64", "labels": ["banana", "melon"]}}
        }

    def test_scaling_is_that_of_the_training(self, trained):
        Path("new.csv").write_text(NEW)
        Path("one.csv").write_text("\n".join(NEW.splitlines()[:2]))
        both, one = (
            nn("predict", trained, "--data", name, "--fetch", "logits", "--format", "json").document["outputs"][
                "logits"
            ]
            for name in ("new.csv", "one.csv")
        )
        np.testing.assert_allclose(one["value"][0], both["value"][0], rtol=1e-6)

    def test_metrics_of_labelled_data(self, trained):
        document = nn("predict", trained, "--data", "fruits.csv", "--fetch", "accuracy", "--format", "json").document
        assert document["outputs"]["accuracy"]["value"] == 1

    def test_labels_that_are_needed_and_not_there(self, trained):
        Path("new.csv").write_text(NEW)
        result = nn("predict", trained, "--data", "new.csv", "--fetch", "accuracy")
        assert result.status == 1
        assert "`new.csv` has no column `kind`" in result.err
        assert "kinds.nn:12:" in result.err

    def test_a_column_that_is_not_there(self, trained):
        Path("new.csv").write_text("length,wait\n1,2\n")
        result = nn("predict", trained, "--data", "new.csv")
        assert result.status == 1
        assert "`new.csv` has no column `weight`" in result.err
        assert "did you mean" not in result.err or "`wait`" in result.err

    def test_a_label_that_was_not_trained_on(self, trained):
        Path("new.csv").write_text("length,weight,kind\n1,2,grape\n")
        result = nn("predict", trained, "--data", "new.csv", "--fetch", "loss")
        assert "the label `grape` in row 1 (line 2), which it was not trained on" in result.err

    def test_a_missing_value_is_named_by_row_and_column(self, trained):
        Path("new.csv").write_text("length,weight\n1,2\n3,\n")
        result = nn("predict", trained, "--data", "new.csv")
        assert result.status == 1
        assert "column `weight` of `new.csv` has a missing value in row 2 (line 3)" in result.err

    def test_rows_that_training_leaves_out_are_no_less_predicted(self, kinds):
        kinds.write_text(kinds.read_text().replace('csv("fruits.csv")', 'csv("fruits.csv", missing="drop")'))
        nn("train", kinds, "--quiet")
        Path("new.csv").write_text("length,weight,kind\n21,101,\n13,950,melon\n")
        assert len(nn("predict", kinds, "--data", "new.csv").out.splitlines()) == 4

    def test_options_of_the_reader_hold_for_the_new_file(self, kinds):
        Path("fruits.csv").write_text(Path("fruits.csv").read_text().replace(",", ";"))
        kinds.write_text(kinds.read_text().replace('csv("fruits.csv")', 'csv("fruits.csv", delimiter=";")'))
        nn("train", kinds, "--quiet")
        Path("new.csv").write_text(NEW.replace(",", ";"))
        assert nn("predict", kinds, "--data", "new.csv").status == 0

    def test_another_format_than_that_of_the_training(self, trained):
        np.savez("new.npz", length=[21.0, 13.0], weight=[101.0, 950.0])
        assert nn("predict", trained, "--data", "new.npz").out.endswith("banana\n  2   melon\n")

    @pytest.mark.parametrize("name", ["missing.csv", "fruit.csv"])
    def test_a_file_that_is_not_there(self, trained, name):
        result = nn("predict", trained, "--data", name)
        assert result.status == 1
        assert f"there is no file `{name}`" in result.err

    def test_many_rows_are_cut(self, trained_line):
        rows = "\n".join(str(i) for i in range(30))
        Path("new.csv").write_text(f"x\n{rows}\n")
        result = nn("predict", trained_line, "--load", "line.safetensors", "--data", "new.csv")
        assert len(result.out.splitlines()) == 22
        assert "… and 10 rows more; `--format json` prints all" in result.err
        document = nn(
            "predict", trained_line, "--load", "line.safetensors", "--data", "new.csv", "--format", "json"
        ).document
        assert document["outputs"]["estimate"]["shape"] == [30]

    def test_the_fold_that_was_trained_on(self, kinds):
        text = kinds.read_text().replace('source["kind"]\n}', 'source["kind"]\n    split = folds(3)\n}')
        kinds.write_text(text.replace("data       = fruits\n", "data       = fruits.fold_2.train\n"))
        assert nn("train", kinds, "--quiet").status == 0
        Path("new.csv").write_text(NEW)
        assert nn("predict", kinds, "--data", "new.csv").out.endswith("banana\n  2   melon\n")

    def test_a_program_without_data(self, neuron):
        nn("run", neuron)
        Path("new.csv").write_text("x\n1\n")
        import dsl

        dsl.load(neuron).save("neuron.safetensors")
        result = nn("predict", neuron, "--load", "neuron.safetensors", "--data", "new.csv")
        assert result.status == 1
        assert "the program does not say what is read from a file" in result.err


class TestFeedsAndDataSets:
    def test_feeds(self, trained_line):
        result = nn("predict", trained_line, "--load", "line.safetensors", "--feed", "x=[0, 1]", "--format", "json")
        np.testing.assert_allclose(result.document["outputs"]["estimate"]["value"], [1, 3], atol=0.1)

    def test_a_data_set_of_the_program(self, trained):
        result = nn("predict", trained, "--on", "fruits")
        assert result.status == 0
        assert result.out.count("banana") == 12

    def test_nothing_to_predict_for(self, trained):
        result = nn("predict", trained)
        assert result.status == 1
        assert "there is nothing to predict for" in result.err
        assert "`--data new.csv`" in result.err

    def test_feeds_that_are_not_enough(self, trained):
        result = nn("predict", trained, "--feed", "kind=[0]")
        assert result.status == 1
        assert "nothing can be predicted without `x`" in result.err

    def test_values_without_rows_are_printed_one_by_one(self, trained):
        result = nn("predict", trained, "--on", "fruits", "--fetch", "accuracy", "--fetch", "guess")
        assert result.out.splitlines()[0].split() == ["output", "type", "value"]


class TestCheckpoint:
    def test_without_one_the_way_is_shown(self, line):
        result = nn("predict", line, "--feed", "x=[1]")
        assert result.status == 1
        assert "`nn train line.nn --save model.safetensors`" in result.err

    def test_a_program_that_has_not_been_trained(self, kinds):
        result = nn("predict", kinds, "--feed", "x=[[1, 2]]")
        assert result.status == 1
        assert "the program has not been trained: there is no `fruits.safetensors`" in result.err

    def test_statistics_that_are_missing(self, trained, line):
        import dsl

        program = dsl.load(trained)
        program.save("bare.safetensors")
        Path("new.csv").write_text(NEW)
        result = nn("predict", trained, "--load", "bare.safetensors", "--data", "new.csv")
        assert result.status == 1
        assert "no statistics of `x.standardize` were saved with the model" in result.err
