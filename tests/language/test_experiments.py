"""`metric`, `show`, `expect`, `data` and `train`: what a program says about its own run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_programs import complaint

import dsl

POINTS = "a,b,label,name\n" + "".join(f"{i},{2 * i},{i % 2},{'red' if i % 3 else 'blue'}\n" for i in range(10))
HEAD = "dim n\nplaceholder x: [n, 2]\nplaceholder y: [n]\n"


@pytest.fixture
def load(tmp_path):
    """Loads a program that stands beside a table of ten points."""
    (tmp_path / "points.csv").write_text(POINTS)

    def load_text(text: str, constants: dict[str, object] | None = None) -> dsl.Program:
        path = Path(tmp_path / "program.nn")
        path.write_text(text)
        return dsl.load(path, constants)

    return load_text


# -- metric, show, expect


def test_a_metric_is_a_scalar_of_the_program():
    program = dsl.loads("x = [1.0, 2.0]\nmetric average = mean(x)\nmetric doubled = average * 2\n")
    assert list(program.model.metrics) == ["average", "doubled"]
    assert program.run(fetch=["doubled"])["doubled"] == 3
    assert complaint("metric m = [1.0, 2.0]\n").code == "shape"


def test_what_is_shown_is_an_output_under_its_own_text():
    program = dsl.loads("x = [1.0, 2.0]\nshow x + 1\nshow sum(x)\nshow 3 * 4\ny = x * 2\n")
    found = {name: value.tolist() for name, value in program.run().items()}
    assert found == {"y": [2, 4], "x + 1": [2, 3], "sum(x)": 3, "3 * 4": 12}


@pytest.mark.parametrize(
    ("expectation", "met"),
    [
        ("x == 2", True),
        ("x != 2", False),
        ("x < 2", False),
        ("x <= 2", True),
        ("x > 1", True),
        ("x >= 3", False),
        ("x * 2 == 4", True),
        ("x == 2.1", False),
        ("x == 2.1 within 0.2", True),
        ("x != 2.1 within 0.2", False),
        ("x >= 2.1 within 0.2", True),
        ("x > 2.3 within 0.2", False),
        ("x < 1.9 within 0.2", True),
        ("v == [1, 2, 3]", True),
        ("v > 0", True),
        ("v > 1", False),
        ("sum(v) == x * 3", True),
        ("0 / (x - 2) == 0", False),
    ],
)
def test_an_expectation_holds_or_does_not(expectation, met):
    program = dsl.loads(f"placeholder x = 2\nv = [1, 2, 3]\nexpect {expectation}\n")
    (result,) = program.check_all()
    assert result.passed is met
    assert result.expectation.text == expectation


def test_an_expectation_compares():
    assert complaint("x = 2\nexpect x\n").message == "`expect` needs a comparison"


def test_an_expectation_on_a_data_set(load):
    text = (
        HEAD
        + 'data d { source = csv("points.csv"); x = source["a":"b"]; y = source["label"]\n'
        + "split = fractions(train=0.6, test=0.4) }\n"
    )
    program = load(
        text + "expect mean(y) <= 1 on d.train\nexpect max(x) == 18 on d.test\nexpect max(x) == 18 on d.train\n"
    )
    results = program.check_all()
    assert results[0].passed
    assert sum(result.passed for result in results[1:]) == 1


# -- data


def test_fields_are_expressions_of_columns(load):
    text = """
data d {
    source = csv("points.csv")
    x = (source["a":"b"] - 4.5) / scale   # constants may be used
    y = source["label"] * 2 - 1
}
constant scale = 2
"""
    arrays = load(HEAD + text).dataset("d").arrays
    np.testing.assert_allclose(arrays["x"], (np.array([[i, 2 * i] for i in range(10)]) - 4.5) / 2)
    np.testing.assert_allclose(arrays["y"], [i % 2 * 2 - 1 for i in range(10)])
    assert arrays["x"].dtype == np.float32


def test_a_part_of_a_field_can_have_a_name(load):
    text = 'data d { table = csv("points.csv"); raw = table["a":"b"]; x = raw / 10; y = table["label"] }\n'
    assert load(HEAD + text).dataset("d").arrays["x"].max() == pytest.approx(1.8)


def test_text_is_encoded_as_labels(load):
    text = 'dim n\nplaceholder y: i32[n]\ndata d { source = csv("points.csv"); y = encode(source["name"]) }\n'
    assert load(text).dataset("d").arrays["y"].tolist() == [int(bool(i % 3)) for i in range(10)]


def test_scaling_is_fitted_on_the_training_part_only(load):
    text = (
        HEAD
        + """
