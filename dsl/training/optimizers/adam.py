"""The family of Adam: running means of the gradient and of its square, corrected for having begun at 0."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from dsl.training.hyperparameters import flag, hyper, number
from dsl.training.optimizers.field import F, maximum, sqrt
from dsl.training.optimizers.optimizer import (
    BETAS,
    BETAS_DOC,
    DECAY_DOC,
    DECOUPLED_DOC,
    EPS_DOC,
    OPTIMIZERS,
    RATE,
    RATE_DOC,
    Coefficients,
    Elementwise,
)

_DECOUPLED_FLAG_DOC = "take weight decay from the parameter itself instead of adding it to the gradient"


@dataclass(frozen=True, kw_only=True)
class _Moments(Elementwise):
    """The running means that the family has in common, and its two forms of weight decay."""

    lr: float = hyper(RATE, 1e-3, RATE_DOC)
    betas: tuple[float, float] = hyper(BETAS, (0.9, 0.999), BETAS_DOC)
    eps: float = hyper(number(0), 1e-8, EPS_DOC)
    weight_decay: float = hyper(number(0), 0.0, DECAY_DOC)

    @property
    def is_decoupled(self) -> bool:
        """Whether weight decay shrinks the parameter by itself."""
        return False

    def slots(self) -> dict[str, float]:
        """The running means of the gradient and of its square."""
        return {"exp_avg": 0.0, "exp_avg_sq": 0.0}

    def coefficients(self, step: int, before: Coefficients) -> dict[str, float]:
        """What the running means and weight decay multiply with."""
        keep_mean, keep_square = self.betas
        return {
            "keep_mean": keep_mean,
            "new_mean": 1 - keep_mean,
            "keep_square": keep_square,
            "new_square": 1 - keep_square,
            "decay": self.weight_decay,
            "remains": 1 - self.lr * self.weight_decay,
            "eps": self.eps,
        }

    def _decayed(self, parameter: F, gradient: F, c: Coefficients) -> tuple[F, F]:
        """The parameter and the gradient after weight decay."""
        if not self.weight_decay:
            return parameter, gradient
        if self.is_decoupled:
            return c["remains"] * parameter, gradient
        return parameter, gradient + c["decay"] * parameter

    def _moments(self, gradient: F, slots: Mapping[str, F], c: Coefficients) -> tuple[F, F]:
        """The running means of the gradient and of its square with this one in them."""
        mean = c["keep_mean"] * slots["exp_avg"] + c["new_mean"] * gradient
        square = c["keep_square"] * slots["exp_avg_sq"] + c["new_square"] * (gradient * gradient)
        return mean, square


@OPTIMIZERS.register("adam")
@dataclass(frozen=True, kw_only=True)
class Adam(_Moments):
    """Divides the running mean of the gradient by the root of the running mean of its square.

    Kingma and Ba 2015; `amsgrad` as in Reddi, Kale and Kumar 2018.
    """

    amsgrad: bool = hyper(flag(), False, "divide by the largest mean of squares so far")

    def slots(self) -> dict[str, float]:
        """The running means, and the largest mean of squares where it is used."""
        return {**super().slots(), "max_exp_avg_sq": 0.0} if self.amsgrad else super().slots()

    def coefficients(self, step: int, before: Coefficients) -> dict[str, float]:
        """The correction of both means for having begun at 0 goes into the rate and a scale of the root."""
        keep_mean, keep_square = self.betas
        return {
            **super().coefficients(step, before),
            "rate": self.lr / (1 - keep_mean**step),
            "root": 1 / math.sqrt(1 - keep_square**step),
        }

    def update(self, parameter: F, gradient: F, slots: Mapping[str, F], c: Coefficients) -> tuple[F, dict[str, F]]:
        """`m = β₁ m + (1 - β₁) g`, `v = β₂ v + (1 - β₂) g²`, `p = p - rate m / (root √v + eps)`."""
        parameter, gradient = self._decayed(parameter, gradient, c)
        mean, square = self._moments(gradient, slots, c)
        following = {"exp_avg": mean, "exp_avg_sq": square}
        if self.amsgrad:
            square = maximum(slots["max_exp_avg_sq"], square)
            following["max_exp_avg_sq"] = square
        return parameter - c["rate"] * (mean / (c["root"] * sqrt(square) + c["eps"])), following


@OPTIMIZERS.register("adamw")
@dataclass(frozen=True, kw_only=True)
class AdamW(Adam):
    """Adam with weight decay that shrinks the parameter itself, apart from the gradient.

    Loshchilov and Hutter 2019, "Decoupled weight decay regularization", in the form of PyTorch: decay times the rate.
    """

    weight_decay: float = hyper(number(0), 1e-2, DECOUPLED_DOC)

    @property
    def is_decoupled(self) -> bool:
        """Always."""
        return True


@OPTIMIZERS.register("nadam")
@dataclass(frozen=True, kw_only=True)
class NAdam(_Moments):
    """Adam that looks ahead along its mean, as Nesterov's momentum does, with a momentum that grows to its full value.

    Dozat 2016, "Incorporating Nesterov momentum into Adam".
    """

    carries: ClassVar[tuple[str, ...]] = ("mu_product",)

    lr: float = hyper(RATE, 2e-3, RATE_DOC)
    momentum_decay: float = hyper(number(0), 4e-3, "how fast the momentum grows to its full value")
    decoupled_weight_decay: bool = hyper(flag(), False, _DECOUPLED_FLAG_DOC)

    @property
    def is_decoupled(self) -> bool:
        """As the hyper-parameter says."""
        return self.decoupled_weight_decay

    def _momentum(self, step: int) -> float:
        return self.betas[0] * (1 - 0.5 * 0.96 ** (step * self.momentum_decay))

    def coefficients(self, step: int, before: Coefficients) -> dict[str, float]:
        """The mean is corrected by the product of all momenta so far, which is carried from step to step."""
        momentum, following = self._momentum(step), self._momentum(step + 1)
        product = before.get("mu_product", 1.0) * momentum
        return {
            **super().coefficients(step, before),
            "mu_product": product,
            "rate_gradient": self.lr * (1 - momentum) / (1 - product),
            "rate_mean": self.lr * following / (1 - product * following),
            "root": 1 / math.sqrt(1 - self.betas[1] ** step),
        }

    def update(self, parameter: F, gradient: F, slots: Mapping[str, F], c: Coefficients) -> tuple[F, dict[str, F]]:
        """`p = p - (rate_gradient g + rate_mean m) / (root √v + eps)` with the means of Adam."""
        parameter, gradient = self._decayed(parameter, gradient, c)
        mean, square = self._moments(gradient, slots, c)
        ahead = c["rate_gradient"] * gradient + c["rate_mean"] * mean
        following = {"exp_avg": mean, "exp_avg_sq": square}
        return parameter - ahead / (c["root"] * sqrt(square) + c["eps"]), following


@OPTIMIZERS.register("radam")
@dataclass(frozen=True, kw_only=True)
class RAdam(_Moments):
    """Adam that follows its plain mean until enough squares have been seen, and then rectifies their variance.

    Liu, Jiang, He et al. 2020, "On the variance of the adaptive learning rate and beyond".
    """

    decoupled_weight_decay: bool = hyper(flag(), False, _DECOUPLED_FLAG_DOC)

    @property
    def is_decoupled(self) -> bool:
        """As the hyper-parameter says."""
        return self.decoupled_weight_decay

    def coefficients(self, step: int, before: Coefficients) -> dict[str, float]:
        """The divisor is `root √v + offset`: the root counts once the approximated sample is longer than 5."""
        keep_mean, keep_square = self.betas
        correction = 1 - keep_square**step
        longest = 2 / (1 - keep_square) - 1
        length = longest - 2 * step * keep_square**step / correction
        rate = self.lr / (1 - keep_mean**step)
        if length > 5:
            variance_ratio = (length - 4) * (length - 2) * longest / ((longest - 4) * (longest - 2) * length)
            divisor = {"rate": rate * math.sqrt(correction * variance_ratio), "root": 1.0, "offset": self.eps}
        else:
            divisor = {"rate": rate, "root": 0.0, "offset": 1.0}
        return {**super().coefficients(step, before), **divisor}

    def update(self, parameter: F, gradient: F, slots: Mapping[str, F], c: Coefficients) -> tuple[F, dict[str, F]]:
        """`p = p - rate m / (root √v + offset)` with the means of Adam."""
        parameter, gradient = self._decayed(parameter, gradient, c)
        mean, square = self._moments(gradient, slots, c)
        following = {"exp_avg": mean, "exp_avg_sq": square}
        return parameter - c["rate"] * (mean / (c["root"] * sqrt(square) + c["offset"])), following
