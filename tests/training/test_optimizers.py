"""Optimisers: PyTorch's trajectories step by step, and what each promises besides."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from dsl.engine.reference import ReferenceEngine
from dsl.graph.graph import Graph
from dsl.ops.dims import Dim
from dsl.ops.dtypes import F32, F64
from dsl.ops.types import TensorType
from dsl.source.diagnostic import ProgramError
from dsl.training.hyperparameters import ArgumentError
from dsl.training.optimizers import OPTIMIZERS, Elementwise, LbfgsState, OptimizerState, make, start
from dsl.training.optimizers.line_search import Trial, cubic_minimum, strong_wolfe
from dsl.training.schedules import ScheduleState
from dsl.training.schedules import make as make_schedule

RECORD = json.loads((Path(__file__).parent / "data" / "optimizers.json").read_text())
ELEMENTWISE = [name for name, declaration in OPTIMIZERS.items() if issubclass(declaration, Elementwise)]
TOLERANCE = 1e-9


def begin(dtype=np.float64):
    return {name: np.array(value, dtype) for name, value in RECORD["start"].items()}


def loss_and_gradients(parameters):
    """A chain of Rosenbrock's valleys with ripples, and its gradient by hand."""
    x = np.append(parameters["a"], parameters["b"])
    here, there = x[:-1], x[1:]
    valley = there - here**2
    loss = np.sum(valley**2 + 0.1 * (1 - here) ** 2) + 0.3 * np.sum(np.sin(3 * x))
    gradient = 0.9 * np.cos(3 * x)
    gradient[:-1] += -4 * here * valley - 0.2 * (1 - here)
    gradient[1:] += 2 * valley
    return float(loss), {"a": gradient[:3].astype(x.dtype), "b": np.array(gradient[3], x.dtype)}


def trajectory(optimizer, steps=50, schedule=None, parameters=None, state=None):
    """The parameters after each step, as rows of one array."""
    parameters = parameters or begin()
    state = state or start(optimizer)
    control = ScheduleState(schedule, optimizer, epochs=steps, steps=steps) if schedule else None
    rows = []
    for _ in range(steps):
        if isinstance(state, LbfgsState):
            parameters, _ = state.step(parameters, loss_and_gradients)
        else:
            rate, momentum = (control.rate, control.momentum) if control else (None, None)
            parameters = state.step(parameters, loss_and_gradients(parameters)[1], rate, momentum)
        if control:
            control.advance("step")
        rows.append(np.append(parameters["a"], parameters["b"]))
    return np.array(rows)


def label(run):
    return f"{run['name']}({', '.join(f'{key}={value}' for key, value in run['arguments'].items())})"


