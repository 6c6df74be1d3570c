"""Training steps under way, between one `:step` and the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dsl.app.repl.state import Steps
from dsl.training.loop import Trainer


@dataclass(slots=True)
class Walk:
    """The trainer, what makes its next steps and gives their losses, and the steps that it has made."""

    trainer: Trainer
    losses: Iterator[float]
    steps: Steps
