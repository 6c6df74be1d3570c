"""Common subexpressions: what is the same is computed once, and what only looks the same is not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pass_sections import assert_same_bits, check_topological, fixed, names, op, run, section_of

from dsl.graph.passes.common import COMMUTATIVE, LARGEST_COMPARED, merge_common
from dsl.ops.dtypes import BOOL, F32, F64, I64

X = np.array([[1.5, -0.0, np.nan], [np.inf, 3.0, -2.0]])
Y = np.array([[2.0, 0.0, 1.0], [-np.inf, 3.0, 5.0]])


def constants(section: Any) -> int:
    return sum(node.kind == "constant" for node in section.nodes)


def test_the_same_operation_on_the_same_inputs_is_one_node() -> None:
    section = section_of(lambda x, y: op("exp", x * y) + op("exp", x * y), X, Y)
    after = merge_common(section)
    assert names(section) == ["multiply", "exp", "multiply", "exp", "add"]
    assert names(after) == ["multiply", "exp", "add"]
    check_topological(after)
    assert_same_bits(run(after, [X, Y]), run(section, [X, Y]))


def test_a_section_without_any_is_given_back_itself() -> None:
    section = section_of(lambda x, y: op("exp", x * y) + op("exp", x / y) * 2, X, Y)
    assert merge_common(section) is section


@pytest.mark.parametrize("name", ["add", "multiply", "equal", "not_equal"])
def test_operands_that_may_change_places(name: str) -> None:
    section = section_of(lambda x, y: (op(name, x, y), op(name, y, x)), X, Y)
    after = merge_common(section)
    assert names(after) == [name]
    assert after.results[0] is after.results[1]
    assert_same_bits(run(after, [X, Y]), run(section, [X, Y]))


def test_truth_values_may_change_places() -> None:
    condition = X > 0
    for name in ("logical_and", "logical_or"):
        section = section_of(lambda x, y, name=name: (op(name, x, y), op(name, y, x)), condition, ~condition)
        assert names(merge_common(section)) == [name]
    assert len(COMMUTATIVE) == 6


@pytest.mark.parametrize("name", ["subtract", "divide", "power", "maximum", "minimum", "less", "atan2"])
def test_operands_that_may_not(name: str) -> None:
    section = section_of(lambda x, y: (op(name, x, y), op(name, y, x)), X, Y)
    assert merge_common(section) is section


def test_the_first_stays_with_its_name_and_its_place() -> None:
    section = section_of(lambda x, y: (op("exp", x), op("exp", x) * y), X, Y)
    first, second = section.operations[0], section.operations[1]
    first.name, second.name = "first", "second"
    (kept, _) = merge_common(section).operations
    assert kept.name == "first"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"axis": 0}, {"axis": 1}),
        ({"axis": (0, 1)}, {"axis": 0}),
        ({"axis": 0, "keepdims": True}, {"axis": 0}),
    ],
)
def test_attributes_tell_operations_apart(one: dict[str, Any], other: dict[str, Any]) -> None:
    section = section_of(lambda x: (op("sum", x, **one), op("sum", x, **other)), Y)
    assert merge_common(section) is section
    assert len(merge_common(section_of(lambda x: (op("sum", x, **one), op("sum", x, **one)), Y)).operations) == 1


def test_attributes_that_are_equal_and_mean_something_else() -> None:
    section = section_of(
        lambda x: (op("leaky_relu", x, negative_slope=0.0), op("leaky_relu", x, negative_slope=-0.0)), X
    )
    assert merge_common(section) is section


def test_sizes_are_the_same_as_dimensions_and_as_integers() -> None:
    def both(x: Any) -> Any:
        return op("reshape", x, shape=(3, 2)), op("reshape", x, shape=x.shape[::-1])

    assert names(merge_common(section_of(both, X))) == ["reshape"]


def test_slices_and_element_types_can_be_compared() -> None:
    def parts(x: Any) -> Any:
        first = slice(0, 1)
        return (
            op("getitem", x, index=(first,)),
            op("getitem", x, index=(slice(0, 1),)),
            op("getitem", x, index=(slice(1, 2),)),
            op("astype", x, dtype="f32"),
            op("astype", x, dtype="f16"),
            op("astype", x, dtype="f32"),
            op("getitem", x, index=(None, first)),
        )

    after = merge_common(section_of(parts, X))
    assert names(after) == ["getitem", "getitem", "astype", "astype", "getitem"]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ((1.0, F64), (1.0, F64), True),
        ((1.0, F64), (1.0, F32), False),
        ((1, I64), (True, BOOL), False),
        ((0.0, F64), (-0.0, F64), False),
        ((np.nan, F64), (-np.nan, F64), True),
        (([0.0, 1.0], F64), ([0.0, 1.0], F64), True),
        (([0.0, 1.0], F64), ([-0.0, 1.0], F64), False),
        (([0.0, 1.0], F64), ([[0.0, 1.0]], F64), False),
        (([1, 0], I64), ([1, 0], F64), False),
        ((np.zeros(LARGEST_COMPARED + 1), F64), (np.zeros(LARGEST_COMPARED + 1), F64), False),
    ],
)
def test_constants_are_the_same_where_their_bits_are(one: Any, other: Any, same: bool) -> None:
    section = section_of(lambda x: (fixed(x, *one), fixed(x, *other)), X)
    assert constants(merge_common(section)) == (1 if same else 2)


def test_a_large_array_is_the_same_as_itself() -> None:
    large = np.zeros(LARGEST_COMPARED + 1)
    section = section_of(lambda x: (fixed(x, large), fixed(x, large)), X)
    assert constants(merge_common(section)) == 1


def test_placeholders_are_never_the_same() -> None:
    section = section_of(lambda x, y: (op("exp", x), op("exp", y)), X, X)
    assert merge_common(section) is section


@given(st.lists(st.sampled_from([0.0, -0.0, 1.0, np.nan, np.inf, 0.1]), min_size=1, max_size=12))
def test_as_many_constants_are_left_as_there_are_different_ones(values: list[float]) -> None:
    section = section_of(lambda x: tuple(fixed(x, value) for value in values), X)
    after = merge_common(section)
    assert constants(after) == len({repr(value) for value in values})
    assert_same_bits(run(after, [X]), run(section, [X]))
