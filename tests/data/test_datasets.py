"""Datasets: arrays with as many rows each, and their batches."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.source.diagnostic import ProgramError
from dsl.training.data.dataset import Dataset


def dataset(rows: int = 10) -> Dataset:
    return Dataset("d.train", {"x": np.arange(2.0 * rows).reshape(rows, 2), "y": np.arange(rows)})


def generator(seed: int = 3) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


@given(st.integers(1, 50), st.integers(1, 60), st.booleans())
def test_batches_hold_every_row_once_with_its_own(rows: int, size: int, shuffle: bool) -> None:
    data = dataset(rows)
    batches = list(data.batches(size, generator() if shuffle else None))
    assert len(batches) == data.steps(size)
    assert [len(batch["y"]) for batch in batches[:-1]] == [size] * (len(batches) - 1)
    labels = np.concatenate([batch["y"] for batch in batches])
    assert sorted(labels.tolist()) == list(range(rows))
    for batch in batches:
        assert batch["x"][:, 0].tolist() == (2 * batch["y"]).tolist()


def test_batches_in_order_are_views_and_the_last_can_be_dropped() -> None:
    data = dataset()
    batches = list(data.batches(4, drop_last=True))
    assert [batch["y"].tolist() for batch in batches] == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert np.shares_memory(batches[0]["x"], data.arrays["x"])
    assert data.steps(4, drop_last=True) == 2
    (whole,) = data.batches(None)
    assert whole["y"].tolist() == list(range(10))


def test_a_generator_makes_another_order_each_time_and_a_seed_the_same() -> None:
    data, one = dataset(), generator()
    first, second = ([batch["y"].tolist() for batch in data.batches(5, one)] for _ in range(2))
    assert first != second
    assert first == [[0, 4, 9, 7, 1], [5, 6, 3, 8, 2]]
    assert [batch["y"].tolist() for batch in data.batches(5, generator())] == first


def test_taking_rows() -> None:
    data = dataset()
    assert data.take(np.array([3, 1])).arrays["y"].tolist() == [3, 1]
    assert len(data.take(slice(0, 4), "d.few")) == 4
    assert repr(data.take(slice(0, 4), "d.few")) == "Dataset('d.few', x: [4, 2], y: [4])"


def test_what_cannot_be_is_told_at_once() -> None:
    with pytest.raises(ProgramError, match=r"the fields of `d` differ in their rows: `x` has 2, `z` has 3"):
        Dataset("d", {"x": np.zeros(2), "y": np.zeros(2), "z": np.zeros(3)})
    with pytest.raises(ProgramError, match="a batch of 0 rows is not possible"):
        dataset().batches(0)
    with pytest.raises(ProgramError, match=r"the 10 rows of `d\.train` make no batch of 11"):
        dataset().batches(11, drop_last=True)
    with pytest.raises(ProgramError, match=r"the 0 rows of `d\.train` make no batch"):
        dataset(0).batches(None)
