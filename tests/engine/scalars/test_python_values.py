"""Values of generated Python code against the reference engine, operation by operation."""

from itertools import product

import numpy as np
import pytest
from operation_inputs import COMPOSITES, PRIMITIVES, SPECIAL, applied, functions_of, inputs_of
from scalar_sections import ReferenceExecutable, assert_close, call, section_of

from dsl.engine.scalars.python_loop import ScalarGenerator
from dsl.graph.passes.section import Section
from dsl.ops.dtypes import BOOL, F64, I32, I64
from dsl.ops.registry import OPERATIONS

SUMS_OF_PRODUCTS = {"matmul", "dot", "linear"}
"""BLAS adds up in an order of its own."""

UNITS = {"erfc": 7, "gelu": 7}
"""Units in the last place where the reference engine's own formula is exact to 6."""


def generator() -> ScalarGenerator:
    return ScalarGenerator(ReferenceExecutable)


def agrees(section: Section, arguments: list[np.ndarray], name: str = "") -> None:
    found = generator().compile(section, []).run(arguments)
    expected = ReferenceExecutable(section, []).run(arguments)
    for value, wanted in zip(found, expected, strict=True):
        if name in SUMS_OF_PRODUCTS:
            np.testing.assert_allclose(value, wanted, rtol=1e-13, atol=1e-14)
        else:
            assert_close(value, wanted, UNITS.get(name, 4))


@pytest.mark.parametrize("name", PRIMITIVES)
def test_every_operation_with_a_rule_has_the_values_of_the_reference(name):
    for arrays, attributes in inputs_of(OPERATIONS[name]):
        section = section_of(applied(name, attributes), *arrays)
        assert generator().obstacle(section) == ""
        agrees(section, arrays, name)


@pytest.mark.parametrize("name", COMPOSITES)
def test_composite_operations_are_unrolled_once_they_are_lowered(name):
    for arrays, attributes in inputs_of(OPERATIONS[name]):
        section = section_of(applied(name, attributes), *arrays)
        if not generator().obstacle(section):
            agrees(section, arrays, name)


@pytest.mark.parametrize("name", functions_of(1))
def test_functions_of_one_value_agree_at_infinities_nan_and_zeros(name):
    section = section_of(OPERATIONS[name], np.zeros(()))
    code, reference = generator().compile(section, []), ReferenceExecutable(section, [])
    for number in [*SPECIAL, *SPECIAL]:  # the second time without exceptions
        arguments = [np.array(number)]
        assert_close(code.run(arguments)[0], reference.run(arguments)[0])


def is_root_in_disguise(name: str, base: float, exponent: float) -> bool:
    """NumPy takes the root where it sees the exponent 0.5 at the run, which differs from the power at these numbers."""
    return name == "power" and exponent == 0.5 and base in (-np.inf, 0.0)


@pytest.mark.parametrize("name", functions_of(2))
def test_functions_of_two_values_agree_at_infinities_nan_and_zeros(name):
    section = section_of(OPERATIONS[name], np.zeros(()), np.zeros(()))
    code, reference = generator().compile(section, []), ReferenceExecutable(section, [])
    for a, b in product(SPECIAL, SPECIAL):
        if not is_root_in_disguise(name, a, b):
            arguments = [np.array(a), np.array(b)]
            assert_close(code.run(arguments)[0], reference.run(arguments)[0])


@pytest.mark.parametrize("number", [-np.inf, -1.0, -0.0, 0.0, 0.5, 1.0, 2.0, np.nan])
@pytest.mark.parametrize("name", ["maximum", "minimum", "multiply", "divide", "add", "subtract", "power", "less"])
def test_a_number_in_the_code_makes_no_difference(name, number):
    for function, is_base in ((lambda x: call(name, x, number), False), (lambda x: call(name, number, x), True)):
        section = section_of(function, np.zeros(()))
        code, reference = generator().compile(section, []), ReferenceExecutable(section, [])
        for value in SPECIAL:
            if not (is_base and is_root_in_disguise(name, number, value)):
                assert_close(code.run([np.array(value)])[0], reference.run([np.array(value)])[0])


