"""The schedule that watches a value and lowers the rate when it no longer improves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from dsl.training.hyperparameters import ArgumentError, choice, hyper, integer, number
from dsl.training.schedules.schedule import SCHEDULES, Schedule
from dsl.training.stopping import MODE, MODE_DOC, MONITOR, MONITOR_DOC, Mode, improves, worst


@SCHEDULES.register("reduce_on_plateau")
@dataclass(frozen=True, kw_only=True)
class ReduceOnPlateau(Schedule):
    """The rate is multiplied by `factor` when a watched value has not improved for more than `patience` epochs."""

    factor: float = hyper(number(above=0, below=1), 0.1, "what the rate is multiplied by")
    patience: int = hyper(integer(0), 10, "the number of epochs without improvement that are borne")
    threshold: float = hyper(number(0), 1e-4, "an improvement must be larger than this")
    threshold_mode: Literal["rel", "abs"] = hyper(
        choice("rel", "abs"), "rel", "whether the threshold is a share of the best value, or a difference from it"
    )
    mode: Mode = hyper(MODE, "min", MODE_DOC)
    cooldown: int = hyper(integer(0), 0, "the number of epochs after a reduction that do not count")
    min_lr: float = hyper(number(0), 0.0, "the smallest rate")
    eps: float = hyper(number(0), 1e-8, "reductions by no more than this are not made")
    monitor: str | None = hyper(MONITOR, None, MONITOR_DOC)

    def check(self) -> None:
        """Values are watched once an epoch."""
        if self.per != "epoch":
            raise ArgumentError(
                "`reduce_on_plateau` watches a value once an epoch, not per step", "per", hint="leave `per` out"
            )

    def rate(self, count: int, base_rate: float) -> float:
        """The optimiser's own rate: what has been seen lowers it, and not the count."""
        return base_rate

    @property
    def plateau(self) -> ReduceOnPlateau | None:
        """Itself."""
        return self


class PlateauState:
    """What has been seen of a watched value, and how far the rate has been lowered: `scale` times what it would be."""

    def __init__(self, schedule: ReduceOnPlateau) -> None:
        self.schedule = schedule
        self.best = worst(schedule.mode)
        self.bad = 0
        self.cooling = 0
        self.scale = 1.0

    def observe(self, value: float, unscaled_rate: float) -> None:
        """Take in the value of an epoch; it may lower the scale."""
        schedule = self.schedule
        relative = schedule.threshold_mode == "rel"
        if improves(value, self.best, schedule.mode, schedule.threshold, relative=relative):
            self.best, self.bad = value, 0
        else:
            self.bad += 1
        if self.cooling > 0:
            self.cooling -= 1
            self.bad = 0
        if self.bad > schedule.patience:
            self._reduce(unscaled_rate)
            self.cooling, self.bad = schedule.cooldown, 0

    def _reduce(self, unscaled_rate: float) -> None:
        rate = unscaled_rate * self.scale
        lower = max(rate * self.schedule.factor, self.schedule.min_lr)
        if rate - lower > self.schedule.eps:
            self.scale = lower / unscaled_rate

    def export(self) -> dict[str, float]:
        """The state as numbers by name."""
        return {"best": self.best, "bad": self.bad, "cooling": self.cooling, "scale": self.scale}

    def restore(self, values: Mapping[str, float]) -> None:
        """Take over what `export` gave."""
        self.best, self.scale = float(values["best"]), float(values["scale"])
        self.bad, self.cooling = int(values["bad"]), int(values["cooling"])
