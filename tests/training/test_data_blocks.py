"""`data` blocks end to end: from files of every kind, through the program, to what placeholders are fed."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

import dsl

ROWS = np.array([[1.0, 2], [3, 4], [5, 6], [7, 8], [9, 10]])


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def program(block: str, declarations: str = "placeholder x: [n, 2]") -> dsl.Program:
    """A program with this `data` block, called `d`."""
    entries = "\n".join(f"    {line.strip()}" for line in block.strip().split("\n"))
    used = "\n".join(
        f"used_{place} = sum({line.split()[1].rstrip(':')} * 1)" for place, line in enumerate(declarations.split("\n"))
    )
    return dsl.loads(f"dim n\n{declarations}\n{used}\ndata d {{\n{entries}\n}}\n", name="p.nn")


def fed(block: str, part: str = "d.all", declarations: str = "placeholder x: [n, 2]") -> dict[str, np.ndarray]:
    """What the placeholders are fed from a part of the block."""
    return program(block, declarations).dataset(part).arrays


def mistake(block: str, declarations: str = "placeholder x: [n, 2]") -> dsl.Diagnostic:
    """The one mistake of a block, found when its data are loaded at the latest."""
    with pytest.raises(dsl.ProgramError) as caught:
        load_first_part(block, declarations)
    (found,) = caught.value.diagnostics
    return found


def load_first_part(block: str, declarations: str) -> None:
    loaded = program(block, declarations)
    loaded.dataset(f"d.{loaded.model.data['d'].split.names[0]}")


def place(diagnostic: dsl.Diagnostic) -> str:
    """The words of the program that a diagnostic points at."""
    return diagnostic.span.text if diagnostic.span else ""


def write_csv(name: str = "rows.csv", header: str = "a,b", rows: object = ROWS) -> None:
    lines = [",".join(str(value) for value in row) for row in rows]  # pyright: ignore
    Path(name).write_text("\n".join([header, *lines]) + "\n")


def write_idx(name: str, array: np.ndarray) -> None:
    """An array of bytes as MNIST has it."""
    content = struct.pack(">HBB", 0, 8, array.ndim) + struct.pack(f">{array.ndim}I", *array.shape) + array.tobytes()
    with gzip.open(name, "wb") if name.endswith(".gz") else open(name, "wb") as file:
        file.write(content)


class TestReaders:
    def test_csv(self):
        write_csv()
        np.testing.assert_array_equal(fed('source = csv("rows.csv")\nx = source')["x"], ROWS)

    def test_csv_with_options(self):
        Path("rows.csv").write_text("a;b\n1;2\n3;?\n5;6\n")
        block = 'source = csv("rows.csv", delimiter=";", missing=["?"])\nx = fill_missing(source, "mean")'
        np.testing.assert_array_equal(fed(block)["x"], [[1, 2], [3, 4], [5, 6]])

    def test_rows_that_miss_a_value_can_be_left_out(self):
        Path("rows.csv").write_text("a,b\n1,2\n3,\n5,6\n")
        np.testing.assert_array_equal(
            fed('source = csv("rows.csv", missing="drop")\nx = source')["x"], [[1, 2], [5, 6]]
        )

    def test_npy(self):
        np.save("rows.npy", ROWS)
        np.testing.assert_array_equal(fed('source = npy("rows.npy")\nx = source')["x"], ROWS)

    def test_npz(self):
        np.savez("rows.npz", a=ROWS, b=ROWS[:, 0])
        declarations = "placeholder x: [n, 2]\nplaceholder y: [n]"
        found = fed('source = npz("rows.npz")\nx = source["a"]\ny = source["b"]', declarations=declarations)
        np.testing.assert_array_equal(found["x"], ROWS)
        np.testing.assert_array_equal(found["y"], ROWS[:, 0])

    @pytest.mark.parametrize("ending", ["", ".gz"])
    def test_idx(self, ending):
        images = np.arange(24, dtype=np.uint8).reshape(3, 2, 4)
        write_idx(f"images-idx3-ubyte{ending}", images)
        write_idx(f"labels-idx1-ubyte{ending}", np.array([7, 0, 255], np.uint8))
        block = (
            f'images = idx("images-idx3-ubyte{ending}")\nlabels = idx("labels-idx1-ubyte{ending}")\n'
            "x = images / 255\ny = labels"
        )
        found = fed(block, declarations="placeholder x: [n, 2, 4]\nplaceholder y: i32[n]")
        np.testing.assert_allclose(found["x"], images / np.float32(255))
        assert found["y"].tolist() == [7, 0, 255]
        assert found["y"].dtype == np.int32

    def test_parquet(self):
        pyarrow = pytest.importorskip("pyarrow")
        parquet = pytest.importorskip("pyarrow.parquet")
        parquet.write_table(pyarrow.table({"a": ROWS[:, 0], "b": ROWS[:, 1]}), "rows.parquet")
        np.testing.assert_array_equal(fed('source = parquet("rows.parquet")\nx = source["a":"b"]')["x"], ROWS)

    def test_arrays_in_the_program_itself(self):
        np.testing.assert_array_equal(fed("source = arrays(v=[[1, 2], [3, 4]])\nx = source")["x"], [[1, 2], [3, 4]])


class TestFields:
    TEXT = "length,kind\n1,pear\n3,apple\n5,pear\n7,fig\n"

    def test_columns_are_computed_with(self):
        write_csv()
        found = fed('source = csv("rows.csv")\nx = source / 2 + 1')["x"]
        np.testing.assert_array_equal(found, ROWS / 2 + 1)

    def test_a_part_of_a_field_has_a_name(self):
        write_csv()
        block = 'source = csv("rows.csv")\ndouble = 2 * source["a"]\nx = columns(double, source["b"])'
        np.testing.assert_array_equal(fed(block)["x"], ROWS * [2, 1])

    def test_constants_of_the_program(self):
        write_csv()
        Path("p.nn").write_text(
            'constant scale = 10\ndim n\nplaceholder x: [n]\ny = 2 * x\ndata d {\n source = csv("rows.csv")\n'
            ' x = source["a"] / scale\n}\n'
        )
        assert dsl.load("p.nn").dataset("d").arrays["x"].tolist() == pytest.approx([0.1, 0.3, 0.5, 0.7, 0.9])

    def test_text_is_numbered_where_integers_are_fed(self):
        Path("rows.csv").write_text(self.TEXT)
        loaded = program('source = csv("rows.csv")\ny = source["kind"]', "placeholder y: i32[n]")
        assert loaded.dataset("d.all").arrays["y"].tolist() == [2, 0, 2, 1]

    def test_text_is_no_number(self):
        Path("rows.csv").write_text(self.TEXT)
        found = mistake('source = csv("rows.csv")\ny = source["kind"]', "placeholder y: [n]")
        assert "column `kind` of `rows.csv` holds text: `pear` in row 1 (line 2)" in found.message
        assert place(found) == 'source["kind"]'

    def test_one_hot_columns(self):
        Path("rows.csv").write_text(self.TEXT)
        found = fed(
            'source = csv("rows.csv")\nx = one_hot(encode(source["kind"]), 3)', declarations="placeholder x: [n, 3]"
        )
        assert found["x"].tolist() == [[0, 0, 1], [1, 0, 0], [0, 0, 1], [0, 1, 0]]


class TestSplits:
    def test_fractions_divide_the_rows(self):
        write_csv(rows=np.arange(200.0).reshape(100, 2))
        loaded = program('source = csv("rows.csv")\nx = source\nsplit = fractions(train=0.7, validation=0.1, test=0.2)')
        parts = {name: loaded.dataset(f"d.{name}").arrays["x"][:, 0] for name in ("train", "validation", "test")}
        assert {name: len(part) for name, part in parts.items()} == {"train": 70, "validation": 10, "test": 20}
        assert sorted(np.concatenate(list(parts.values()))) == list(range(0, 200, 2))

    def test_the_seed_decides_and_is_kept(self):
        write_csv(rows=np.arange(200.0).reshape(100, 2))
        block = 'source = csv("rows.csv")\nx = source\nsplit = fractions(train=0.5, test=0.5)\nseed = {}'
        parts = [fed(block.format(seed), "d.test")["x"].tobytes() for seed in (1, 1, 2)]
        assert parts[0] == parts[1] != parts[2]

    def test_strata_keep_their_proportions(self):
        write_csv(header="a,b,kind", rows=[(i, 2 * i, "rare" if i % 10 == 0 else "usual") for i in range(100)])
        block = (
            'source = csv("rows.csv")\nx = source["a":"b"]\ny = source["kind"]\n'
            'split = fractions(train=0.7, test=0.3)\nstratify = source["kind"]'
        )
        declarations = "placeholder x: [n, 2]\nplaceholder y: i32[n]"
        loaded = program(block, declarations)
        assert [int((loaded.dataset(f"d.{part}").arrays["y"] == 0).sum()) for part in ("train", "test")] == [7, 3]

    def test_folds_test_every_row_once(self):
        write_csv()
        loaded = program('source = csv("rows.csv")\nx = source\nsplit = folds(5)')
        tests = [loaded.dataset(f"d.fold_{i}.test").arrays["x"][0, 0] for i in range(1, 6)]
        assert sorted(tests) == [1, 3, 5, 7, 9]
        assert len(loaded.dataset("d.fold_3.train")) == 4

    def test_files_of_their_own(self):
        write_csv("train.csv")
        write_csv("test.csv", rows=[[100, 200]])
        block = 'split = files(train=csv("train.csv"), test=csv("test.csv"))\nx = minmax(source)'
        loaded = program(block)
        np.testing.assert_array_equal(loaded.dataset("d.train").arrays["x"], (ROWS - [1, 2]) / 8)
        np.testing.assert_array_equal(loaded.dataset("d.test").arrays["x"], [[99 / 8, 198 / 8]])

    def test_without_a_split_all_rows_have_one_name(self):
        write_csv()
        loaded = program('source = csv("rows.csv")\nx = source')
        assert loaded.dataset("d") is loaded.dataset("d.all")


class TestFitting:
    BLOCK = 'source = csv("rows.csv")\nx = standardize(source)\nsplit = fractions(train=0.5, test=0.5)\nseed = 3'

    def test_scaling_knows_the_training_rows_only(self):
        rows = np.random.default_rng(0).normal(5, 3, (60, 2))
        write_csv(rows=rows)
        loaded = program(self.BLOCK)
        train, test = (loaded.dataset(f"d.{part}").arrays["x"] for part in ("train", "test"))
        np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-6)
        np.testing.assert_allclose(train.std(axis=0), 1, atol=1e-6)
        assert abs(test.mean()) > 1e-3

    def test_other_test_rows_change_nothing_in_training(self):
        write_csv(rows=ROWS)
        before = program(self.BLOCK).dataset("d.train").arrays["x"]
        test = program(self.BLOCK.replace("standardize(source)", "source")).dataset("d.test").arrays["x"]
        changed = np.where(np.isin(ROWS, test), ROWS * 1000, ROWS)
        write_csv(rows=changed)
        np.testing.assert_array_equal(program(self.BLOCK).dataset("d.train").arrays["x"], before)

    def test_every_fold_is_fitted_by_itself(self):
        write_csv()
        loaded = program('source = csv("rows.csv")\nx = standardize(source)\nsplit = folds(5)')
        for fold in range(1, 6):
            np.testing.assert_allclose(loaded.dataset(f"d.fold_{fold}.train").arrays["x"].mean(axis=0), 0, atol=1e-6)


class TestMistakes:
    """Each is told with its place in the block, and where it lies in a file, with its row and column."""

    def test_a_missing_value(self):
        Path("rows.csv").write_text("a,b\n1,2\n\n3,\n")
        found = mistake('source = csv("rows.csv")\nx = source["a":"b"] * 2')
        assert "column `b` of `rows.csv` has a missing value in row 2 (line 4)" in found.message
        assert place(found) == 'source["a":"b"] * 2'
        assert 'fill_missing(source["b"], "mean")' in found.hint

    def test_a_row_of_the_wrong_width(self):
        Path("rows.csv").write_text("a,b\n1,2\n3,4,5\n")
        found = mistake('source = csv("rows.csv")\nx = source')
        assert "row 2 (line 3) of `rows.csv` has 3 fields, its header names 2 columns" in found.message
        assert place(found) == 'csv("rows.csv")'

    def test_an_unknown_column(self):
        write_csv(header="width,height")
        found = mistake('source = csv("rows.csv")\nx = source["widht":"height"]')
        assert found.message == "`rows.csv` has no column `widht`"
        assert found.hint == "did you mean `width`?"
        assert place(found) == 'source["widht":"height"]'

    def test_a_file_that_is_not_there(self):
        write_csv()
        found = mistake('source = csv("row.csv")\nx = source')
        assert "there is no file `row.csv`" in found.message
        assert "rows.csv" in found.hint
        assert place(found) == 'csv("row.csv")'

    def test_one_of_the_files_of_a_split(self):
        write_csv("train.csv")
        found = mistake('split = files(train=csv("train.csv"), test=csv("tst.csv"))\nx = source')
        assert "there is no file `tst.csv`" in found.message
        assert place(found) == 'csv("tst.csv")'

    def test_a_fraction_where_integers_are_fed(self):
        write_csv(rows=[(1, 2), (3, 4.5)])
        found = mistake('source = csv("rows.csv")\ny = source["b"]', "placeholder y: i32[n]")
        assert "`y` is fed 4.5 in row 2 (line 3), but i32 holds whole numbers only" in found.message

    def test_python_objects_are_never_loaded(self):
        np.save("rows.npy", np.array([{}, []], dtype=object))
        found = mistake('source = npy("rows.npy")\nx = source')
        assert "holds Python objects, which are never loaded" in found.message

    def test_a_broken_archive(self):
        np.savez("rows.npz", a=ROWS)
        Path("rows.npz").write_bytes(Path("rows.npz").read_bytes()[:-40])
        assert "`rows.npz` is broken" in mistake('source = npz("rows.npz")\nx = source').message

    def test_fractions_of_more_than_all(self):
        write_csv()
        found = mistake('source = csv("rows.csv")\nx = source\nsplit = fractions(train=0.8, test=0.4)')
        assert "the fractions add up to 1.2" in found.message
        assert place(found).startswith("fractions(")

    def test_sources_that_differ_in_their_rows(self):
        write_csv()
        np.save("labels.npy", np.arange(3))
        block = 'source = csv("rows.csv")\nlabels = npy("labels.npy")\nx = source\ny = labels'
        found = mistake(block, "placeholder x: [n, 2]\nplaceholder y: i32[n]")
        assert "`source` has 5, `labels` has 3" in found.message

    def test_a_shape_that_is_not_the_placeholders(self):
        write_csv()
        loaded = program('source = csv("rows.csv")\nx = source["a"]')
        with pytest.raises(
            dsl.ProgramError, match=r"`x` is declared as \[n, 2\] and was given an array of shape \[5\]"
        ):
            loaded.run(on="d.all")
