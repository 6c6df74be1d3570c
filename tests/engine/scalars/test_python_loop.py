"""Loops of generated Python code: states, coefficients, exceptional runs, and what the code looks like."""

from textwrap import dedent

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scalar_sections import Maker, ReferenceExecutable, assert_close, call, neuron, section_of, stateful, training, xor

from dsl.engine.scalars.python_loop import ScalarGenerator
from dsl.engine.scalars.size import scalar_operations
from dsl.graph.passes.section import Section
from dsl.ops.dtypes import F32, F64, I64


def generator() -> ScalarGenerator:
    return ScalarGenerator(ReferenceExecutable)


def both(section: Section, *states: np.ndarray) -> tuple:
    """The generated code, the reference, and copies of the states for each."""
    own, expected = [state.copy() for state in states], [state.copy() for state in states]
    return generator().compile(section, own), ReferenceExecutable(section, expected), own, expected


def test_the_code_of_a_neuron_reads_like_the_formulas():
    code = generator().compile(neuron(), [np.zeros(2)])
    assert code.source == dedent("""\
        def prepare(x, y, rate):
            return (x, y, rate)


        def repeat(rows, losses, fixed, parameters):
            (x, y, rate) = fixed
            (k, b) = parameters.tolist()
            try:
                for _ in rows:
                    t = 1.0 / (1.0 + exp(-(k * x + b)))
                    t_2 = t - y
                    t_3 = t_2 * 2.0 * (t * (1.0 - t))
                    losses.append(t_2 * t_2)
                    k = k - rate * (t_3 * x)
                    b = b - rate * t_3
            except EXCEPTIONAL:
                parameters[:] = (k, b)
                raise
            parameters[:] = (k, b)
        """)


@pytest.mark.parametrize("rows", [1, 4, 9])
def test_many_steps_in_one_loop_are_those_of_single_runs(rows):
    rng = np.random.default_rng(rows)
    arguments = [rng.normal(size=(rows, 2)), rng.uniform(size=(rows, 1))]
    code, reference, own, expected = both(xor(rows), rng.normal(size=33))
    single = generator().compile(xor(rows), [own[0].copy()])
    series = np.array([[0.3]])
    losses = code.repeat(50, arguments, series)
    np.testing.assert_allclose(losses, reference.repeat(50, arguments, series), rtol=1e-12)
    np.testing.assert_allclose(own[0], expected[0], rtol=1e-11)
    again = [float(single.run([*arguments, np.array(0.3)])[0]) for _ in range(50)]
    assert losses.tolist() == again


def test_coefficients_that_differ_from_run_to_run_are_taken_row_by_row():
    maker = Maker()
    x, p, m = maker.leaf("x"), maker.leaf("p", (2,)), maker.leaf("m", (2,))
    rate, keep, root = maker.leaf("rate"), maker.leaf("keep"), maker.leaf("root")
    mean = keep * m + (1 - keep) * (p * x)
    section = stateful([x, rate, keep, root], [p, m], [call("sum", p * p)], [p - rate * mean / (root + 1), mean])
    series = np.column_stack([np.linspace(0.1, 0.5, 30), np.full(30, 0.9), np.linspace(1, 2, 30)])
    code, reference, own, expected = both(section, np.array([1.0, -2.0]), np.zeros(2))
    arguments = [np.array(0.7)]
    for part in (series, series[:1], series[:, [0, 0, 0]]):
        np.testing.assert_allclose(code.repeat(30, arguments, part), reference.repeat(30, arguments, part), rtol=1e-14)
        np.testing.assert_allclose(own, expected, rtol=1e-14)
    assert "for rate, root in rows:" in code.source
    assert "1.0 - keep" in code.source.partition("def repeat")[0]


def test_what_is_the_same_in_every_run_is_computed_once_before_the_loop():
    def forward(x, k):
        return call("sum", call("exp", x) * k)

    section = training({"k": (3,)}, {"x": (3,)}, forward)
    prepare, _, repeat = generator().compile(section, [np.zeros(3)]).source.partition("def repeat")
    assert prepare.count("exp(") == 3
    assert "exp(" not in repeat


def test_more_runs_than_a_block_and_none_at_all():
    code, reference, own, expected = both(neuron(), np.array([0.5, 0.1]))
    arguments, rates = [np.array(0.7), np.array(0.9)], np.linspace(0, 0.1, 10_000)[:, np.newaxis]
    assert code.repeat(0, arguments, rates[:1]).shape == (0,)
    losses, wanted = code.repeat(10_000, arguments, rates), reference.repeat(10_000, arguments, rates)
    np.testing.assert_allclose(losses, wanted, atol=1e-14)
    np.testing.assert_allclose(own, expected, rtol=1e-11)