@pytest.mark.parametrize("shapes", [[(), (), ()], [(3,), (), ()], [(2,), (2,), (2,)], [(2, 2), (2,), (2,)]])
def test_clip_has_the_zero_of_its_bounds(shapes):
    section = section_of(OPERATIONS["clip"], *map(np.zeros, shapes))
    code, reference = generator().compile(section, []), ReferenceExecutable(section, [])
    for numbers in product([-1.0, -0.0, 0.0, 1.0, np.nan], repeat=3):
        arguments = [np.full(shape, number) for shape, number in zip(shapes, numbers, strict=True)]
        assert_close(code.run(arguments)[0], reference.run(arguments)[0])


@pytest.mark.parametrize(
    ("shape", "axis"),
    [
        ((5,), (0,)),
        ((9,), (0,)),
        ((300,), (0,)),
        ((20, 1), (0,)),
        ((9, 3), (0,)),
        ((3, 4, 12), (0, 2)),
        ((2, 9, 3, 10), (1, 3)),
    ],
)
def test_sums_are_those_of_numpy_to_the_last_bit(shape, axis):
    rng = np.random.default_rng(3)
    values = rng.normal(size=shape) * 10.0 ** rng.integers(-6, 6, shape)
    section = section_of(lambda x: (call("sum", x, axis=axis), call("mean", x, axis=axis)), values)
    code = generator().compile(section, [])
    for found, expected in zip(code.run([values]), [values.sum(axis=axis), values.mean(axis=axis)], strict=True):
        assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize("name", ["sum", "mean", "prod", "max", "min"])
@pytest.mark.parametrize("values", [[-0.0, -0.0], [-0.0, 0.0], [0.0, -0.0], [1.0, np.nan, 2.0], [np.inf, -np.inf]])
def test_reductions_agree_at_zeros_and_nan(name, values):
    array = np.array(values)
    agrees(section_of(lambda x: call(name, x), array), [array])


def test_results_without_elements_are_no_obstacle():
    agrees(section_of(lambda x: call("exp", x), np.zeros((0, 2))), [np.zeros((0, 2))])


@pytest.mark.parametrize(
    "shapes", [((0, 2), (2, 3)), ((2, 0), (0, 3)), ((0,), (0,)), ((2, 0, 3), (3,)), ((0, 1, 2), (2, 1))]
)
def test_products_without_elements(shapes):
    arrays = [np.ones(shape) for shape in shapes]
    agrees(section_of(lambda x, y: call("matmul", x, y), *arrays), arrays)


def test_rows_without_elements():
    rows, labels = np.zeros((2, 0)), np.zeros(0, np.int64)
    section = section_of(lambda x: call("prod_others", x, axis=1), rows)
    agrees(section, [rows])
    agrees(section_of(lambda x: call("argmax", x, axis=0), rows), [rows])
    agrees(
        section_of(lambda x, y: call("nll", x, y, reduction="none"), np.zeros((0, 3)), labels),
        [np.zeros((0, 3)), labels],
    )
    none = section_of(lambda x, y: call("nll", x, y, reduction="none"), rows, np.zeros(2, np.int64))
    assert generator().obstacle(none) == "has no code for `nll` without classes"


def test_sums_of_nothing_are_the_neutral_element():
    names = ["sum", "prod", "any", "all"]
    section = section_of(lambda x: tuple(call(name, x, axis=0) for name in names), np.zeros((0, 2)))
    agrees(section, [np.zeros((0, 2))])


def test_the_first_largest_element_is_found_and_nan_counts_as_largest():
    rows = np.array([[1.0, 3.0, 3.0, 2.0], [np.nan, 5.0, np.nan, 7.0], [-0.0, 0.0, -0.0, 0.0]])
    section = section_of(lambda x: (call("argmax", x, axis=1), call("argmin", x, axis=1), call("argmax", x)), rows)
    agrees(section, [rows])


