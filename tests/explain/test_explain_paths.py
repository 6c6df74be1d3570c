"""The chain rule over random graphs: the flows along all paths add up to the gradient, and factors multiply to flows."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import dsl
from dsl.explain.expressions import Product, Value

UNARY = ("tanh({0})", "sigmoid({0})", "sin({0})", "square({0}) * 0.5", "-{0}", "exp(0.3 * {0})")
BINARY = ("{0} + {1}", "{0} - {1}", "{0} * {1}", "{0} / (2 + square({1}))")


@st.composite
def programs(draw: st.DrawFn, shape: str = "") -> str:
    """Up to eight equations over three parameters, each value used by those after it, and a loss of the last two."""
    names = ["p", "q", "r"]
    lines = ["dtype f64"]
    for name in names:
        number = draw(st.floats(-2, 2, allow_subnormal=False))
        lines.append(f"parameter {name}{shape} = {number!r}")
    for place in range(draw(st.integers(2, 8))):
        template = draw(st.sampled_from(UNARY + BINARY))
        operands = [draw(st.sampled_from(names)) for _ in range(2)]
        names.append(f"h{place}")
        lines.append(f"h{place} = {template.format(*operands)}")
    lines.append(f"loss = mean({names[-1]} * {names[-2]})")
    return "\n".join(lines)


@settings(max_examples=60, deadline=None)
@given(programs())
def test_paths_add_up_and_factors_multiply(text: str) -> None:
    told = dsl.loads(text).explain().story
    for each in told.backward:
        flows = [float(way.flow) for way in each.ways]
        if not flows:
            continue
        assert math.isclose(math.fsum(flows), float(each.gradient), rel_tol=1e-9, abs_tol=1e-12)
        if not each.by_uses:
            assert len(flows) == each.path_count
        for way in each.ways:
            if isinstance(way.numbers, Product):
                factors = [float(factor.array) for factor in way.numbers.factors if isinstance(factor, Value)]
                assert len(factors) == len(way.numbers.factors)
                assert math.isclose(math.prod(factors), float(way.flow), rel_tol=1e-9, abs_tol=1e-12)


@settings(max_examples=30, deadline=None)
@given(programs(shape=": [2, 3]"))
def test_so_do_those_of_arrays(text: str) -> None:
    program = dsl.loads(text)
    for each in program.explain().story.backward:
        if each.ways:
            total = np.sum([way.flow for way in each.ways], axis=0)
            np.testing.assert_allclose(total, each.gradient, rtol=1e-9, atol=1e-12)


def test_a_value_used_twice_by_one_operation_is_one_path_with_both_derivatives() -> None:
    told = dsl.loads("dtype f64\nparameter w = 3\nloss = w * w").explain()
    assert "∂loss/∂w = w + w = 6" in str(told) or "∂loss/∂w = 2 · w = 6" in str(told)


def test_two_paths_are_told_one_by_one_and_summed() -> None:
    text = "dtype f64\nparameter w = 2\na = w * 3\nb = square(w)\nloss = a * b"
    told = str(dsl.loads(text).explain())
    assert "∂loss/∂w, the sum over 2 paths" in told
    assert "on the path w → a → loss: ∂loss/∂a · ∂a/∂w = b · 3 = 4 · 3 = 12" in told
    assert "on the path w → b → loss: ∂loss/∂b · ∂b/∂w = a · 2 · w = 6 · 4 = 24" in told
    assert "together: ∂loss/∂w = 12 + 24 = 36" in told


def test_of_many_paths_each_use_is_told() -> None:
    lines = ["dtype f64", "parameter w = 1", "h0 = w * 1.0"]
    lines += [f"h{i + 1} = h{i} * 0.5 + tanh(h{i})" for i in range(12)]
    told = dsl.loads("\n".join([*lines, "loss = h12"])).explain()
    (entry,) = (each for each in told.story.backward if each.name == "h0")
    assert entry.path_count == 2**12
    assert entry.by_uses
    assert len(entry.ways) == 2
    assert "the sum over 2 uses, in which 4096 paths meet" in str(told)


def test_the_branch_not_taken_adds_exactly_nothing() -> None:
    text = "dtype f64\nparameter x = -1\nloss = where(x > 0, log(x), 2 * x)"
    told = dsl.loads(text).explain().story
    (entry,) = (each for each in told.backward if each.name == "x")
    assert float(entry.gradient) == 2
    assert sorted(float(way.flow) for way in entry.ways) == [0, 2]
