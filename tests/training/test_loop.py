"""The training loop: what an epoch is, which parameters change, when it ends, and what it reports."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dsl

SEVEN = "x=[0.0, 1, 2, 3, 4, 5, 6], y=[1.0, 3, 2, 5, 4, 7, 9]"

PROGRAM = """
dtype {dtype}
dim n
placeholder x: [n]
placeholder y: [n]
parameter k = 0.0
parameter b = 0.0
loss = mse(y, k * x + b)
metric error = mae(y, k * x + b)
data d {{
    source = arrays({rows})
    x = source["x"]
    y = source["y"]
    {split}
}}
train {{
    minimize = loss
    data = d{part}
    {entries}
}}
"""


def fit(entries: str, rows: str = SEVEN, dtype: str = "f64", split: str = "", part: str = "", **overrides):
    """The line through some rows after training, and the outcome of that."""
    text = PROGRAM.format(rows=rows, dtype=dtype, entries="\n    ".join(entries.split(";")), split=split, part=part)
    program = dsl.loads(text)
    return program, program.train_all(overrides=overrides)[-1]


def losses(outcome):
    return outcome.history.column("loss")


HALVES = {"split": "split = fractions(train=0.5, test=0.5)", "part": ".train"}


class TestEpochs:
    def test_the_loss_of_an_epoch_weighs_batches_by_their_rows(self):
        _, whole = fit("epochs = 1; optimizer = sgd(lr=0)")
        _, batches = fit("epochs = 1; optimizer = sgd(lr=0); batch = 3")
        assert losses(batches) == pytest.approx(losses(whole), rel=1e-14)

    def test_whole_batches_follow_gradient_descent(self):
        program, outcome = fit("epochs = 3; optimizer = sgd(lr=0.01); shuffle = false")
        x, y = np.arange(7.0), np.array([1.0, 3, 2, 5, 4, 7, 9])
        k = b = 0.0
        for _ in range(3):
            e = k * x + b - y
            k, b = k - 0.01 * 2 * np.mean(e * x), b - 0.01 * 2 * np.mean(e)
        assert [program.parameters["k"], program.parameters["b"]] == pytest.approx([k, b], rel=1e-13)
        assert losses(outcome)[0] == pytest.approx(np.mean(y**2), rel=1e-15)

    def test_steps_may_end_within_an_epoch(self):
        _, outcome = fit("steps = 5; batch = 3")
        assert [(row["epoch"], row["step"]) for row in outcome.history.rows] == [(1, 3), (2, 5)]
        assert (outcome.epochs, outcome.steps) == (2, 5)

    def test_the_last_smaller_batch_can_be_dropped(self):
        _, outcome = fit("epochs = 2; batch = 3; drop_last = true")
        assert outcome.steps == 4

    def test_a_batch_larger_than_the_data_is_all_of_them(self):
        assert losses(fit("epochs = 3; batch = 1000")[1]) == pytest.approx(losses(fit("epochs = 3")[1]), rel=1e-12)

    def test_no_batch_at_all_is_an_error_at_the_block(self):
        with pytest.raises(dsl.ProgramError, match="make no batch of 8") as caught:
            fit("epochs = 1; batch = 8; drop_last = true")
        assert caught.value.diagnostics[0].span

    def test_no_epochs_leave_everything_as_it_is(self):
        program, outcome = fit("epochs = 0")
        assert len(outcome.history) == 0
        assert program.parameters["k"] == 0
        assert outcome.metrics["d.all"]["loss"] > 0

    def test_a_program_without_data_trains_on_its_own_values(self):
        program = dsl.loads(
            "parameter k = 5.0\nloss = (k - 2) ** 2\ntrain {\n minimize = loss\n optimizer = sgd(lr=0.25)\n steps = 40\n}\n"
        )
        (outcome,) = program.train_all()
        assert program.parameters["k"] == pytest.approx(2)
        assert list(outcome.metrics) == [""]


class TestShuffling:
    def test_the_seed_alone_decides_the_order(self):
        runs = [losses(fit(f"epochs = 4; batch = 2; seed = {seed}; optimizer = sgd(lr=0.02)")[1]) for seed in (1, 1, 2)]
        assert runs[0] == runs[1] != runs[2]

    def test_every_epoch_has_an_order_of_its_own(self):
        text = "epochs = 6; batch = 1; optimizer = sgd(lr=0.001); seed = 3"
        assert losses(fit(text)[1]) != losses(fit(text + "; shuffle = false")[1])

    def test_without_shuffling_the_seed_makes_no_difference(self):
        runs = [losses(fit(f"epochs = 3; batch = 2; shuffle = false; seed = {seed}")[1]) for seed in (1, 2)]
        assert runs[0] == runs[1]

    def test_every_row_is_seen_once_an_epoch(self):
        seen = []

        class Recorder:
            def begin(self, run, epochs, steps_per_epoch):
                assert (epochs, steps_per_epoch) == (2, 7)

            def step(self, epoch, step, loss, rate):
                seen.append(round(loss))

            def epoch(self, row):
                seen.append(None)

            def end(self):
                seen.append("end")

        program, _ = fit("epochs = 0; batch = 1; optimizer = sgd(lr=0)")
        program.train(epochs=2, progress=Recorder())
        squares = sorted([1, 9, 4, 25, 16, 49, 81])
        assert sorted(seen[:7]) == sorted(seen[8:15]) == squares
        assert seen[:7] != seen[8:15]
        assert seen[7] is None
        assert seen[15:] == [None, "end"]


class TestRepeatability:
    @pytest.mark.parametrize("dtype", ["f16", "f32", "f64"])
    def test_the_same_bits_every_time_in_the_programs_own_type(self, dtype):
        entries = "epochs = 5; batch = 2; optimizer = adam(lr=0.01, eps=1e-4)"
        (first, one), (second, two) = (fit(entries, dtype=dtype) for _ in range(2))
        assert losses(one) == losses(two)
        assert losses(one)[-1] < losses(one)[0]
        for name, value in first.parameters.items():
            assert value.dtype == {"f16": np.float16, "f32": np.float32, "f64": np.float64}[dtype]
            assert value.tobytes() == second.parameters[name].tobytes()

    @settings(max_examples=25, deadline=None)
    @given(
        st.lists(st.tuples(st.floats(-3, 3, width=32), st.floats(-3, 3, width=32)), min_size=2, max_size=12),
        st.sampled_from(
            ["sgd(lr=0.01)", "sgd(lr=0.005, momentum=0.9)", "adam(lr=0.001)", "rmsprop(lr=0.0005)", "lbfgs()"]
        ),
    )
    def test_the_loss_goes_down(self, points, optimizer):
        x, y = ([float(p[i]) for p in points] for i in range(2))
        _, outcome = fit(f"epochs = 8; optimizer = {optimizer}", rows=f"x={x}, y={y}")
        before, after = losses(outcome)[0], outcome.metrics["d.all"]["loss"]
        assert after <= before + 1e-3, "but for the length of a few steps, where it was next to nothing already"


class TestChosenParameters:
    TWO = """
    dim n
    placeholder x: [n, 3]
    h = x |> Dense(4) |> tanh
    out = h |> Dense(2)
    loss = mean(out ** 2) + 1e-9 * sum(h)
    data d {
        source = arrays(x=[[1.0, 2, 3], [4, 5, 6], [7, 8, 10]])
        x = source
    }
    train head {
        minimize = loss
        data = d
        epochs = 3
        parameters = ["out"]
    }
    train rest {
        minimize = loss
        data = d
        epochs = 3
        parameters = ["h.*", "out.Dense.b"]
        optimizer = adamw(lr=0.01, weight_decay=0.1)
    }
    """

    def test_only_those_change_to_the_last_bit(self):
        program = dsl.loads(self.TWO)
        before = {name: value.tobytes() for name, value in program.parameters.items()}
        program.train("head")
        after = {name: value.tobytes() for name, value in program.parameters.items()}
        assert {name for name in before if before[name] != after[name]} == {"out.Dense.w", "out.Dense.b"}
        program.train("rest")
        last = {name: value.tobytes() for name, value in program.parameters.items()}
        assert {name for name in after if last[name] != after[name]} == {"h.Dense.w", "h.Dense.b", "out.Dense.b"}

    def test_each_run_goes_on_where_the_one_before_ended(self):
        program = dsl.loads(self.TWO)
        first, second = program.train_all()
        assert second.history.rows[0]["loss"] == pytest.approx(first.metrics["d.all"]["loss"], rel=1e-6)

    def test_a_glob_that_stands_for_nothing(self):
        program = dsl.loads(self.TWO)
        with pytest.raises(dsl.ProgramError, match=r'nothing is named as `parameters = \["ou"\]` says') as caught:
            program.train("head", parameters=["ou"])
        assert caught.value.diagnostics[0].hint == "did you mean `out`?"

    def test_parameters_that_the_loss_does_not_depend_on(self):
        program = dsl.loads(
            "parameter a = 1.0\nparameter c = 1.0\nloss = a * a\nother = c\nshow other\n"
            'train {\n minimize = loss\n steps = 1\n parameters = ["c"]\n}\n'
        )
        with pytest.raises(dsl.ProgramError, match="no parameter reaches `loss`"):
            program.train()


class TestClipping:
    def test_by_norm_bounds_the_length_of_a_step(self):
        program, _ = fit("steps = 1; optimizer = sgd(lr=1); clip_norm = 0.5")
        step = np.hypot(program.parameters["k"], program.parameters["b"])
        assert step == pytest.approx(0.5, rel=1e-4)

    def test_by_value_bounds_each_element(self):
        program, _ = fit("steps = 1; optimizer = sgd(lr=1); clip_value = 0.25")
        assert [program.parameters["k"], program.parameters["b"]] == [0.25, 0.25]

    def test_small_gradients_stay_as_they_are(self):
        limited, free = (fit(f"epochs = 4; optimizer = sgd(lr=0.01){c}")[0] for c in ("; clip_norm = 1e6", ""))
        assert limited.parameters == free.parameters

    def test_lbfgs_needs_the_losss_own_gradients(self):
        with pytest.raises(dsl.ProgramError, match="clipped gradients belong to no loss"):
            fit('epochs = 1; optimizer = lbfgs(line_search="strong_wolfe"); clip_norm = 1')


class TestEarlyStopping:
    ROUGH = "epochs = 50; validate = d.test; optimizer = sgd(lr=0.09); early_stopping = "

    def test_the_best_parameters_are_given_back(self):
        program, outcome = fit(self.ROUGH + "3", **HALVES)
        column = outcome.history.column("d.test.loss")
        best = int(np.argmin(column)) + 1
        assert outcome.stopped_early
        assert outcome.epochs == best + 3
        assert outcome.metrics["d.test"]["loss"] == min(column)
        assert program.run(fetch="loss", on="d.test")["loss"] == min(column)

    def test_or_the_last_ones(self):
        _, outcome = fit(self.ROUGH + "early_stopping(patience=3, restore_best=false)", **HALVES)
        column = outcome.history.column("d.test.loss")
        assert outcome.metrics["d.test"]["loss"] == column[-1] != min(column)

    def test_any_column_can_be_watched(self):
        text = 'early_stopping(2, monitor="d.test.error", mode="max")'
        _, outcome = fit(
            "epochs = 50; validate = d.test; optimizer = sgd(lr=0.001); early_stopping = " + text, **HALVES
        )
        column = outcome.history.column("d.test.error")
        assert int(np.argmax(column)) == 0
        assert outcome.epochs == 3

    def test_without_validation_the_training_loss_is_watched(self):
        _, outcome = fit("epochs = 500; optimizer = sgd(lr=0.01, momentum=0.9); early_stopping = 2")
        assert outcome.stopped_early

    def test_a_run_that_ends_by_itself_is_not_stopped(self):
        _, outcome = fit("epochs = 5; optimizer = sgd(lr=0.001); early_stopping = 4")
        assert not outcome.stopped_early
        assert outcome.epochs == 5

    def test_a_column_that_will_not_be_there_is_found_before_training(self):
        with pytest.raises(dsl.ProgramError, match=r"there is no `d\.test\.eror` to monitor") as caught:
            fit('epochs = 5; validate = d.test; early_stopping = early_stopping(monitor="d.test.eror")', **HALVES)
        assert caught.value.diagnostics[0].hint == "did you mean `d.test.error`?"


class TestSchedules:
    def test_per_epoch(self):
        _, outcome = fit("epochs = 4; batch = 2; optimizer = sgd(lr=1e-3); schedule = step(2, gamma=0.1)")
        assert outcome.history.column("rate") == pytest.approx([1e-3, 1e-3, 1e-4, 1e-4])

    def test_per_step_the_rate_is_that_of_the_epochs_last_step(self):
        text = 'epochs = 2; batch = 2; optimizer = sgd(lr=1e-3); schedule = exponential(0.5, per="step")'
        assert fit(text)[1].history.column("rate") == pytest.approx([1e-3 / 2**3, 1e-3 / 2**7])

    def test_a_plateau_lowers_the_rate(self):
        text = "epochs = 30; validate = d.test; optimizer = sgd(lr=0.09); schedule = reduce_on_plateau(patience=1, factor=0.5)"
        rates = fit(text, **HALVES)[1].history.column("rate")
        assert rates[0] == 0.09
        assert rates[-1] < 0.09
        assert all(after in (before, before / 2) for before, after in pairwise(rates))

    def test_a_plateau_of_a_metric(self):
        text = 'schedule = reduce_on_plateau(monitor="d.test.error", mode="max", patience=0, factor=0.5)'
        _, outcome = fit(f"epochs = 4; validate = d.test; optimizer = sgd(lr=0.001); {text}", **HALVES)
        assert outcome.history.column("rate") == pytest.approx([0.001, 0.001, 0.0005, 0.00025])

    def test_a_momentum_that_is_not_there(self):
        with pytest.raises(dsl.ProgramError, match="changes the momentum, and `adagrad` has none") as caught:
            fit("epochs = 2; optimizer = adagrad(); schedule = one_cycle(0.1)")
        assert caught.value.diagnostics[0].span


class TestMeasurements:
    def test_each_epoch_reports_every_validation_set(self):
        _, outcome = fit("epochs = 2; validate = [d.test, d.train]", **HALVES)
        assert outcome.history.columns == [
            *("epoch", "step", "loss", "rate"),
            *("d.test.loss", "d.test.error", "d.train.loss", "d.train.error", "seconds"),
        ]
        assert set(outcome.metrics) == {"d.train", "d.test"}
        assert outcome.history.last["d.test.loss"] == outcome.metrics["d.test"]["loss"]

    def test_metrics_that_the_data_do_not_feed_are_left_out(self):
        program = dsl.loads(
            "dim n\nplaceholder x: [n]\nplaceholder y: [n]\nparameter k = 1.0\nh = k * x\nloss = mean(h ** 2)\n"
            "metric size = mean(abs(h))\nmetric error = mae(y, h)\n"
            "data d {\n source = arrays(x=[1.0, 2.0])\n x = source\n}\n"
            "train {\n minimize = loss\n data = d\n epochs = 1\n}\n"
        )
        (outcome,) = program.train_all()
        assert list(outcome.metrics["d.all"]) == ["loss", "size"]


class TestWatching:
    LOST = "epochs = 3; batch = 4; optimizer = sgd(lr=1e200)"

    def test_the_value_the_line_the_step_and_the_ranges_are_named(self):
        with pytest.raises(dsl.ProgramError) as caught:
            fit(self.LOST + '; watch = ["loss"]')
        (found,) = caught.value.diagnostics
        assert found.code == "nonfinite"
        assert found.message.startswith("`loss` is infinite in step 2: `mse` of `y` in [")
        assert found.span.text == "mse(y, k * x + b)"

    def test_gradients_are_watched_with_their_values(self):
        program = dsl.loads(
            "parameter k = 0.0\nroot = sqrt(k)\nloss = root * 2\n"
            'train {\n minimize = loss\n steps = 1\n watch = ["root"]\n}\n'
        )
        with pytest.raises(dsl.ProgramError, match="the gradient that flows back through `root` is infinite in step 1"):
            program.train()

    def test_what_is_not_watched_may_be_lost(self):
        _, outcome = fit(self.LOST)
        assert not np.isfinite(losses(outcome)[-1])

    def test_after_the_training_no_step_is_named(self):
        program, _ = fit("epochs = 1")
        program.trap = dsl.app.program.NonFiniteTrap()
        program.train()
        with pytest.raises(dsl.ProgramError, match="`loss` is infinite: `mse` of"):
            program.run({"x": [1e300], "y": [-1e300]}, fetch="loss")