def test_integers_and_truth_values_beside_floats_are_calculated_in_double_precision():
    x, i, b = np.array([0.5, -1.5, 2.0]), np.array([3, -2, 2**53 + 1]), np.array([True, False, True])

    def values(x, i, b):
        return (
            *(call(name, i, x) for name in ("add", "multiply", "divide", "power", "maximum", "equal", "less")),
            *(call(name, b, x) for name in ("add", "subtract", "equal", "minimum")),
            *(call(name, i) for name in ("exp", "sign", "floor", "isnan", "reciprocal", "mean", "max", "argmax")),
            *(call(name, b) for name in ("sqrt", "sum", "mean", "max", "any", "all", "floor", "sign")),
            call("where", b, x, i),
            call("where", b, i, 0),
            call("logical_and", b, call("logical_not", call("greater", i, 2))),
            call("astype", i, dtype=F64),
            call("astype", x, dtype=I32),
            call("astype", x, dtype=BOOL),
            call("astype", b, dtype=I64),
            call("greater_equal", i, b),
        )

    agrees(section_of(values, x, i, b), [x, i, b])


def test_labels_pick_integers_and_truth_values_as_floats():
    def values(i, b, labels):
        return tuple(call("reshape", 0.5 + call("nll", x, labels, reduction="none"), shape=(1, 2)) for x in (i, b))

    arrays = [np.array([[3, -2], [0, 7]]), np.array([[True, False], [False, True]]), np.array([1, 1])]
    agrees(section_of(values, *arrays), arrays)


def test_labels_that_are_no_class_are_an_error_as_in_the_reference():
    labels, scores = np.array([0, 2]), np.log(np.array([[0.2, 0.3, 0.5], [0.1, 0.1, 0.8]]))
    section = section_of(lambda p, c: (call("one_hot", c, classes=3), call("nll", p, c)), scores, labels)
    agrees(section, [scores, labels])
    code = generator().compile(section, [])
    for wrong in ([0, 3], [-1, 0]):
        with pytest.raises(IndexError, match="out of range: there are 3 classes"):
            code.run([scores, np.array(wrong)])


def test_an_exceptional_run_is_left_to_the_fallback_with_the_same_values():
    made: list[ReferenceExecutable] = []

    def fallback(section, states):
        made.append(ReferenceExecutable(section, states))
        return made[-1]

    section = section_of(lambda a, b: a / b + call("log", b), np.zeros(()), np.zeros(()))
    code = ScalarGenerator(fallback).compile(section, [])
    assert_close(code.run([np.array(1.0), np.array(2.0)])[0], 0.5 + np.log(2.0))
    assert not made
    assert code.run([np.array(1.0), np.array(0.0)])[0] != code.run([np.array(1.0), np.array(0.0)])[0]  # inf - inf
    assert [one.runs for one in made] == [2]


def test_functions_that_raise_again_and_again_are_replaced_by_such_that_do_not():
    made: list[ReferenceExecutable] = []

    def fallback(section, states):
        made.append(ReferenceExecutable(section, states))
        return made[-1]

    section = section_of(lambda x: (call("sigmoid", x), call("floor", x), call("sin", x)), np.zeros(()))
    code = ScalarGenerator(fallback).compile(section, [])
    with np.errstate(all="ignore"):
        for number in [-1000.0] * 20 + [np.inf] * 20:
            sigmoid, floor, sine = code.run([np.array(number)])
            assert_close(sigmoid, 1 / (1 + np.exp(-np.array(number))))
            assert_close(floor, np.array(number))
            assert_close(sine, np.sin(np.array(number)))
    assert made[0].runs < 10


def test_one_number_put_into_an_array():
    section = section_of(lambda x: call("unslice", x, shape=(3,), index=(1,)), np.zeros(()))
    agrees(section, [np.array(2.5)])
