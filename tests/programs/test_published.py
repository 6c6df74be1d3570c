"""What is known of the data and of their models: published numbers, NumPy's and scikit-learn's, found by programs.

scikit-learn's are in `data/sklearn.json`, recorded by `record_sklearn.py`. Its models are fitted here again by programs of
nn-lang with L-BFGS: the minimum is unique, so both have to find it.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from program_runs import FOLDER, PROGRAMS, trained

import dsl
from dsl.training.data.readers import read

SKLEARN: dict[str, Any] = json.loads((Path(__file__).parent / "data" / "sklearn.json").read_text())


def column(file: str, name: str) -> npt.NDArray[Any]:
    return read("csv", FOLDER / "data" / file).columns[name]


# -- the data


@pytest.mark.parametrize(
    ("file", "label", "sizes"),
    [
        ("iris.csv", "species", {"setosa": 50, "versicolor": 50, "virginica": 50}),
        ("wine.csv", "cultivar", {0: 59, 1: 71, 2: 48}),
        ("breast_cancer.csv", "diagnosis", {"benign": 357, "malignant": 212}),
        ("auto_mpg.csv", "origin", {"europe": 70, "japan": 79, "usa": 249}),
        ("digits.csv", "label", dict(enumerate([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]))),
    ],
)
def test_sizes_of_the_classes(file: str, label: str, sizes: dict[str | int, int]) -> None:
    values, counts = np.unique(column(file, label), return_counts=True)
    assert dict(zip(values.tolist(), counts.tolist(), strict=True)) == sizes


@pytest.mark.parametrize(
    ("species", "means"),
    [
        ("setosa", [5.006, 3.428, 1.462, 0.246]),
        ("versicolor", [5.936, 2.770, 4.260, 1.326]),
        ("virginica", [6.588, 2.974, 5.552, 2.026]),
    ],
)
def test_means_of_fishers_irises(species: str, means: list[float]) -> None:
    """Table 2 of Fisher, "The use of multiple measurements in taxonomic problems", 1936."""
    rows = column("iris.csv", "species") == species
    names = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
    found = [float(column("iris.csv", name)[rows].mean()) for name in names]
    np.testing.assert_allclose(found, means, atol=1e-9)


def test_cars_that_miss_their_horsepower() -> None:
    horsepower = column("auto_mpg.csv", "horsepower")
    assert len(horsepower) == 398
    assert np.count_nonzero(np.isnan(horsepower)) == 6
    assert round(float(column("auto_mpg.csv", "mpg").mean()), 2) == 23.51


def test_share_of_ink_in_mnist() -> None:
    """The mean of all 60,000 training images, 0.1307, is the one that tutorials subtract."""
    images = read("idx", FOLDER / "data" / "mnist_5k" / "images-idx3-ubyte.gz").columns["values"]
    assert images.mean() / 255 == pytest.approx(0.1307, abs=0.002)


# -- models with one minimum

LEAST_SQUARES = """
dtype f64
dim batch
placeholder x: [batch, 10]
placeholder y: [batch]
parameter w: [10] = 0
parameter b = 0
loss = mse(y, x @ w + b)
metric r2 = 1 - loss / var(y)

data patients {
    source = csv("data/diabetes.csv")
    x      = standardize(source["age":"s6"])
    y      = source["progression"]
}
train { minimize = loss; data = patients; steps = 20; optimizer = lbfgs(line_search="strong_wolfe", tolerance_change=0) }
"""

LOGISTIC = """
dtype f64
dim batch
placeholder x: [batch, COLUMNS]
placeholder y: i32[batch]
parameter w: [COLUMNS, CLASSES] = 0
parameter b: [CLASSES] = 0
logits = x @ w + b
loss   = cross_entropy(logits, y, reduction="sum") + 0.5 * sum(w**2)
metric accuracy = mean(argmax(logits, axis=-1) == y)

