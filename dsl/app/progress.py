"""A training run as it goes: a bar in a terminal, some lines elsewhere, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from dsl.training.loop import Progress
    from dsl.training.run import TrainRun

_LINES = 10
"""How many lines a run prints where there is no terminal."""
_REFRESH = 0.1
"""Seconds between two updates of the bar."""


@contextmanager
def progress_for(quiet: bool) -> Generator[Progress | None]:
    """What shows the progress of the runs inside: nothing when quiet, a bar in a terminal, else lines."""
    if quiet:
        yield None
    elif sys.stderr.isatty():
        yield BarProgress()
    else:
        yield LineProgress()


def _values(row: Mapping[str, float]) -> str:
    """The loss, the metrics and the rate of an epoch, for a person."""
    shown = [f"loss {row['loss']:.4g}"]
    shown += [f"{name} {value:.4g}" for name, value in row.items() if "." in name]
    return ", ".join([*shown, f"rate {row['rate']:.3g}"])


class LineProgress:
    """A line for every tenth part of a run."""

    def __init__(self) -> None:
        self._epochs = 0

    def begin(self, run: TrainRun, epochs: int, steps_per_epoch: int) -> None:
        """Say what begins."""
        self._epochs = epochs
        on = f" on {run.data}" if run.data else ""
        click.echo(f"{run.name}: {run.optimizer}{on}, {epochs} epochs of {steps_per_epoch} steps", err=True)

    def step(self, epoch: int, step: int, loss: float, rate: float) -> None:
        """Lines are for epochs."""

    def epoch(self, row: Mapping[str, float]) -> None:
        """Print the first, the last, and every tenth part."""
        epoch = int(row["epoch"])
        if epoch in (1, self._epochs) or epoch % max(1, self._epochs // _LINES) == 0:
            click.echo(f"  epoch {epoch}/{self._epochs}: {_values(row)}", err=True)

    def end(self) -> None:
        """Nothing is left open."""


class BarProgress:
    """A bar with the epoch, the loss, the metrics, the rate, and the time left."""

    def __init__(self) -> None:
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        from dsl.app.output import console

        columns: list[Any] = [
            TextColumn("{task.fields[name]}", markup=False),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("{task.fields[values]}", markup=False),
        ]
        self._bar = Progress(*columns, console=console(stderr=True), refresh_per_second=10)
        self._task: Any = None
        self._per_epoch = 1
        self._shown = 0.0
        self._values = ""

    def begin(self, run: TrainRun, epochs: int, steps_per_epoch: int) -> None:
        """Open a bar for the run."""
        self._per_epoch = steps_per_epoch
        self._values = ""
        self._bar.start()
        self._task = self._bar.add_task("", total=epochs * steps_per_epoch, name=run.name, values="")

    def step(self, epoch: int, step: int, loss: float, rate: float) -> None:
        """Move the bar, a few times a second."""
        now = time.perf_counter()
        if now - self._shown >= _REFRESH:
            self._shown = now
            values = self._values or f"loss {loss:.4g}, rate {rate:.3g}"
            self._bar.update(self._task, completed=step, values=f"epoch {epoch}  {values}")

    def epoch(self, row: Mapping[str, float]) -> None:
        """Show what the epoch came to."""
        self._values = _values(row)
        epoch = int(row["epoch"])
        self._bar.update(self._task, completed=epoch * self._per_epoch, values=f"epoch {epoch}  {self._values}")

    def end(self) -> None:
        """Leave the bar as it stands."""
        self._bar.stop()
