"""All that a session holds at one moment, as a value: what `:undo` goes back to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dsl.engine.names import AUTOMATIC
from dsl.ops.parameters import Array

UNNAMED = "<session>"
"""What a session is called that was not loaded from a file."""


@dataclass(frozen=True, slots=True)
class Steps:
    """Steps of a run that were made one by one: where they began, and how many they are.

    From these the optimiser's memory, the schedule and the order of the batches follow, and so the next step.
    """

    run: str
    values: Mapping[str, Array]
    """The parameters before the first step."""
    done: int


@dataclass(frozen=True, slots=True)
class State:
    """A program's text, and what is given to it beside that. Arrays are never changed in place."""

    text: str = ""
    name: str = UNNAMED
    path: Path | None = None
    """The file that the text was loaded from or saved to."""
    values: Mapping[str, Array] = field(default_factory=dict[str, Array])
    """The parameters that have other values than their first ones, by name."""
    statistics: Mapping[str, Array] = field(default_factory=dict[str, Array])
    """What was fitted to the data that they were trained on."""
    feeds: Mapping[str, Any] = field(default_factory=dict[str, Any])
    """What placeholders are fed in place of their own values."""
    dataset: str = ""
    """The data set that feeds all others."""
    engine: str = AUTOMATIC
    seed: int | None = None
    """Of the first parameters and of the order of the rows; the program's own where it is None."""
    steps: Steps | None = None
