"""A compiled section: the code of a run, what it is given and what it gives back."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from dsl.engine.executable import Series
from dsl.engine.levels.affine import Affine, contiguous, run
from dsl.engine.levels.elements import Indices
from dsl.engine.levels.emission import Emission
from dsl.engine.levels.memory import array_at
from dsl.engine.levels.unrolling import Unrolling
from dsl.ops.dtypes import DType
from dsl.ops.parameters import Array

LINES = 4096
"""In one function; the time to translate a function grows faster than its length."""


class LevelPlan:
    """A section compiled to calls on a few long vectors. `calls` is how many there are."""

    def __init__(self, unrolled: Unrolling, emission: Emission, states: Sequence[Array]) -> None: ...