def test_states_may_be_set_from_outside_between_calls():
    code, reference, own, expected = both(neuron(), np.array([0.5, 0.1]))
    arguments, series = [np.array(0.7), np.array(0.9)], np.array([[0.1]])
    for executable, states in ((code, own), (reference, expected)):
        executable.repeat(3, arguments, series)
        states[0][0] = 2.0
        executable.run([*arguments, np.array(0.2)])
    assert_close(own[0], expected[0])


def test_states_of_several_shapes_and_types_change_each_after_what_reads_it():
    maker = Maker()
    a, b, c = maker.leaf("a", (2, 2)), maker.leaf("b", (2, 2)), maker.leaf("c")
    seen, count = maker.leaf("seen", (), F64), maker.leaf("last", (2,), I64)
    section = stateful(
        [],
        [a, b, c, seen, count],
        [call("sum", a), a - b],
        [b, a, c + call("sum", a * b), seen, call("argmax", a, axis=0)],
    )
    start = [np.arange(4.0).reshape(2, 2), np.ones((2, 2)), np.array(1.0), np.array(-3.0), np.zeros(2, np.int64)]
    code, reference, own, expected = both(section, *start)
    nothing = np.empty((1, 0))
    assert code.repeat(5, [], nothing).tolist() == reference.repeat(5, [], nothing).tolist()
    for _ in range(2):
        for found, wanted in zip(code.run([]), reference.run([]), strict=True):
            assert_close(found, wanted)
    for found, wanted in zip(own, expected, strict=True):
        assert_close(found, wanted)


def growing() -> Section:
    """A state that grows until its exponential is too large, and is then taken back to 0 by nan."""
    maker = Maker()
    p, rate = maker.leaf("p", (2,)), maker.leaf("rate")
    size = call("exp", p)
    following = call("where", call("isinf", size), 0.0, p + rate)
    return stateful([rate], [p], [call("sum", size / p)], [following])


@pytest.mark.parametrize("runs", [12, 100])
def test_exceptional_runs_in_a_loop_are_done_by_the_fallback_and_the_loop_goes_on(runs):
    code, reference, own, expected = both(growing(), np.array([500.0, 0.0]))
    rates = np.linspace(50, 130, runs)[:, np.newaxis]
    for series in (rates, rates[:1]):
        losses, wanted = code.repeat(runs, [], series), reference.repeat(runs, [], series)
        assert not np.isfinite(wanted).all()
        assert_close(losses, wanted)
        assert_close(own[0], expected[0])


@pytest.mark.parametrize("function", [lambda x: call("log", x), lambda x: 1 / x])
def test_what_is_exceptional_in_every_run_is_not_tried_in_each(function):
    def forward(x, k):
        return call("sum", function(x) + k)

    code, reference, own, expected = both(training({"k": ()}, {"x": ()}, forward), np.array([1.0]))
    for x in (2.0, -0.0, 0.0, -1.0, 2.0):
        arguments = [np.array(x)]
        assert_close(code.repeat(5, arguments, np.array([[0.1]])), reference.repeat(5, arguments, np.array([[0.1]])))
    assert_close(own[0], expected[0])


def test_an_exception_that_is_none_of_arithmetic_leaves_the_states_as_they_were():
    class InterruptedRunError(Exception):
        pass

    class Rates(np.ndarray):
        def tolist(self):
            def numbers():
                yield from [0.1, 0.1]
                raise InterruptedRunError

            return numbers()

    code, _, own, _ = both(neuron(), np.array([0.5, 0.1]))
    rates = np.array([[0.1], [0.2], [0.3]]).view(Rates)
    with pytest.raises(InterruptedRunError):
        code.repeat(3, [np.array(0.7), np.array(0.9)], rates)
    assert own[0].tolist() == [0.5, 0.1]


NUMBERS = st.sampled_from([-np.inf, -2.0, -0.5, -0.0, 0.0, 0.5, 3.0, np.inf, np.nan])
STEPS = [
    lambda a, b: a + b,
    lambda a, b: a - b,
    lambda a, b: a * b,
    lambda a, b: -a,
    lambda a, b: a + 0.0,
    lambda a, b: call("maximum", a, b),
    lambda a, b: call("where", call("less", a, b), a, b),
    lambda a, b: call("square", a),
    lambda a, b: call("tanh", b),
    lambda a, b: call("abs", a),
    lambda a, b: call("broadcast_to", call("sum", a), shape=(2,)),
    lambda a, b: call("broadcast_to", call("sum", a * b, axis=(0,)), shape=(2,)),
    lambda a, b: call("concatenate", call("getitem", a, index=(slice(1),)), call("getitem", b, index=(slice(1),))),
    lambda a, b: a * call("astype", call("equal", b, b), dtype=F64),
    lambda a, b: call("arctan", a),
    lambda a, b: call("atan2", a, b),
    lambda a, b: call("sign", a),
]
"""Steps that raise no exception in Python, so that no value comes from the fallback."""


