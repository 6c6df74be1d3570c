"""Parts of a program as compiled functions, for Python code that calls them often."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from dsl.graph.node import Node
from dsl.graph.passes.section import Section
from dsl.ops.parameters import Array
from dsl.training.coefficients import Rate, Steady
from dsl.training.compiled_stepper import CompiledStepper
from dsl.training.evaluation import Evaluator
from dsl.training.stepper import Stepper

Feeds = Mapping[str, npt.ArrayLike]


class Function:
    """Values of a program from feeds, with the parameters as they were when it was made."""

    def __init__(
        self, evaluator: Evaluator, named: Mapping[str, Node], parameters: Mapping[str, Array], given: Feeds
    ) -> None:
        self._call = evaluator.prepared(parameters)
        self._given = dict(given)
        self._nodes = list(named.values())
        self._names = list(named)

    def __call__(self, feeds: Feeds) -> dict[str, Array]:
        """The values by name, as new arrays. Raises ProgramError."""
        found = self._call({**self._given, **feeds} if self._given else feeds)
        return dict(zip(self._names, found, strict=True))


class TrainingStep:
    """The step of a `train` block by itself: clipping, optimiser and rate are the block's, the schedule stands still."""

    def __init__(self, stepper: Stepper, rate: Rate) -> None:
        self._stepper, self._rate = stepper, rate

    @property
    def parameters(self) -> dict[str, Array]:
        """The values of all parameters as they are now, by name path."""
        return {name: np.array(value) for name, value in self._stepper.parameters.items()}

    def section(self, feeds: Mapping[str, Array]) -> tuple[Section, list[Array]] | None:
        """The step as it is before all passes, and the arrays of its states; None where it is not one section.

        That is so with an optimiser that asks for several losses a step, and where every value is watched.
        """
        return self._stepper.section(feeds, self._rate) if isinstance(self._stepper, CompiledStepper) else None

    def run(self, feeds: Feeds) -> float:
        """One update; the loss before it. Raises ProgramError."""
        return self._stepper.step(_arrays(feeds), self._rate)

    def repeat(self, count: int, feeds: Feeds) -> npt.NDArray[np.float64]:
        """So many updates on the same feeds; the loss before each. Raises ProgramError."""
        if count < 1:
            return np.empty(0)
        return self._stepper.steps(_arrays(feeds), Steady(self._rate, count))


def _arrays(feeds: Feeds) -> dict[str, Array]:
    return {name: np.asarray(value) for name, value in feeds.items()}
