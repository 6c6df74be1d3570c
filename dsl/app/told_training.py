"""The first steps of a training run, told: how each parameter moved, and by which formula."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping, Sequence
from itertools import islice
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dsl.explain.expressions import Equation, Formula, Name
from dsl.explain.story import Move, Training, TrainingStep
from dsl.graph.gradient import gradients
from dsl.graph.node import Node
from dsl.training.coefficients import CoefficientState, Rate
from dsl.training.evaluation import Evaluator
from dsl.training.optimizers import Elementwise
from dsl.training.optimizers.formulas import update_formulas

if TYPE_CHECKING:
    from dsl.app.program import Program
    from dsl.ops.parameters import Array
    from dsl.training.loop import Trainer
    from dsl.training.run import TrainRun
    from dsl.training.stepper import Stepper


def told_training(program: Program, run: TrainRun, count: int) -> Training:
    """Make the first steps of a run, on its own batches and with its own rates; the program stays as it is."""
    trainer = program.trainer(run)
    observed = observe(trainer)
    deque(islice(trainer.steps(), count), maxlen=0)
    return Training(run.name, run.optimizer.name, _rule(run), observed.told, run.minimize.name)


def observe(trainer: Trainer) -> Observed:
    """Have the steps of a trainer told from now on."""
    run, graph = trainer.run, trainer.graph
    found = gradients(graph, run.minimize, run.trained(graph.parameters))
    evaluator = Evaluator(graph, [run.minimize, *found.values()], trainer.engine)
    observed = Observed(trainer.stepper, evaluator, found, run, trainer.feeds)
    trainer.stepper = observed
    return observed


def _rule(run: TrainRun) -> list[Equation]:
    """The update as equations, of the optimiser's memory first."""
    if not isinstance(run.optimizer, Elementwise):
        return []
    formulas = update_formulas(run.optimizer)
    names = {node: Name(name) for node, name in formulas.names.items()}
    rule: list[Equation] = []
    for name, node in formulas.following.items():  # the memory first, which the parameter's own formula may name
        rule.append(Equation((Name(f"{name}′"), Formula(node, dict(names)))))
        names.setdefault(node, Name(f"{name}′"))
    return rule


class Observed:
    """A stepper that tells of each step of another."""

    def __init__(
        self,
        stepper: Stepper,
        evaluator: Evaluator,
        gradients: Mapping[Node, Node],
        run: TrainRun,
        given: Mapping[str, Any],
    ) -> None:
        self._stepper, self._evaluator, self._gradients = stepper, evaluator, gradients
        self._run, self._given = run, given
        self._state = CoefficientState(run.optimizer) if isinstance(run.optimizer, Elementwise) else None
        self.told: list[TrainingStep] = []

    @property
    def parameters(self) -> dict[str, Array]:
        """Those of the stepper."""
        return self._stepper.parameters

    def step(self, feeds: Mapping[str, Array], rate: Rate) -> float:
        """A step, told."""
        before = {node.name: np.array(self.parameters[node.name]) for node in self._gradients}
        values = self._evaluator.run(self.parameters, {**self._given, **feeds})
        gradients = {node.name: values[made] for node, made in self._gradients.items()}
        coefficients = self._coefficients(rate)
        loss = self._stepper.step(feeds, rate)
        after = {name: np.array(self.parameters[name]) for name in before}
        moves = [Move(name, before[name], gradients[name], after[name]) for name in before]
        loss_value = np.asarray(loss, values[self._run.minimize].dtype)
        self.told.append(TrainingStep(len(self.told) + 1, loss_value, moves, coefficients))
        return loss

    def steps(self, feeds: Mapping[str, Array], rates: Sequence[Rate]) -> npt.NDArray[np.float64]:
        """Steps one by one."""
        return np.array([self.step(feeds, rate) for rate in rates])

    def _coefficients(self, rate: Rate) -> dict[str, Array]:
        """The numbers of the update in this step, of those that its formulas have."""
        if self._state is None:
            return {}
        optimizer = self._state.at(rate)
        names = list(optimizer.coefficients(1, {}))
        row = self._state.advance([rate])[0]
        used = update_formulas(optimizer).coefficients
        return {name: np.asarray(value) for name, value in zip(names, row, strict=True) if name in used}
