"""Identities of arithmetic: each is used, keeps every bit, and is not used where it would not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pass_sections import assert_same_bits, fixed, names, op, run, section_of

from dsl.graph.passes.algebra import RULES, simplify
from dsl.graph.passes.section import Section
from dsl.ops.dtypes import BOOL, DTYPES, F64, I32, I64

Array = np.ndarray[Any, Any]
FLOATS = ("f16", "f32", "f64")
INTEGERS = ("i32", "i64")
ALL = FLOATS + INTEGERS


@dataclass(frozen=True)
class Identity:
    """A function of two values and a truth value, the operations that are left of it, and where it holds."""

    made: Callable[..., Any]
    left: str
    dtypes: tuple[str, ...] = ALL


IDENTITIES: dict[str, Identity] = {
    "x + -0.0": Identity(lambda x, y, c: x + fixed(x, -0.0), "", FLOATS),
    "-0.0 + x": Identity(lambda x, y, c: fixed(x, -0.0) + x, "", FLOATS),
    "x + 0 of integers": Identity(lambda x, y, c: x + 0, "", INTEGERS),
    "x + (-y)": Identity(lambda x, y, c: x + -y, "subtract"),
    "(-x) + y": Identity(lambda x, y, c: -x + y, "subtract"),
    "(-x) + (-y)": Identity(lambda x, y, c: -x + -y, "neg subtract"),
    "x - 0": Identity(lambda x, y, c: x - 0, ""),
    "x - (-y)": Identity(lambda x, y, c: x - -y, "add"),
    "-0.0 - x": Identity(lambda x, y, c: fixed(x, -0.0) - x, "neg", FLOATS),
    "0 - x of integers": Identity(lambda x, y, c: 0 - x, "neg", INTEGERS),
    "x * 1": Identity(lambda x, y, c: x * 1, ""),
    "1 * x": Identity(lambda x, y, c: 1 * x, ""),
    "x * ones": Identity(lambda x, y, c: x * fixed(x, np.ones(x.shape[0].value)), ""),
    "x * true": Identity(lambda x, y, c: x * fixed(x, True, BOOL), ""),
    "x * 1 of another type": Identity(lambda x, y, c: x * fixed(x, 1, I32), ""),
    "x * -1": Identity(lambda x, y, c: x * -1, "neg"),
    "x / 1": Identity(lambda x, y, c: x / 1, "", FLOATS),
    "x / -1": Identity(lambda x, y, c: x / -1, "neg", FLOATS),
    "x / 8": Identity(lambda x, y, c: x / 8, "multiply", FLOATS),
    "x / -0.25": Identity(lambda x, y, c: x / -0.25, "multiply", FLOATS),
    "x / 16384, the largest with a normal reciprocal in f16": Identity(lambda x, y, c: x / 2**14, "multiply", FLOATS),
    "x / 32768, in f16 without one": Identity(lambda x, y, c: x / 2**15, "divide", ("f16",)),
    "x / 3": Identity(lambda x, y, c: x / 3, "divide", FLOATS),
    "x / 0": Identity(lambda x, y, c: x / 0, "divide", FLOATS),
    "x / inf": Identity(lambda x, y, c: x / fixed(x, np.inf), "divide", FLOATS),
    "(-x) * (-y)": Identity(lambda x, y, c: -x * -y, "multiply"),
    "(-x) / (-y)": Identity(lambda x, y, c: -x / -y, "divide", FLOATS),
    "(-x) / (-y) of integers": Identity(lambda x, y, c: -x / -y, "neg neg divide", INTEGERS),
    "(-x) * 3": Identity(lambda x, y, c: -x * 3, "multiply"),
    "3 * (-x)": Identity(lambda x, y, c: 3 * -x, "multiply"),
    "(-x) / 3": Identity(lambda x, y, c: -x / 3, "divide", FLOATS),
    "3 / (-x)": Identity(lambda x, y, c: 3 / -x, "divide", FLOATS),
    "-(x * 3)": Identity(lambda x, y, c: -(x * 3), "multiply"),
    "-(3 / x)": Identity(lambda x, y, c: -(3 / x), "divide", FLOATS),
    "-(x / 3)": Identity(lambda x, y, c: -(x / 3), "divide", FLOATS),
    "(-x) * nan": Identity(lambda x, y, c: -x * fixed(x, np.nan), "multiply", FLOATS),
    "x * x": Identity(lambda x, y, c: x * x, "square"),
    "-(-x)": Identity(lambda x, y, c: op("neg", -x), ""),
    "abs(-x)": Identity(lambda x, y, c: op("abs", -x), "abs"),
    "abs(abs(x))": Identity(lambda x, y, c: op("abs", op("abs", x)), "abs"),
    "abs(square(x))": Identity(lambda x, y, c: op("abs", op("square", x)), "square", FLOATS),
    "abs(square(x)) of integers": Identity(lambda x, y, c: op("abs", op("square", x)), "square abs", INTEGERS),
    "square(-x)": Identity(lambda x, y, c: op("square", -x), "square"),
    "square(abs(x))": Identity(lambda x, y, c: op("square", op("abs", x)), "square"),
    "x ** 1": Identity(lambda x, y, c: x**1, ""),
    "x ** 2": Identity(lambda x, y, c: x**2, "square"),
    "x ** [2, 2, …]": Identity(lambda x, y, c: x ** fixed(x, np.full(x.shape[0].value, 2)), "power"),
    "x ** 0.5": Identity(lambda x, y, c: x**0.5, "power", FLOATS),
    "where(c, x, x)": Identity(lambda x, y, c: op("where", c, x, x), ""),
    "where(true, x, y)": Identity(lambda x, y, c: op("where", fixed(x, True, BOOL), x, y), ""),
    "where(false, x, y)": Identity(lambda x, y, c: op("where", fixed(x, False, BOOL), x, y), ""),
    "where(not c, x, y)": Identity(lambda x, y, c: op("where", op("logical_not", c), x, y), "where"),
    "where(c, where(c, x, 1), y)": Identity(lambda x, y, c: op("where", c, op("where", c, x, 1), y), "where"),
    "where(c, x, where(c, 1, y))": Identity(lambda x, y, c: op("where", c, x, op("where", c, 1, y)), "where"),
    "maximum(x, x)": Identity(lambda x, y, c: op("maximum", x, x), ""),
    "minimum(x, x)": Identity(lambda x, y, c: op("minimum", x, x), ""),
    "c and c": Identity(lambda x, y, c: op("logical_and", c, c), ""),
    "c and true": Identity(lambda x, y, c: op("logical_and", c, True), ""),
    "false or c": Identity(lambda x, y, c: op("logical_or", fixed(c, False), c), ""),
    "c and false": Identity(lambda x, y, c: op("logical_and", c, False), "logical_and"),
    "not not c": Identity(lambda x, y, c: op("logical_not", op("logical_not", c)), ""),
    "not (x == y)": Identity(lambda x, y, c: op("logical_not", op("equal", x, y)), "not_equal"),
    "not (x != y)": Identity(lambda x, y, c: op("logical_not", op("not_equal", x, y)), "equal"),
    "identity(x)": Identity(lambda x, y, c: op("identity", x), ""),
    "astype(x) to its own type": Identity(lambda x, y, c: op("astype", x, dtype=x.type.dtype), ""),
    "astype there and back": Identity(
        lambda x, y, c: op("astype", op("astype", x, dtype="f64"), dtype=x.type.dtype), "", (*FLOATS, "i32")
    ),
    "astype(astype(x, f64), f32)": Identity(
        lambda x, y, c: op("astype", op("astype", x, dtype="f64"), dtype="f32"), "astype", ("f16", "i32")
    ),
    "astype by way of a narrower type": Identity(
        lambda x, y, c: op("astype", op("astype", x, dtype="f16"), dtype=x.type.dtype), "astype astype", ("f32", "f64")
    ),
    "astype of truth values": Identity(
        lambda x, y, c: op("astype", op("astype", c, dtype="f16"), dtype="i64"), "astype", ("f64",)
    ),
    "astype of i64 by way of f64": Identity(
        lambda x, y, c: op("astype", op("astype", x, dtype="f64"), dtype="i64"), "astype astype", ("i64",)
    ),
    "floor(floor(x))": Identity(lambda x, y, c: op("floor", op("floor", x)), "floor"),
    "ceil(ceil(x))": Identity(lambda x, y, c: op("ceil", op("ceil", x)), "ceil"),
    "round(round(x))": Identity(lambda x, y, c: op("round", op("round", x)), "round"),
    "sign(sign(x))": Identity(lambda x, y, c: op("sign", op("sign", x)), "sign"),
    "relu(relu(x))": Identity(lambda x, y, c: op("relu", op("relu", x)), "relu"),
    "max of one": Identity(lambda x, y, c: op("max", _column(x), axis=1), "reshape reshape"),
    "min of one, kept": Identity(lambda x, y, c: op("min", _column(x), axis=1, keepdims=True), "reshape"),
    "prod of one": Identity(lambda x, y, c: op("prod", _column(x), axis=1), "reshape reshape"),
    "prod along no axis": Identity(lambda x, y, c: op("prod", x, axis=[]), ""),
    "sum of one integer": Identity(lambda x, y, c: op("sum", _column(x), axis=1), "reshape reshape", INTEGERS),
    "sum of one float": Identity(lambda x, y, c: op("sum", _column(x), axis=1), "reshape sum", FLOATS),
    "sum of one truth value": Identity(lambda x, y, c: op("sum", _column(c), axis=1), "reshape sum"),
    "any of one": Identity(lambda x, y, c: op("any", _column(c), axis=1), "reshape reshape"),
    "all of one number": Identity(lambda x, y, c: op("all", _column(x), axis=1), "reshape all"),
}


def _column(x: Any) -> Any:
    return op("reshape", x, shape=[-1, 1])


def _special(dtype: str) -> Array:
    """Numbers at which arithmetic has edges: zeros, infinities, nan, subnormals, the largest, halves, neighbours of 1."""
    kind = DTYPES[dtype].numpy
    if kind.kind == "i":
        limits = np.iinfo(kind)
        found = [0, 1, -1, 2, -2, 3, -7, 1000, limits.max, limits.min, limits.max - 1, limits.min + 1, 2**24 + 1]
        return np.array(found, kind)
    limits = np.finfo(kind)
    positive = [0, 1, 2, 3, 0.5, 1.5, 2.5, 0.1, np.pi, 1 + limits.eps, 1 - limits.epsneg, np.inf, limits.max]
    positive += [limits.max / 2, limits.tiny, limits.tiny / 2, limits.smallest_subnormal, 3 * limits.smallest_subnormal]
    found = np.array(positive, kind)
    return np.concatenate([found, -found, np.array([np.nan], kind)])


def _pairs(values: Array) -> tuple[Array, Array, Array]:
    """Every value with every other, and truth values beside them."""
    x, y = (np.ascontiguousarray(part.ravel()) for part in np.meshgrid(values, values))
    return x, y, np.arange(x.size) % 3 == 0


def _check(identity: Identity, arrays: tuple[Array, Array, Array], title: str) -> Section:
    section = section_of(identity.made, *arrays, default_float=F64)
    after = simplify(section)
    assert " ".join(names(after)) == identity.left, title
    assert_same_bits(run(after, arrays), run(section, arrays), title)
    return after


CASES = [(title, dtype) for title, identity in IDENTITIES.items() for dtype in identity.dtypes]


@pytest.mark.parametrize(("title", "dtype"), CASES)
def test_an_identity_keeps_every_bit_of_special_values(title: str, dtype: str) -> None:
    _check(IDENTITIES[title], _pairs(_special(dtype)), title)


@pytest.mark.parametrize("title", [title for title, dtype in CASES if dtype == "f16"])
def test_an_identity_keeps_every_bit_of_every_half(title: str) -> None:
    x = np.arange(2**16, dtype=np.uint32).astype(np.uint16).view(np.float16)
    _check(IDENTITIES[title], (x, np.random.default_rng(0).permutation(x), np.arange(x.size) % 2 == 0), title)


@settings(deadline=None, max_examples=400)
@given(st.sampled_from(CASES), st.lists(st.integers(0, 2**64 - 1), min_size=1, max_size=24), st.booleans())
def test_an_identity_keeps_every_bit_of_any_value(case: tuple[str, str], bits: list[int], truth: bool) -> None:
    title, dtype = case
    patterns = np.array(bits, np.uint64).view(DTYPES[dtype].numpy)
    special = _special(dtype)
    x, y = patterns, np.resize(np.concatenate([patterns[::-1], special]), patterns.shape)
    _check(IDENTITIES[title], (x, y, np.resize([truth, not truth], x.shape)), title)


def test_every_rule_has_an_identity_that_uses_it() -> None:
    used = {rule.__name__ for rules in RULES.values() for rule in rules}
    seen: set[str] = set()
    for rules in RULES.values():
        for rule in rules:
            for title, identity in IDENTITIES.items():
                section = section_of(identity.made, *_pairs(_special(identity.dtypes[0])))
                if any(rule(section.graph, node, node.inputs) for node in section.operations if _is_for(rule, node)):
                    seen.add(rule.__name__)
                    break
                assert title
    masks = {"idle_mask", "idle_mask_written_out"}
    assert used - seen == masks


def _is_for(rule: Any, node: Any) -> bool:
    return rule in RULES.get(node.operation.name, ())


# -- what is no identity -------------------------------------------------------------------------------------------------

TEMPTATIONS: dict[str, tuple[Callable[[Any], Any], Callable[[Array], Any], list[float]]] = {
    "x + 0.0": (lambda x: x + 0.0, lambda x: x, [-0.0]),
    "x - -0.0": (lambda x: x - fixed(x, -0.0), lambda x: x, [-0.0]),
    "0.0 - x": (lambda x: 0 - x, lambda x: -x, [0.0]),
    "x * 0": (lambda x: x * 0, np.zeros_like, [np.inf, np.nan, -1.0]),
    "x - x": (lambda x: x - x, np.zeros_like, [np.inf, np.nan]),
    "x / x": (lambda x: x / x, np.ones_like, [0.0, np.inf]),
    "-(x - 1)": (lambda x: -(x - 1), lambda x: 1 - x, [1.0]),
    "(-x) - 0.5": (lambda x: -x - fixed(x, 0.5), lambda x: -(x + 0.5), [-0.5]),
    "(x * 2) * 0.5": (lambda x: x * 2 * 0.5, lambda x: x, [1.7e308]),
    "(x * 0.5) * 2": (lambda x: x * 0.5 * 2, lambda x: x, [5e-324]),
    "(x * 0.1) * 0.1": (lambda x: x * 0.1 * 0.1, lambda x: x * (0.1 * 0.1), [0.7]),
    "(x + 1) - 1": (lambda x: x + 1 - 1, lambda x: x, [1e-20]),
    "x / 3": (lambda x: x / 3, lambda x: x * (1 / 3), [5.0]),
    "x ** [0.5, 0.5]": (lambda x: x ** fixed(x, [0.5, 0.5]), np.sqrt, [-0.0, -np.inf]),
    "sqrt(square(x))": (lambda x: op("sqrt", op("square", x)), np.abs, [1e200, 1e-200]),
    "sum of one element": (lambda x: op("sum", _column(x), axis=1), lambda x: x, [-0.0]),
    "mean of one element": (lambda x: op("mean", _column(x), axis=1), lambda x: x, [-0.0]),
    "not (x < 1)": (lambda x: op("logical_not", op("less", x, 1)), lambda x: x >= 1, [np.nan]),
    "maximum(x, 0.0)": (lambda x: op("maximum", x, 0), lambda x: np.maximum(0.0, x), [-0.0]),
    "where(x == 0, 0.0, x)": (lambda x: op("where", op("equal", x, 0), 0, x), lambda x: x, [-0.0]),
}
"""What looks like an identity, what it is not the same as, and values where both differ."""


@pytest.mark.parametrize("title", TEMPTATIONS)
def test_what_only_looks_like_an_identity_is_left_alone(title: str) -> None:
    function, tempting, values = TEMPTATIONS[title]
    array = np.array(values)
    section = section_of(function, array)
    assert simplify(section) is section
    (right,) = run(section, [array])
    with np.errstate(all="ignore"):
        other = np.asarray(tempting(array))
    for place, value in enumerate(values):
        with pytest.raises(AssertionError, match="should be"):
            assert_same_bits([other[place]], [right[place]], f"{title} at {value}")


# -- where the type would change ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("function", "arrays"),
    [
        (lambda x, y: x * fixed(x, np.ones((3, 1))), [np.ones(3), np.ones(1)]),
        (lambda x, y: x - fixed(x, np.zeros((2, 3))), [np.ones(3), np.ones(1)]),
        (lambda x, y: op("where", op("greater", y, 0), x, x), [np.ones(3), np.ones((2, 1))]),
        (lambda x, y: op("where", fixed(x, True, BOOL), x, y), [np.ones(3), np.ones((2, 1))]),
        (lambda x, y: op("logical_and", x, y), [np.ones(3) > 0, np.ones((2, 1)) > 0]),
        (lambda x, y: x * fixed(x, 1.0, F64), [np.ones(3, np.float32), np.ones(1)]),
        (lambda x, y: x * 1, [np.ones(3, np.bool_), np.ones(1)]),
        (lambda x, y: x / 1, [np.ones(3, np.int64), np.ones(1)]),
        (lambda x, y: x**1.0, [np.ones(3, np.int64), np.ones(1)]),
        (lambda x, y: x + 0, [np.array([-0.0, 1.0]), np.ones(1)]),
        (lambda x, y: x + fixed(x, 0, I64), [np.array([-0.0, 1.0]), np.ones(1)]),
    ],
)
def test_an_operand_of_another_type_or_shape_does_not_take_the_place_of_the_result(function, arrays) -> None:
    section = section_of(function, *arrays)
    after = simplify(section)
    assert names(after) == names(section)
    assert_same_bits(run(after, arrays), run(section, arrays))


def test_the_negative_of_the_smallest_integer_is_not_converted_otherwise() -> None:
    smallest = np.array([np.iinfo(np.int32).min, 5], np.int32)
    other = np.array([2.0, 3.0])
    for function in (lambda x, y: y - -x, lambda x, y: y + -x, lambda x, y: -x * -y):
        section = section_of(function, smallest, other)
        assert_same_bits(run(simplify(section), [smallest, other]), run(section, [smallest, other]))


def test_rules_follow_one_another_in_one_pass() -> None:
    x = np.array([1.5, -0.0, np.nan])
    section = section_of(lambda x: op("identity", -((-(x * 1)) / 1)) - 0, x)
    assert len(names(section)) == 6
    assert names(simplify(section)) == []


def test_what_a_rule_makes_stands_where_the_old_operation_stood() -> None:
    x = np.ones(3)
    section = section_of(lambda x: x / 8, x)
    section.results[0].name = "eighth"
    after = simplify(section)
    assert after.results[0].name == "eighth"
    assert names(section) == ["divide"]
