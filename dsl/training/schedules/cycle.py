"""Schedules with phases: a cycle up and down again, and a warm-up before another schedule."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal, Self

from dsl.ops.parameters import Kind
from dsl.training.hyperparameters import ArgumentError, choice, flag, hyper, integer, number, optional
from dsl.training.schedules.decay import Constant
from dsl.training.schedules.plateau import ReduceOnPlateau
from dsl.training.schedules.schedule import PER, PER_DOC, SCHEDULES, Schedule, Unit

_MOMENTUM = number(0, below=1)
_DIVISOR = number(above=0)


@dataclass(frozen=True, slots=True)
class _Phase:
    """A stretch of a cycle: where it ends, and the rate and the momentum at its beginning and its end."""

    end: float
    rates: tuple[float, float]
    momenta: tuple[float, float]


@SCHEDULES.register("one_cycle")
@dataclass(frozen=True, kw_only=True)
class OneCycle(Schedule):
    """The rate rises to `max_lr` and falls far below where it began, the momentum goes the other way; per step.

    Smith and Topin 2018, "Super-convergence", in PyTorch's form. The optimiser's own rate and momentum are not used.
    """

    max_lr: float = hyper(number(above=0), doc="the largest rate")
    total_steps: int | None = hyper(optional(integer(1)), None, "the length of the cycle; none is the whole run")
    pct_start: float = hyper(number(0, 1), 0.3, "the share of the cycle in which the rate rises")
    anneal_strategy: Literal["cos", "linear"] = hyper(
        choice("cos", "linear"), "cos", "along half a wave of the cosine, or along a line"
    )
    cycle_momentum: bool = hyper(flag(), True, "whether the momentum changes too")
    base_momentum: float = hyper(_MOMENTUM, 0.85, "the momentum where the rate is largest")
    max_momentum: float = hyper(_MOMENTUM, 0.95, "the momentum at the beginning and the end")
    div_factor: float = hyper(_DIVISOR, 25.0, "the rate at the beginning is max_lr / div_factor")
    final_div_factor: float = hyper(_DIVISOR, 1e4, "the rate at the end is that at the beginning / final_div_factor")
    three_phase: bool = hyper(flag(), False, "fall to the rate at the beginning first, and to that at the end after")
    per: Unit = hyper(PER, "step", PER_DOC, keyword_only=True)

    def check(self) -> None:
        """Three phases, the first two of equal length, must fit into the cycle."""
        if self.three_phase and self.pct_start > 0.5:
            raise ArgumentError(
                f"`pct_start` of `one_cycle` must be at most 0.5 with three phases, not {self.pct_start}",
                "pct_start",
                hint="the second phase is as long as the first",
            )

    def rate(self, count: int, base_rate: float) -> float:
        """The rate of the phase that the count is in."""
        phase, share = self._at(count)
        return self._between(*phase.rates, share)

    def momentum(self, count: int) -> float | None:
        """The momentum of the phase that the count is in, where it changes."""
        if not self.cycle_momentum:
            return None
        phase, share = self._at(count)
        return self._between(*phase.momenta, share)

    def fitted(self, total: int) -> Self:
        """With the length of the run where none was given."""
        return self if self.total_steps is not None else replace(self, total_steps=max(total, 1))

    def _phases(self) -> Iterator[_Phase]:
        assert self.total_steps is not None
        first, least = self.max_lr / self.div_factor, self.max_lr / self.div_factor / self.final_div_factor
        rise = self.pct_start * self.total_steps
        last = self.total_steps - 1
        low, high = self.base_momentum, self.max_momentum
        yield _Phase(rise - 1, (first, self.max_lr), (high, low))
        if self.three_phase:
            yield _Phase(2 * rise - 2, (self.max_lr, first), (low, high))
            yield _Phase(last, (first, least), (high, high))
        else:
            yield _Phase(last, (self.max_lr, least), (low, high))

    def _at(self, count: int) -> tuple[_Phase, float]:
        """The phase, and how much of it is over; after the cycle its end."""
        start = 0.0
        phase = None
        for phase in self._phases():
            if count <= phase.end:
                return phase, (count - start) / (phase.end - start) if phase.end > start else 1.0
            start = phase.end
        assert phase is not None
        return phase, 1.0

    def _between(self, start: float, end: float, share: float) -> float:
        if self.anneal_strategy == "linear":
            return (end - start) * share + start
        return end + (start - end) / 2 * (1 + math.cos(math.pi * share))


def _following(value: Any) -> Schedule:
    if not isinstance(value, Schedule):
        raise ValueError
    return value


@SCHEDULES.register("warmup")
@dataclass(frozen=True, kw_only=True)
class Warmup(Schedule):
    """The rate rises along a line to the optimiser's own, and then follows another schedule, which counts from there.

    Both count the same: steps, or with `per="epoch"` epochs.
    """

    steps: int = hyper(integer(1), doc="the count at which the full rate is reached", elsewhere="total_iters")
    start_factor: float = hyper(number(above=0, high=1), 1 / 3, "the share of the rate at the beginning")
    then: Schedule = hyper(
        Kind("schedule", "a schedule, such as `cosine()`", _following), Constant(), "what follows the warm-up"
    )
    per: Unit = hyper(PER, "step", PER_DOC, keyword_only=True)

    def check(self) -> None:
        """What follows must have a rate to begin with that the warm-up can lead to."""
        if isinstance(self.then, OneCycle | Warmup):
            raise ArgumentError(
                f"`then` of `warmup` cannot be `{self.then.name}`, which begins with a rise of its own",
                "then",
                hint=f"use `{self.then.name}` alone",
            )

    def rate(self, count: int, base_rate: float) -> float:
        """`base (start + (1 - start) count / steps)`, and then the other schedule's."""
        if count >= self.steps:
            return self.then.rate(count - self.steps, base_rate)
        return base_rate * (self.start_factor + (1 - self.start_factor) * count / self.steps)

    def fitted(self, total: int) -> Self:
        """What follows takes what remains of the run."""
        return replace(self, then=self.then.fitted(max(total - self.steps, 1)))

    @property
    def plateau(self) -> ReduceOnPlateau | None:
        """That of what follows."""
        return self.then.plateau
