"""A training run as it goes: a bar in a terminal, some lines elsewhere, on standard error."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from dsl.app.wording import plural

if TYPE_CHECKING:
    from dsl.app.bar import Bar
    from dsl.training.run import TrainRun

_LINES = 10
"""How many lines a run prints where there is no terminal."""
_REFRESH = 0.1
"""Seconds between two updates of the bar."""


def progress_for(quiet: bool) -> Tracker:
    """What shows the progress of training runs: nothing when quiet, a bar in a terminal, else lines."""
    if quiet:
        return Tracker()
    return BarProgress() if sys.stderr.isatty() else LineProgress()


class Tracker:
    """Knows how far the run under way is, and shows nothing."""

    def __init__(self) -> None:
        self.run: TrainRun | None = None
        self.epochs = self.epoch_now = self.steps = 0

    def begin(self, run: TrainRun, epochs: int, steps_per_epoch: int) -> None:
        """A run begins."""
        self.run, self.epochs, self.epoch_now, self.steps = run, epochs, 1, 0

    def step(self, epoch: int, step: int, loss: float, rate: float) -> None:
        """A step is done."""
        self.epoch_now, self.steps = epoch, step

    def epoch(self, row: Mapping[str, float]) -> None:
        """An epoch is done."""

    def end(self) -> None:
        """The run is over."""

    def place(self) -> str:
        """How far the run is, to follow a verb: ` in epoch 3 of 30 of `train`, after 62 steps`."""
        if self.run is None:
            return ""
        where = f" in epoch {self.epoch_now} of {self.epochs} of `{self.run.name}`"
        return f"{where}, after {plural(self.steps, 'step')}"


def epoch_values(row: Mapping[str, float]) -> str:
    """The loss, the metrics and the learning rate of an epoch, for a person."""
    shown = [f"loss {row['loss']:.4g}"]
    shown += [f"{name} {value:.4g}" for name, value in row.items() if "." in name]
    return ", ".join([*shown, f"rate {row['rate']:.3g}"])


class LineProgress(Tracker):
    """A line for every tenth part of a run."""

    def begin(self, run: TrainRun, epochs: int, steps_per_epoch: int) -> None:
        """Say what begins."""
        super().begin(run, epochs, steps_per_epoch)
        on = f" on {run.data}" if run.data else ""
        length = f"{plural(epochs, 'epoch')} of {plural(steps_per_epoch, 'step')}"
        click.echo(f"{run.name}: {run.optimizer}{on}, {length}", err=True)

    def epoch(self, row: Mapping[str, float]) -> None:
        """Print the first, the last, and every tenth part."""
        epoch = int(row["epoch"])
        if epoch in (1, self.epochs) or epoch % max(1, self.epochs // _LINES) == 0:
            click.echo(f"  epoch {epoch}/{self.epochs}: {epoch_values(row)}", err=True)


class BarProgress(Tracker):
    """A bar with the epoch, the speed and the time left, and below it what the last epoch came to; those of each run stay."""

    def __init__(self) -> None:
        super().__init__()
        self._bar: Bar | None = None
        self._shown = 0.0
        self._values = ""

    def begin(self, run: TrainRun, epochs: int, steps_per_epoch: int) -> None:
        """Open a bar for the run."""
        from dsl.app.bar import Bar

        super().begin(run, epochs, steps_per_epoch)
        self._values = ""
        steps = run.settings.steps
        self._bar = Bar(run.name, epochs * steps_per_epoch if steps is None else steps, epochs)

    def step(self, epoch: int, step: int, loss: float, rate: float) -> None:
        """Move the bar, a few times a second."""
        super().step(epoch, step, loss, rate)
        now = time.perf_counter()
        if self._bar and now - self._shown >= _REFRESH:
            self._shown = now
            self._bar.move(epoch, step, self._values or f"loss {loss:.4g}, rate {rate:.3g}")

    def epoch(self, row: Mapping[str, float]) -> None:
        """Show what the epoch came to."""
        self._values = epoch_values(row)
        if self._bar:
            self._bar.move(int(row["epoch"]), int(row["step"]), self._values)

    def end(self) -> None:
        """Leave the bar as it stands."""
        if self._bar:
            self._bar.close()
