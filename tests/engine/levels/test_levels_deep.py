"""Graphs as deep as they are long: one number after the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from level_sections import agree, leaf

from dsl.graph.gradient import DifferentiableGraph, gradients
from dsl.graph.passes.section import Section, specialise
from dsl.ops.dtypes import F64
from dsl.ops.registry import OPERATIONS as OPS


def chain(length: int, gradient: bool) -> Section:
    """A number multiplied by parameters and put through functions, in turns; the gradient with respect to all of them."""
    graph = DifferentiableGraph(F64)
    vector = leaf(graph, F64, 100)
    parameters: list[Any] = [OPS["getitem"](vector, index=(place,)) for place in range(100)]
    x = parameters[0]
    for place in range(length // 2):
        x = OPS["tanh" if place % 2 else "sin"](x * parameters[place % 100])
    found = gradients(graph, x, parameters).values() if gradient else []
    return specialise(graph, [vector], [x, *found])


def test_a_chain_of_50_000_operations() -> None:
    agree(chain(50_000, False), [np.linspace(0.5, 1.5, 100)], runs=1)


def test_a_deep_gradient() -> None:
    agree(chain(2_000, True), [np.linspace(0.5, 1.5, 100)])


@pytest.mark.slow
def test_the_gradient_of_a_chain_of_50_000_operations() -> None:
    agree(chain(50_000, True), [np.linspace(0.5, 1.5, 100)], runs=1)