data d {
    source = csv("points.csv")
    x = standardize(source["a":"b"])
    y = source["label"]
    split = fractions(train=0.5, test=0.5)
    seed = 3
}
"""
    )
    program = load(text)
    train, test = program.dataset("d.train").arrays["x"], program.dataset("d.test").arrays["x"]
    np.testing.assert_allclose(train.mean(axis=0), 0, atol=1e-6)
    np.testing.assert_allclose(train.std(axis=0), 1, rtol=1e-5)
    assert abs(test.mean()) > 1e-3


def test_splits_take_every_row_once_and_repeat(load):
    text = (
        HEAD
        + 'data d { source = csv("points.csv"); x = source["a":"b"]; y = source["a"]\n'
        + "split = fractions(train=0.7, test=0.3); seed = SEED }\n"
    )
    first, again, other = (load(text.replace("SEED", seed)) for seed in ("5", "5", "6"))
    rows = [program.dataset("d.train").arrays["y"].tolist() for program in (first, again, other)]
    assert rows[0] == rows[1] != rows[2]
    assert sorted(rows[0] + first.dataset("d.test").arrays["y"].tolist()) == list(range(10))


def test_a_program_is_run_on_a_data_set(load):
    text = HEAD + 'data d { source = csv("points.csv"); x = source["a":"b"]; y = source["label"] }\ntotal = sum(x)\n'
    assert load(text).run(fetch=["total"], on="d")["total"] == 45 + 90


# -- train

FIT = """
dtype f64
dim n
placeholder x: [n]
placeholder y: [n]
parameter k = 0
parameter b = 0
loss = mse(k * x + b, y)
metric worst = max(abs(k * x + b - y))
data d { source = csv("points.csv"); x = source["a"] / 10; y = source["b"] }
"""


def test_a_run_fits_a_line_to_the_points(load):
    program = load(
        FIT
        + "train { minimize = loss; data = d; optimizer = sgd(lr=0.5, momentum=0.5); epochs = 400; seed = 1 }\n"
        + "expect worst < 1e-3 on d\n"
    )
    history = program.train()
    assert program.parameters["k"] == pytest.approx(20, abs=1e-2)
    assert program.parameters["b"] == pytest.approx(0, abs=1e-2)
    assert len(history.rows) == 400
    assert program.check_all()[0].passed


def test_a_run_without_data_uses_the_values_of_the_placeholders():
    text = "dtype f64\nplaceholder target = [3.0, -1.0]\nparameter w: [2] = 0\nloss = mse(w, target)\n"
    program = dsl.loads(text + "train { minimize = loss; optimizer = sgd(lr=0.5); steps = 60 }\n")
    program.train()
    np.testing.assert_allclose(program.parameters["w"], [3, -1], atol=1e-6)


def test_runs_follow_each_other_over_chosen_parameters(load):
    text = FIT + 'train first { minimize = loss; data = d; parameters = ["k"]; optimizer = sgd(lr=0.1); epochs = 3 }\n'
    text += 'train second { minimize = loss; data = d; parameters = ["b"]; optimizer = sgd(lr=0.1); epochs = 3 }\n'
    program = load(text)
    program.train("first")
    k = float(program.parameters["k"])
    assert k != 0
    assert program.parameters["b"] == 0
    program.train("second")
    assert program.parameters["k"] == k
    assert program.parameters["b"] != 0
    both = load(text)
    both.train()
    assert both.parameters["k"] == k
    assert both.parameters["b"] == program.parameters["b"]


def test_the_keys_of_a_run_can_be_overridden_from_python(load):
    text = FIT + "train { minimize = loss; data = d; optimizer = sgd(lr=0.1); epochs = 3 }\n"
    program = load(text)
    assert len(program.train(epochs=5).rows) == 5
    frozen = load(text)
    frozen.train(optimizer="sgd(lr=0.0)", epochs=1)
    assert frozen.parameters["k"] == 0


def test_what_is_minimised_can_be_an_expression():
    text = "parameter w = [3.0, 4.0]\ntrain { minimize = sum(square(w)) + 0; optimizer = sgd(lr=0.25); steps = 1 }\n"
    program = dsl.loads(text)
    program.train()
    np.testing.assert_allclose(program.parameters["w"], [1.5, 2])


@pytest.mark.parametrize(
    ("block", "words"),
    [
        ("train { steps = 3 }", "minimise"),
        ("train { minimize = loss }", "how long"),
        ("train { minimize = loss; epoch = 3 }", "no key `epoch`"),
        ("train { minimize = x; steps = 1 }", "scalar"),
        ("train { minimize = loss; steps = 1; optimizer = adamm() }", "adamm"),
        ("train { minimize = loss; steps = 1; optimizer = sgd(rate=1) }", "rate"),
        ("train { minimize = loss; epochs = 1; steps = 1 }", "not both"),
        ("train { minimize = loss; epochs = 1; data = nowhere }", "nowhere"),
        ("train { minimize = loss; steps = 1 }\ntrain { minimize = loss; steps = 1 }", "two `train` blocks"),
    ],
)
def test_a_train_block_that_is_wrong(block, words):
    assert words in complaint(f"parameter w = 1\nx = [w, w]\nloss = w * w\n{block}\n").message


def test_a_loss_that_no_parameter_reaches_is_a_mistake():
    program = dsl.loads(
        "parameter w = 1\nplaceholder x = 2\nloss = x * x\nshow w\ntrain { minimize = loss; steps = 1 }\n"
    )
    with pytest.raises(dsl.ProgramError, match="no parameter reaches `loss`"):
        program.train()


def test_what_nothing_uses_is_a_warning():
    program = dsl.loads("parameter idle = 1\nparameter w = 1\nplaceholder also = 2\nloss = w * w\n")
    assert [warning.code for warning in program.warnings] == ["unused", "unused"]
    assert [
        f"`{name}`" in warning.message for name, warning in zip(["idle", "also"], program.warnings, strict=True)
    ] == [True, True]