data table {
    source = csv("data/FILE")
    x      = standardize(source["FIRST":"LAST"])
    y      = source["LABEL"]
}
train { minimize = loss; data = table; steps = 20; optimizer = lbfgs(line_search="strong_wolfe", tolerance_change=0) }
"""

BINARY = {
    "placeholder y: i32[batch]": "placeholder y: [batch]",
    'cross_entropy(logits, y, reduction="sum")': 'bce_with_logits(logits, y, reduction="sum")',
    "argmax(logits, axis=-1) == y": "(logits > 0) == (y == 1)",
    "parameter b: [CLASSES]": "parameter b",
    "[COLUMNS, CLASSES]": "[COLUMNS]",
    'source["LABEL"]': 'encode(source["LABEL"])',
}
"""What two classes change in the program: one column of logits, and labels that are 0 and 1."""


def fitted(text: str, monkeypatch: pytest.MonkeyPatch) -> tuple[dsl.Program, dict[str, float]]:
    monkeypatch.chdir(FOLDER)
    program = dsl.loads(text)
    (outcome,) = program.train_all()
    (metrics,) = outcome.metrics.values()
    return program, metrics


def test_line_is_that_of_least_squares() -> None:
    program = dsl.load(PROGRAMS["line"])
    x, y = (np.asarray(program.node(name).value) for name in ("x", "y"))
    solution = np.linalg.lstsq(np.stack([x, np.ones_like(x)], axis=1), y)[0]
    program.train()
    found = [program.parameters["slope"], program.parameters["intercept"]]
    np.testing.assert_allclose(found, solution, rtol=1e-8)


def test_regression_of_the_diabetes_study(monkeypatch: pytest.MonkeyPatch) -> None:
    """The coefficients of Efron, Hastie, Johnstone and Tibshirani 2004, whose columns have length 1."""
    published = [-10.0, -239.8, 519.8, 324.4, -792.2, 476.7, 101.0, 177.1, 751.3, 67.6]
    program, metrics = fitted(LEAST_SQUARES, monkeypatch)
    np.testing.assert_allclose(program.parameters["w"] * 442**0.5, published, atol=0.06)
    np.testing.assert_allclose(program.parameters["w"], SKLEARN["diabetes"]["coefficients"], rtol=1e-6)
    assert program.parameters["b"] == pytest.approx(SKLEARN["diabetes"]["intercept"], rel=1e-9)
    assert metrics["r2"] == pytest.approx(SKLEARN["diabetes"]["r2"], rel=1e-9)


@pytest.mark.parametrize(
    ("name", "columns", "classes", "first", "last", "label"),
    [
        ("iris", 4, 3, "sepal_length", "petal_width", "species"),
        ("wine", 13, 3, "alcohol", "proline", "cultivar"),
        ("breast_cancer", 30, 1, "mean_radius", "worst_fractal_dimension", "diagnosis"),
    ],
)
def test_logistic_regressions(
    name: str, columns: int, classes: int, first: str, last: str, label: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = LOGISTIC
    changes = BINARY if classes == 1 else {}
    names = {
        "COLUMNS": columns,
        "CLASSES": classes,
        "FILE": f"{name}.csv",
        "FIRST": first,
        "LAST": last,
        "LABEL": label,
    }
    for old, new in {**changes, **names}.items():
        text = text.replace(old, str(new))
    program, metrics = fitted(text, monkeypatch)
    expected = SKLEARN[name]
    np.testing.assert_allclose(np.atleast_2d(program.parameters["w"].T), expected["coefficients"], rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(np.atleast_1d(program.parameters["b"]), expected["intercepts"], rtol=1e-4, atol=1e-6)
    assert metrics["accuracy"] == pytest.approx(expected["accuracy"], abs=1e-12)


# -- the example programs


@pytest.mark.parametrize(
    ("name", "part", "metric"),
    [
        ("iris", "iris.test", "accuracy"),
        ("wine", "wine.fold_1.test", "accuracy"),
        ("breast_cancer", "cells.validation", "accuracy"),
        ("diabetes", "patients.test", "r2"),
    ],
)
def test_unseen_rows_are_as_hard_as_for_a_linear_model(name: str, part: str, metric: str) -> None:
    """Much worse would be a mistake in the training, much better one in keeping the parts of the data apart."""
    (run,) = trained(name)["runs"]
    unseen = SKLEARN[name]["unseen"]
    assert run["metrics"][part][metric] == pytest.approx(unseen["mean"], abs=2.5 * unseen["deviation"])


def test_hidden_units_read_digits_better_than_a_linear_model() -> None:
    (run,) = trained("digits")["runs"]
    assert run["metrics"]["digits.test"]["accuracy"] > SKLEARN["digits"]["unseen"]["mean"]
