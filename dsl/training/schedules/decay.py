"""Schedules without phases: the rate stays, or falls by a formula. Semantics and defaults are PyTorch's."""

from __future__ import annotations

import math
from bisect import bisect_right
from dataclasses import dataclass, replace
from typing import Self

from dsl.training.hyperparameters import hyper, integer, listed, number, optional
from dsl.training.schedules.schedule import SCHEDULES, Schedule

FACTOR = number(above=0)
GAMMA_DOC = "what the rate is multiplied by"
WHOLE_RUN = "; none is the whole run"


def _power(base: float, exponent: float) -> float:
    """The power, infinite where it is too large for a float."""
    try:
        return base**exponent
    except OverflowError:
        return math.inf


@SCHEDULES.register("constant")
@dataclass(frozen=True, kw_only=True)
class Constant(Schedule):
    """The optimiser's own rate all along."""

    def rate(self, count: int, base_rate: float) -> float:
        """The rate as it is."""
        return base_rate


@SCHEDULES.register("step")
@dataclass(frozen=True, kw_only=True)
class Step(Schedule):
    """The rate is multiplied by `gamma` every `size` epochs."""

    size: int = hyper(integer(1), doc="the number of epochs between two changes", elsewhere="step_size")
    gamma: float = hyper(FACTOR, 0.1, GAMMA_DOC)

    def rate(self, count: int, base_rate: float) -> float:
        """`base gamma^⌊count / size⌋`."""
        return base_rate * _power(self.gamma, count // self.size)


@SCHEDULES.register("multi_step")
@dataclass(frozen=True, kw_only=True)
class MultiStep(Schedule):
    """The rate is multiplied by `gamma` at each of the milestones."""

    milestones: tuple[int, ...] = hyper(
        listed(integer(0), "a list of integers that do not fall", lambda items: list(items) == sorted(items)),
        doc="the counts at which the rate changes",
    )
    gamma: float = hyper(FACTOR, 0.1, GAMMA_DOC)

    def rate(self, count: int, base_rate: float) -> float:
        """`base gamma^(number of milestones reached)`."""
        return base_rate * _power(self.gamma, bisect_right(self.milestones, count))


@SCHEDULES.register("exponential")
@dataclass(frozen=True, kw_only=True)
class Exponential(Schedule):
    """The rate is multiplied by `gamma` after every epoch."""

    gamma: float = hyper(FACTOR, doc=GAMMA_DOC)

    def rate(self, count: int, base_rate: float) -> float:
        """`base gamma^count`."""
        return base_rate * _power(self.gamma, count)


@SCHEDULES.register("cosine")
@dataclass(frozen=True, kw_only=True)
class Cosine(Schedule):
    """The rate falls to `min_lr` along half a wave of the cosine, and rises again after it.

    Loshchilov and Hutter 2017, "SGDR", without restarts.
    """

    steps: int | None = hyper(
        optional(integer(1)), None, "how many counts the fall takes" + WHOLE_RUN, elsewhere="T_max"
    )
    min_lr: float = hyper(number(0), 0.0, "the rate at the end of the fall", elsewhere="eta_min")

    def rate(self, count: int, base_rate: float) -> float:
        """`min + (base - min) (1 + cos(π count / steps)) / 2`."""
        assert self.steps is not None
        return self.min_lr + (base_rate - self.min_lr) * (1 + math.cos(math.pi * count / self.steps)) / 2

    def fitted(self, total: int) -> Self:
        """With the length of the run where none was given."""
        return self if self.steps is not None else replace(self, steps=max(total, 1))


@SCHEDULES.register("polynomial")
@dataclass(frozen=True, kw_only=True)
class Polynomial(Schedule):
    """The rate falls to 0 as a power of what remains, and stays there; with power 1 along a line."""

    total: int | None = hyper(
        optional(integer(1)), None, "the count at which the rate is 0" + WHOLE_RUN, elsewhere="total_iters"
    )
    power: float = hyper(number(0), 1.0, "the exponent")

    def rate(self, count: int, base_rate: float) -> float:
        """`base (1 - count / total)^power`."""
        assert self.total is not None
        return base_rate * (1 - min(count, self.total) / self.total) ** self.power

    def fitted(self, total: int) -> Self:
        """With the length of the run where none was given."""
        return self if self.total is not None else replace(self, total=max(total, 1))
