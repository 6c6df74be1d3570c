"""The benchmark of the steps compares programs that are right, and its statistics are right on a machine made up for it."""

from __future__ import annotations

import json
import math
import re
import sys
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

import dsl
from dsl.source.diagnostic import fail

BENCHMARKS = Path(__file__).resolve().parents[2] / "benchmarks"
sys.path.insert(0, str(BENCHMARKS))
interleaving = import_module("interleaving")
workloads = import_module("workloads")
common = import_module("workloads.common")
steps = import_module("steps")

NUMBERS = {name: import_module(f"workloads.{name}") for name in ("neuron", "xor", "mlp", "chain", "scalars")}


# -- the programs


@pytest.mark.parametrize("name", ["neuron", "xor", "mlp"])
def test_the_numbers_of_a_workload_fit_its_program(name):
    program = dsl.load(BENCHMARKS / "workloads" / f"{name}.nn")
    assert not program.warnings
    program.parameters = NUMBERS[name].PARAMETERS
    numbers = NUMBERS[name]
    feeds = getattr(numbers, "FEEDS", None) or {"x": numbers.X, "y": numbers.Y}
    assert math.isfinite(program.run(feeds, "loss")["loss"])
    rate = program.runs()[0].optimizer.lr
    assert rate == numbers.RATE


def test_the_chain_is_2000_elementwise_operations_with_a_gradient_to_speak_of():
    program = dsl.load(BENCHMARKS / "workloads" / "chain.nn")
    program.parameters = {"x": NUMBERS["chain"].X}
    operations = [node.operation for node in program.forward if node.operation and node.name != "loss"]
    written_by_hand = {"multiply", "add", "subtract", "sin", "square", "tanh", "sigmoid"}
    assert sum(operation.name in written_by_hand for operation in operations) == 2000
    gradient = np.abs(program.gradients("loss", "x")["x"]) * 1000
    assert gradient.min() > 1e-3
    assert gradient.max() < 1e3


def test_the_scalar_net_is_the_same_in_the_program_and_in_the_peers():
    scalars = NUMBERS["scalars"]
    net = scalars.net(width=20, layers=3)
    program = dsl.loads(scalars.program(net))
    assert len(program.parameters) == len(net.weights) == 3 * 20 * 4
    assert program.run(fetch="loss")["loss"] == pytest.approx(scalars.loss_of(net, net.weights, math.tanh), rel=1e-12)
    assert all(gradient != 0 for gradient in program.gradients("loss").values())


def test_the_scalar_net_has_100000_operations():
    text = NUMBERS["scalars"].program(NUMBERS["scalars"].net())
    assert 95_000 < len(re.findall(r" [*+-] |tanh|square", text)) < 105_000


def test_the_workloads_are_those_that_the_command_line_names():
    assert set(workloads.benchmarks()) == set(workloads.NAMES)
    peers = {peer for benchmark in workloads.benchmarks().values() for peer in getattr(benchmark, "peers", ())}
    assert {common.library(peer) for peer in peers} == set(workloads.LIBRARIES)


def test_every_target_names_a_peer_of_its_workload():
    for benchmark in workloads.benchmarks().values():
        for target in getattr(benchmark, "targets", ()):
            assert target.peer in benchmark.peers
            assert target.engine in workloads.ENGINES


# -- agreement


def counting(factor=1.0):
    """A runner whose result is the number of steps so far, times something."""
    made = 0

    def run(count):
        nonlocal made
        made += count
        return made * factor

    return run


def results(**runs):
    return {name: interleaving.first_results(run) for name, run in runs.items()}


def test_runners_agree_within_the_tolerance():
    found = results(a=counting(), b=counting(1 + 1e-7), c=counting(1 + 1e-5))
    assert interleaving.disagreeing(found, 1e-4) == {}
    assert list(interleaving.disagreeing(found, 1e-6)) == ["c"]


def test_the_majority_is_right():
    assert list(interleaving.disagreeing(results(a=counting(2), b=counting(), c=counting()), 1e-9)) == ["a"]


def test_of_two_the_first_is_right():
    assert list(interleaving.disagreeing(results(a=counting(), b=counting(2)), 1e-9)) == ["b"]


def test_a_runner_that_differs_only_in_a_later_step_is_found():
    def lagging(count):
        return counted(count) if count == 1 else counted(1)

    counted = counting()
    differing = interleaving.disagreeing(results(a=counting(), b=counting(), c=lagging), 1e-9)
    assert differing == {"c": "result 3 differs by 2 where the largest element is 5"}


@pytest.mark.parametrize(
    ("right", "wrong"), [(1.0, math.nan), (np.zeros(2), np.zeros(3)), ((np.zeros(2), 2.0), (np.zeros(2), 1.0))]
)
def test_nan_and_other_shapes_and_parts_do_not_agree(right, wrong):
    found = results(a=lambda _: right, b=lambda _: right, c=lambda _: wrong)
    assert list(interleaving.disagreeing(found, 1e-9)) == ["c"]


