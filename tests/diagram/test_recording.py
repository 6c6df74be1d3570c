"""Trainings recorded: which steps, what is measured, and that nothing of the training changes."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import dsl
from dsl.app import recorder
from dsl.diagram.recording import evenly, measure

pytest.importorskip("pygraphviz")

FULL = """
placeholder x: [4, 2] = [[0, 0], [0, 1], [1, 0], [1, 1]]
placeholder y: [4, 1] = [[0], [1], [1], [0]]
score = x |> Dense(4) |> tanh |> Dense(1)
loss = bce_with_logits(score, y)
train {
    minimize = loss
    optimizer = adam(lr=0.05)
    steps = 257
    seed = 3
}
"""
"""All steps on the same values: many of them are made in one go."""

BATCHED = """
dim n
placeholder x: [n, 3]
placeholder y: [n]
hidden = x |> Dense(4) |> relu
loss = mse(sum(hidden |> Dense(1), axis=-1), y)
data d {
    source = arrays(a=[[0.0, 1, 2], [1, 0, 2], [2, 1, 0], [1, 1, 1], [0, 0, 1], [2, 2, 2], [1, 2, 0]],
                    b=[1.0, 2, 3, 4, 5, 6, 7])
    x = source["a"]
    y = source["b"]
}
train {
    minimize = loss
    data = d
    optimizer = sgd(lr=0.01, momentum=0.9)
    batch = 2
    epochs = 9
    seed = 5
}
"""

LBFGS = FULL.replace("adam(lr=0.05)", "lbfgs()").replace("257", "12")
NUMBERS = """
dtype f64
placeholder x = 3
placeholder y = 0.6
parameter k = 0.36
parameter b = 0.37
loss = mse(y, sigmoid(linear(x, k, b)))
train { minimize = loss; optimizer = sgd(lr=0.01); steps = 1000 }
"""
"""A few numbers in f64, which run as straight-line code."""


def data_of(page: Path) -> dict[str, Any]:
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page.read_text(), re.DOTALL)
    assert found
    return json.loads(found[1])


@pytest.mark.parametrize("text", [FULL, BATCHED, LBFGS, NUMBERS], ids=["full", "batched", "lbfgs", "numbers"])
@pytest.mark.parametrize("engine", ["auto", "numpy", "reference"])
def test_the_parameters_are_the_same_to_the_last_bit(tmp_path: Path, text: str, engine: str) -> None:
    plain, recorded = dsl.loads(text), dsl.loads(text)
    plain.engine = recorded.engine = engine
    first = plain.train()
    second = recorded.train(record=tmp_path / "run.html")
    assert first.column("loss") == second.column("loss")
    for name, value in plain.parameters.items():
        assert value.tobytes() == recorded.parameters[name].tobytes(), name


def test_the_first_and_the_last_step_and_evenly_between(tmp_path: Path) -> None:
    dsl.loads(FULL).train(record=tmp_path / "run.html")
    steps = data_of(tmp_path / "run.html")["recording"]["steps"]
    assert (steps[0], steps[-1], len(steps)) == (0, 257, 100)
    assert set(np.diff(steps)) <= {2, 3}


def test_every_step_of_a_short_run(tmp_path: Path) -> None:
    dsl.loads(BATCHED).train(record=tmp_path / "run.html", epochs=2)
    assert data_of(tmp_path / "run.html")["recording"]["steps"] == list(range(9))


def test_a_run_that_stops_early_ends_with_its_last_step(tmp_path: Path) -> None:
    text = BATCHED.replace("seed = 5", 'seed = 5\n    early_stopping = early_stopping(monitor="loss", patience=1)')
    text = text.replace("lr=0.01", "lr=2.0")
    history = dsl.loads(text).train(record=tmp_path / "run.html", epochs=50)
    steps = data_of(tmp_path / "run.html")["recording"]["steps"]
    assert len(history) < 50
    assert steps[-1] == history.last["step"]


def test_what_is_recorded_is_what_the_parameters_give(tmp_path: Path) -> None:
    program = dsl.loads(NUMBERS)
    program.train(record=tmp_path / "run.html")
    data = data_of(tmp_path / "run.html")
    names = [node["name"] for node in data["nodes"]]
    last = data["recording"]["values"][-1]
    for name, value in program.run(fetch=["k", "b", "loss"]).items():
        assert last[names.index(name)][2] == pytest.approx(float(value), rel=1e-4)
    slopes = data["recording"]["gradients"][-1]
    for name, value in program.gradients(wrt=["k", "b", "x"]).items():
        assert slopes[names.index(name)][2] == pytest.approx(float(value), rel=1e-4)
    assert data["recording"]["loss"][0] > data["recording"]["loss"][-1]


def test_the_batch_is_the_same_at_every_step(tmp_path: Path) -> None:
    dsl.loads(BATCHED).train(record=tmp_path / "run.html")
    data = data_of(tmp_path / "run.html")
    place = [node["name"] for node in data["nodes"]].index("x")
    assert len({json.dumps(step[place]) for step in data["recording"]["values"]}) == 1


def test_a_recording_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder, "MOST_MEASURED", 100)
    dsl.loads(FULL).train(record=tmp_path / "run.html")
    recording = data_of(tmp_path / "run.html")["recording"]
    assert 2 <= len(recording["steps"]) <= 10
    assert (recording["steps"][0], recording["steps"][-1]) == (0, 257)


def test_several_runs_have_a_page_each(tmp_path: Path) -> None:
    text = (
        FULL.replace("train {", "train warm {") + "train fine { minimize = loss; optimizer = sgd(lr=0.1); steps = 3 }\n"
    )
    dsl.loads(text).train(record=tmp_path / "run.html")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["run-fine.html", "run-warm.html"]


@pytest.mark.parametrize("name", ["run.svg", "run", "missing/run.html"])
def test_what_cannot_be_written_is_told_before_the_training(tmp_path: Path, name: str) -> None:
    program = dsl.loads(FULL)
    before = {key: value.copy() for key, value in program.parameters.items()}
    with pytest.raises(dsl.ProgramError):
        program.train(record=tmp_path / name)
    assert all((program.parameters[key] == value).all() for key, value in before.items())


def test_an_interrupted_training_writes_no_page(tmp_path: Path) -> None:
    class Interrupting:
        def begin(self, run: object, epochs: int, steps_per_epoch: int) -> None: ...

        def step(self, epoch: int, step: int, loss: float, rate: float) -> None:
            raise KeyboardInterrupt

        def epoch(self, row: object) -> None: ...

        def end(self) -> None: ...

    with pytest.raises(KeyboardInterrupt):
        dsl.loads(FULL).train(progress=Interrupting(), record=tmp_path / "run.html")
    assert list(tmp_path.iterdir()) == []


class TestSteps:
    @pytest.mark.parametrize("total", [0, 1, 2, 5, 99, 100, 101, 12345])
    @pytest.mark.parametrize("most", [2, 3, 100])
    def test_first_and_last_and_no_more_than_asked_for(self, total: int, most: int) -> None:
        steps = evenly(total, most)
        assert steps[0] == 0
        assert steps[-1] == total
        assert len(steps) == min(total + 1, most)
        assert sorted(set(steps)) == list(steps)


class TestMeasuring:
    def test_a_few_numbers_are_kept_whole(self) -> None:
        found = measure(np.array([1.0, -3.0]))
        assert found
        assert (found.least, found.greatest, found.mean, found.whole) == (-3, 1, -1, (1, -3))
        assert found.norm == pytest.approx(np.sqrt(5))

    def test_many_are_not(self) -> None:
        found = measure(np.arange(1000))
        assert found
        assert found.whole == ()

    def test_what_is_not_finite_is_counted(self) -> None:
        found = measure(np.array([np.nan, np.inf, 2.0]))
        assert found
        assert (found.odd, found.least, found.greatest, found.whole) == (2, 2, 2, (None, None, 2))
        nothing = measure(np.array([np.nan]))
        assert nothing
        assert (nothing.odd, nothing.norm) == (1, 0)

    def test_large_numbers_do_not_overflow(self) -> None:
        found = measure(np.array([1e300, -1e300, 1e300]))
        assert found
        assert found.norm == pytest.approx(1e300)
        assert np.isfinite(found.mean)

    def test_an_empty_array_has_nothing_to_measure(self) -> None:
        assert measure(np.empty((0, 3))) is None

    def test_truth_is_measured_in_numbers(self) -> None:
        found = measure(np.array([True, False, True, True]))
        assert found
        assert found.mean == 0.75
