"""Record what scikit-learn finds in the data of the example programs; needs scikit-learn, which nothing else does.

    python tests/programs/record_sklearn.py

writes `data/sklearn.json`. Fitted models are those whose minimum is unique, so that a program of nn-lang has to find the
same one: ordinary least squares, and logistic regressions with their penalty. The accuracies are means and deviations over
repeated cross-validation: what a linear classifier of this kind reaches on rows it has not seen.
"""

import json
from pathlib import Path

import numpy as np
import sklearn
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris, load_wine
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.model_selection import RepeatedKFold, RepeatedStratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

FOLDER = Path(__file__).parent / "data"


def logistic() -> LogisticRegression:
    """Minimises half the squares of the weights plus the sum of the cross-entropies."""
    return LogisticRegression(C=1.0, tol=1e-12, max_iter=100_000)


def fitted_classifier(x: np.ndarray, y: np.ndarray) -> dict[str, object]:
    scaled = StandardScaler().fit_transform(x)
    model = logistic().fit(scaled, y)
    rounds = RepeatedStratifiedKFold(n_splits=5, n_repeats=10, random_state=0)
    scores = cross_val_score(make_pipeline(StandardScaler(), logistic()), x, y, cv=rounds)
    return {
        "coefficients": model.coef_.tolist(),
        "intercepts": model.intercept_.tolist(),
        "accuracy": model.score(scaled, y),
        "unseen": {"mean": scores.mean(), "deviation": scores.std()},
    }


def fitted_line(x: np.ndarray, y: np.ndarray) -> dict[str, object]:
    scaled = StandardScaler().fit_transform(x)
    model = LinearRegression().fit(scaled, y)
    rounds = RepeatedKFold(n_splits=4, n_repeats=10, random_state=0)
    scores = cross_val_score(make_pipeline(StandardScaler(), LinearRegression()), x, y, cv=rounds, scoring="r2")
    return {
        "coefficients": model.coef_.tolist(),
        "intercept": model.intercept_,
        "r2": model.score(scaled, y),
        "unseen": {"mean": scores.mean(), "deviation": scores.std()},
    }


def main() -> None:
    cancer = load_breast_cancer()
    classifiers = {
        "iris": load_iris(return_X_y=True),
        "wine": load_wine(return_X_y=True),
        "breast_cancer": (cancer.data, 1 - cancer.target),  # malignant is 1, as in the program
    }
    record: dict[str, object] = {"scikit-learn": sklearn.__version__}
    record |= {name: fitted_classifier(x, y) for name, (x, y) in classifiers.items()}
    record["diabetes"] = fitted_line(*load_diabetes(return_X_y=True, scaled=False))
    x, y = load_digits(return_X_y=True)
    rounds = RepeatedStratifiedKFold(n_splits=5, n_repeats=1, random_state=0)
    scores = cross_val_score(LogisticRegression(C=1.0, max_iter=10_000), x / 16, y, cv=rounds)
    record["digits"] = {"unseen": {"mean": scores.mean(), "deviation": scores.std()}}
    (FOLDER / "sklearn.json").write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
