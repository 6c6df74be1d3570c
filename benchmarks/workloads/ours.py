"""Our side: a program of this folder, ready to make steps."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from interleaving import Run

import dsl

HERE = Path(__file__).resolve().parent
Values = Mapping[str, npt.NDArray[Any]]


def load(file: str, parameters: Values) -> dsl.Program:
    """A program of this folder, with these values of its parameters."""
    program = dsl.load(HERE / file)
    program.parameters = parameters
    return program


def training(program: dsl.Program, engine: str, feeds: Values) -> Run:
    """Updates with the same feeds, many in one call, as `nn train` makes them."""
    step = program.training_step(engine=engine)
    return lambda steps: step.repeat(steps, feeds)[-1]


def training_calls(program: dsl.Program, engine: str, feeds: Values) -> Run:
    """Updates, a call each."""
    step = program.training_step(engine=engine)

    def run(steps: int) -> float:
        loss = np.nan
        for _ in range(steps):
            loss = step.run(feeds)
        return loss

    return run


def evaluating(program: dsl.Program, engine: str, fetch: str, feeds: Values) -> Run:
    """The value of one node, a call each."""
    function = program.function([fetch], engine=engine)

    def run(steps: int) -> npt.NDArray[Any]:
        values: dict[str, npt.NDArray[Any]] = {}
        for _ in range(steps):
            values = function(feeds)
        return values[fetch]

    return run


def differentiating(program: dsl.Program, engine: str, of: str, wrt: str, feeds: Values) -> Run:
    """A value and its gradient with respect to another, a call each."""
    function = program.gradient_function(of, wrt=[wrt], engine=engine)

    def run(steps: int) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
        values: dict[str, npt.NDArray[Any]] = {}
        for _ in range(steps):
            values = function(feeds)
        return values[of], values[f"∂{of}/∂{wrt}"]

    return run
