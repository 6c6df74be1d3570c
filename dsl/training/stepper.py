"""What makes the steps of a training run, and the way that evaluates gradients and gives them to the optimiser."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np
import numpy.typing as npt

from dsl.graph.node import Node
from dsl.ops.parameters import Array
from dsl.training.clipping import Clipping, Gradients
from dsl.training.coefficients import Rate
from dsl.training.evaluation import Evaluator
from dsl.training.optimizers import LbfgsState, OptimizerState
from dsl.training.watch import NonFiniteTrap


class Stepper(Protocol):
    """Carries the parameters of a run from step to step."""

    @property
    def parameters(self) -> dict[str, Array]:
        """The values of all parameters as they are now; the next step may change the arrays."""
        ...

    def step(self, feeds: Mapping[str, Array], rate: Rate) -> float:
        """One update; the loss before it. Raises ProgramError."""
        ...

    def steps(self, feeds: Mapping[str, Array], rates: Sequence[Rate]) -> npt.NDArray[np.float64]:
        """Updates on the same feeds, one for each rate; the loss before each. Raises ProgramError."""
        ...


class EvaluatingStepper:
    """Evaluates the loss and its gradients, and gives them to the optimiser: the way to read, to watch, and of L-BFGS.

    `constants` are feeds that stay the same.
    """

    def __init__(
        self,
        evaluator: Evaluator,
        loss: Node,
        gradients: Mapping[str, Node],
        parameters: Mapping[str, Array],
        state: OptimizerState | LbfgsState,
        clipping: Clipping,
        constants: Mapping[str, Array] | None = None,
        trap: NonFiniteTrap | None = None,
    ) -> None:
        self._evaluator, self._loss, self._gradients = evaluator, loss, gradients
        self._parameters = dict(parameters)
        self._state, self._clip, self._trap = state, clipping.apply, trap
        self._constants = dict(constants or {})

    @property
    def parameters(self) -> dict[str, Array]:
        """The values of all parameters; each step makes new ones."""
        return self._parameters

    def step(self, feeds: Mapping[str, Array], rate: Rate) -> float:
        """One update; the loss before it."""
        trained = {name: self._parameters[name] for name in self._gradients}
        if isinstance(self._state, LbfgsState):

            def evaluate(values: Mapping[str, Array]) -> tuple[float, Gradients]:
                loss, found = self._loss_and_gradients({**self._parameters, **values}, feeds)
                return loss, self._clip(found)

            updated, loss = self._state.step(trained, evaluate, rate[0])
        else:
            loss, found = self._loss_and_gradients(self._parameters, feeds)
            updated = self._state.step(trained, self._clip(found), *rate)
        self._parameters = {**self._parameters, **updated}
        return loss

    def steps(self, feeds: Mapping[str, Array], rates: Sequence[Rate]) -> npt.NDArray[np.float64]:
        """The steps one by one."""
        return np.array([self.step(feeds, rate) for rate in rates])

    def _loss_and_gradients(
        self, parameters: Mapping[str, Array], feeds: Mapping[str, Array]
    ) -> tuple[float, dict[str, Array]]:
        values = self._evaluator.run(parameters, {**self._constants, **feeds}, watch=self._trap)
        return float(values[self._loss]), {name: values[node] for name, node in self._gradients.items()}
