"""Dividing the rows: sizes, seeds, strata, folds, and files of their own."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dsl.source.diagnostic import ProgramError
from dsl.training.data.fields import Columns
from dsl.training.data.prepare import prepare
from dsl.training.data.splits import all_rows, folds, fractions, strata
from dsl.training.data.stacking import own_files
from dsl.training.data.table import Table

COMMON = {"train": 0.8, "test": 0.2}


@given(st.integers(5, 400), st.integers(0, 2**63))
def test_parts_share_no_row_and_leave_none_out(rows: int, seed: int) -> None:
    split = fractions(rows, COMMON, seed)
    together = np.concatenate(list(split.parts.values()))
    assert sorted(together.tolist()) == list(range(rows))
    assert abs(len(split.parts["train"]) - 0.8 * rows) <= 0.5
    assert split.training is split.parts["train"]


def test_the_same_seed_makes_the_same_split_for_ever() -> None:
    assert fractions(10, COMMON, seed=7).parts["train"].tolist() == [6, 3, 4, 9, 0, 2, 8, 7]
    assert (
        fractions(10, COMMON, seed=8).parts["train"].tolist() != fractions(10, COMMON, seed=7).parts["train"].tolist()
    )


def test_three_parts_are_all_the_rows_although_their_sum_is_rounded() -> None:
    split = fractions(10, {"train": 0.7, "validation": 0.2, "test": 0.1}, seed=0)
    assert [len(rows) for rows in split.parts.values()] == [7, 2, 1]
    assert [len(rows) for rows in fractions(100, {"a": 0.1, "b": 0.2}, seed=0).parts.values()] == [10, 20]
    assert fractions(100, {"a": 0.1, "b": 0.2}, seed=0).training_part == "a"


@pytest.mark.parametrize(
    ("rows", "parts", "expected"),
    [
        (10, {"train": 0.8, "test": 0.3}, "the fractions add up to 1.1, which is more than 1"),
        (10, {"train": 1.0, "test": 0.0}, "the fraction of `test` is 0, and is to be more than 0"),
        (10, {"train": float("nan")}, "the fraction of `train` is nan"),
        (3, {"train": 0.9, "test": 0.1}, "`test` is to have 0.1 of 3 rows, and that is none"),
        (3, {}, "`fractions` names no part"),
    ],
)
def test_wrong_fractions_are_told(rows: int, parts: dict[str, float], expected: str) -> None:
    with pytest.raises(ProgramError) as caught:
        fractions(rows, parts, seed=0)
    assert expected in caught.value.diagnostics[0].message


def deviation(sizes: list[int], size: int) -> float:
    """What systematic sampling allows in one cut: a row, and this stratum's share of what the others leave over."""
    return 1 + (len(sizes) + 0.5) * size / sum(sizes)


@given(st.lists(st.integers(4, 60), min_size=2, max_size=5), st.integers(0, 1000))
def test_strata_keep_their_proportions(sizes: list[int], seed: int) -> None:
    labels = np.repeat(np.arange(len(sizes)), sizes)
    split = fractions(len(labels), COMMON, seed, strata=labels)
    assert sorted(np.concatenate(list(split.parts.values())).tolist()) == list(range(len(labels)))
    for label, size in enumerate(sizes):
        in_test = np.count_nonzero(labels[split.parts["test"]] == label)
        assert abs(in_test - 0.2 * size) < deviation(sizes, size)
    for fold in folds(len(labels), 4, seed, strata=labels).values():
        for label, size in enumerate(sizes):
            assert abs(np.count_nonzero(labels[fold.parts["test"]] == label) - size / 4) < 2 * deviation(sizes, size)


def test_strata_are_classes() -> None:
    assert strata("y", np.array(["b", "a", "b", "a"])).tolist() == [1, 0, 1, 0]
    with pytest.raises(ProgramError, match=r"`y` cannot stratify: it has 4 different values in 4 rows"):
        strata("y", np.arange(4.0))
    with pytest.raises(ProgramError, match=r"its rows have shape \[2\]"):
        strata("y", np.zeros((4, 2)))


def test_every_row_is_in_one_fold_of_its_own() -> None:
    named = folds(11, 3, seed=5)
    assert list(named) == ["fold_1", "fold_2", "fold_3"]
    tests = [split.parts["test"].tolist() for split in named.values()]
    assert sorted(row for test in tests for row in test) == list(range(11))
    assert [len(rows) for rows in tests] == [4, 4, 3]
    for split in named.values():
        assert sorted([*split.training.tolist(), *split.parts["test"].tolist()]) == list(range(11))
    assert [split.parts["test"].tolist() for split in folds(11, 3, seed=5).values()] == tests


def test_wrong_folds_are_told() -> None:
    with pytest.raises(ProgramError, match=r"`folds\(1\)` leaves nothing to train on"):
        folds(10, 1, seed=0)
    with pytest.raises(ProgramError, match="3 rows cannot be divided into 4 folds"):
        folds(3, 4, seed=0)


def test_no_split_is_one_part_in_the_order_of_the_file() -> None:
    split = all_rows(3)
    assert list(split.parts) == ["all"]
    assert split.training.tolist() == [0, 1, 2]


def test_parts_with_files_of_their_own() -> None:
    train = Table("train.csv", {"a": np.array([1, 2]), "label": np.array(["x", "z"])}, np.array([2, 3]))
    test = Table("test.csv", {"label": np.array(["y"]), "a": np.array([2.5])}, np.array([9]))
    table, split = own_files({"train": train, "test": test})
    assert table.row_name(1) == "row 2 (line 3) of `train.csv`"
    assert table.row_name(2) == "row 1 (line 9) of `test.csv`"
    prepared = prepare("d", {"x": Columns("source", "a"), "y": Columns("source", "label")}, {"source": table}, split)
    assert prepared.parts["train"].arrays["x"].tolist() == [1, 2]
    assert prepared.parts["train"].arrays["y"].tolist() == [0, 2]
    assert prepared.parts["test"].arrays["x"].tolist() == [2.5]
    assert prepared.parts["test"].arrays["y"].tolist() == [1]
    assert prepared.parts["test"].name == "d.test"


@pytest.mark.parametrize(
    ("columns", "expected"),
    [
        ({"b": [1]}, "column `a` is in `train.csv`, but not in `test.csv`"),
        ({"a": [1], "b": [1]}, "column `b` is in `test.csv`, but not in `train.csv`"),
        ({"a": ["x"]}, "column `a` is text in `test.csv`, and numbers in `train.csv`"),
        ({"a": [[1, 2]]}, r"the rows of `a` have shape \[\] in `train.csv`, and \[2\] in `test.csv`"),
    ],
)
def test_files_that_do_not_belong_together_are_told(columns: dict[str, list[object]], expected: str) -> None:
    with pytest.raises(ProgramError, match=expected):
        own_files({"train": Table.of({"a": [1, 2]}, "train.csv"), "test": Table.of(columns, "test.csv")})
