"""Numbers and arrays as a person reads them."""

from __future__ import annotations

import numpy as np
import pytest

from dsl.engine.figures import array, number, rounded


class TestNumber:
    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (3.0, "3"),
            (0.1, "0.1"),
            (np.float32(0.1), "0.1"),
            (np.float16(0.1), "0.1"),
            (0.1 + 0.2, "0.30000000000000004"),
            (1e-30, "1e-30"),
            (1e22, "1e+22"),
            (-0.0, "-0"),
            (np.int32(7), "7"),
            (True, "true"),
            (np.bool_(False), "false"),
            (float("nan"), "nan"),
            (float("-inf"), "-inf"),
        ],
    )
    def test_all_digits_and_no_more(self, value, text):
        assert number(value) == text

    def test_reading_it_again_gives_the_same_number(self):
        rng = np.random.default_rng(0)
        for value in rng.normal(size=200) * 10.0 ** rng.integers(-300, 300, 200):
            assert float(number(value)) == value

    def test_few_digits(self):
        assert (rounded(1 / 3), rounded(12), rounded(np.float32(1e-9) / 3)) == ("0.33333", "12", "3.3333e-10")


class TestArray:
    def test_few_elements_one_by_one(self):
        assert array(np.array([[1.0, 2.5], [3.0, 4.0]])) == "[[1, 2.5], [3, 4]]"
        assert array(np.array([1 / 3, 2.0]), rounded) == "[0.33333, 2]"
        assert array(np.array(2.5)) == "2.5"
        assert array(np.array([True, False])) == "[true, false]"

    def test_many_elements_by_their_range(self):
        assert array(np.arange(100.0)) == "[100], from 0 to 99, mean 49.5"
        assert array(np.ones((4, 5, 6), bool)) == "[4, 5, 6], 120 true"

    def test_what_is_not_finite_is_counted(self):
        values = np.arange(100.0)
        values[:2] = np.nan, np.inf
        assert array(values) == "[100], from 2 to 99, mean 50.5, 2 not finite"
        assert array(np.full(100, np.nan)) == "[100], 100 not finite"

    def test_no_elements(self):
        assert array(np.zeros((0, 50))) == "[]"
        assert array(np.zeros((0, 2, 3))) == "[0, 2, 3], empty"
