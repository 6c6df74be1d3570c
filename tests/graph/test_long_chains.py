"""Long and deep programs: read, differentiated and run without recursion, in time that grows with their length."""

from __future__ import annotations

import sys
import time

import pytest

import dsl

LENGTH = 50_000
DEPTH = 10_000

SPELLINGS = {
    "a line for each": "y0 = x\n" + "".join(f"y{i + 1} = y{i} + 1\n" for i in range(LENGTH)) + f"y = y{LENGTH} * 1\n",
    "one expression": f"y = x{' + 1' * LENGTH}\n",
    "nested brackets": f"y = {'(' * LENGTH}x{' + 1)' * LENGTH}\n",
}


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_a_chain_of_fifty_thousand_operations(spelling):
    assert sys.getrecursionlimit() <= 1000
    program = dsl.loads(f"dtype f64\nplaceholder x = 2\n{SPELLINGS[spelling]}")
    assert sum(node.operation is not None for node in program.forward) >= LENGTH
    assert program.run(fetch=["y"])["y"] == LENGTH + 2
    assert program.gradients("y", ["x"])["x"] == 1


def _deep(depth: int) -> dict[str, tuple[str, float]]:
    """Deep expressions by what makes them deep, each with its value at x = 2."""
    return {
        "signs": (f"y = {'-' * depth}x\n", 2),
        "indices": (f"y = x{'[None][0]' * depth}\n", 2),
        "calls": (f"y = {'add(' * depth}x{', 0)' * depth}\n", 2),
        "pipes": (f"y = x{' |> add(0)' * depth}\n", 2),
        "a repeat": (f"repeat i in 0..{depth} with y = x {{ y = y + 0 }}\n", 2),
        "pipes over lines": (f"y = x{chr(10)}{f'  |> identity{chr(10)}' * depth}\n", 2),
        "powers, which bind to the right": (f"y = {'1 ** ' * depth}x\n", 1),
        "sums from both sides": (f"y = {'0 + ' * depth}x{' - 0' * depth}\n", 2),
    }


@pytest.mark.parametrize("kind", _deep(0))
@pytest.mark.parametrize("depth", [DEPTH, pytest.param(LENGTH, marks=pytest.mark.slow)])
def test_a_deep_expression(kind, depth):
    text, value = _deep(depth)[kind]
    program = dsl.loads(f"dtype f64\nplaceholder x = 2\n{text}")
    assert program.run(fetch=["y"])["y"] == value
    program.gradients("y", ["x"])


def test_a_deep_expression_of_numbers_known_at_compile_time():
    assert dsl.loads(f"y = {'(' * DEPTH}1{' + 1)' * DEPTH}\nz = y * 1\n").run()["z"] == DEPTH + 1


def test_a_value_doubled_two_hundred_times():
    lines = "".join(f"a{i} = a{i - 1} + a{i - 1}\n" for i in range(1, 201))
    began = time.perf_counter()
    program = dsl.loads(f"dtype f64\nplaceholder a0 = 1\n{lines}")
    assert program.run(fetch=["a200"])["a200"] == 2.0**200
    assert program.gradients("a200", ["a0"])["a0"] == 2.0**200
    assert time.perf_counter() - began < 1
    assert len(program.forward) == 201
    assert len(program.model.graph.nodes) < 1000


def test_second_derivatives_of_a_long_chain_take_few_nodes():
    lines = "".join(f"a{i} = sin(a{i - 1})\n" for i in range(1, 301))
    program = dsl.loads(f"dtype f64\nplaceholder a0 = 1\n{lines}d = grad(a300, a0)\ndd = grad(d, a0)\n")
    assert len(program.forward) < 300 * 20
    step = 1e-4
    low, middle, high = (program.run({"a0": 1 + shift}, ["a300"])["a300"].item() for shift in (-step, 0, step))
    assert program.run(fetch=["dd"])["dd"] == pytest.approx((low - 2 * middle + high) / step**2, rel=1e-3, abs=1e-6)


def test_gradients_of_a_few_nodes_leave_the_rest_of_the_graph_alone():
    lines = "".join(f"a{i} = a{i - 1} * 1.5\n" for i in range(1, 1001))
    program = dsl.loads(f"placeholder a0 = 1\n{lines}")
    before = len(program.model.graph.nodes)
    program.gradients("a1000", ["a998"])
    assert len(program.model.graph.nodes) - before < 20
