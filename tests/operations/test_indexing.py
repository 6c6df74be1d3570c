"""Indexing, slicing, picking and classes: agreement with NumPy, named dimensions, gradients, and messages."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from small_graph import SmallGraph, rejection

from dsl.ops.dims import Dim
from dsl.ops.dtypes import F32, F64, I32, I64
from dsl.ops.slicing import spell_index

BATCH = Dim.named("batch")
bounds = st.none() | st.integers(-7, 7)


def numbered(*shape: int) -> Any:
    return np.arange(1.0, 1 + np.prod(shape)).reshape(shape)


def picked(x: Any, index: Any, dims: Any = None) -> Any:
    small = SmallGraph()
    return small.run(small.call("getitem", small.input(x, dims), index=index))[0]


# -- indexing and slicing ----------------------------------------------------------------------------------------------


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_an_index_means_what_it_means_in_numpy(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    x = numbered(*shape)
    np.testing.assert_array_equal(picked(x, index), x[index])


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_the_gradient_of_an_index_goes_back_to_its_places(data: st.DataObject) -> None:
    shape = data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4))
    index = data.draw(hnp.basic_indices(shape, allow_newaxis=True, allow_ellipsis=True))
    small = SmallGraph()
    x = small.input(numbered(*shape))
    part = small.call("getitem", x, index=index)
    expected = np.zeros(shape)
    expected[index] = 2 * numbered(*shape)[index]
    (gradient,) = small.run(*small.gradient(small.call("multiply", part, part), x))
    np.testing.assert_array_equal(gradient, expected)


@settings(max_examples=200, deadline=None)
@given(start=bounds, stop=bounds, size=st.integers(0, 6))
def test_a_slice_of_a_named_size_is_numpys_or_an_error(start: int | None, stop: int | None, size: int) -> None:
    first, last = (
        default if bound is None else bound + size * (bound < 0) for bound, default in ((start, 0), (stop, size))
    )
    x = numbered(size, 2)
    try:
        found = picked(x, (slice(start, stop),), ("batch", 2))
    except IndexError:
        assert not 0 <= first <= last <= size
    else:
        np.testing.assert_array_equal(found, x[start:stop])


@pytest.mark.parametrize(
    ("index", "shape"),
    [
        ((slice(1, None),), "[batch - 1, 4]"),
        ((slice(None, -2),), "[batch - 2, 4]"),
        ((slice(1, -1),), "[batch - 2, 4]"),
        ((slice(-3, None),), "[3, 4]"),
        ((slice(None, 3),), "[3, 4]"),
        ((slice(None),), "[batch, 4]"),
        ((slice(None, None, -1),), "[batch, 4]"),
        ((slice(3, 1),), "[0, 4]"),
        ((slice(None), -1), "[batch]"),
        ((-1,), "[4]"),
        ((BATCH - 1, slice(1, None)), "[3]"),
        ((slice(None, BATCH - 1), None), "[batch - 1, 1, 4]"),
        ((slice(-(BATCH - 2), None),), "[batch - 2, 4]"),
        ((Ellipsis, slice(None, None, 2)), "[batch, 2]"),
    ],
)
def test_shapes_with_a_named_size(index: Any, shape: str) -> None:
    small = SmallGraph()
    x = small.input(numbered(5, 4), ("batch", 4))
    part = small.call("getitem", x, index=index)
    assert str(part.type) == f"f64{shape}"
    small.run(part, *small.gradient(part, x))


def test_a_bound_that_is_a_name_cuts_at_it() -> None:
    small = SmallGraph()
    x = small.input(numbered(6), (2 * BATCH,))
    small.sizes["batch"] = 3
    left, right = (small.call("getitem", x, index=(part,)) for part in (slice(None, BATCH), slice(BATCH, None)))
    odd = small.call("getitem", x, index=(slice(1, None, 2),))
    assert [str(node.type) for node in (left, right, odd)] == ["f64[batch]"] * 3
    values = small.run(left, right, odd)
    np.testing.assert_array_equal(values, [[1, 2, 3], [4, 5, 6], [2, 4, 6]])


def test_the_canonical_index_has_an_entry_an_axis_and_no_negative_bounds() -> None:
    small = SmallGraph()
    x = small.input(numbered(3, 4, 5))
    part = small.call("getitem", x, index=(-1, Ellipsis, None, slice(-3, None)))
    assert part.attributes["index"] == (2, slice(None), None, slice(2, 5, 1))
    assert part.shape == (4, 1, 3)


def test_a_bare_entry_is_an_index() -> None:
    x = numbered(3, 4)
    np.testing.assert_array_equal(picked(x, 1), x[1])
    np.testing.assert_array_equal(picked(x, slice(1, None)), x[1:])
    np.testing.assert_array_equal(picked(x, Ellipsis), x)


def test_indexing_keeps_the_element_type() -> None:
    small = SmallGraph(F32)
    for value in ([1.5, 2.5], [1, 2], [True, False]):
        x = small.input(value)
        part = small.call("getitem", x, index=(0,))
        small.run(part)
        assert part.type.dtype is x.type.dtype


def test_an_index_is_spelled_as_in_a_program() -> None:
    index = (0, slice(None), slice(1, None), slice(None, None, 2), slice(0, BATCH, 1), None, Ellipsis)
    assert spell_index(index) == "0, :, 1:, ::2, 0:batch, none, ..."


@pytest.mark.parametrize("place", [4, -5])
def test_a_place_outside_a_known_axis_names_the_axis_and_its_size(place: int) -> None:
    error = rejection("getitem", (F32, ["batch", 4]), index=(slice(None), place))
    assert error.message == (f"index {place} is out of range for axis 1 of a value of shape [batch, 4]: its size is 4")
    assert error.notes == ((0, 1, "axis 1 of {name} has size 4"),)
    assert error.hint == "indices of this axis go from -4 to 3"


@pytest.mark.parametrize(
    ("index", "message"),
    [
        ((5,), "[5] reaches outside axis 0, whose size is 3"),
        ((slice(1, 5),), "[1:5] reaches outside axis 0, whose size is 3"),
    ],
)
def test_a_place_outside_a_named_axis_is_found_when_it_runs(index: Any, message: str) -> None:
    with pytest.raises(IndexError) as caught:
        picked(numbered(3, 2), index, ("batch", 2))
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ((0, 0, 0), "it has 2 axes, and the index has 3"),
        ((Ellipsis, Ellipsis), "`...` may stand once"),
        (([0, 2],), "not [0, 2]"),
        ((True,), "not true"),
        ((1.5,), "not 1.5"),
        ((slice(0.5, None),), "not 0.5:"),
        ((slice(None, None, 0),), "a step of 0"),
        ((slice(None, None, 2),), "batch may not be a multiple of 2"),
        ((slice(5, None, -1),), "needs a size known before the program runs, and the axis has size batch"),
    ],
)
def test_what_is_no_index_is_explained(index: Any, words: str) -> None:
    assert words in rejection("getitem", (F32, ["batch", 4]), index=index).message


def test_unslice_checks_what_it_puts() -> None:
    error = rejection("unslice", (F64, [2]), shape=(3, 4), index=(0, slice(1, None)))
    assert error.message == "`unslice` puts a value of shape [3] at [0, 1:4] of [3, 4], and got f64[2]"


# -- take and index_add ------------------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_take_and_its_gradient_agree_with_numpy(data: st.DataObject) -> None:
    x = numbered(*data.draw(hnp.array_shapes(min_dims=1, max_dims=3, min_side=1, max_side=4)))
    axis = data.draw(st.none() | st.integers(-x.ndim, x.ndim - 1))
    size = x.size if axis is None else x.shape[axis]
    indices = data.draw(
        hnp.arrays(
            np.int64, hnp.array_shapes(min_dims=0, max_dims=2, max_side=3), elements=st.integers(-size, size - 1)
        )
    )
    small = SmallGraph()
    source = small.input(x)
    taken = small.call("take", source, small.input(indices), axis=axis)
    weights = numbered(*taken.shape and [dim.evaluate({}) for dim in taken.shape])
    (gradient,) = small.gradient(small.call("multiply", taken, small.input(weights)), source)
    value, slope = small.run(taken, gradient)
    np.testing.assert_array_equal(value, np.take(x, indices, axis=axis))

    expected = np.zeros_like(x)
    places = np.take(np.arange(x.size).reshape(x.shape), indices, axis=axis)
    np.add.at(expected.reshape(-1), places.reshape(-1), weights.reshape(-1))
    np.testing.assert_array_equal(slope, expected)


def test_take_replaces_an_axis_of_a_named_size() -> None:
    small = SmallGraph()
    table = small.input(numbered(3, 2), ("words", 2))
    tokens = small.input([[2, 0], [2, 2], [0, -1], [1, 1]], ("batch", 2))
    taken = small.call("take", table, tokens, axis=0)
    assert str(taken.type) == "f64[batch, 2, 2]"
    small.run(taken)
    (gradient,) = small.run(*small.gradient(taken, table))
    np.testing.assert_array_equal(gradient, [[2, 2], [2, 2], [4, 4]])


def test_index_add_sums_what_goes_to_one_place() -> None:
    small = SmallGraph()
    x = small.input(numbered(3, 2))
    values = small.input([10.0, 20.0, 30.0])
    added = small.call("index_add", x, [0, 2, 0], small.call("expand_dims", values, axis=1), axis=0)
    total, by_x, by_values = small.run(added, *small.gradient(added, x, values))
    np.testing.assert_array_equal(total, [[41, 42], [3, 4], [25, 26]])
    np.testing.assert_array_equal(by_x, np.ones((3, 2)))
    np.testing.assert_array_equal(by_values, [2, 2, 2])


def test_index_add_leaves_its_input_alone() -> None:
    small = SmallGraph()
    x = small.input(np.asfortranarray(numbered(2, 3)))
    (total,) = small.run(small.call("index_add", x, [5, 5], 1.0))
    np.testing.assert_array_equal(total, [[1, 2, 3], [4, 5, 8]])
    np.testing.assert_array_equal(small.values[x], numbered(2, 3))


def test_index_add_counts_in_integers() -> None:
    small = SmallGraph()
    counts = small.call("index_add", [0, 0, 0], [0, 2, 0], [True, True, True])
    (value,) = small.run(counts)
    assert counts.type.dtype is I64
    np.testing.assert_array_equal(value, [2, 0, 1])


@pytest.mark.parametrize("name", ["take", "index_add"])
@pytest.mark.parametrize(
    ("axis", "words"),
    [
        (0, "index 7 is out of range for axis 0, whose size is 3"),
        (None, "index 7 is out of range for a value of 6 elements"),
    ],
)
def test_an_index_outside_the_axis_is_named_when_it_runs(name: str, axis: int | None, words: str) -> None:
    small = SmallGraph()
    values = [1.0] if name == "index_add" else []
    with pytest.raises(IndexError, match=words):
        small.run(small.call(name, small.input(numbered(3, 2)), [0, 7], *values, axis=axis))


def test_indices_must_be_integers() -> None:
    error = rejection("take", (F32, [4]), (F32, [2]))
    assert error.code == "dtype"
    assert error.message == "`take` needs integers, and got f32[2]"


def test_take_names_an_axis_that_is_not_there() -> None:
    assert "has no axis 2" in rejection("take", (F32, [4, 3]), (I32, [2]), axis=2).message


def test_index_add_names_the_shape_it_needs() -> None:
    error = rejection("index_add", (F32, [4, 3]), (I32, [2]), (F32, [2, 5]), axis=0)
    assert error.message == "`index_add` needs values of shape [2, 3] for these indices, and got f32[2, 5]"


# -- classes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("axis", [-1, 0, 1, 2, -2])
def test_one_hot_puts_the_classes_on_an_axis(axis: int) -> None:
    labels = np.array([[0, 2, 1], [2, 2, 0]])
    small = SmallGraph()
    vectors = small.call("one_hot", small.input(labels), classes=3, axis=axis)
    (value,) = small.run(vectors)
    np.testing.assert_array_equal(value, np.moveaxis(np.eye(3)[labels], -1, axis))


def test_one_hot_takes_a_scalar_a_named_size_and_an_element_type() -> None:
    small = SmallGraph(F32)
    small.sizes["classes"] = 4
    named = small.call("one_hot", small.input(2), classes=Dim.named("classes"))
    typed = small.call("one_hot", small.input([1]), classes=2, dtype="i32")
    value, whole = small.run(named, typed)
    assert (str(named.type), str(typed.type)) == ("f32[classes]", "i32[1, 2]")
    np.testing.assert_array_equal(value, [0, 0, 1, 0])
    np.testing.assert_array_equal(whole, [[0, 1]])


@pytest.mark.parametrize(
    ("labels", "named"), [([0, 3], "label 3 at [1]"), ([[-1]], "label -1 at [0, 0]"), (5, "label 5")]
)
def test_one_hot_names_a_label_that_is_no_class(labels: Any, named: str) -> None:
    small = SmallGraph()
    with pytest.raises(IndexError) as caught:
        small.run(small.call("one_hot", small.input(labels), classes=3))
    assert str(caught.value) == f"{named} is out of range: there are 3 classes, 0 to 2"


def test_one_hot_needs_integers() -> None:
    assert rejection("one_hot", (F64, [3]), classes=3).code == "dtype"
