"""What an optimiser is: hyper-parameters, and for most a formula for the next value of each element by itself."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from dsl.training.hyperparameters import Declared, Registry, hyper, listed, number
from dsl.training.optimizers.field import F

Coefficients = Mapping[str, float]
"""The numbers of one step that an update multiplies with, as Python floats, which leave f32 arrays f32."""

RATE = number(0)
SHARE = number(0, below=1)
BETAS = listed(SHARE, "a list of two numbers, each of at least 0 and below 1", accepts=lambda betas: len(betas) == 2)

RATE_DOC = "the learning rate"
EPS_DOC = "added to a divisor, so that it is not 0"
DECAY_DOC = "how much of the parameter itself is added to its gradient (an L2 penalty)"
DECOUPLED_DOC = "the share of the parameter, times the rate, that each step takes away"
BETAS_DOC = "how much of the running means of the gradient and of its square each step keeps"


@dataclass(frozen=True, kw_only=True)
class Optimizer(Declared):
    """How parameters follow their gradients."""

    lr: float = hyper(RATE, 1e-3, RATE_DOC)

    @property
    def has_momentum(self) -> bool:
        """Whether there is a momentum that a schedule can change."""
        return hasattr(self, "momentum") or hasattr(self, "betas")

    def at(self, rate: float, momentum: float | None = None) -> Self:
        """The same optimiser with the learning rate of a moment, and its momentum where a schedule changes it.

        The momentum is the first of the `betas` where the optimiser has those. Raises TypeError when it has neither.
        """
        changes: dict[str, Any] = {"lr": rate}
        if momentum is not None:
            if not self.has_momentum:
                raise TypeError(f"{self.name} has no momentum")
            betas: tuple[float, float] | None = getattr(self, "betas", None)
            changes |= {"momentum": momentum} if betas is None else {"betas": (momentum, betas[1])}
        return replace(self, **changes)


@dataclass(frozen=True, kw_only=True)
class Elementwise(Optimizer, ABC):
    """An optimiser whose step is a formula on each element by itself: of the parameter, its gradient and its state.

    What depends on the count of the step alone is computed once a step, in `coefficients`; the formula is `update`.
    """

    carries: ClassVar[tuple[str, ...]] = ()
    """The coefficients that the next step's are computed from; a checkpoint keeps them."""

    def slots(self) -> dict[str, float]:
        """The state beside each parameter: names of arrays of its shape and element type, and their first value."""
        return {}

    @abstractmethod
    def coefficients(self, step: int, before: Coefficients) -> dict[str, float]:
        """The coefficients of a step, counted from 1, from those of the step before (none at the first)."""
        ...

    def settled(self, step: int) -> bool:
        """Whether this step and all later ones have the same coefficients, while rate and momentum stay."""
        return False

    @abstractmethod
    def update(self, parameter: F, gradient: F, slots: Mapping[str, F], c: Coefficients) -> tuple[F, dict[str, F]]:
        """The next value of the parameter and of its state."""
        ...


OPTIMIZERS: Registry[Optimizer] = Registry("an optimiser")
