"""Keeping gradients small: by their norm, all parameters together, and by the value of each element."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from dsl.ops.parameters import Array
from dsl.training.hyperparameters import Declared, hyper, number, optional

Gradients = Mapping[str, Array | None]
"""By the parameter's name; None where the loss does not depend on it."""


def global_norm(gradients: Gradients) -> float:
    """The Euclidean norm of all gradients as one vector, summed in f64."""
    squares = (
        float(np.vdot(wide, wide))
        for gradient in gradients.values()
        if gradient is not None
        for wide in [gradient.astype(np.float64, copy=False)]
    )
    return math.sqrt(sum(squares))


def clip_by_norm(gradients: Gradients, max_norm: float) -> tuple[dict[str, Array | None], float]:
    """Gradients scaled so that their global norm is at most `max_norm`, and the norm before.

    The scale is `max_norm / (norm + 1e-6)` where that is below 1, as in `torch.nn.utils.clip_grad_norm_`. A norm that is inf
    or nan makes no gradient finite: infinite ones become nan, as there.
    """
    with np.errstate(all="ignore"):
        norm = global_norm(gradients)
        scale = max_norm / (norm + 1e-6)
        if scale >= 1:
            return dict(gradients), norm
        scaled = {name: None if gradient is None else gradient * scale for name, gradient in gradients.items()}
    return {name: None if gradient is None else np.asarray(gradient) for name, gradient in scaled.items()}, norm


def clip_by_value(gradients: Gradients, max_value: float) -> dict[str, Array | None]:
    """Gradients with each element brought into `-max_value … max_value`."""
    return {
        name: None if gradient is None else np.asarray(np.clip(gradient, -max_value, max_value))
        for name, gradient in gradients.items()
    }


@dataclass(frozen=True, kw_only=True)
class Clipping(Declared):
    """What a `train` block says of clipping; both limits may hold, first the elements' and then the norm's."""

    name: ClassVar[str] = "train"

    clip_norm: float | None = hyper(optional(number(above=0)), None, "the largest norm of all gradients together")
    clip_value: float | None = hyper(optional(number(above=0)), None, "the largest size of an element of a gradient")

    @property
    def is_on(self) -> bool:
        """Whether there is a limit."""
        return self.clip_norm is not None or self.clip_value is not None

    def apply(self, gradients: Gradients) -> dict[str, Array | None]:
        """The gradients within the limits."""
        clipped = dict(gradients)
        if self.clip_value is not None:
            clipped = clip_by_value(clipped, self.clip_value)
        if self.clip_norm is not None:
            clipped, _ = clip_by_norm(clipped, self.clip_norm)
        return clipped
