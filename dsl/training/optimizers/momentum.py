"""Optimisers that follow the gradient, or a running mean of it, with one rate for all elements: sgd, lion."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.training.hyperparameters import ArgumentError, flag, hyper, number
from dsl.training.optimizers.field import F, sign
from dsl.training.optimizers.optimizer import (
    BETAS,
    DECAY_DOC,
    DECOUPLED_DOC,
    OPTIMIZERS,
    RATE,
    RATE_DOC,
    Coefficients,
    Elementwise,
)


@OPTIMIZERS.register("sgd")
@dataclass(frozen=True, kw_only=True)
class Sgd(Elementwise):
    """Stochastic gradient descent: a step against the gradient, or against its running sum (momentum).

    Sutskever, Martens, Dahl and Hinton 2013, in the form of PyTorch: the rate multiplies the velocity.
    """

    momentum: float = hyper(number(0), 0.0, "how much of the velocity each step keeps")
    dampening: float = hyper(number(), 0.0, "the share of the gradient that does not enter the velocity")
    weight_decay: float = hyper(number(0), 0.0, DECAY_DOC)
    nesterov: bool = hyper(flag(), False, "look ahead along the velocity; needs momentum and no dampening")

    def check(self) -> None:
        """Nesterov's momentum needs a momentum, undampened."""
        if self.nesterov and (self.momentum == 0 or self.dampening != 0):
            raise ArgumentError(
                "`nesterov` of `sgd` needs a momentum above 0 and no dampening",
                "nesterov",
                hint="write for example `sgd(lr=0.01, momentum=0.9, nesterov=true)`",
            )

    def slots(self) -> dict[str, float]:
        """The velocity, where there is a momentum."""
        return {"momentum_buffer": 0.0} if self.momentum else {}

    def coefficients(self, step: int, before: Coefficients) -> dict[str, float]:
        """The first gradient enters the velocity whole, later ones dampened."""
        return {
            "rate": self.lr,
            "decay": self.weight_decay,
            "kept": self.momentum,
            "taken": 1.0 if step == 1 else 1 - self.dampening,
        }

    def settled(self, step: int) -> bool:
        """From the second step, and from the first where nothing is dampened."""
        return step > 1 or not self.dampening

    def update(self, parameter: F, gradient: F, slots: Mapping[str, F], c: Coefficients) -> tuple[F, dict[str, F]]:
        """`v = kept v + taken g`, `p = p - rate v`; Nesterov's goes along `g + kept v` instead."""
        if self.weight_decay:
            gradient = gradient + c["decay"] * parameter
        if not self.momentum:
            return parameter - c["rate"] * gradient, {}
        velocity = c["kept"] * slots["momentum_buffer"] + c["taken"] * gradient
        direction = gradient + c["kept"] * velocity if self.nesterov else velocity
        return parameter - c["rate"] * direction, {"momentum_buffer": velocity}


@OPTIMIZERS.register("lion")
@dataclass(frozen=True, kw_only=True)
class Lion(Elementwise):
    """Evolved sign momentum: every element moves by the rate, in the direction of a running mean.

    Chen, Liang, Huang et al. 2023, "Symbolic discovery of optimization algorithms", algorithm 2.
    """

    lr: float = hyper(RATE, 1e-4, RATE_DOC)
    betas: tuple[float, float] = hyper(
        BETAS, (0.9, 0.99), "how much of the running mean the direction takes, and how much of it each step keeps"
    )
    weight_decay: float = hyper(number(0), 0.0, DECOUPLED_DOC)

    def slots(self) -> dict[str, float]:
        """The running mean of the gradient."""
        return {"exp_avg": 0.0}

    def coefficients(self, step: int, before: Coefficients) -> dict[str, float]:
        """The same for every step."""
        look, keep = self.betas
        return {
            "rate": self.lr,
            "remains": 1 - self.lr * self.weight_decay,
            "look": look,
            "look_new": 1 - look,
            "keep": keep,
            "keep_new": 1 - keep,
        }

    def settled(self, step: int) -> bool:
        """Always."""
        return True

    def update(self, parameter: F, gradient: F, slots: Mapping[str, F], c: Coefficients) -> tuple[F, dict[str, F]]:
        """`p = remains p - rate sign(look m + (1 - look) g)`, then `m = keep m + (1 - keep) g`."""
        mean = slots["exp_avg"]
        direction = sign(c["look"] * mean + c["look_new"] * gradient)
        if self.weight_decay:
            parameter = c["remains"] * parameter
        return parameter - c["rate"] * direction, {"exp_avg": c["keep"] * mean + c["keep_new"] * gradient}
