"""Where a schedule stands in a run."""

from __future__ import annotations

from collections.abc import Mapping

from dsl.training.hyperparameters import ArgumentError
from dsl.training.optimizers.optimizer import Optimizer
from dsl.training.schedules.plateau import PlateauState
from dsl.training.schedules.schedule import Schedule, Unit


class ScheduleState:
    """Drives a schedule through a run: `rate` and `momentum` are those of the coming step.

    `epochs` and `steps` are the length of the run, for schedules that take it as their own.
    Raises ArgumentError when the schedule changes a momentum that the optimiser has not.
    """

    def __init__(self, schedule: Schedule, optimizer: Optimizer, *, epochs: int, steps: int) -> None:
        self.schedule = schedule.fitted(epochs if schedule.per == "epoch" else steps)
        self.base_rate = optimizer.lr
        self.count = 0
        self.plateau = PlateauState(schedule.plateau) if schedule.plateau else None
        if self.momentum is not None and not optimizer.has_momentum:
            raise ArgumentError(
                f"`{schedule.name}` changes the momentum, and `{optimizer.name}` has none",
                hint=f"write `{schedule.name}(…, cycle_momentum=false)`",
            )

    @property
    def rate(self) -> float:
        """The learning rate."""
        scale = self.plateau.scale if self.plateau else 1.0
        return self.schedule.rate(self.count, self.base_rate) * scale

    @property
    def momentum(self) -> float | None:
        """The momentum; None where the schedule leaves it to the optimiser."""
        return self.schedule.momentum(self.count)

    def advance(self, unit: Unit) -> None:
        """A step, or an epoch, is complete; the schedule counts one of them."""
        if unit == self.schedule.per:
            self.count += 1

    def observe(self, value: float) -> None:
        """Take in the watched value of an epoch; schedules that watch none pay no attention."""
        if self.plateau:
            self.plateau.observe(value, self.schedule.rate(self.count, self.base_rate))

    def export(self) -> dict[str, float]:
        """The state as numbers by name, for a checkpoint."""
        return {"count": self.count, **(self.plateau.export() if self.plateau else {})}

    def restore(self, values: Mapping[str, float]) -> None:
        """Take over what `export` gave."""
        self.count = int(values["count"])
        if self.plateau:
            self.plateau.restore(values)
