"""The coefficients of the optimiser's update over the steps of a run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from dsl.engine.executable import Series
from dsl.training.optimizers.optimizer import Coefficients, Elementwise

Rate = tuple[float, float | None]
"""The learning rate of a step, and its momentum where a schedule sets it."""


class Steady(Sequence[Rate]):
    """The same rate for a number of steps, without a place in memory for each."""

    def __init__(self, rate: Rate, steps: int) -> None:
        self._rate, self._steps = rate, steps

    def __len__(self) -> int:
        return self._steps

    @overload
    def __getitem__(self, index: int) -> Rate: ...
    @overload
    def __getitem__(self, index: slice) -> Steady: ...
    def __getitem__(self, index: int | slice) -> Rate | Steady:
        chosen = range(self._steps)[index]
        return self._rate if isinstance(chosen, int) else Steady(self._rate, len(chosen))

    def count(self, value: Any) -> int:
        """How many of the steps have this rate."""
        return self._steps if value == self._rate else 0


class CoefficientState:
    """Counts the steps of an optimiser, and gives the coefficients of the coming ones."""

    def __init__(self, optimizer: Elementwise) -> None:
        self._optimizer = optimizer
        self._rate: Rate = (optimizer.lr, None)
        self._current = optimizer
        self.steps = 0
        self.carried: Coefficients = {}

    def at(self, rate: Rate) -> Elementwise:
        """The optimiser with the rate and the momentum of a step."""
        if rate != self._rate:
            self._rate, self._current = rate, self._optimizer.at(*rate)
        return self._current

    def advance(self, rates: Sequence[Rate]) -> Series:
        """Count a step for each of the rates; a row of coefficients for each, or one row where all are the same."""
        first = rates[0]
        if self.at(first).settled(self.steps + 1) and rates.count(first) == len(rates):
            rows = [self._next(first)]
            self.steps += len(rates) - 1
        else:
            rows = [self._next(rate) for rate in rates]
        return np.array(rows)

    def take_back(self, steps: int, carried: Coefficients) -> None:
        """Stand where the state stood with these counts, since the steps counted after that were not made."""
        self.steps, self.carried = steps, carried

    def _next(self, rate: Rate) -> list[float]:
        self.steps += 1
        current = self.at(rate)
        found = current.coefficients(self.steps, self.carried)
        if current.carries:
            self.carried = {name: found[name] for name in current.carries}
        return list(found.values())
