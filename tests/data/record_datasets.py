"""Makes the data files under programs/data/ out of those that scikit-learn, mlxtend and vega_datasets ship.

Run once, with these three installed:  python tests/data/record_datasets.py
The files are committed; nothing else needs these packages.
"""

import csv
import gzip
import json
import struct
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from pathlib import Path

import numpy as np

TARGET = Path(__file__).parents[2] / "programs" / "data"

CLASSES = {"iris": ["setosa", "versicolor", "virginica"], "breast_cancer": ["malignant", "benign"]}
"""The labels that scikit-learn's tables number, in its order."""

IRIS = ["sepal_length", "sepal_width", "petal_length", "petal_width"]
WINE = ["alcohol", "malic_acid", "ash", "alcalinity_of_ash", "magnesium", "total_phenols", "flavanoids"]
WINE += ["nonflavanoid_phenols", "proanthocyanins", "color_intensity", "hue", "od280_od315", "proline"]
CELL = ["radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points"]
CELL += ["symmetry", "fractal_dimension"]
BREAST_CANCER = (
    [f"mean_{name}" for name in CELL] + [f"{name}_error" for name in CELL] + [f"worst_{name}" for name in CELL]
)
DIABETES = ["age", "sex", "bmi", "bp", "s1", "s2", "s3", "s4", "s5", "s6"]
AUTO_MPG = ["mpg", "cylinders", "displacement", "horsepower", "weight", "acceleration", "model_year", "origin", "name"]


def shipped(package: str, path: str) -> Path:
    """A file inside an installed package, without importing it."""
    spec = find_spec(package)
    assert spec is not None, f"{package} is not installed"
    assert spec.origin is not None
    return Path(spec.origin).parent / path


def write(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    with (TARGET / name).open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(rows)


def sklearn_rows(name: str) -> list[list[str]]:
    """The rows of one of scikit-learn's tables: its first line counts rows and columns, and is left out."""
    with shipped("sklearn", f"datasets/data/{name}").open(encoding="utf-8") as file:
        return list(csv.reader(file))[1:]


def packed(path: Path) -> list[list[str]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        return [line.replace(" ", ",").strip().split(",") for line in file]


def labelled(name: str) -> list[list[str]]:
    return [[*row[:-1], CLASSES[name][int(row[-1])]] for row in sklearn_rows(f"{name}.csv")]


def classes() -> None:
    write("iris.csv", [*IRIS, "species"], labelled("iris"))
    write("breast_cancer.csv", [*BREAST_CANCER, "diagnosis"], labelled("breast_cancer"))
    write("wine.csv", [*WINE, "cultivar"], sklearn_rows("wine_data.csv"))
    digits = packed(shipped("sklearn", "datasets/data/digits.csv.gz"))
    write("digits.csv", [*(f"pixel_{i}" for i in range(64)), "label"], digits)


def diabetes() -> None:
    features = packed(shipped("sklearn", "datasets/data/diabetes_data_raw.csv.gz"))
    target = packed(shipped("sklearn", "datasets/data/diabetes_target.csv.gz"))
    rows = [[*(f"{float(v):g}" for v in x), f"{float(y[0]):g}"] for x, y in zip(features, target, strict=True)]
    write("diabetes.csv", [*DIABETES, "progression"], rows)


def auto_mpg() -> None:
    """The 398 cars of the UCI file: the 392 complete ones from mlxtend, those without horsepower from vega_datasets.

    vega_datasets has all cars in the same order, but dates those of 1981 to 1982 and spells "accord" wrongly, so only the
    6 cars that mlxtend left out are taken from it, with the year of the car before.
    """
    with gzip.open(shipped("mlxtend", "data/data/autompg.csv.gz"), "rt", encoding="utf-8") as file:
        complete = iter(csv.reader(file))
        cars = json.loads(shipped("vega_datasets", "_data/cars.json").read_text(encoding="utf-8"))
        rows: list[list[object]] = []
        for car in (car for car in cars if car["Miles_per_Gallon"] is not None):
            if car["Horsepower"] is None:
                numbers = [car["Miles_per_Gallon"], car["Cylinders"], car["Displacement"], "?", car["Weight_in_lbs"]]
                rows.append([*numbers, car["Acceleration"], rows[-1][6], car["Origin"].lower(), car["Name"]])
                continue
            *measures, year, origin, name, mpg = next(complete)
            assert float(measures[3]) == car["Weight_in_lbs"], "the two sources are not in the same order"
            cylinders, displacement, horsepower, weight, acceleration = (f"{float(v):g}" for v in measures)
            region = ["usa", "europe", "japan"][int(origin) - 1]
            engine = [f"{float(mpg):g}", cylinders, displacement, horsepower]
            rows.append([*engine, weight, acceleration, year, region, name])
    assert len(rows) == 398
    write("auto_mpg.csv", AUTO_MPG, rows)


def moons(rows: int = 400, noise: float = 0.15, seed: int = 20) -> None:
    """Two half circles that reach into each other, with Gaussian noise, in turn one point of each."""
    rng = np.random.Generator(np.random.PCG64(seed))
    angle = rng.uniform(0, np.pi, rows)
    label = np.arange(rows) % 2
    x1 = np.where(label == 0, np.cos(angle), 1 - np.cos(angle)) + rng.normal(0, noise, rows)
    x2 = np.where(label == 0, np.sin(angle), 0.5 - np.sin(angle)) + rng.normal(0, noise, rows)
    points = zip(x1.tolist(), x2.tolist(), label.tolist(), strict=True)
    write("moons.csv", ["x1", "x2", "label"], [[f"{a:.5f}", f"{b:.5f}", c] for a, b, c in points])


def mnist() -> None:
    rows = np.array(packed(shipped("mlxtend", "data/data/mnist_5k.csv.gz")), dtype=float).astype(np.uint8)
    folder = TARGET / "mnist_5k"
    folder.mkdir(exist_ok=True)
    for name, array in (("images-idx3-ubyte", rows[:, :-1].reshape(-1, 28, 28)), ("labels-idx1-ubyte", rows[:, -1])):
        header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 0x08, array.ndim, *array.shape)
        (folder / f"{name}.gz").write_bytes(gzip.compress(header + array.tobytes(), 9, mtime=0))


if __name__ == "__main__":
    TARGET.mkdir(parents=True, exist_ok=True)
    classes()
    diabetes()
    auto_mpg()
    moons()
    mnist()
