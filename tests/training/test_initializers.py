"""Initialisers: their distributions, their repeatability, and what they refuse."""

import math

import numpy as np
import pytest

from dsl.training.hyperparameters import ArgumentError
from dsl.training.initializers import INITIALIZERS, Exactly, fans, make, parameter_rng

F32, F64 = np.dtype(np.float32), np.dtype(np.float64)
RECORDED_STREAM = [10431743710682463871, 6320230194196635411]
ARGUMENTS = {"constant": {"value": 2.5}}


def draw(name, shape, arguments=None, *, dtype=F64, seed=7, path="w"):
    return make(name, arguments or ARGUMENTS.get(name))(shape, dtype, parameter_rng(seed, path))


@pytest.mark.parametrize("name", INITIALIZERS)
@pytest.mark.parametrize("shape", [(3, 4), (2, 3, 2, 2), (5, 2), (0, 3), (4, 0)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_an_array_has_the_shape_and_the_element_type(name, shape, dtype):
    array = draw(name, shape, dtype=np.dtype(dtype))
    assert array.shape == shape
    assert array.dtype == dtype
    assert array.flags.writeable
    assert array.flags.owndata or array.base.flags.writeable
    assert np.isfinite(array).all()


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"orthogonal"}))
@pytest.mark.parametrize("shape", [(), (3,)])
def test_scalars_and_vectors_have_values_too(name, shape):
    array = draw(name, shape)
    assert isinstance(array, np.ndarray)
    assert array.shape == shape


@pytest.mark.parametrize("name", INITIALIZERS)
def test_the_same_seed_and_path_give_the_same_values(name):
    np.testing.assert_array_equal(draw(name, (6, 5)), draw(name, (6, 5)))


@pytest.mark.parametrize("name", sorted(set(INITIALIZERS) - {"zeros", "ones", "constant"}))
def test_another_seed_or_another_path_gives_other_values(name):
    values = draw(name, (6, 5))
    assert not np.allclose(values, draw(name, (6, 5), seed=8))
    assert not np.allclose(values, draw(name, (6, 5), path="v"))


@pytest.mark.parametrize("name", INITIALIZERS)
def test_single_precision_starts_where_double_does(name):
    np.testing.assert_array_equal(draw(name, (6, 5), dtype=F32), draw(name, (6, 5)).astype(np.float32))


def test_constants():
    np.testing.assert_array_equal(draw("zeros", (2, 2)), np.zeros((2, 2)))
    np.testing.assert_array_equal(draw("ones", (2,)), np.ones(2))
    np.testing.assert_array_equal(draw("constant", (2, 1), {"value": -3}), [[-3.0], [-3.0]])


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((), (1, 1)),
        ((7,), (7, 1)),
        ((3, 4), (3, 4)),
        ((8, 3, 5, 5), (75, 200)),
        ((8, 3, 5), (15, 40)),
    ],
)
def test_the_numbers_of_inputs_and_outputs(shape, expected):
    assert fans(shape) == expected


SPREADS = [
    ("normal", {}, 1.0),
    ("normal", {"mean": 0.0, "std": 0.1}, 0.1),
    ("uniform", {}, math.sqrt(1 / 12)),
    ("uniform", {"low": -1, "high": 3}, math.sqrt(16 / 12)),
    ("glorot_uniform", {}, math.sqrt(2 / 500)),
    ("glorot_normal", {"gain": 3}, 3 * math.sqrt(2 / 500)),
    ("he_uniform", {}, math.sqrt(2 / 200)),
    ("he_normal", {}, math.sqrt(2 / 200)),
    ("lecun_uniform", {}, math.sqrt(1 / 200)),
    ("lecun_normal", {}, math.sqrt(1 / 200)),
    ("truncated_normal", {}, 0.8796256610342398),
]


@pytest.mark.parametrize(("name", "arguments", "spread"), SPREADS)
def test_the_spread_of_many_draws(name, arguments, spread):
    values = draw(name, (200, 300), arguments)
    assert np.std(values) == pytest.approx(spread, rel=0.01)


@pytest.mark.parametrize("name", ["glorot", "he", "lecun"])
def test_uniform_and_normal_draws_of_a_kind_have_the_same_variance(name):
    shape = (100, 4, 10, 10)
    assert np.std(draw(f"{name}_uniform", shape)) == pytest.approx(np.std(draw(f"{name}_normal", shape)), rel=0.02)


def test_uniform_draws_stay_within_pytorchs_bounds():
    values = draw("glorot_uniform", (200, 300))
    bound = math.sqrt(6 / 500)
    assert np.abs(values).max() <= bound
    assert np.abs(values).max() > 0.999 * bound


def test_truncated_draws_stay_within_their_bounds_and_are_distributed_as_the_normal_is_there():
    values = draw("truncated_normal", (50_000,), {"mean": 5, "std": 2, "low": -0.5, "high": 1})
    assert values.min() >= 4
    assert values.max() <= 7

    def share_below(x):
        return (1 + math.erf(x / math.sqrt(2))) / 2

    below = (share_below(0.2) - share_below(-0.5)) / (share_below(1) - share_below(-0.5))
    assert np.mean(values < 5.4) == pytest.approx(below, abs=0.01)


