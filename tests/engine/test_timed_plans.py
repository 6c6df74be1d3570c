"""Plans that measure themselves compute what the others do."""

from __future__ import annotations

from time import perf_counter_ns

import numpy as np
import pytest

import dsl
from dsl.engine.choice import GENERATORS
from dsl.engine.names import AUTOMATIC, ENGINES, REFERENCE
from dsl.engine.profile import Profiler, value_names
from dsl.graph.passes.lowering.lower import lower
from dsl.graph.passes.section import specialise
from dsl.ops.registry import OPERATIONS

NETWORK = """\
dim n
placeholder x: [n, 3] = [[1, 2, 3], [4, 5, 6], [7, 8, 10]]
placeholder y: [n, 2] = [[0, 1], [1, 0], [1, 1]]
hidden = x |> Dense(4) |> sigmoid
answer = hidden |> Dense(2)
loss = mse(y, answer)
train { minimize = loss; optimizer = adam(lr=0.05); steps = 30 }
"""


def trained(engine) -> dsl.Program:
    program = dsl.loads(NETWORK)
    program.engine = engine
    program.train()
    return program


def test_the_engines_of_the_command_line_are_those_there_are():
    assert (AUTOMATIC, *GENERATORS, REFERENCE) == ENGINES


@pytest.mark.parametrize("engine", ["numpy", REFERENCE])
def test_a_measured_training_reaches_the_same_parameters(engine):
    expected, found = trained(engine).parameters, trained(Profiler(engine)).parameters
    for name, value in expected.items():
        np.testing.assert_allclose(found[name], value, rtol=1e-6, atol=1e-7)


@pytest.mark.parametrize("engine", ["numpy", REFERENCE])
def test_every_call_is_counted_and_none_lasts_longer_than_all(engine):
    profiler = Profiler(engine)
    began = perf_counter_ns()
    trained(profiler)
    passed = perf_counter_ns() - began
    assert profiler.measured == {engine}
    assert not profiler.unmeasured
    assert max(timing.calls for timing in profiler.timings) == 30
    spent = sum(timing.nanoseconds for timing in profiler.timings)
    assert 0 < spent + profiler.compiling <= passed


def test_what_has_no_calls_is_measured_as_calls():
    program = dsl.loads("dtype f64\nplaceholder x = 3.0\ny = tanh(x)\n")
    profiler = program.engine = Profiler("scalar")
    np.testing.assert_allclose(program.run()["y"], np.tanh(3.0))
    assert (profiler.measured, profiler.unmeasured) == ({"numpy"}, {"scalar"})


def test_copies_of_states_are_counted_too():
    profiler = Profiler("numpy")
    graph = dsl.loads("placeholder v: [3]\nplaceholder w: [3]\n").model.graph
    v, w = graph.placeholders
    section = specialise(graph, [v, w], [v])
    section.states, section.updates, section.leaves = section.leaves, section.leaves[::-1], []
    section.results = [section.graph.apply(OPERATIONS["sum"], section.states[:1], {})]
    states = [np.arange(3, dtype=np.float32), np.zeros(3, np.float32)]
    profiler(section, states).run([])
    np.testing.assert_array_equal(states[1], [0, 1, 2])
    assert all(timing.calls == 1 for timing in profiler.timings)


def test_the_reference_engine_keeps_states_of_a_run_apart():
    profiler = Profiler(REFERENCE)
    graph = dsl.loads("placeholder v: [2]\nplaceholder w: [2]\nplaceholder rate\n").model.graph
    section = specialise(graph, graph.placeholders, [graph.placeholders[0]])
    v, w, rate = section.leaves
    scaled = section.graph.apply(OPERATIONS["multiply"], [v, rate], {})
    total = section.graph.apply(OPERATIONS["sum"], [scaled], {})
    section.leaves, section.states, section.updates, section.results = [rate], [v, w], [w, v], [total]
    states = [np.array([1, 2], np.float32), np.array([30, 40], np.float32)]
    losses = profiler(section, states).repeat(3, [], np.array([[1.0], [2.0], [3.0]]))
    np.testing.assert_array_equal(losses, [3, 140, 9])
    np.testing.assert_array_equal(states[0], [30, 40])


class TestNames:
    def test_steps_of_an_operation_belong_to_its_value(self):
        program = dsl.loads("dim n = 2\nplaceholder x: [n]\na = sigmoid(x)\nb = sigmoid(a)\n")
        section = lower(specialise(program.model.graph, program.model.graph.placeholders, [program.node("b")]))
        names = value_names(section)
        assert len(names) == len(section.operations) == 8
        assert list(names.values()).count("a") == list(names.values()).count("b") == 4

    def test_what_serves_a_gradient_belongs_to_its_value(self):
        program = dsl.loads("parameter k = 2.0\na = tanh(k)\nloss = exp(a)\n")
        found = program.gradient_nodes("loss", [program.node("k")])
        section = lower(specialise(program.model.graph, [program.node("k")], list(found.values())))
        assert set(value_names(section).values()) == {"a", "loss"}
