"""A network trained on the digits takes the way that it takes in PyTorch, loss by loss."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

import dsl

ROOT = Path(__file__).parents[2]
RUNS: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "torch_mlp.json").read_text())["runs"]

PROGRAM = """
dtype f64
dim batch

placeholder x: [batch, 64]
placeholder y: i32[batch]

h      = x |> Dense(32) |> LayerNorm() |> gelu
logits = h |> Dense(10)
loss   = cross_entropy(logits, y, label_smoothing=0.1)

data digits {
    source = csv("CSV")
    x      = source["pixel_0":"pixel_63"] / 16
    y      = source["label"]
}

train {
    minimize  = loss
    data      = digits
    optimizer = OPTIMIZER
    REST
    steps     = 20
    shuffle   = false
}
"""
CLIP_AND_COOL = "clip_norm = 0.5; schedule = cosine()"


def trained(run: Mapping[str, Any]) -> tuple[dsl.Program, list[float]]:
    csv = ROOT / "programs" / "data" / "digits.csv"
    text = PROGRAM.replace("CSV", csv.as_posix()).replace("OPTIMIZER", run["optimizer"])
    program = dsl.loads(text.replace("REST", CLIP_AND_COOL if run["clip_and_cool"] else ""))
    program.parameters = {name: first_value(name, value.shape) for name, value in program.parameters.items()}
    history = program.train()
    return program, [row["loss"] for row in history.rows]


def first_value(name: str, shape: tuple[int, ...]) -> npt.NDArray[np.float64]:
    """The formula of `record_torch_mlp.py`."""
    if len(shape) == 1:
        return np.full(shape, float(name.endswith("scale")))
    return np.sin(1 + 0.7 * np.arange(shape[0] * shape[1], dtype=np.float64).reshape(shape)) * (2 / shape[0]) ** 0.5


@pytest.mark.parametrize("run", RUNS, ids=lambda run: run["optimizer"] + (" clipped" if run["clip_and_cool"] else ""))
def test_network_follows_torch(run: dict[str, Any]) -> None:
    program, losses = trained(run)
    np.testing.assert_allclose(losses, run["losses"], rtol=1e-9)
    squares = {name: float(np.sum(np.square(value))) for name, value in program.parameters.items()}
    assert squares.keys() == run["squares"].keys()
    np.testing.assert_allclose(list(squares.values()), [run["squares"][name] for name in squares], rtol=1e-9)


def test_losses_fall() -> None:
    for run in RUNS:
        assert len(run["losses"]) == 20
        assert run["losses"][-1] < 0.6 * run["losses"][0]
