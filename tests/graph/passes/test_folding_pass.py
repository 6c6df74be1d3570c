"""Constant folding: what no input decides is there before the run."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pass_sections import assert_same_bits, fixed, names, op, run, section_of

from dsl.graph.passes.folding import LARGEST_MADE, fold_constants
from dsl.graph.passes.section import Section
from dsl.ops.dtypes import F64, I64
from dsl.ops.registry import OPERATIONS

X = np.array([1.5, -0.0, np.nan])


def create(beside: Any, name: str, **attributes: Any) -> Any:
    return OPERATIONS[name].within(beside.builder, **attributes)


def folded(section: Section) -> Section:
    after = fold_constants(section)
    given = [np.ones([dim.value or 0 for dim in leaf.shape], leaf.type.dtype.numpy) for leaf in section.leaves]
    assert_same_bits(run(after, given), run(section, given))
    return after


def test_operations_on_constants_are_constants() -> None:
    section = section_of(lambda x: x * op("exp", fixed(x, 2.0) / 3 + 1), X)
    assert names(section) == ["divide", "add", "exp", "multiply"]
    assert names(folded(section)) == ["multiply"]


@pytest.mark.parametrize(
    ("name", "attributes"),
    [
        ("zeros", {"shape": (2, 3)}),
        ("ones", {"shape": (3,), "dtype": "i32"}),
        ("full", {"shape": (), "value": -0.0}),
        ("arange", {"start": 5}),
        ("linspace", {"start": 0, "stop": 1, "num": 7, "dtype": "f32"}),
        ("eye", {"n": 3}),
        ("dimension", {"size": 7, "dtype": "f64"}),
    ],
)
def test_what_depends_on_nothing_is_a_constant(name: str, attributes: dict[str, Any]) -> None:
    assert names(folded(section_of(lambda x: create(x, name, **attributes), X))) == []


def test_values_are_those_of_the_reference_engine_infinite_ones_too() -> None:
    section = section_of(lambda x: (op("log", fixed(x, [0.0, -1.0, 2.0])), fixed(x, 1.0) / 0, fixed(x, 7, I64) / 2), X)
    assert names(folded(section)) == []


def test_a_section_without_constants_to_fold_is_given_back_itself() -> None:
    section = section_of(lambda x: x * 2 + 1, X)
    assert fold_constants(section) is section


def test_large_results_are_left_to_the_run() -> None:
    small, large = LARGEST_MADE, LARGEST_MADE + 1
    assert names(folded(section_of(lambda x: create(x, "zeros", shape=small), X))) == []
    section = section_of(lambda x: create(x, "zeros", shape=large), X)
    assert fold_constants(section) is section
    outer = section_of(lambda x: op("outer", fixed(x, np.ones(300)), fixed(x, np.ones(300))), X)
    assert fold_constants(outer) is outer


def test_a_result_no_larger_than_what_it_is_made_from_is_folded() -> None:
    large = np.arange(2.0 * LARGEST_MADE)
    section = section_of(lambda x: (op("sum", fixed(x, large)), fixed(x, large) / 255), X)
    assert names(folded(section)) == []


def test_repetition_stays_a_view_of_one_number() -> None:
    section = section_of(lambda x: x * op("broadcast_to", fixed(x, 2.0) + 1, shape=(4, 3)), X)
    assert names(folded(section)) == ["broadcast_to", "multiply"]


def test_a_repeated_number_is_known_to_what_is_not_elementwise() -> None:
    section = section_of(lambda x: x * op("sum", op("broadcast_to", fixed(x, 0.1), shape=(70, 3)), axis=0), X)
    assert names(folded(section)) == ["multiply"]
    huge = section_of(lambda x: op("sum", op("broadcast_to", fixed(x, 0.1), shape=(10**9, 10**6))), X)
    assert fold_constants(huge) is huge


def test_an_operation_that_raises_is_left_to_the_run() -> None:
    section = section_of(lambda x: op("take", fixed(x, [1.0, 2.0]), fixed(x, 5, I64)), X)
    assert fold_constants(section) is section
    with pytest.raises(IndexError, match="index 5 is out of range"):
        run(section, [X])


def test_the_element_type_is_that_of_the_operation() -> None:
    section = section_of(lambda x: op("astype", fixed(x, 1.7, F64), dtype="i32"), X)
    (result,) = fold_constants(section).results
    assert result.value.dtype == np.int32
    assert result.value == 1
