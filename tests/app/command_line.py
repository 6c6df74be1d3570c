"""`nn` called as a user calls it, in this process or in one of its own, and small programs to call it with."""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from dsl.app.main import run

NEURON = """\
dtype f64
placeholder x = 3
placeholder y = 0.6087876106387002
parameter   k = 0.35915077292816744
parameter   b = 0.3737660632429008
linear  = linear(x, k, b)
sigmoid = sigmoid(linear)
loss    = mse(y, sigmoid)
"""

LINE = """\
dim n
placeholder x: [n]
placeholder y: [n]
parameter k = 0.0
parameter b = 0.0
estimate = k * x + b
loss = mse(y, estimate)
metric error = mae(y, estimate)

data points {
    source = csv("points.csv")
    x      = source["x"]
    y      = source["y"]
    split  = fractions(train=0.75, test=0.25)
}

train {
    minimize  = loss
    data      = points.train
    validate  = points.test
    optimizer = sgd(lr=0.5)
    epochs    = 40
}

expect error < 0.05 on points.test
"""
"""A line through the points of `write_points`: 2 x + 1."""

KINDS = """\
dim n
placeholder x: [n, 2]
placeholder kind: i32[n]
logits = x |> Dense(2)
guess  = argmax(logits, axis=-1)
loss   = cross_entropy(logits, kind)
metric accuracy = mean(guess == kind)

data fruits {
    source = csv("fruits.csv")
    x      = standardize(source["length":"weight"])
    kind   = source["kind"]
}

train {
    minimize   = loss
    data       = fruits
    optimizer  = adam(lr=0.1)
    epochs     = 60
    checkpoint = "fruits.safetensors"
}
"""
"""Two kinds of fruit, called by their names in the file of `write_fruits`."""


@dataclass(frozen=True)
class Result:
    """What became of a call: its exit status and what it printed."""

    status: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as the one JSON document that it is to be."""
        return json.loads(self.out, parse_constant=_refuse)


def _refuse(constant: str) -> None:
    raise AssertionError(f"{constant} is not JSON")


def nn(*arguments: str | Path) -> Result:
    """Call the command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = run([str(argument) for argument in arguments])
    return Result(status, out.getvalue(), err.getvalue())


def command(*arguments: str | Path) -> list[str]:
    """The words that start `nn` in a process of its own."""
    return [sys.executable, "-m", "dsl.app.main", *map(str, arguments)]


def spawn(*arguments: str | Path, **options: Any) -> Result:
    """Call the command line in a process of its own."""
    environment = {**os.environ, "PYTHONUTF8": "1", **options.pop("environment", {})}
    done = subprocess.run(
        command(*arguments), capture_output=True, text=True, encoding="utf-8", timeout=60, env=environment, **options
    )
    return Result(done.returncode, done.stdout, done.stderr)


def write_points(folder: Path, rows: int = 40) -> None:
    """Points on the line 2 x + 1, in `points.csv`."""
    lines = [f"{i / rows},{2 * i / rows + 1}" for i in range(rows)]
    (folder / "points.csv").write_text("\n".join(["x,y", *lines]) + "\n")


def write_fruits(folder: Path) -> None:
    """Long light bananas and round heavy melons, in `fruits.csv`."""
    lines = [f"{20 + i % 5},{100 + i},banana" for i in range(12)] + [
        f"{12 + i % 3},{900 + 9 * i},melon" for i in range(12)
    ]
    (folder / "fruits.csv").write_text("\n".join(["length,weight,kind", *lines]) + "\n")
