"""Optimisers with a rate for each element, from the size of its past gradients: adagrad, rmsprop, adadelta."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from dsl.training.hyperparameters import flag, hyper, number
from dsl.training.optimizers.field import F, maximum, sqrt
from dsl.training.optimizers.optimizer import (
    DECAY_DOC,
    EPS_DOC,
    OPTIMIZERS,
    RATE,
    RATE_DOC,
    Coefficients,
    Elementwise,
)


@OPTIMIZERS.register("adagrad")
@dataclass(frozen=True, kw_only=True)
class Adagrad(Elementwise):
    """Divides by the root of the sum of all squared gradients, so that rare features keep a large rate.

    Duchi, Hazan and Singer 2011.
    """

    lr: float = hyper(RATE, 1e-2, RATE_DOC)
    lr_decay: float = hyper(number(0), 0.0, "the rate at step t is divided by 1 + (t - 1) lr_decay")
    weight_decay: float = hyper(number(0), 0.0, DECAY_DOC)
    initial_accumulator_value: float = hyper(number(0), 0.0, "what the sum of squares begins with")
    eps: float = hyper(number(0), 1e-10, EPS_DOC)

    def slots(self) -> dict[str, float]:
        """The sum of squared gradients."""
        return {"sum": self.initial_accumulator_value}

    def coefficients(self, step: int, before: Coefficients) -> dict[str, float]:
        """The rate, which falls as 1/t where `lr_decay` is given."""
        return {"rate": self.lr / (1 + (step - 1) * self.lr_decay), "decay": self.weight_decay, "eps": self.eps}

    def settled(self, step: int) -> bool:
        """Unless the rate falls."""
        return not self.lr_decay

    def update(self, parameter: F, gradient: F, slots: Mapping[str, F], c: Coefficients) -> tuple[F, dict[str, F]]:
        """`s = s + g²`, `p = p - rate g / (√s + eps)`."""
        if self.weight_decay:
            gradient = gradient + c["decay"] * parameter
        total = slots["sum"] + gradient * gradient
        return parameter - c["rate"] * (gradient / (sqrt(total) + c["eps"])), {"sum": total}


@OPTIMIZERS.register("rmsprop")
@dataclass(frozen=True, kw_only=True)
class Rmsprop(Elementwise):
    """Divides by the root of a running mean of squared gradients; `centered` by their standard deviation.

    Tieleman and Hinton 2012 (lecture 6.5); centred as in Graves 2013, section 5.2.
    """

    lr: float = hyper(RATE, 1e-2, RATE_DOC)
    alpha: float = hyper(number(0, 1), 0.99, "how much of the running means each step keeps")
    eps: float = hyper(number(0), 1e-8, EPS_DOC)
    weight_decay: float = hyper(number(0), 0.0, DECAY_DOC)
    momentum: float = hyper(number(0), 0.0, "how much of the velocity each step keeps")
    centered: bool = hyper(flag(), False, "subtract the square of the running mean of the gradient")

    def slots(self) -> dict[str, float]:
        """The running mean of squares; the mean and the velocity where they are asked for."""
        wanted = {"square_avg": True, "grad_avg": self.centered, "momentum_buffer": self.momentum > 0}
        return {slot: 0.0 for slot, is_wanted in wanted.items() if is_wanted}

    def coefficients(self, step: int, before: Coefficients) -> dict[str, float]:
        """The same for every step."""
        return {
            "rate": self.lr,
            "decay": self.weight_decay,
            "keep": self.alpha,
            "new": 1 - self.alpha,
            "eps": self.eps,
            "momentum": self.momentum,
        }

    def settled(self, step: int) -> bool:
        """Always."""
        return True

    def update(self, parameter: F, gradient: F, slots: Mapping[str, F], c: Coefficients) -> tuple[F, dict[str, F]]:
        """`s = keep s + new g²`, `p = p - rate g / (√s + eps)`; with momentum along `v = momentum v + g / (√s + eps)`."""
        if self.weight_decay:
            gradient = gradient + c["decay"] * parameter
        squares = c["keep"] * slots["square_avg"] + c["new"] * (gradient * gradient)
        following = {"square_avg": squares}
        variance = squares
        if self.centered:
            mean = c["keep"] * slots["grad_avg"] + c["new"] * gradient
            following["grad_avg"] = mean
            # For a gradient that does not change the difference is 0, and rounding may take it below.
            variance = maximum(squares - mean * mean, 0.0)
        direction = gradient / (sqrt(variance) + c["eps"])
        if self.momentum:
            direction = c["momentum"] * slots["momentum_buffer"] + direction
            following["momentum_buffer"] = direction
        return parameter - c["rate"] * direction, following


@OPTIMIZERS.register("adadelta")
@dataclass(frozen=True, kw_only=True)
class Adadelta(Elementwise):
    """Multiplies the gradient by the ratio of the roots of two running means: of squared steps and of squared gradients.

    Zeiler 2012. The step has the unit of the parameter, and the rate is a plain factor.
    """

    lr: float = hyper(RATE, 1.0, RATE_DOC)
    rho: float = hyper(number(0, 1), 0.9, "how much of the running means each step keeps")
    eps: float = hyper(number(0), 1e-6, "added to both means")
    weight_decay: float = hyper(number(0), 0.0, DECAY_DOC)

    def slots(self) -> dict[str, float]:
        """The running means of squared gradients and of squared steps."""
        return {"square_avg": 0.0, "acc_delta": 0.0}

    def coefficients(self, step: int, before: Coefficients) -> dict[str, float]:
        """The same for every step."""
        return {
            "rate": self.lr,
            "decay": self.weight_decay,
            "keep": self.rho,
            "new": 1 - self.rho,
            "eps": self.eps,
        }

    def settled(self, step: int) -> bool:
        """Always."""
        return True

    def update(self, parameter: F, gradient: F, slots: Mapping[str, F], c: Coefficients) -> tuple[F, dict[str, F]]:
        """`s = keep s + new g²`, `d = g √(u + eps) / √(s + eps)`, `u = keep u + new d²`, `p = p - rate d`."""
        if self.weight_decay:
            gradient = gradient + c["decay"] * parameter
        squares = c["keep"] * slots["square_avg"] + c["new"] * (gradient * gradient)
        moved = slots["acc_delta"]
        step = sqrt(moved + c["eps"]) / sqrt(squares + c["eps"]) * gradient
        following = {"square_avg": squares, "acc_delta": c["keep"] * moved + c["new"] * (step * step)}
        return parameter - c["rate"] * step, following
