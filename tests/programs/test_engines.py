"""Every program trains alike on every engine that can run it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
import pytest

import dsl
from dsl.engine.names import AUTOMATIC, ENGINES, REFERENCE

PROGRAMS = sorted((Path(__file__).resolve().parents[2] / "programs").glob("*.nn"))
NUMPY = ("auto", "numpy", "levels")
"""The engines that compute with NumPy's functions as the reference does; sums may be added up in another order."""

STEPS = 5
Result = TypeVar("Result")


def steps(program: dsl.Program, run: str, engine: str) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """The losses of a few steps on the first batch, and the parameters after them."""
    block = next(known for known in program.model.runs if known.name == run)
    feeds = program.dataset(block.data).arrays if block.data else {}
    step = program.training_step(run, engine)
    losses = step.repeat(STEPS, {name: array[: block.settings.batch] for name, array in feeds.items()})
    return losses, step.parameters


def unless_refused(engine: str, call: Callable[[], Result]) -> Result | None:
    """What is computed; None where the engine says that it cannot run the program, which no choice of its own ever is."""
    try:
        return call()
    except dsl.ProgramError as error:
        if error.diagnostics[0].code != "engine" or engine == AUTOMATIC:
            raise
        return None


def blocks() -> list[tuple[Path, str]]:
    return [(path, run.name) for path in PROGRAMS for run in dsl.load(path).model.runs]


@pytest.mark.parametrize(("path", "run"), blocks(), ids=lambda value: value.stem if isinstance(value, Path) else value)
def test_a_train_block_makes_the_same_steps_on_every_engine(path: Path, run: str) -> None:
    program = dsl.load(path)
    block = next(known for known in program.model.runs if known.name == run)
    losses, parameters = steps(program, run, REFERENCE)
    rough = 1e-4 if program.model.graph.default_float.bits == 32 else 1e-9
    if block.optimizer.name == "lbfgs":  # each step is a search of several losses, which magnifies the last bit
        losses, parameters = losses[:1], {}
    for engine in ENGINES:
        if engine == REFERENCE:
            continue
        done = unless_refused(engine, lambda engine=engine: steps(program, run, engine))
        if done is None:
            continue
        found, reached = done
        tolerance = rough / 100 if engine == "numpy" else rough
        np.testing.assert_allclose(found[: len(losses)], losses, rtol=tolerance)
        for name, value in parameters.items():
            np.testing.assert_allclose(reached[name], value, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_outputs_and_gradients_are_the_same_on_every_engine(path: Path) -> None:
    program = dsl.load(path)
    feeds = {}
    for plan in program.model.data.values():
        part = next(iter(plan.load().parts.values()))
        feeds |= {name: array[:7] for name, array in part.arrays.items()}
    expected = computed(program, feeds, REFERENCE)
    for engine in ENGINES:
        found = unless_refused(engine, lambda engine=engine: computed(program, feeds, engine))
        if found is None:
            continue
        for name, value in expected.items():
            ulp = np.finfo(value.dtype).eps if value.dtype.kind == "f" else 0
            scale = np.abs(value).max(initial=0).astype(float)
            tolerance = ulp * (8 if engine in NUMPY else 64)
            assert found[name].dtype == value.dtype
            np.testing.assert_allclose(found[name], value, rtol=tolerance, atol=tolerance * scale)


def computed(program: dsl.Program, feeds: dict[str, np.ndarray], engine: str) -> dict[str, np.ndarray]:
    """The outputs, and the loss with its gradients where the program has one."""
    values = program.function(program.outputs, engine)(feeds)
    if program.model.runs or "loss" in program.model.names:
        values |= program.gradient_function(engine=engine)(feeds)
    return values
