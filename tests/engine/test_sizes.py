"""The sizes of named dimensions, found from the arrays that are fed, and feeds that do not fit."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import dsl
from dsl.engine.bindings import Fed, Sizes
from dsl.ops.dims import Dim, as_dim

N, M, K = (Dim.named(name) for name in "nmk")


def bound(*pairs: tuple[list[Dim | int], tuple[int, ...]], known: dict[str, int] | None = None) -> dict[str, int]:
    """The sizes that arrays of these shapes give to the names in their declared shapes."""
    sizes = Sizes(known)
    sizes.bind(Fed(f"x{i}", tuple(map(as_dim, declared)), actual) for i, (declared, actual) in enumerate(pairs))
    return dict(sizes)


@pytest.mark.parametrize(
    ("pairs", "sizes"),
    [
        ([([N], (4,))], {"n": 4}),
        ([([N, M], (4, 5))], {"n": 4, "m": 5}),
        ([([N, N], (4, 4))], {"n": 4}),
        ([([3, N], (3, 0))], {"n": 0}),
        ([([2 * N + 1], (9,))], {"n": 4}),
        ([([N - 2], (3,))], {"n": 5}),
        ([([10 - N], (3,))], {"n": 7}),
        ([([3 * N], (0,))], {"n": 0}),
        ([([N * N], (49,))], {"n": 7}),
        ([([N * N + N], (30,))], {"n": 5}),
        ([([N * N * N - 1], (26,))], {"n": 3}),
        ([([N * M], (12,)), ([N], (3,))], {"n": 3, "m": 4}),
        ([([N * M, N + M, M], (12, 7, 4))], {"n": 3, "m": 4}),
        ([([N * M * K], (24,)), ([M * K], (6,)), ([K], (2,))], {"n": 4, "m": 3, "k": 2}),
        ([([N + M], (7,)), ([2 * M], (6,))], {"n": 4, "m": 3}),
    ],
)
def test_the_sizes_that_arrays_fix(pairs, sizes):
    assert bound(*pairs) == sizes


@pytest.mark.parametrize(
    "pairs",
    [
        pytest.param([([3], (4,))], id="another size"),
        pytest.param([([3], (3, 1))], id="another number of axes"),
        pytest.param([([], (1,))], id="no scalar"),
        pytest.param([([N, N], (3, 4))], id="two sizes for one name"),
        pytest.param([([N], (3,)), ([N], (4,))], id="two sizes in two arrays"),
        pytest.param([([2 * N], (5,))], id="not a multiple"),
        pytest.param([([N + 3], (2,))], id="less than nothing"),
        pytest.param([([N * N], (50,))], id="not a square"),
        pytest.param([([N * M], (12,))], id="several names and one number"),
        pytest.param([([N * M], (12,)), ([N], (5,))], id="not a multiple of another"),
        pytest.param([([N * M], (3,)), ([N], (0,))], id="nothing times something"),
    ],
)
def test_arrays_that_do_not_fit(pairs):
    with pytest.raises(dsl.ProgramError) as caught:
        bound(*pairs)
    assert caught.value.diagnostics[0].code == "shape"


def test_a_size_made_of_several_that_nothing_tells_apart():
    assert "nothing else tells `m` and `n`" in message(
        "dim n\ndim m\nplaceholder x: [n * m]\ny = sum(x)\n", {"x": [1, 2]}
    )


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 9), st.integers(0, 9), st.permutations(range(3)))
def test_the_order_of_arrays_does_not_matter(n, m, factor, shift, order):
    pairs = [([factor * N + shift], (factor * n + shift,)), ([N + M], (n + m,)), ([N * M + M], (n * m + m,))]
    assert bound(*(pairs[i] for i in order if i != 2), pairs[2]) == {"n": n, "m": m}


# -- through programs


def message(text: str, feeds: dict[str, object]) -> str:
    with pytest.raises(dsl.ProgramError) as caught:
        dsl.loads(text).run(feeds)
    return str(caught.value)


def test_a_feed_of_another_size_names_the_placeholder_the_axis_and_both_sizes():
    text = "dim n\nplaceholder x: [n, 64]\ny = sum(x)\n"
    assert "axis 1 of `x` should have size 64, and has size 10" in message(text, {"x": np.ones((2, 10))})


def test_feeds_that_disagree_name_both():
    text = "dim n\nplaceholder x: [n]\nplaceholder y: [n]\nz = x + y\n"
    assert "axis 0 of `y` should have size n = 2, known from `x`, and has size 3" in message(
        text, {"x": [1, 2], "y": [1, 2, 3]}
    )


def test_a_feed_of_another_rank():
    text = "dim n\nplaceholder x: [n]\ny = sum(x)\n"
    assert "`x` is declared as [n] and was given an array of shape [2, 1]" in message(text, {"x": [[1], [2]]})


@pytest.mark.parametrize(
    ("feeds", "words"),
    [
        ({}, "the placeholder `x` has no value"),
        ({"z": 1}, "there is no placeholder `z` to feed"),
        ({"x": "three"}, "not a number"),
        ({"x": [[1], [2, 3]]}, "`x`"),
        ({"x": [1.0, None]}, "`x`"),
    ],
)
def test_a_feed_that_is_wrong_names_its_placeholder(feeds, words):
    assert words in message("dim n\nplaceholder x: [n]\ny = sum(x)\n", feeds)


def test_integers_are_fed_as_integers():
    text = "placeholder labels: i32[2]\ny = labels * 2\n"
    assert dsl.loads(text).run({"labels": [1.0, 2.0]})["y"].tolist() == [2, 4]
    assert "1.5" in message(text, {"labels": [1.5, 2]})


def test_a_single_number_fills_a_shape_that_is_known():
    assert dsl.loads("placeholder x: [2, 3]\ny = sum(x)\n").run({"x": 2})["y"] == 12
    text = "dim n\nplaceholder x: [n]\nplaceholder y: [n] = 1\nz = sum(x * y)\n"
    assert dsl.loads(text).run({"x": [1, 2, 3]})["z"] == 6
    assert "the size of `n` is not known" in message("dim n\nplaceholder x: [n]\ny = sum(x)\n", {"x": 2})


def test_sizes_of_parameters_come_from_the_first_feeds():
    program = dsl.loads("dim n\nplaceholder x: [n]\nparameter w: [2 * n] = 1\ny = sum(w) + sum(x)\n")
    assert program.run({"x": [1, 2, 3]})["y"] == 12
    with pytest.raises(dsl.ProgramError, match="axis 0 of `w`"):
        program.run({"x": [1, 2]})


def test_a_size_is_known_from_a_feed_that_nothing_else_needs():
    program = dsl.loads("dim n\nplaceholder x: [n, 2]\ny = x.shape[0] * 10\nz = zeros([n])\n")
    assert program.run({"x": np.ones((3, 2))}, ["y"])["y"] == 30
    assert program.run({"x": np.ones((3, 2))}, ["z"])["z"].shape == (3,)
    with pytest.raises(dsl.ProgramError, match="`n` is not known"):
        program.run(fetch=["z"])


def test_the_default_of_another_placeholder_does_not_contradict_a_feed():
    program = dsl.loads("dim n\nplaceholder x: [n] = [1, 2, 3]\nplaceholder y: [n]\nz = sum(y) * n\nu = zeros([n])\n")
    assert program.run({"y": [1.0, 2.0]}, ["z"])["z"] == 6
    assert program.run(fetch=["u"])["u"].shape == (3,)
