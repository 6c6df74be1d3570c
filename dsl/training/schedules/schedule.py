"""What a schedule is: the learning rate as a function of how far the run is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Self

from dsl.training.hyperparameters import Declared, Registry, choice, hyper

if TYPE_CHECKING:
    from dsl.training.schedules.plateau import ReduceOnPlateau

Unit = Literal["epoch", "step"]

PER = choice("epoch", "step")
PER_DOC = "what is counted: epochs, or steps of the optimiser"


@dataclass(frozen=True, kw_only=True)
class Schedule(Declared, ABC):
    """The learning rate over the course of a run. Counts are of the epochs or steps that are complete, from 0."""

    per: Unit = hyper(PER, "epoch", PER_DOC, keyword_only=True)

    @abstractmethod
    def rate(self, count: int, base_rate: float) -> float:
        """The learning rate after `count` complete epochs or steps, from the optimiser's own."""
        ...

    def momentum(self, count: int) -> float | None:
        """The momentum, in a schedule that changes it (the first of `betas` in optimisers that have those)."""
        return None

    def fitted(self, total: int) -> Self:
        """The schedule with the length that the program left open: that of the run, in the schedule's own unit."""
        return self

    @property
    def plateau(self) -> ReduceOnPlateau | None:
        """The part of the schedule that watches a value."""
        return None


SCHEDULES: Registry[Schedule] = Registry(
    "a schedule", elsewhere={"linear": "warmup", "cosine_annealing": "cosine", "plateau": "reduce_on_plateau"}
)
