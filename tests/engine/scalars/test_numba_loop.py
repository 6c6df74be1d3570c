"""Loops compiled by numba against the reference engine: values in each element type, and loops."""

import subprocess
import sys
from itertools import product

import numpy as np
import pytest
from operation_inputs import PRIMITIVES, SPECIAL, applied, functions_of, inputs_of
from scalar_sections import Maker, ReferenceExecutable, assert_close, call, neuron, section_of, stateful, xor

from dsl.engine.executable import Executable
from dsl.engine.jit import compilation
from dsl.engine.scalars.numba_loop import ScalarLoopGenerator
from dsl.engine.scalars.unroll import MOVES
from dsl.graph.passes.section import Section
from dsl.ops.dtypes import BOOL, F16, F32, F64, I32, I64, DType
from dsl.ops.registry import OPERATIONS

numba = pytest.importorskip("numba")


@pytest.fixture(scope="module", autouse=True)
def cache_of_these_tests(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        yield folder


def both(section: Section, *states: np.ndarray) -> tuple:
    """The compiled loop, the reference, and copies of the states for each."""
    assert ScalarLoopGenerator().obstacle(section) == ""
    own, expected = [state.copy() for state in states], [state.copy() for state in states]
    return ScalarLoopGenerator().compile(section, own), ReferenceExecutable(section, expected), own, expected


def agree(code: Executable, reference: ReferenceExecutable, arguments: list[np.ndarray], names: list[str]) -> None:
    pairs = zip(names, code.run(arguments), reference.run(arguments), strict=True)
    for name, found, expected in pairs:
        try:
            if name in ("matmul", "prod"):
                np.testing.assert_allclose(found, expected, rtol=1e-5 if found.dtype == np.float32 else 1e-13)
            else:
                assert_close(found, expected, 7 if name == "erfc" else 4)
        except AssertionError as error:
            raise AssertionError(f"{name} of {arguments}") from error


@pytest.mark.parametrize("floating", [F64, F32], ids=str)
@pytest.mark.parametrize("count", [1, 2])
def test_elementwise_functions_agree_also_at_infinities_nan_and_zeros(count: int, floating: DType) -> None:
    functions = functions_of(count)
    leaves = [np.zeros((), floating.numpy)] * count
    section = section_of(lambda *x: tuple(f(*x) for f in functions.values()), *leaves, floating=floating)
    code, reference, _, _ = both(section)
    for numbers in product(SPECIAL, repeat=count):
        if numbers not in ((-np.inf, 0.5), (-0.0, 0.5), (0.0, 0.5)):  # where NumPy takes the root in place of the power
            agree(code, reference, [np.array(number, floating.numpy) for number in numbers], list(functions))


@pytest.mark.parametrize("floating", [pytest.param(F64, marks=pytest.mark.slow), F32], ids=str)
def test_operations_between_elements_agree(floating: DType) -> None:
    names, arrays, calls = list[str](), list[np.ndarray](), list[tuple]()
    for name in sorted({*PRIMITIVES, "erfc"} - {*functions_of(1), *functions_of(2), *MOVES}):
        inputs, attributes = next(inputs_of(OPERATIONS[name]))
        attributes = {**attributes, "reduction": "none"} if name == "nll" else attributes
        calls.append((applied(name, attributes), range(len(arrays), len(arrays) + len(inputs))))
        arrays += [array.astype(floating.numpy) if array.dtype.kind == "f" else array for array in inputs]
        names.append(name)

    def all_of_them(*leaves):
        return tuple(function(*[leaves[place] for place in places]) for function, places in calls)

    code, reference, _, _ = both(section_of(all_of_them, *arrays, floating=floating))
    agree(code, reference, arrays, names)


def test_integers_are_those_of_their_type_and_wrap_around() -> None:
    i, j = np.array([3, -2, 2**31 - 1], np.int32), np.array([2**62, -7, 5])
    b, x = np.array([True, False, True]), np.array([0.5, -3.7, 1e3], np.float32)
    functions = [
        *(lambda i, j, b, x, name=name: call(name, i, i) for name in ("add", "multiply", "subtract", "maximum")),
        *(lambda i, j, b, x, name=name: call(name, j, j) for name in ("add", "multiply", "less", "equal")),
        *(
            lambda i, j, b, x, name=name: call(name, i)
            for name in ("neg", "abs", "sign", "square", "sum", "exp", "mean")
        ),
        *(lambda i, j, b, x, name=name: call(name, i, x) for name in ("add", "divide", "less", "minimum")),
        *(lambda i, j, b, x, name=name: call(name, b) for name in ("sum", "sqrt", "max", "any", "mean")),
        lambda i, j, b, x: call("mod", j, i),
        lambda i, j, b, x: call("where", b, i, 7),
        lambda i, j, b, x: call("matmul", i, i),
        lambda i, j, b, x: call("astype", j, dtype=I32),
        lambda i, j, b, x: call("astype", x, dtype=I64),
        lambda i, j, b, x: call("astype", x, dtype=BOOL),
        lambda i, j, b, x: call("astype", i, dtype=F32) * x,
        lambda i, j, b, x: call("prod", i),
        lambda i, j, b, x: call("argmax", x),
    ]
    arrays = [i, j, b, x]
    section = section_of(lambda *leaves: tuple(f(*leaves) for f in functions), *arrays, floating=F32)
    code, reference, _, _ = both(section)
    agree(code, reference, arrays, list(map(str, range(len(functions)))))


@pytest.mark.parametrize("floating", [F64, F32], ids=str)
def test_loops_are_those_of_the_reference_with_fixed_and_with_changing_coefficients(floating: DType) -> None:
    units = 1e-12 if floating is F64 else 2e-4
    rng = np.random.default_rng(0)
    code, reference, own, expected = both(xor(2, floating), rng.normal(size=33).astype(floating.numpy))
    arguments = [rng.normal(size=(2, 2)).astype(floating.numpy), rng.uniform(size=(2, 1)).astype(floating.numpy)]
    for series in (np.array([[0.3]]), np.linspace(0.1, 0.4, 40)[:, np.newaxis], np.full((40, 1), 0.2)):
        losses, wanted = code.repeat(40, arguments, series), reference.repeat(40, arguments, series)
        np.testing.assert_allclose(losses, wanted, rtol=units)
        np.testing.assert_allclose(own[0], expected[0], rtol=units, atol=units)
    (found,), (loss,) = (one.run([*arguments, np.array(0.3, floating.numpy)]) for one in (code, reference))
    np.testing.assert_allclose(found, loss, rtol=units)
    np.testing.assert_allclose(own[0], expected[0], rtol=units, atol=units)


def test_states_of_several_shapes_and_types_change_each_after_what_reads_it() -> None:
    maker = Maker()
    a, b, c, last = maker.leaf("a", (2, 2)), maker.leaf("b", (2, 2)), maker.leaf("c"), maker.leaf("last", (2,), I64)
    updates = [b, a / 0.0, c + call("sum", a * b), call("argmax", a, axis=0)]
    section = stateful([], [a, b, c, last], [call("sum", a), a - b], updates)
    start = [np.arange(4.0).reshape(2, 2), np.ones((2, 2)), np.array(1.0), np.zeros(2, np.int64)]
    code, reference, own, expected = both(section, *start)
    nothing = np.empty((1, 0))
    assert_close(code.repeat(3, [], nothing), reference.repeat(3, [], nothing))
    for found, wanted in zip([*code.run([]), *own], [*reference.run([]), *expected], strict=True):
        assert_close(found, wanted)
    assert code.repeat(0, [], nothing).shape == (0,)
    assert_close(own[2], expected[2])


def test_arrays_that_may_not_be_written_to_or_do_not_lie_on_a_boundary_are_taken_too() -> None:
    section = section_of(lambda x: x * 2, np.zeros(3))
    code = ScalarLoopGenerator().compile(section, [])
    fixed = np.arange(3.0)
    fixed.flags.writeable = False
    shifted = np.zeros(25, np.uint8)[1:].view(np.float64)
    for array in (fixed, shifted):
        assert_close(code.run([array])[0], array * 2)


def test_results_without_elements_are_no_obstacle() -> None:
    code, reference, _, _ = both(section_of(lambda x: call("exp", x), np.zeros((0, 2))))
    agree(code, reference, [np.zeros((0, 2))], ["exp"])


def test_labels_that_are_no_class_are_an_error_as_in_the_reference() -> None:
    section = section_of(lambda c: call("one_hot", c, classes=3), np.array([0, 2]))
    with pytest.raises(IndexError, match=r"label 3 at .1. is out of range"):
        ScalarLoopGenerator().compile(section, []).run([np.array([0, 3])])


# -- obstacles ----------------------------------------------------------------------------------------------------------


def test_what_cannot_be_compiled_is_named(monkeypatch) -> None:
    generator = ScalarLoopGenerator()
    half = section_of(lambda x: x + 1, np.zeros(2, np.float16), floating=F16)
    assert generator.obstacle(half) == "computes in f32 and f64 only, and `x0` is f16"
    unread = section_of(lambda x, y: y + 1, np.zeros(2, np.float16), np.zeros(2))
    assert generator.obstacle(unread) == generator.obstacle(half)
    large = section_of(lambda x: call("matmul", x, x), np.zeros((10, 10)))
    assert generator.obstacle(large).startswith("writes out at most 1,500 operations")
    powers = section_of(lambda i: call("power", i, 3), np.zeros(2, np.int64))
    assert generator.obstacle(powers) == "has no code for `power` of i64[2], i64"
    assert generator.obstacle(neuron()) == ""
    monkeypatch.setattr(compilation, "find_spec", lambda name: None)
    assert generator.obstacle(neuron()) == 'needs numba, which is not installed (pip install "nn-lang[fast]")'


def test_numba_is_imported_by_the_first_run_only() -> None:
    program = "import sys; from dsl.engine.scalars.numba_loop import ScalarLoopGenerator; print('numba' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert found.stdout == "False\n"
