"""Watching a value for improvement, and ending a run early when there is none."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dsl.training.hyperparameters import Declared, Registry, choice, flag, hyper, integer, number, optional, text

Mode = Literal["min", "max"]

MODE = choice("min", "max")
MONITOR = optional(text("digits.test.accuracy"))
MODE_DOC = "whether smaller or larger is better"
MONITOR_DOC = "the watched column of the history; none is the validation loss, or the loss without validation"


def worst(mode: Mode) -> float:
    """The value that every other one improves on."""
    return math.inf if mode == "min" else -math.inf


def improves(value: float, best: float, mode: Mode, by: float = 0.0, *, relative: bool = False) -> bool:
    """Whether a value is better than the best so far by more than `by`, or by more than that share of the best.

    A value that is nan is no improvement.
    """
    if relative:
        return value < best * (1 - by) if mode == "min" else value > best * (1 + by)
    return value < best - by if mode == "min" else value > best + by


@dataclass(frozen=True, kw_only=True)
class EarlyStopping(Declared):
    """Ends the run when a watched value has not improved for some epochs."""

    patience: int = hyper(integer(1), 10, "the number of epochs in a row without improvement that end the run")
    monitor: str | None = hyper(MONITOR, None, MONITOR_DOC)
    mode: Mode = hyper(MODE, "min", MODE_DOC)
    min_delta: float = hyper(number(0), 0.0, "an improvement must be larger than this")
    restore_best: bool = hyper(flag(), True, "go back to the parameters of the best epoch at the end")

    def start(self) -> StoppingState:
        """The state at the beginning of a run."""
        return StoppingState(self)


STOPPING: Registry[EarlyStopping] = Registry("a way to stop early")
STOPPING.register("early_stopping")(EarlyStopping)


class StoppingState:
    """What early stopping has seen of a run: the best value, its epoch, and for how many epochs there was none better."""

    def __init__(self, stopping: EarlyStopping) -> None:
        self.stopping = stopping
        self.best = worst(stopping.mode)
        self.best_epoch = 0
        self.waited = 0

    def observe(self, value: float, epoch: int) -> bool:
        """Take in the value of an epoch; whether it is the best so far, whose parameters are worth keeping."""
        is_better = improves(value, self.best, self.stopping.mode, self.stopping.min_delta)
        if is_better:
            self.best, self.best_epoch, self.waited = value, epoch, 0
        else:
            self.waited += 1
        return is_better

    @property
    def should_stop(self) -> bool:
        """Whether patience is at its end."""
        return self.waited >= self.stopping.patience

    def export(self) -> dict[str, float]:
        """The state as numbers by name, for a checkpoint."""
        return {"best": self.best, "best_epoch": self.best_epoch, "waited": self.waited}

    def restore(self, values: Mapping[str, float]) -> None:
        """Take over what `export` gave."""
        self.best = float(values["best"])
        self.best_epoch = int(values["best_epoch"])
        self.waited = int(values["waited"])