def test_nothing_agrees_with_nothing():
    assert interleaving.disagreeing({}, 1e-9) == {}


# -- taking turns


class FakeMachine:
    """A machine on which time passes only when something runs; others run in some of the batches."""

    def __init__(self, disturbances=()):
        self.time = 0.0
        self.ran = 0.0
        self.disturbances = list(disturbances)
        self.asked = 0

    def now(self):
        return self.time

    def settle(self):
        self.time += 0.01

    def pause(self, seconds):
        self.time += seconds

    def others(self):
        self.asked += 1
        if self.asked % 2 == 0 and self.disturbances and self.disturbances.pop(0):
            self.ran += 1.0
        return self.ran

    def runner(self, seconds, slower=lambda time: 1.0):
        def run(count):
            self.time += count * seconds * slower(self.time)

        return run


def interleave(machine, runs, rounds=10, batch=0.02, most=1e9):
    return interleaving.interleave(runs, rounds, batch, most, machine)


def test_a_batch_lasts_about_as_long_as_was_asked_for():
    machine = FakeMachine()
    assert interleaving.batch_size(machine.runner(1e-5), 0.02, machine) == 2000
    assert interleaving.batch_size(machine.runner(3.0), 0.02, machine) == 1


def test_times_and_ratios_of_steady_runners():
    machine = FakeMachine()
    timings = interleave(machine, {"ours": machine.runner(1e-4), "peer": machine.runner(5e-4)})
    assert timings.seconds("ours") == pytest.approx(1e-4)
    assert timings.ratio("peer", "ours") == pytest.approx(5)
    assert timings.ratio("ours", "peer") == pytest.approx(0.2)
    assert [len(batches) for batches in timings.batches.values()] == [10, 10]
    assert not timings.is_disturbed("ours", "peer")
    assert timings.repeated == {"ours": 0, "peer": 0}


def test_a_machine_that_gets_slower_and_slower_leaves_the_ratios_as_they_are():
    machine = FakeMachine()

    def tiring(time):
        return 1 + time / 3

    runs = {"ours": machine.runner(1e-4, tiring), "peer": machine.runner(5e-4, tiring)}
    timings = interleave(machine, runs, rounds=100)
    assert timings.batches["ours"][-1].seconds > 2 * timings.batches["ours"][0].seconds
    assert timings.ratio("peer", "ours") == pytest.approx(5, rel=0.05)


def test_each_round_begins_with_another_runner():
    machine = FakeMachine()
    order = []

    def noting(name):
        run = machine.runner(0.1)

        def noted(count):
            order.append(name)
            run(count)

        return noted

    interleave(machine, {name: noting(name) for name in "abc"}, rounds=3)
    assert "".join(order) == "aabbcc" + "abc" + "bca" + "cab"  # first comes the size of the batches


def test_a_disturbed_batch_is_measured_again():
    machine = FakeMachine(disturbances=[True, False, False, True, True])
    timings = interleave(machine, {"ours": machine.runner(0.1), "peer": machine.runner(0.2)}, rounds=4)
    assert sum(timings.repeated.values()) == 3
    assert all(batch.undisturbed for batches in timings.batches.values() for batch in batches)


def test_rounds_that_stay_disturbed_do_not_count_as_long_as_there_are_others():
    quiet, busy = interleaving.Batch(1.0, 0.0), interleaving.Batch(50.0, 0.9)
    timings = interleaving.Timings({"a": [quiet] * 4 + [busy] * 9, "b": [busy] + [quiet] * 12}, {}, {})
    assert timings.seconds("a") == 1.0
    assert timings.ratio("a", "b") == 1.0
    assert not timings.is_disturbed("a", "b")


def test_a_machine_that_is_never_quiet_gives_numbers_that_say_so():
    machine = FakeMachine(disturbances=[True] * 10_000)
    timings = interleave(machine, {"ours": machine.runner(0.1), "peer": machine.runner(0.3)}, rounds=5)
    assert timings.is_disturbed("ours")
    assert timings.ratio("peer", "ours") == pytest.approx(3)
    assert timings.repeated["ours"] == 5 * (interleaving.ATTEMPTS - 1)


def test_there_is_no_new_round_when_the_time_is_up():
    machine = FakeMachine()
    timings = interleave(machine, {"slow": machine.runner(10.0)}, rounds=100, most=55.0)
    assert len(timings.batches["slow"]) == 6
    assert len(interleave(machine, {"slow": machine.runner(10.0)}, rounds=100, most=1.0).batches["slow"]) == 3


def test_nobody_takes_part():
    assert interleave(FakeMachine(), {}).batches == {}


