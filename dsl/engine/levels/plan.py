"""A compiled section: the code of a run, what it is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dsl.engine.executable import Series
from dsl.ops.parameters import Array


@dataclass(slots=True)
class LevelPlan:
    """A section compiled to calls on a few long vectors.

    `step` computes everything from what `leaves` hold, which are parts of the memory, and so may `results` be. `loads` and
    `stores` are pairs of arrays, of which the second is copied to the first before and after each step.
    """

    source: str
    step: Callable[[], None]
    leaves: Sequence[Array]
    results: Sequence[Array]
    loads: Sequence[tuple[Array, Array]]
    stores: Sequence[tuple[Array, Array]]

    def run(self, arguments: Sequence[Array]) -> Sequence[Array]:
        """Run once on the values of the leaves; the results are overwritten by the next run."""
        for leaf, value in zip(self.leaves, arguments, strict=True):
            leaf[...] = value
        with np.errstate(all="ignore"):
            self._run()
        return self.results

    def repeat(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        """Run so many times; the first result of each run."""
        fixed, varying = self.leaves[: len(arguments)], self.leaves[len(arguments) :]
        for leaf, value in zip(fixed, arguments, strict=True):
            leaf[...] = value
        rows, found = series.tolist(), np.empty(count)
        with np.errstate(all="ignore"):
            for number in range(count):
                for leaf, value in zip(varying, rows[number if len(rows) > 1 else 0], strict=True):
                    leaf[...] = value
                self._run()
                found[number] = self.results[0]
        return found

    def _run(self) -> None:
        for part, state in self.loads:
            part[...] = state
        self.step()
        for state, following in self.stores:
            state[...] = following
