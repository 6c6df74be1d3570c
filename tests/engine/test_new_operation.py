"""A new operation runs in every plan with nothing but its declaration: one on elements, and one on rows."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

import dsl
from dsl.engine.choice import ENGINES
from dsl.ops.inference import like_first
from dsl.ops.operation import declare
from dsl.ops.parameters import Array, Real
from dsl.ops.pointwise import unary
from dsl.ops.registry import OPERATIONS, load

load()


@pytest.fixture(autouse=True)
def _operations() -> Iterator[None]:
    unary(
        "bump",
        lambda x: x / (1 + x * x),
        lambda g, y, x: g * (1 - x * x) / ((1 + x * x) * (1 + x * x)),
        family="elementwise",
        formula="{x} / (1 + {x}**2)",
        latex="{x}",
        doc="A bump.",
        example="bump(1)  # 0.5",
    )

    def upend(x: Array, scale: Real = 1.0) -> Array:
        """The rows from the last to the first, scaled."""
        return scale * x[::-1]

    declare(
        upend,
        family="shaping",
        shape=like_first,
        gradients=[lambda r: OPERATIONS["upend"](r.g, scale=r.attributes["scale"])],
        formula="upend({x})",
        latex="{x}",
        example="upend([1, 2])  # [2, 1]",
    )
    yield
    for name in ("bump", "upend"):
        del OPERATIONS[name]


@pytest.mark.parametrize("dtype", ["f32", "f64"])
@pytest.mark.parametrize("engine", ENGINES)
def test_it_runs_and_trains(engine: str, dtype: str) -> None:
    program = dsl.loads(
        f"""
        dtype {dtype}
        placeholder x: [3, 2] = [[1, 2], [3, 4], [5, 6]]
        parameter w: [2, 2] = [[0.5, -1], [0.25, 2]]
        y = upend(bump(x @ w), scale=0.5)
        loss = mean(y ** 2)
        train {{ minimize = loss
            optimizer = sgd(lr=0.1)
            steps = 3 }}
        """
    )
    h = np.array([[1, 2], [3, 4], [5, 6]]) @ [[0.5, -1], [0.25, 2]]
    expected = 0.5 * (h / (1 + h * h))[::-1]
    try:
        found = program.function("y", engine)({})["y"]
        losses = program.training_step(engine=engine).repeat(3, {})
    except dsl.ProgramError as error:
        reason = str(error)
        assert engine == "scalar", reason
        assert "bump" in reason or "computes in f64 only" in reason
        return
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    np.testing.assert_allclose(losses, program.training_step(engine="reference").repeat(3, {}), rtol=1e-5)
    assert losses[0] == pytest.approx(np.mean(expected**2), rel=1e-6)