@pytest.mark.parametrize("run", RECORD["runs"], ids=label)
def test_every_step_is_where_pytorch_is(run):
    ours = trajectory(make(run["name"], run["arguments"]))
    np.testing.assert_allclose(ours, run["trajectory"], rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("run", RECORD["cycled"], ids=label)
def test_every_step_is_where_pytorch_is_while_the_momentum_is_cycled(run):
    schedule = make_schedule("one_cycle", RECORD["cycle"])
    ours = trajectory(make(run["name"], run["arguments"]), schedule=schedule)
    np.testing.assert_allclose(ours, run["trajectory"], rtol=TOLERANCE, atol=TOLERANCE)


def test_all_of_pytorchs_optimisers_are_recorded():
    assert {run["name"] for run in RECORD["runs"]} == set(OPTIMIZERS) - {"lion"}


def test_the_gradient_by_hand_is_that_of_the_loss():
    point, gradients = begin(), loss_and_gradients(begin())[1]
    for index in range(3):
        moved = {**point, "a": point["a"] + 1e-6 * np.eye(3)[index]}
        back = {**point, "a": point["a"] - 1e-6 * np.eye(3)[index]}
        slope = (loss_and_gradients(moved)[0] - loss_and_gradients(back)[0]) / 2e-6
        assert slope == pytest.approx(gradients["a"][index], rel=1e-7)


def test_lion_by_hand():
    optimizer = make("lion", {"lr": 0.1, "betas": [0.5, 0.8], "weight_decay": 0.2})
    state, x = OptimizerState(optimizer), {"x": np.array([1.0, -2.0, 3.0])}
    x = state.step(x, {"x": np.array([4.0, -0.5, 0.0])})
    # remains 1 - 0.1 * 0.2 = 0.98; the direction is sign(0.5 g), and 0 where the gradient is 0
    np.testing.assert_allclose(x["x"], [0.98 - 0.1, -1.96 + 0.1, 2.94], rtol=1e-15)
    np.testing.assert_allclose(state.export()["exp_avg/x"], [0.8, -0.1, 0.0], rtol=1e-15)
    x = state.step(x, {"x": np.array([-0.7, -1.0, -1.0])})
    # 0.5 * 0.8 - 0.5 * 0.7 > 0 still, though this gradient is negative
    np.testing.assert_allclose(x["x"], [0.88 * 0.98 - 0.1, -1.86 * 0.98 + 0.1, 2.94 * 0.98 + 0.1], rtol=1e-15)
    np.testing.assert_allclose(state.export()["exp_avg/x"], [0.8 * 0.8 - 0.14, -0.08 - 0.2, -0.2], rtol=1e-15)


def test_lion_moves_every_element_by_the_rate_however_large_its_gradient():
    optimizer = make("lion", {"lr": 0.03})
    x = OptimizerState(optimizer).step({"x": np.zeros(4)}, {"x": np.array([1e-12, -1e12, 3.0, -0.1])})
    np.testing.assert_array_equal(x["x"], [-0.03, 0.03, -0.03, 0.03])


def test_lion_goes_downhill():
    losses = [loss_and_gradients({"a": row[:3], "b": row[3]})[0] for row in trajectory(make("lion", {"lr": 0.01}), 200)]
    assert losses[-1] < losses[0] - 1


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_run_repeats_to_the_last_bit(name):
    np.testing.assert_array_equal(trajectory(make(name)), trajectory(make(name)))


FULL = {
    "sgd": {"momentum": 0.9, "weight_decay": 0.1},
    "adagrad": {"weight_decay": 0.1},
    "rmsprop": {"momentum": 0.9, "centered": True},
    "adadelta": {},
    "adam": {"amsgrad": True},
    "adamw": {},
    "nadam": {"decoupled_weight_decay": True, "weight_decay": 0.1},
    "radam": {"betas": [0.9, 0.9]},
    "lion": {"weight_decay": 0.1},
    "lbfgs": {"max_iter": 2, "max_eval": 6, "history_size": 2, "line_search": "strong_wolfe"},
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_single_precision_stays_single(name):
    state = start(make(name, FULL[name]))
    rows = trajectory(state.optimizer, steps=12, parameters=begin(np.float32), state=state)
    assert rows.dtype == np.float32
    floats = [key for key, array in state.export().items() if array.shape and array.dtype != np.float32]
    assert floats == []
    wide = trajectory(make(name, FULL[name]), steps=12)
    np.testing.assert_allclose(rows, wide, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_run_continued_from_its_export_goes_on_alike(name):
    optimizer = make(name, FULL[name])
    whole = trajectory(optimizer, steps=20)
    first = start(optimizer)
    head = trajectory(optimizer, steps=8, state=first)
    second = start(optimizer)
    second.restore({key: array.copy() for key, array in first.export().items()})
    middle = {"a": head[-1, :3], "b": head[-1, 3]}
    tail = trajectory(optimizer, steps=12, parameters=middle, state=second)
    np.testing.assert_array_equal(np.concatenate([head, tail]), whole)
    assert second.steps == 20


def test_a_momentum_that_only_a_schedule_gives_is_kept_too():
    optimizer, gradient = make("sgd", {"lr": 0.1}), {"x": np.array([1.0])}
    first, second = OptimizerState(optimizer), OptimizerState(optimizer)
    x = first.step({"x": np.array([1.0])}, gradient, 0.1, 0.9)
    second.restore(first.export())
    np.testing.assert_array_equal(second.step(x, gradient, 0.1, 0.8)["x"], first.step(x, gradient, 0.1, 0.8)["x"])


def test_an_export_names_arrays_by_state_and_parameter():
    state = OptimizerState(make("adam"))
    state.step({"encoder.w": np.ones((2, 3))}, {"encoder.w": np.ones((2, 3))})
    shapes = {key: array.shape for key, array in state.export().items()}
    assert shapes == {
        "steps": (),
        "step/encoder.w": (),
        "exp_avg/encoder.w": (2, 3),
        "exp_avg_sq/encoder.w": (2, 3),
    }


@pytest.mark.parametrize(
    ("written", "resumed"), [("adam", "sgd"), ("sgd", "adam"), ("adam", "nadam"), ("sgd", "lbfgs")]
)
def test_a_checkpoint_of_another_optimiser_is_refused(written, resumed):
    state = OptimizerState(make(written))
    state.step(begin(), loss_and_gradients(begin())[1])
    with pytest.raises(ProgramError, match=f"does not continue a run with `{resumed}`"):
        start(make(resumed)).restore(state.export())


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_parameter_without_a_gradient_is_left_alone(name):
    optimizer = make(name, {**FULL[name], "weight_decay": 0.5})
    state = OptimizerState(optimizer)
    here = {"used": np.array([1.0, 2.0]), "unused": np.array([3.0]), "missing": np.array(4.0)}
    after = state.step(here, {"used": np.array([0.1, 0.1]), "unused": None})
    assert after["unused"] is here["unused"]
    assert after["missing"] is here["missing"]
    assert not np.array_equal(after["used"], here["used"])
    assert {key.partition("/")[2] for key in state.export()} == {"", "used"}


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_parameter_that_joins_late_starts_at_its_own_first_step(name):
    optimizer, gradient = make(name, FULL[name]), np.array([0.3, -0.2])
    late, alone = OptimizerState(optimizer), OptimizerState(optimizer)
    parameters = {"early": np.ones(2), "late": np.ones(2)}
    for _ in range(3):
        parameters = late.step(parameters, {"early": gradient, "late": None})
    expected = {"late": np.ones(2)}
    for _ in range(4):
        parameters = late.step(parameters, {"early": gradient, "late": gradient})
        expected = alone.step(expected, {"late": gradient})
    np.testing.assert_array_equal(parameters["late"], expected["late"])


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_several_parameters_move_as_one_flat_buffer_does(name):
    optimizer = make(name, FULL[name])
    split, flat = OptimizerState(optimizer), OptimizerState(optimizer)
    parameters = begin()
    buffer = {"all": np.append(parameters["a"], parameters["b"])}
    for _ in range(10):
        gradients = loss_and_gradients(parameters)[1]
        buffer = flat.step(buffer, {"all": np.append(gradients["a"], gradients["b"])})
        parameters = split.step(parameters, gradients)
    np.testing.assert_array_equal(buffer["all"], np.append(parameters["a"], parameters["b"]))


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_step_changes_no_array_in_place(name):
    parameters, gradients = begin(), loss_and_gradients(begin())[1]
    state = OptimizerState(make(name, FULL[name]))
    state.step(parameters, gradients)
    exported = {key: array.copy() for key, array in state.export().items()}
    before = state.export()
    state.step(parameters, gradients)
    for key, array in before.items():
        np.testing.assert_array_equal(array, exported[key])
    for name_, value in begin().items():
        np.testing.assert_array_equal(parameters[name_], value)


@pytest.mark.parametrize("name", ELEMENTWISE)
def test_a_gradient_of_zeros_at_the_start_gives_no_nan(name):
    state, x = OptimizerState(make(name, FULL[name])), {"x": np.array([1.0, -1.0], np.float32)}
    for _ in range(8):
        x = state.step(x, {"x": np.zeros(2, np.float32)})
    assert np.isfinite(x["x"]).all()


def test_centred_rmsprop_bears_a_gradient_that_never_changes():
    optimizer = make("rmsprop", {"centered": True, "alpha": 0.5})
    state, x = OptimizerState(optimizer), {"x": np.zeros(100, np.float32)}
    constant = np.linspace(0.1, 3, 100, dtype=np.float32)
    for _ in range(100):
        x = state.step(x, {"x": constant})
    assert np.isfinite(x["x"]).all()


def test_a_rate_of_zero_moves_nothing():
    for name in OPTIMIZERS:
        rows = trajectory(make(name, {"lr": 0}), steps=3)
        np.testing.assert_array_equal(rows, np.tile(np.append(*begin().values()), (3, 1)))


@pytest.mark.parametrize("name", ELEMENTWISE)
@pytest.mark.parametrize("dtype", [F32, F64], ids=str)
def test_an_update_can_be_put_into_a_graph(name, dtype):
    optimizer = make(name, FULL[name])
    graph, type_ = Graph(dtype), TensorType(dtype, (Dim.fixed(4),))
    leaves = {key: graph.placeholder(type_) for key in ("parameter", "gradient", *optimizer.slots())}
    inner = {slot: leaves[slot] for slot in optimizer.slots()}
    coefficients = optimizer.coefficients(3, optimizer.coefficients(2, optimizer.coefficients(1, {})))
    new, following = optimizer.update(leaves["parameter"], leaves["gradient"], inner, coefficients)
    rng = np.random.default_rng(0)
    given = {leaf: rng.random(4).astype(dtype.numpy) for leaf in leaves.values()}
    values = ReferenceEngine(graph, [new, *following.values()]).run(given)
    arrays = {key: given[leaf] for key, leaf in leaves.items()}
    expected, slots = optimizer.update(arrays["parameter"], arrays["gradient"], arrays, coefficients)
    assert values[new].dtype == dtype.numpy
    np.testing.assert_array_equal(values[new], expected)
    for slot, node in following.items():
        np.testing.assert_array_equal(values[node], slots[slot])


class TestLbfgs:
    @pytest.mark.parametrize("line_search", [None, "strong_wolfe"])
    def test_it_finds_the_minimum_of_a_quadratic_form(self, line_search):
        matrix = np.array([[3.0, 0.5, 0.2], [0.5, 2.0, 0.1], [0.2, 0.1, 1.0]])

        def evaluate(parameters):
            x = parameters["x"]
            return 0.5 * x @ matrix @ x - x.sum(), {"x": matrix @ x - 1}

        state, x = start(make("lbfgs", {"line_search": line_search, "tolerance_change": 0})), {"x": np.full(3, 5.0)}
        for _ in range(3):
            x, _ = state.step(x, evaluate)
        np.testing.assert_allclose(x["x"], np.linalg.solve(matrix, np.ones(3)), rtol=1e-7)

    def test_a_step_reports_the_loss_before_it_and_counts_evaluations(self):
        calls = []

        def evaluate(parameters):
            calls.append(parameters)
            return loss_and_gradients(parameters)

        state = start(make("lbfgs", {"max_iter": 3, "line_search": "strong_wolfe"}))
        _, loss = state.step(begin(), evaluate)
        assert loss == loss_and_gradients(begin())[0]
        assert state.memory.evaluations == len(calls)
        assert state.memory.iterations <= 3

    def test_the_line_search_satisfies_the_strong_wolfe_conditions(self):
        optimizer = make("lbfgs", {"max_iter": 1, "max_eval": 30, "line_search": "strong_wolfe", "lr": 7.0})
        state, here = start(optimizer), begin()
        for _ in range(6):
            loss, gradients = loss_and_gradients(here)
            there, _ = state.step(here, loss_and_gradients)
            loss_there, gradients_there = loss_and_gradients(there)
            direction, length = state.memory.direction, state.memory.length
            slope = np.append(gradients["a"], gradients["b"]) @ direction
            slope_there = np.append(gradients_there["a"], gradients_there["b"]) @ direction
            assert loss_there <= loss + 1e-4 * length * slope
            assert abs(slope_there) <= 0.9 * abs(slope)
            here = there

    def test_a_parameter_without_a_gradient_stays(self):
        def evaluate(parameters):
            return float(parameters["x"] ** 2), {"x": 2 * parameters["x"], "idle": None}

        state = start(make("lbfgs"))
        after, _ = state.step({"x": np.array(3.0), "idle": np.array([7.0])}, evaluate)
        assert after["idle"] == 7
        assert abs(after["x"]) < 1e-6

    @pytest.mark.parametrize("bad", [math.nan, math.inf])
    @pytest.mark.parametrize("line_search", [None, "strong_wolfe"])
    def test_a_loss_that_is_not_finite_ends_the_step_without_an_error(self, bad, line_search):
        def evaluate(parameters):
            x = parameters["x"]
            return (bad, {"x": x * bad}) if abs(x[0]) > 1.5 else (float(x @ x), {"x": -2 * x})

        state = start(make("lbfgs", {"line_search": line_search, "lr": 5.0}))
        state.step({"x": np.array([1.0, 0.5])}, evaluate)
        state.step({"x": np.array([2.0, 0.5])}, evaluate)

    def test_nothing_to_train_is_no_error(self):
        assert start(make("lbfgs")).step({}, lambda parameters: (1.0, {})) == ({}, 1.0)


class TestLineSearch:
    """On losses of one number; `calls` are the lengths that were tried."""

    def search(self, loss, slope, first, *, tolerance=1e-9, limit=25):
        calls = []

        def evaluate(length):
            calls.append(length)
            return Trial(length, loss(length), np.array([slope(length)]), slope(length))

        origin = Trial(0.0, loss(0.0), np.array([slope(0.0)]), slope(0.0))
        found, count = strong_wolfe(evaluate, origin, first, np.array([1.0]), tolerance=tolerance, limit=limit)
        assert count == len(calls)
        return found, calls

    @pytest.mark.parametrize("first", [1e-4, 0.1, 1.0, 3.0, 50.0, 1e6])
    def test_it_finds_a_point_from_any_first_length(self, first):
        found, _ = self.search(lambda t: math.cosh(min(t, 500) - 2), lambda t: math.sinh(min(t, 500) - 2), first)
        assert found.loss < math.cosh(-2)
        assert abs(found.slope) <= 0.9 * abs(math.sinh(-2))

    def test_a_first_length_that_will_do_is_taken(self):
        found, calls = self.search(lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1), 1.2)
        assert found.length == 1.2
        assert calls == [1.2]

    def test_a_narrow_bracket_ends_it(self):
        found, calls = self.search(
            lambda t: 0.0 if t == 0 else 1 + t, lambda t: -1.0 if t == 0 else 1.0, 1.0, tolerance=0.2
        )
        assert found.length == 0
        assert len(calls) < 10

    def test_the_limit_ends_it_with_the_lowest_point(self):
        found, calls = self.search(lambda t: 0.0 if t == 0 else 1 + t, lambda t: -1.0 if t == 0 else 1.0, 1.0, limit=4)
        assert found.length == 0
        assert len(calls) == 5

    def test_a_loss_that_falls_for_ever_ends_at_the_limit(self):
        found, calls = self.search(lambda t: -t, lambda t: -1.0, 1.0, limit=5)
        assert found.length == max(calls)

    def test_trials_do_not_creep_along_an_end_of_the_bracket(self):
        steep = 1e4  # the cubic's minimum lies next to the low end, again and again
        found, _ = self.search(lambda t: max(-t, steep * (t - 1) - 1), lambda t: -1.0 if t < 1 else steep, 3.0)
        assert found.loss < -0.9

    @pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
    def test_a_loss_that_is_not_finite_away_from_the_start_ends_it(self, bad):
        found, calls = self.search(lambda t: -t if t < 0.5 else bad, lambda t: -1.0 if t < 0.5 else bad, 1.0)
        assert math.isfinite(found.length)
        assert len(calls) <= 26

    def test_the_cubic_through_two_trials_is_lowest_where_it_is(self):
        loss, slope = lambda t: t**3 - 3 * t, lambda t: 3 * t**2 - 3
        trials = [Trial(t, loss(t), np.array([0.0]), slope(t)) for t in (0.2, 2.5)]
        assert cubic_minimum(*trials, 0.2, 2.5) == pytest.approx(1)
        assert cubic_minimum(*trials[::-1], 0.2, 2.5) == pytest.approx(1)
        assert cubic_minimum(*trials, 1.5, 2.5) == 1.5
        assert cubic_minimum(trials[0], trials[0], 0.0, 3.0) == 1.5


WRONG = [
    ("adm", {}, "name", "`adm` is not the name of an optimiser", "did you mean `adam`?"),
    ("adam", {"beta": [0.9, 0.99]}, "argument", "no hyper-parameter `beta`", "did you mean `betas`?"),
    ("adam", {"zzz": 1}, "argument", "no hyper-parameter `zzz`", "it is called as `adam(lr=0.001"),
    ("sgd", {"lr": -0.1}, "argument", "`lr` of `sgd` must be a number of at least 0, not -0.1", ""),
    ("sgd", {"lr": math.nan}, "argument", "must be a number", ""),
    ("sgd", {"lr": "fast"}, "argument", 'not "fast"', ""),
    ("sgd", {"lr": True}, "argument", "not true", ""),
    ("sgd", {"momentum": -1}, "argument", "`momentum` of `sgd`", ""),
    ("sgd", {"nesterov": 1}, "argument", "must be true or false, not 1", ""),
    ("sgd", {"nesterov": True}, "argument", "needs a momentum above 0", "nesterov=true"),
    ("sgd", {"nesterov": True, "momentum": 0.9, "dampening": 0.1}, "argument", "no dampening", ""),
    ("adam", {"betas": [0.9, 1]}, "argument", "each of at least 0 and below 1, not [0.9, 1]", ""),
    ("adam", {"betas": [0.9]}, "argument", "a list of two numbers", ""),
    ("adam", {"betas": 0.9}, "argument", "a list of two numbers", ""),
    ("adamw", {"eps": -1e-8}, "argument", "`eps` of `adamw`", ""),
    ("rmsprop", {"alpha": 1.5}, "argument", "a number from 0 to 1", ""),
    ("adadelta", {"rho": -0.1}, "argument", "a number from 0 to 1", ""),
    ("nadam", {"momentum_decay": -1}, "argument", "`momentum_decay` of `nadam`", ""),
    ("lbfgs", {"max_iter": 2.5}, "argument", "an integer of at least 1, not 2.5", ""),
    ("lbfgs", {"history_size": 0}, "argument", "an integer of at least 1, not 0", ""),
    ("lbfgs", {"line_search": "armijo"}, "argument", 'one of "strong_wolfe", or none', ""),
    ("lbfgs", {"line_search_fn": "strong_wolfe"}, "argument", "", "is called `line_search` here"),
]


@pytest.mark.parametrize(("name", "arguments", "code", "message", "hint"), WRONG)
def test_a_wrong_hyper_parameter_is_named(name, arguments, code, message, hint):
    with pytest.raises(ArgumentError) as caught:
        make(name, arguments)
    (diagnostic,) = caught.value.diagnostics
    assert diagnostic.code == code
    assert diagnostic.span is None
    assert message in diagnostic.message
    assert hint in diagnostic.hint
    assert caught.value.argument in {"", *arguments}


def test_positional_hyper_parameters_fill_the_first_places():
    assert make("sgd", {"momentum": 0.9}, [0.1]) == make("sgd", {"lr": 0.1, "momentum": 0.9})
    with pytest.raises(ArgumentError, match="`lr` of `sgd` is given twice"):
        make("sgd", {"lr": 0.1}, [0.1])
    with pytest.raises(ArgumentError, match="at most 3 positional arguments, not 4"):
        make("lion", {}, [1, 2, 3, 4])


def test_numpy_values_are_numbers_too():
    optimizer = make("adam", {"lr": np.float32(0.5), "betas": np.array([0.5, 0.25])})
    assert optimizer.lr == 0.5
    assert optimizer.betas == (0.5, 0.25)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_optimiser_documents_itself_and_its_hyper_parameters(name):
    declaration = OPTIMIZERS[name]
    assert declaration.documentation()
    assert all(parameter.doc and parameter.kind.expected for parameter in declaration.hyperparameters())
    assert declaration.signature().startswith(f"{name}(lr=")
    assert str(make(name)) == f"{name}()"