@settings(deadline=None, max_examples=150)
@given(
    st.lists(NUMBERS, min_size=4, max_size=4),
    st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 99), st.integers(0, 99)), min_size=1, max_size=12),
)
def test_random_programs_agree_down_to_the_signs_of_zeros(numbers, steps):
    arrays = [np.array(numbers[:2]), np.array(numbers[2:])]

    def program(*leaves):
        known = list(leaves)
        for step, left, right in steps:
            known.append(step(known[left % len(known)], known[right % len(known)]))
        return known[-1], call("sum", known[-1])

    section = section_of(program, *arrays)

    def none(section, states):
        raise AssertionError("an exception was raised")

    found = ScalarGenerator(none).compile(section, []).run(arrays)
    for value, wanted in zip(found, ReferenceExecutable(section, []).run(arrays), strict=True):
        assert_close(value, wanted)


def test_what_cannot_be_compiled_is_named():
    def reason(function, *inputs, floating=F64):
        return generator().obstacle(section_of(function, *inputs, floating=floating))

    x, i = np.zeros((2, 2)), np.zeros(2, np.int64)
    assert reason(lambda x: x + 1, np.zeros(2, np.float32)) == "computes in f64 only, and `x0` is f32"
    assert reason(lambda x: call("astype", x, dtype=F32), x) == "computes in f64 only, and `astype` is f32"
    assert reason(lambda x, i: call("take", x, i), x, i) == "has no code for `take` of f64[2, 2], i64[2]"
    assert reason(lambda i: i * 2, i) == "computes with integers of any length, and `multiply` of i64 may wrap around"
    assert reason(lambda i: call("sum", i), i).endswith("`sum` of i64 may wrap around")
    assert reason(lambda i: call("sum", call("less", i, 1)), i) == ""
    computed = reason(lambda x: call("one_hot", call("argmax", x, axis=0), classes=2), x)
    assert computed == "has no code for `one_hot` of labels that are computed"
    large = reason(lambda x: call("matmul", x, x), np.zeros((30, 30)))
    assert large == "writes out at most 20,000 operations on single elements, and this takes 54,000"
    assert generator().obstacle(neuron()) == ""


def test_names_of_the_program_never_disturb_the_code():
    maker = Maker()
    names = ["exp", "lambda", "losses", "layer.w", "2nd", "α", "t", "t_2", "parameters", "EXCEPTIONAL", "__builtins__"]
    leaves = [maker.leaf(name, (2,)) for name in names]
    state = maker.leaf("rows", (2,))
    total = state
    for leaf in leaves:
        total = call("exp", total * 0.1) / leaf
    section = stateful(leaves, [state], [call("sum", total)], [total])
    code, reference, own, expected = both(section, np.ones(2))
    arguments = [np.full(2, 2.0) + number for number in range(len(leaves))]
    nothing = np.empty((1, 0))
    for executable in (code, reference):
        executable.run(arguments)
    np.testing.assert_allclose(code.repeat(3, arguments, nothing), reference.repeat(3, arguments, nothing), rtol=1e-14)
    np.testing.assert_allclose(own, expected, rtol=1e-14)


def test_additions_of_zero_are_made_only_where_the_sign_of_a_zero_is_seen():
    def additions(function):
        section = section_of(function, np.zeros(2), np.zeros(2))
        return generator().compile(section, []).source.count("+ 0.0")

    assert additions(lambda a, b: call("sum", a * b)) == 1
    assert additions(lambda a, b: call("sum", a * a)) == 0  # no square is -0.0
    assert additions(lambda a, b: call("exp", call("sum", a))) == 0  # which is 1 at both zeros
    assert additions(lambda a, b: call("sum", call("tanh", call("sum", a)) * b)) == 1  # the other sum's is enough
    assert additions(lambda a, b: call("sum", a) + call("sum", b)) == 1
    assert additions(lambda a, b: call("sum", a) - call("sum", b)) == 1
    assert additions(lambda a, b: 1 / call("sum", a)) == 1


def test_operations_are_counted_without_views():
    a, b = np.zeros((2, 3)), np.zeros((3, 4))
    assert scalar_operations(section_of(lambda a, b: call("matmul", a, b), a, b)) == 48
    assert scalar_operations(section_of(lambda a: call("transpose", call("reshape", a, shape=(3, 2))), a)) == 0
    assert scalar_operations(section_of(lambda a: call("sum", call("exp", a)), a)) == 12
    assert scalar_operations(neuron()) < scalar_operations(xor(1)) < scalar_operations(xor(4))
