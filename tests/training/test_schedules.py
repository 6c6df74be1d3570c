"""Schedules: PyTorch's rates count by count, and what each promises besides."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from dsl.training.hyperparameters import ArgumentError
from dsl.training.optimizers import make as make_optimizer
from dsl.training.schedules import SCHEDULES, ScheduleState, make
from dsl.training.stopping import STOPPING, EarlyStopping

RECORD = json.loads((Path(__file__).parent / "data" / "schedules.json").read_text())
BASE = RECORD["base_rate"]
TOLERANCE = 1e-9
STEPS = len(RECORD["watched"])
NEEDED = {
    "step": {"size": 3},
    "multi_step": {"milestones": [2, 5]},
    "exponential": {"gamma": 0.9},
    "one_cycle": {"max_lr": 0.1},
    "warmup": {"steps": 4},
}


def schedule_of(run):
    arguments = dict(run["arguments"])
    if "then" in arguments:
        name, inner = arguments["then"]
        arguments["then"] = make(name, inner)
    return make(run["name"], arguments)


def label(run):
    return f"{run.get('name', 'reduce_on_plateau')}-{'-'.join(run['arguments'])}"


def started(schedule, epochs=50, steps=500, **hyper):
    return ScheduleState(schedule, make_optimizer("sgd", {"lr": BASE, **hyper}), epochs=epochs, steps=steps)


@pytest.mark.parametrize("run", RECORD["runs"], ids=label)
def test_every_rate_is_pytorchs(run):
    schedule = schedule_of(run)
    rates = [schedule.rate(count, BASE) for count in range(STEPS)]
    np.testing.assert_allclose(rates, run["rates"], rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("run", RECORD["runs"], ids=label)
def test_every_momentum_is_pytorchs(run):
    schedule = schedule_of(run)
    momenta = [schedule.momentum(count) for count in range(STEPS)]
    if run["momenta"] is None:
        assert momenta == [None] * STEPS
    else:
        np.testing.assert_allclose(momenta, run["momenta"], rtol=TOLERANCE, atol=TOLERANCE)


@pytest.mark.parametrize("run", RECORD["plateaus"], ids=label)
def test_every_rate_on_a_plateau_is_pytorchs(run):
    state = started(make("reduce_on_plateau", run["arguments"]))
    rates = []
    for value in RECORD["watched"]:
        state.observe(value)
        rates.append(state.rate)
    np.testing.assert_allclose(rates, run["rates"], rtol=TOLERANCE, atol=TOLERANCE)
    assert min(rates) < BASE


def test_all_of_pytorchs_schedules_are_recorded():
    recorded = {run["name"] for run in RECORD["runs"]} | {"reduce_on_plateau"}
    assert recorded == set(SCHEDULES) - {"constant"}


def test_a_constant_rate_is_the_optimisers():
    assert [make("constant").rate(count, 0.3) for count in (0, 1, 1000)] == [0.3] * 3


@pytest.mark.parametrize(
    ("name", "unit"), [(name, "step" if name in ("one_cycle", "warmup") else "epoch") for name in SCHEDULES]
)
def test_each_counts_epochs_or_steps(name, unit):
    state = started(make(name, NEEDED.get(name)))
    assert state.schedule.per == unit
    state.advance("epoch")
    state.advance("step")
    state.advance("step")
    assert state.count == (1 if unit == "epoch" else 2)


def test_per_chooses_what_is_counted():
    state = started(make("exponential", {"gamma": 0.5, "per": "step"}))
    state.advance("epoch")
    assert state.rate == BASE
    state.advance("step")
    assert state.rate == BASE / 2


class TestTheLengthOfTheRun:
    def test_cosine_takes_it_in_its_own_unit(self):
        per_epoch, per_step = make("cosine"), make("cosine", {"per": "step"})
        assert started(per_epoch, epochs=20).schedule.rate(20, BASE) == pytest.approx(0)
        assert started(per_step, steps=600).schedule.rate(600, BASE) == pytest.approx(0)

    def test_a_length_that_is_given_is_kept(self):
        assert started(make("cosine", {"steps": 7})).schedule == make("cosine", {"steps": 7})

    def test_polynomial_ends_at_zero_and_stays(self):
        schedule = started(make("polynomial", {"power": 2}), epochs=10).schedule
        assert [schedule.rate(count, BASE) for count in (10, 11, 1000)] == [0, 0, 0]

    def test_one_cycle_fills_the_run(self):
        schedule = started(make("one_cycle", {"max_lr": 1}), steps=100).schedule
        assert schedule.rate(29, BASE) == pytest.approx(1)
        assert schedule.rate(99, BASE) == pytest.approx(1 / 25 / 1e4)

    def test_what_follows_a_warm_up_takes_the_rest(self):
        schedule = started(make("warmup", {"steps": 100, "then": make("cosine")}), steps=500).schedule
        assert schedule.rate(100, BASE) == BASE
        assert schedule.rate(300, BASE) == pytest.approx(BASE / 2)
        assert schedule.rate(500, BASE) == pytest.approx(0)

    @pytest.mark.parametrize("name", SCHEDULES)
    @pytest.mark.parametrize("length", [1, 2, 3])
    def test_the_shortest_runs_have_finite_rates(self, name, length):
        state = started(make(name, NEEDED.get(name)), epochs=length, steps=length)
        for _ in range(5):
            assert math.isfinite(state.rate)
            assert state.rate >= 0
            state.advance(state.schedule.per)


class TestOneCycle:
    def test_it_rises_and_falls_and_the_momentum_goes_the_other_way(self):
        schedule = make("one_cycle", {"max_lr": 1, "total_steps": 100})
        rates = [schedule.rate(count, BASE) for count in range(100)]
        momenta = [schedule.momentum(count) for count in range(100)]
        top = int(np.argmax(rates))
        assert top == int(np.argmin(momenta)) == 29
        assert rates == sorted(rates[:top]) + sorted(rates[top:], reverse=True)

    def test_after_its_end_it_stays_there(self):
        schedule = make("one_cycle", {"max_lr": 1, "total_steps": 10})
        assert schedule.rate(10_000, BASE) == schedule.rate(9, BASE)

    @pytest.mark.parametrize("start", [0, 0.1, 1])
    def test_phases_of_no_length_are_no_error(self, start):
        schedule = make("one_cycle", {"max_lr": 1, "total_steps": 10, "pct_start": start})
        assert all(0 <= schedule.rate(count, BASE) <= 1 for count in range(12))

    def test_an_optimiser_without_momentum_is_refused(self):
        schedule = make("one_cycle", {"max_lr": 1})
        with pytest.raises(ArgumentError, match="`one_cycle` changes the momentum, and `adagrad` has none") as caught:
            ScheduleState(schedule, make_optimizer("adagrad"), epochs=1, steps=10)
        assert "cycle_momentum=false" in caught.value.diagnostics[0].hint
        without = make("one_cycle", {"max_lr": 1, "cycle_momentum": False})
        assert ScheduleState(without, make_optimizer("adagrad"), epochs=1, steps=10).momentum is None


class TestReduceOnPlateau:
    def test_the_rate_falls_after_patience_and_never_below_its_least(self):
        state = started(make("reduce_on_plateau", {"patience": 1, "factor": 0.5, "min_lr": BASE / 4}))
        rates = []
        for _ in range(12):
            state.observe(1.0)
            rates.append(state.rate / BASE)
        assert rates == [1, 1, 0.5, 0.5, 0.25, 0.25, *[0.25] * 6]

    def test_nan_is_no_improvement(self):
        state = started(make("reduce_on_plateau", {"patience": 0, "factor": 0.5}))
        state.observe(math.nan)
        assert state.rate == BASE / 2

    def test_it_lowers_the_rate_of_a_warm_up_too(self):
        state = started(make("warmup", {"steps": 2, "then": make("reduce_on_plateau", {"patience": 0, "factor": 0.5})}))
        state.observe(1.0)
        state.observe(1.0)
        assert state.rate == pytest.approx(BASE / 3 / 2)
        state.advance("step")
        state.advance("step")
        assert state.rate == pytest.approx(BASE / 2)

    def test_other_schedules_take_no_notice_of_values(self):
        state = started(make("cosine"))
        state.observe(1.0)
        assert state.plateau is None
        assert state.rate == BASE

    def test_a_rate_of_zero_stays_zero(self):
        schedule = make("reduce_on_plateau", {"patience": 0})
        state = ScheduleState(schedule, make_optimizer("sgd", {"lr": 0}), epochs=9, steps=9)
        for _ in range(4):
            state.observe(1.0)
        assert state.rate == 0


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_continued_from_its_export_goes_on_alike(name):
    schedule = make(name, NEEDED.get(name))
    one, other = started(schedule), started(schedule)
    for value in RECORD["watched"][:25]:
        one.advance(schedule.per)
        one.observe(value)
    other.restore(json.loads(json.dumps(one.export())))
    for value in RECORD["watched"][25:]:
        for state in (one, other):
            state.advance(schedule.per)
            state.observe(value)
        assert other.rate == one.rate
        assert other.momentum == one.momentum


def test_a_growing_rate_overflows_to_infinity_without_an_error():
    assert make("exponential", {"gamma": 2}).rate(100_000, BASE) == math.inf


WRONG = [
    ("cosinus", {}, "`cosinus` is not the name of a schedule", "did you mean `cosine`?"),
    ("step", {}, "`step` needs `size`: an integer of at least 1", "step(size, gamma=0.1"),
    ("step", {"size": 0}, "an integer of at least 1, not 0", ""),
    ("step", {"step_size": 3}, "no hyper-parameter `step_size`", "`step_size` is called `size` here"),
    ("step", {"size": 3, "gamma": 0}, "a number above 0, not 0", ""),
    ("multi_step", {"milestones": [5, 2]}, "a list of integers that do not fall, not [5, 2]", ""),
    ("multi_step", {"milestones": [1.5]}, "a list of integers", ""),
    ("cosine", {"T_max": 3}, "no hyper-parameter `T_max`", "`T_max` is called `steps` here"),
    ("cosine", {"per": "batch"}, 'one of "epoch", "step", not "batch"', ""),
    ("polynomial", {"power": -1}, "a number of at least 0", ""),
    ("warmup", {"steps": 3, "start_factor": 0}, "a number above 0 and at most 1, not 0", ""),
    ("warmup", {"steps": 3, "then": 0.1}, "a schedule, such as `cosine()`, not 0.1", ""),
    (
        "warmup",
        {"steps": 3, "then": make("one_cycle", {"max_lr": 1})},
        "cannot be `one_cycle`",
        "use `one_cycle` alone",
    ),
    ("one_cycle", {}, "`one_cycle` needs `max_lr`", ""),
    ("one_cycle", {"max_lr": 1, "pct_start": 1.1}, "a number from 0 to 1", ""),
    ("one_cycle", {"max_lr": 1, "anneal_strategy": "cosine"}, 'one of "cos", "linear"', ""),
    ("one_cycle", {"max_lr": 1, "pct_start": 0.6, "three_phase": True}, "at most 0.5 with three phases, not 0.6", ""),
    ("reduce_on_plateau", {"factor": 1}, "a number above 0 and below 1, not 1", ""),
    ("reduce_on_plateau", {"mode": "auto"}, 'one of "min", "max"', ""),
    ("reduce_on_plateau", {"per": "step"}, "once an epoch", ""),
]


@pytest.mark.parametrize(("name", "arguments", "message", "hint"), WRONG)
def test_a_wrong_hyper_parameter_is_named(name, arguments, message, hint):
    with pytest.raises(ArgumentError) as caught:
        make(name, arguments)
    (diagnostic,) = caught.value.diagnostics
    assert message in diagnostic.message
    assert hint in diagnostic.hint


@pytest.mark.parametrize("name", SCHEDULES)
def test_every_schedule_documents_itself_and_its_hyper_parameters(name):
    declaration = SCHEDULES[name]
    assert declaration.documentation()
    assert all(parameter.doc and parameter.kind.expected for parameter in declaration.hyperparameters())
    assert declaration.signature().startswith(f"{name}(")
    assert 'per="' in declaration.signature().rpartition(", ")[2] or name == "constant"


def test_a_schedule_is_shown_as_a_program_writes_it():
    schedule = make("warmup", {"steps": 5, "then": make("cosine", {"min_lr": 0.1})})
    assert str(schedule) == "warmup(steps=5, then=cosine(min_lr=0.1))"


class TestEarlyStopping:
    def watch(self, values, **arguments):
        state = STOPPING.make("early_stopping", arguments).start()
        for epoch, value in enumerate(values, 1):
            state.observe(value, epoch)
            if state.should_stop:
                return epoch, state
        return None, state

    def test_it_stops_after_patience_and_remembers_the_best(self):
        epoch, state = self.watch([3, 2, 2.5, 2.2, 2.1, 0], patience=3)
        assert epoch == 5
        assert (state.best, state.best_epoch) == (2, 2)

    def test_an_improvement_begins_the_wait_anew(self):
        epoch, _ = self.watch([3, 4, 2, 4, 1, 4], patience=2)
        assert epoch is None

    def test_larger_is_better_where_the_mode_says_so(self):
        epoch, state = self.watch([0.5, 0.9, 0.8, 0.7], patience=2, mode="max")
        assert epoch == 4
        assert state.best == 0.9

    def test_an_improvement_must_be_larger_than_its_least(self):
        epoch, state = self.watch([1, 0.95, 0.91], patience=2, min_delta=0.1)
        assert epoch == 3
        assert state.best == 1

    def test_nan_and_equal_values_are_no_improvement(self):
        epoch, state = self.watch([math.nan, math.nan], patience=2)
        assert epoch == 2
        assert state.best == math.inf
        assert self.watch([1, 1, 1], patience=2)[0] == 3

    def test_a_state_continued_from_its_export_goes_on_alike(self):
        _, state = self.watch([3, 2, 4], patience=3)
        other = state.stopping.start()
        other.restore(json.loads(json.dumps(state.export())))
        assert (other.best, other.best_epoch, other.waited) == (2, 2, 1)

    def test_wrong_arguments_are_named(self):
        with pytest.raises(ArgumentError, match="`patience` of `early_stopping` must be an integer of at least 1"):
            STOPPING.make("early_stopping", {"patience": 0})
        with pytest.raises(ArgumentError, match=r'a text such as "digits.test.accuracy", or none, not 3'):
            STOPPING.make("early_stopping", {"monitor": 3})

    def test_the_best_parameters_are_taken_back_unless_told_otherwise(self):
        assert EarlyStopping().restore_best