def test_this_machine_knows_its_time_and_what_others_ran():
    machine = interleaving.ThisMachine()
    first, begin = machine.others(), machine.now()
    machine.pause(0.001)
    machine.settle()
    assert machine.now() > begin
    assert machine.others() >= first


# -- what is found


def made_up(targets=(), **peers):
    workload = common.Workload("made up", "nothing: a step", 1e-9, list(targets))
    workload.ours()(lambda engine: counting())
    for name, make in peers.items():
        workload.peer(name)(make)
    return workload


def refuse():
    raise fail("missing", "there is no such engine here")


def test_a_library_that_is_not_installed_is_left_out():
    workload = made_up()
    workload.peer("no_such_library eager")(counting)
    runs, left_out = workload.ready(common.Choice(engines=["auto"], libraries=["no_such_library"]))
    assert list(runs) == ["nn-lang"]
    assert left_out == {"no_such_library eager": "no_such_library is not installed"}


def test_a_library_that_lacks_something_is_left_out():
    def lacking():
        import_module("no_such_library")

    workload = made_up(json=lacking)
    _, left_out = workload.ready(common.Choice(engines=["auto"], libraries=["json"]))
    assert left_out == {"json": "no_such_library is not installed"}


def test_an_engine_that_cannot_be_had_is_left_out():
    workload = common.Workload("made up", "nothing", 1e-9)
    workload.ours()(lambda engine: counting() if engine == "auto" else refuse())
    runs, left_out = workload.ready(common.Choice(engines=["auto", "numba"], libraries=[]))
    assert list(runs) == ["nn-lang"]
    assert left_out == {"nn-lang numba": "there is no such engine here"}


def test_a_peer_that_computes_something_else_is_not_timed():
    workload = made_up(json=lambda: counting(2), csv=lambda: counting(1))
    runs, left_out = workload.ready(common.Choice(engines=["auto"], libraries=["json", "csv"]))
    assert list(runs) == ["nn-lang", "csv"]
    assert left_out["json"].startswith("does not agree: result 1 differs by 1 ")


def test_only_the_chosen_libraries_take_part():
    runs, left_out = made_up(json=counting).ready(common.Choice(engines=["auto", "scalar"], libraries=[]))
    assert list(runs) == ["nn-lang", "nn-lang scalar"]
    assert not left_out


@pytest.mark.parametrize(
    ("target", "ratio", "words", "met"),
    [
        (common.Faster(50, "peer"), 53.46, "53.5 times as fast", True),
        (common.Faster(50, "peer"), 49.0, "49 times as fast", False),
        (common.AtMost(1.05, "peer"), 1.0, "1 times", True),
        (common.AtMost(1.05, "peer"), 0.5, "2 times", False),
        (common.AtMost(0.3, "peer"), 6.25, "0.16 times", True),
    ],
)
def test_targets_are_met_or_not(target, ratio, words, met):
    rows = [common.Row("nn-lang", 1.0, "s"), common.Row("peer", ratio, "s", {"nn-lang": ratio})]
    assert common.judge(target, rows) == common.Verdict("nn-lang", str(target), words, met)


def test_a_target_against_what_was_not_measured_is_open():
    verdict = common.judge(common.Faster(1, "peer", engine="numba"), [common.Row("nn-lang", 1.0, "s")])
    assert steps.judgement(verdict) == "open     nn-lang numba faster than peer: not measured"


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.00127, "s", "1.27 ms"),
        (3.61e-8, "s", "36.1 ns"),
        (2.6, "s", "2.6 s"),
        (1234e6, "B", "1,234 MB"),
        (1.29e-4, "s/node", "129 µs/node"),
    ],
)
def test_numbers_are_shown_in_the_unit_that_suits_them(value, unit, text):
    assert steps.show(value, unit) == text


def test_a_whole_report(monkeypatch):
    machine = FakeMachine()
    seconds = {"nn-lang": 2e-6, "json": 1.4e-4}

    def timed(runs, *_):
        return interleave(machine, {name: machine.runner(seconds[name]) for name in runs})

    monkeypatch.setattr(common, "interleave", timed)
    workload = made_up(targets=[common.Faster(50, "json"), common.Faster(100, "json")], json=counting)
    report = workload.measure(common.Choice(engines=["auto"], libraries=["json"]))
    assert list(steps.tell(report)) == [
        "made up: nothing: a step, 10 rounds",
        "                                            median       ÷ nn-lang",
        "  nn-lang                                     2 µs",
        "  json                                      140 µs              70",
        "  met      nn-lang at least 50 times as fast as json: 70 times as fast",
        "  NOT MET  nn-lang at least 100 times as fast as json: 70 times as fast",
        "",
    ]


def test_the_facts_hold_no_paths():
    told = json.dumps(steps.facts(2))
    assert not any(path in told for path in (str(Path.cwd()), str(Path.home()), sys.prefix))
    assert {"cpu", "cores", "threads", "load", "versions"} <= json.loads(told).keys()