@pytest.mark.parametrize("shape", [(5, 5), (7, 3), (3, 7), (4, 2, 3)])
def test_orthogonal_matrices_are_orthogonal(shape):
    matrix = draw("orthogonal", shape, {"gain": 2}).reshape(shape[0], -1) / 2
    product = matrix.T @ matrix if matrix.shape[0] >= matrix.shape[1] else matrix @ matrix.T
    np.testing.assert_allclose(product, np.eye(min(matrix.shape)), atol=1e-14)


def test_orthogonal_matrices_are_spread_over_both_signs():
    traces = [np.trace(draw("orthogonal", (2, 2), seed=seed)) for seed in range(300)]
    assert abs(np.mean(traces)) < 0.2


def test_an_orthogonal_vector_is_refused():
    with pytest.raises(ValueError, match=r"`orthogonal` needs a shape with two axes or more, not \[3\]"):
        draw("orthogonal", (3,))


class TestStreams:
    def test_they_depend_on_seed_and_path_alone_and_stay_the_same_for_ever(self):
        assert parameter_rng(7, "encoder.w").bit_generator.random_raw(2).tolist() == RECORDED_STREAM

    def test_they_do_not_overlap_or_correlate(self):
        streams = [parameter_rng(seed, path).standard_normal(4000) for seed in (0, 1) for path in ("w", "b", "w2", "")]
        correlations = np.corrcoef(streams) - np.eye(len(streams))
        assert np.abs(correlations).max() < 0.07

    @pytest.mark.parametrize("seed", [0, 2**31, 2**40 + 3, 2**100])
    def test_every_seed_that_is_not_negative_will_do(self, seed):
        assert parameter_rng(seed, "naïve.w").random() == parameter_rng(seed, "naïve.w").random()

    def test_a_large_seed_is_not_folded_into_a_small_one(self):
        assert parameter_rng(1, "w").random() != parameter_rng(2**32 + 1, "w").random()


class TestExactly:
    def test_a_number_is_repeated(self):
        np.testing.assert_array_equal(
            Exactly(0.5)((2, 2), F32, parameter_rng(0, "b")), np.full((2, 2), 0.5, np.float32)
        )

    def test_an_array_is_repeated_along_the_axes_it_lacks(self):
        array = Exactly(np.array([1, 2]))((3, 2), F64, parameter_rng(0, "b"))
        np.testing.assert_array_equal(array, [[1.0, 2.0]] * 3)
        array[0, 0] = 9
        np.testing.assert_array_equal(array[1], [1.0, 2.0])

    def test_a_scalar_parameter_is_an_array(self):
        array = Exactly(3)((), F64, parameter_rng(0, "b"))
        assert isinstance(array, np.ndarray)
        assert array == 3

    def test_the_array_of_the_program_is_not_shared(self):
        value = np.ones(3)
        Exactly(value)((3,), F64, parameter_rng(0, "b"))[0] = 5
        np.testing.assert_array_equal(value, np.ones(3))

    @pytest.mark.parametrize(("value", "shape"), [([1.0, 2.0, 3.0], (2,)), ([[1.0], [2.0]], (2,)), ([1.0, 2.0], ())])
    def test_a_value_that_does_not_fit_is_refused(self, value, shape):
        with pytest.raises(ValueError, match=r"a value of shape \[.*\] does not fit the shape \["):
            Exactly(np.array(value))(shape, F64, parameter_rng(0, "b"))


WRONG = [
    ("glorot", {}, (), "`glorot` is not the name of an initialiser", "did you mean `glorot_"),
    ("kaiming_normal", {}, (), "`kaiming_normal` is not the name", "did you mean `he_normal`?"),
    ("xavier", {}, (), "not the name of an initialiser", "there are zeros, ones, constant"),
    ("normal", {"sigma": 1}, (), "no hyper-parameter `sigma`", "normal(mean=0.0, std=1.0)"),
    ("normal", {}, (0, -1), "`std` of `normal` must be a number of at least 0, not -1", ""),
    ("normal", {}, (0, 1, 2), "at most 2 positional arguments, not 3", ""),
    ("zeros", {}, (0,), "at most 0 positional arguments, not 1", ""),
    ("constant", {}, (), "`constant` needs `value`: a number", ""),
    ("uniform", {"low": 1, "high": 0}, (), "`low` of `uniform` must not be above `high`", ""),
    ("truncated_normal", {"low": 2, "high": -2}, (), "holds less than 0.1%", "the lower one first"),
    ("truncated_normal", {"low": 6, "high": 7}, (), "holds less than 0.1%", ""),
    ("he_normal", {"gain": 0}, (), "a number above 0, not 0", ""),
]


@pytest.mark.parametrize(("name", "arguments", "positional", "message", "hint"), WRONG)
def test_a_wrong_hyper_parameter_is_named(name, arguments, positional, message, hint):
    with pytest.raises(ArgumentError) as caught:
        make(name, arguments, positional)
    (diagnostic,) = caught.value.diagnostics
    assert message in diagnostic.message
    assert hint in diagnostic.hint


def test_positional_hyper_parameters_read_as_on_paper():
    assert make("normal", {}, (0, 0.1)) == make("normal", {"mean": 0, "std": 0.1})
    assert make("uniform", {}, (-1, 1)) == make("uniform", {"low": -1, "high": 1})


@pytest.mark.parametrize("name", INITIALIZERS)
def test_every_initialiser_documents_itself(name):
    declaration = INITIALIZERS[name]
    assert declaration.documentation()
    assert all(parameter.doc for parameter in declaration.hyperparameters())
