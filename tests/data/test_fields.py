"""Fields: columns, what is computed of them, and what is fitted on the training rows."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from dsl.ops.dtypes import BOOL, F16, F32, F64, I32, I64, DType
from dsl.source.diagnostic import ProgramError
from dsl.training.data.casting import cast
from dsl.training.data.context import Context
from dsl.training.data.fields import Columns, Computed, Constant, Field, SideBySide
from dsl.training.data.labels import Encoded
from dsl.training.data.prepare import evaluate, evaluate_field, prepare
from dsl.training.data.saving import from_tensors, to_tensors
from dsl.training.data.scaling import Filled, Scaled
from dsl.training.data.splits import fractions
from dsl.training.data.table import Table

nan = float("nan")
A, B, NAME, HOLES = (Columns("source", name) for name in ("a", "b", "name", "holes"))


def table() -> Table:
    columns = {
        "a": np.array([1, 2, 3, 4]),
        "b": np.array([0.5, 1.5, 2.5, 3.5]),
        "name": np.array(["x", "y", "x", "z"]),
        "holes": np.array([1.0, nan, 3.0, nan]),
        "sparse": np.array(["p", "", "p", "q"]),
        "mistyped": np.array(["1", "2", "l0", "4"]),
        "comma": np.array(["1", "2,5", "3", "4"]),
    }
    return Table("cars.csv", columns, lines=np.array([2, 3, 5, 6]))


def value(field: Field, dtype: DType | None = None, **context: Any) -> np.ndarray[Any, Any]:
    return evaluate_field("x", field, Context({"source": table()}, **context), dtype)


def complaint(field: Field, dtype: DType | None = None, **context: Any) -> str:
    with pytest.raises(ProgramError) as caught:
        value(field, dtype, **context)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == "data"
    return f"{diagnostic.message} | {diagnostic.hint}"


def test_columns_and_ranges_with_both_ends() -> None:
    assert value(A).tolist() == [1, 2, 3, 4]
    assert value(A).dtype == np.int64
    both = value(Columns("source", "a", "b"))
    assert both.dtype == np.float64
    assert both.tolist() == [[1, 0.5], [2, 1.5], [3, 2.5], [4, 3.5]]
    assert value(Columns("source", "a", "a")).shape == (4,)


def test_a_whole_source_is_its_only_column_or_all_of_them() -> None:
    images = Table.of({"values": np.arange(24, dtype=np.uint8).reshape(3, 2, 4)})
    pair = Table.of({"a": [1, 2, 3], "b": [4, 5, 6]})
    context = Context({"images": images, "pair": pair})
    whole = evaluate_field("x", Columns("images"), context)
    assert whole.shape == (3, 2, 4)
    assert whole.dtype == np.int64
    assert evaluate_field("x", Columns("pair"), context).tolist() == [[1, 4], [2, 5], [3, 6]]


def test_unknown_names_bring_the_nearest() -> None:
    assert "`cars.csv` has no column `hole` | did you mean `holes`?" in complaint(Columns("source", "hole"))
    assert "its columns are `a`, `b`, `name`" in complaint(Columns("source", "price"))
    assert "there is no source `sorce` | did you mean `source`?" in complaint(Columns("sorce", "a"))
    assert "the range of columns `b` to `a` runs backwards" in complaint(Columns("source", "b", "a"))


def test_functions_act_on_rows() -> None:
    scaled = Computed("divide", np.divide, (Columns("source", "a", "b"), Constant(2)))
    assert value(scaled).tolist() == [[0.5, 0.25], [1, 0.75], [1.5, 1.25], [2, 1.75]]
    per_row = Computed("multiply", np.multiply, (Columns("source", "a", "b"), A))
    assert value(per_row).tolist() == [[1, 0.5], [4, 3], [9, 7.5], [16, 14]]
    per_column = Computed("multiply", np.multiply, (A, Constant([1, 10, 100, 1000])))
    assert value(per_column)[1].tolist() == [2, 20, 200, 2000]
    assert value(Computed("clip", np.clip, (A,), {"a_min": 2, "a_max": 3})).tolist() == [2, 2, 3, 3]
    twice = Computed("add", np.add, (Computed("multiply", np.multiply, (Constant(2), Constant(3))), A))
    assert value(twice).tolist() == [7, 8, 9, 10]
    truth = value(Computed("greater", np.greater, (A, Constant(2))))
    assert truth.tolist() == [0, 0, 1, 1]
    assert truth.dtype == np.int64


def test_fields_stand_side_by_side() -> None:
    joined = value(SideBySide((Columns("source", "a", "b"), A, Encoded(NAME))))
    assert joined[1].tolist() == [2, 1.5, 2, 1]
    assert "a constant has no rows" in complaint(SideBySide((A, Constant(1))))


def test_functions_that_cannot_be_computed_are_told() -> None:
    wrong = Computed("multiply", np.multiply, (Columns("source", "a", "b"), Constant([1, 2, 3])))
    assert "`multiply` cannot be computed of values of shape [4, 2] and [3]" in complaint(wrong)
    assert "`sum` makes values of shape [] of 4 rows" in complaint(Computed("sum", np.sum, (A,)))
    assert "`x` has the same value in every row" in complaint(Constant(1))
    log = Computed("log", np.log, (Computed("subtract", np.subtract, (A, Constant(3))),))
    assert "`x` comes out as nan in row 1 (line 2), and in 2 of 4 rows in all" in complaint(log)


def test_standardize_makes_mean_zero_and_deviation_one() -> None:
    scaled = value(Scaled("standardize", Columns("source", "a", "b")))
    np.testing.assert_allclose(scaled.mean(axis=0), 0, atol=1e-15)
    np.testing.assert_allclose(scaled.std(axis=0), 1, rtol=1e-15)
    assert value(Scaled("minmax", B)).tolist() == pytest.approx([0, 1 / 3, 2 / 3, 1])


@pytest.mark.parametrize("method", ["standardize", "minmax"])
def test_a_constant_column_becomes_zero(method: Any) -> None:
    source = Table.of({"a": np.full(7, 0.1), "b": np.arange(7)})
    scaled = evaluate_field("x", Scaled(method, Columns("source", "a", "b")), Context({"source": source}))
    assert (scaled[:, 0] == 0).all()
    assert np.isfinite(scaled).all()


def test_missing_values_are_told_unless_filled() -> None:
    assert complaint(HOLES) == (
        "column `holes` of `cars.csv` has 2 missing values, the first in row 2 (line 3) | "
        'fill them, `fill_missing(source["holes"], "mean")`, or leave such rows out, `missing="drop"` in the reader of '
        "`source`"
    )
    assert "has 2 missing values" in complaint(Scaled("standardize", HOLES))
    assert "column `sparse` of `cars.csv` has a missing value in row 2 (line 3)" in complaint(
        Encoded(Columns("source", "sparse"))
    )
    assert "has 2 missing values" in complaint(Encoded(Computed("neg", np.negative, (HOLES,))))


@pytest.mark.parametrize(("fill", "expected"), [("mean", 2), ("median", 2), ("most_frequent", 1), (-1, -1)])
def test_missing_numbers_are_filled(fill: str | float, expected: float) -> None:
    assert value(Filled(HOLES, fill)).tolist() == [1, expected, 3, expected]
    assert value(Filled(Columns("source", "holes"), fill), training=np.array([0, 2])).tolist()[1] == expected


def test_missing_text_is_filled() -> None:
    sparse = Columns("source", "sparse")
    assert value(Encoded(Filled(sparse, "most_frequent"))).tolist() == [0, 0, 0, 1]
    assert value(Encoded(Filled(sparse, "unknown"))).tolist() == [0, 2, 0, 1]


def test_filling_and_scaling_follow_one_another_in_either_order() -> None:
    first = value(Scaled("standardize", Filled(HOLES, "mean")))
    assert first.tolist() == pytest.approx([-np.sqrt(2), 0, np.sqrt(2), 0])
    assert value(Filled(Scaled("standardize", HOLES), "mean")).tolist() == [-1, 0, 1, 0]


def test_what_cannot_be_fitted_is_told() -> None:
    rows = np.array([1, 3])
    assert "`fill_missing` has nothing to learn from: a column of `x` misses all" in complaint(
        Filled(HOLES, "mean"), training=rows
    )
    assert "nothing is filled with `medium` | did you mean `median`?" in complaint(Filled(HOLES, "medium"))
    infinite = Computed("divide", np.divide, (B, Computed("subtract", np.subtract, (A, Constant(2)))))
    assert "`standardize` cannot learn from `x`: it is infinite in row 2 (line 3)" in complaint(
        Scaled("standardize", infinite)
    )
    huge = Computed("multiply", np.multiply, (B, Constant(1e308)))
    assert "infinite" in complaint(Scaled("standardize", huge))
    assert "too large for `minmax`" in complaint(
        Scaled(
            "minmax",
            Computed("multiply", np.multiply, (Computed("subtract", np.subtract, (B, Constant(2))), Constant(1e308))),
        )
    )


def test_text_is_encoded_by_its_sorted_labels() -> None:
    assert value(Encoded(NAME)).tolist() == [0, 1, 0, 2]
    assert value(NAME, I32).tolist() == [0, 1, 0, 2]
    assert value(NAME, I32).dtype == np.int32
    assert value(Encoded(B)).tolist() == [0, 1, 2, 3]
    assert "`encode` numbers the values of one column" in complaint(Encoded(Columns("source", "a", "b")))


def test_text_is_no_number() -> None:
    numbered = '`encode(source["name"])` numbers the different texts'
    for field in (Computed("neg", np.negative, (NAME,)), Scaled("minmax", NAME), SideBySide((A, NAME))):
        said = complaint(field)
        assert "column `name` of `cars.csv` holds text: `x` in row 1 (line 2)" in said
        assert numbered in said
    assert numbered in complaint(NAME, F32)
    assert numbered in complaint(Columns("source", "a", "name"))
    assert "holds text: `x`" in complaint(Filled(NAME, "mean"))


def test_numbers_written_as_text_are_text() -> None:
    source = Table.of({"t": np.array(["1", "2"])})
    with pytest.raises(ProgramError, match=r"holds text: `1` in row 1"):
        evaluate_field("x", Columns("source", "t"), Context({"source": source}), F32)


def test_a_mistyped_number_is_no_label() -> None:
    said = complaint(Columns("source", "mistyped"), I64)
    assert "column `mistyped` of `cars.csv` holds text: `l0` in row 3 (line 5)" in said
    assert '`missing=["l0"]`' in said
    assert "a decimal point is written `.`" in complaint(Columns("source", "comma"), F32)


@pytest.mark.parametrize(
    ("given", "dtype", "expected"),
    [
        ([1.0, 2.0], I32, [1, 2]),
        ([1, 2], F32, [1.0, 2.0]),
        ([0, 1], BOOL, [False, True]),
        ([0.0, 1.0], BOOL, [False, True]),
        ([[1, 2], [3, 4]], F64, [[1.0, 2.0], [3.0, 4.0]]),
        ([float("inf"), 1.0], F32, [float("inf"), 1.0]),
        ([-(2.0**63)], I64, [-(2**63)]),
    ],
)
def test_casting_keeps_the_values(given: list[Any], dtype: DType, expected: list[Any]) -> None:
    result = cast(np.array(given), dtype, "x")
    assert result.dtype == dtype.numpy
    assert result.tolist() == expected


@pytest.mark.parametrize(
    ("given", "dtype", "expected"),
    [
        ([1.0, 2.5, 0.5], I32, "`x` is fed 2.5 in row 2 (and 1 more such value), but i32 holds whole numbers only"),
        ([[1.0, 2.0], [3.0, 0.1]], I64, "`x` is fed 0.1 in row 2, but i64 holds whole numbers only"),
        ([1.0, nan], I32, "`x` is fed nan in row 2, but i32 holds whole numbers only"),
        ([1.0, float("inf")], I32, "`x` is fed inf in row 2, but i32 holds finite numbers only"),
        ([0, 2**31], I32, "`x` is fed 2147483648 in row 2, but i32 holds numbers from -2147483648 to 2147483647"),
        ([0.0, 2.0**63], I64, "`x` is fed 9.223372036854776e+18 in row 2, but i64 holds numbers from"),
        ([0, 2], BOOL, "`x` is fed 2 in row 2, but bool holds 0 and 1 only"),
        ([1.0, 1e6], F16, "`x` is fed 1000000.0 in row 2, but f16 cannot hold numbers so large"),
    ],
)
def test_casting_refuses_what_would_change(given: list[Any], dtype: DType, expected: str) -> None:
    with pytest.raises(ProgramError) as caught:
        cast(np.array(given), dtype, "x")
    assert expected in caught.value.diagnostics[0].message


def test_statistics_have_the_names_of_their_fields_and_operations() -> None:
    fields = {
        "x": SideBySide((Scaled("standardize", A), Scaled("standardize", B), Filled(HOLES, "mean"))),
        "y": Scaled("minmax", Filled(HOLES, "median")),
        "label": NAME,
    }
    prepared = prepare("cars", fields, {"source": table()}, fractions(4, {"train": 0.5, "test": 0.5}, seed=1))
    assert list(prepared.statistics) == [
        "x.standardize.center",
        "x.standardize.scale",
        "x.standardize_2.center",
        "x.standardize_2.scale",
        "x.fill_missing.value",
        "y.fill_missing.value",
        "y.minmax.center",
        "y.minmax.scale",
        "label.encode.labels",
    ]


def test_saved_statistics_are_applied_to_new_data_and_nothing_is_fitted() -> None:
    fields = {"x": Scaled("standardize", Filled(Columns("source", "b", "holes"), "mean")), "y": NAME}
    numbers = Table.of({"b": [0.5, 1.5, 2.5, 3.5], "holes": [1.0, nan, 3.0, nan], "name": ["x", "y", "x", "z"]})
    prepared = prepare(
        "cars", fields, {"source": numbers}, fractions(4, {"train": 0.5, "test": 0.5}, seed=1), {"y": I64}
    )
    tensors = to_tensors(prepared.statistics)
    assert all(tensor.dtype.kind in "fiu" for tensor in tensors.values())
    saved = from_tensors(tensors)
    assert saved["y.encode.labels"].tolist() == ["x", "y", "z"]
    new = Table.of({"b": [9.0], "holes": [nan], "name": ["z"]})
    context = Context({"source": new}, given=saved)
    arrays = evaluate("cars", fields, context, {"y": I64})
    filled = np.array([9.0, saved["x.fill_missing.value"][1]])
    expected = (filled - saved["x.standardize.center"]) / saved["x.standardize.scale"]
    assert arrays["x"].tolist() == [expected.tolist()]
    assert arrays["y"].tolist() == [2]


def test_saved_statistics_that_do_not_fit_are_told() -> None:
    given: dict[str, np.ndarray[Any, Any]] = {}
    assert "no statistics of `x.standardize` were saved" in complaint(Scaled("standardize", A), given=given)
    given = {"x.standardize.center": np.zeros(3), "x.standardize.scale": np.ones(3)}
    assert "saved with one of shape [3] as `center` for `x`" in complaint(Scaled("standardize", A), given=given)
    given = {"x.encode.labels": np.array(["x", "yy"])}
    assert "`x` has the label `y` in row 2 (line 3), which it was not trained on | did you mean `yy`?" in complaint(
        Encoded(NAME), given=given
    )
    assert "trained on labels that are text, and these are numbers" in complaint(Encoded(A), given=given)


def test_fields_that_differ_in_their_rows_are_told() -> None:
    short = Table.of({"values": [1, 2]}, "labels")
    sources = {"source": table(), "labels": short}
    with pytest.raises(ProgramError, match=r"the fields of `cars` differ in their rows: `x` has 4, `y` has 2"):
        evaluate("cars", {"x": A, "y": Columns("labels")}, Context(sources))
    with pytest.raises(
        ProgramError, match=r"`x` joins sources that differ in their rows: `source` has 4, `labels` has 2"
    ):
        evaluate("cars", {"x": SideBySide((A, Columns("labels")))}, Context(sources))


values = st.one_of(st.just(nan), st.floats(-1e6, 1e6))


@given(
    arrays(np.float64, (12, 2), elements=values),
    arrays(np.float64, (4, 2), elements=values),
    st.sampled_from(["mean", "median", "most_frequent"]),
    st.sampled_from(["standardize", "minmax"]),
    st.integers(0, 2**32),
)
def test_test_rows_never_change_what_training_rows_become(
    data: Any, others: Any, fill: str, method: Any, seed: int
) -> None:
    split = fractions(12, {"train": 2 / 3, "test": 1 / 3}, seed)
    data[split.training[0]] = 1.0  # something to fit on
    changed = data.copy()
    changed[split.parts["test"]] = others
    for field in (Scaled(method, Filled(Columns("source"), fill)), Filled(Scaled(method, Columns("source")), fill)):
        first, second = (
            prepare("d", {"x": field}, {"source": Table.of({"a": each[:, 0], "b": each[:, 1]})}, split)
            for each in (data, changed)
        )
        assert first.parts["train"].arrays["x"].tobytes() == second.parts["train"].arrays["x"].tobytes()
        for name, statistic in first.statistics.items():
            assert statistic.tobytes() == second.statistics[name].tobytes()
