"""The data of the example programs are what their table of sources says."""

from pathlib import Path

import numpy as np
import pytest

from dsl.training.data.readers import read

DATA = Path(__file__).parents[2] / "programs" / "data"


@pytest.mark.parametrize(
    ("name", "rows", "columns", "label", "classes"),
    [
        ("digits.csv", 1797, 65, "label", list(range(10))),
        ("iris.csv", 150, 5, "species", ["setosa", "versicolor", "virginica"]),
        ("wine.csv", 178, 14, "cultivar", [0, 1, 2]),
        ("breast_cancer.csv", 569, 31, "diagnosis", ["benign", "malignant"]),
        ("auto_mpg.csv", 398, 9, "origin", ["europe", "japan", "usa"]),
        ("moons.csv", 400, 3, "label", [0, 1]),
        ("diabetes.csv", 442, 11, "sex", [1, 2]),
    ],
)
def test_tables(name: str, rows: int, columns: int, label: str, classes: list[object]) -> None:
    table = read("csv", DATA / name)
    assert (table.rows, len(table.columns)) == (rows, columns)
    assert np.unique(table.columns[label]).tolist() == classes
    listed = next(line for line in (DATA / "README.md").read_text().splitlines() if line.startswith(f"| `{name}`"))
    assert f"| {rows:,} |" in listed


def test_cars_without_horsepower() -> None:
    table = read("csv", DATA / "auto_mpg.csv")
    (missing,) = np.nonzero(np.isnan(table.columns["horsepower"]))
    assert [table.row_name(int(row)) for row in missing[:2]] == ["row 33 (line 34)", "row 127 (line 128)"]
    assert len(missing) == 6
    assert (np.diff(table.columns["model_year"]) >= 0).all()


def test_images_and_their_labels() -> None:
    images = read("idx", DATA / "mnist_5k" / "images-idx3-ubyte.gz").columns["values"]
    labels = read("idx", DATA / "mnist_5k" / "labels-idx1-ubyte.gz").columns["values"]
    assert images.shape == (5000, 28, 28)
    assert images.dtype == np.uint8
    assert images.max() == 255
    assert np.bincount(labels).tolist() == [500] * 10


def test_files_are_small() -> None:
    assert max(path.stat().st_size for path in DATA.rglob("*") if path.is_file()) < 1_500_000
