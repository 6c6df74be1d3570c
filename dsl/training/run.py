"""What a `train` block says, as data: what is minimised, over which parameters, on which data, how and for how long."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import ClassVar

from dsl.graph.node import Node
from dsl.source.diagnostic import fail
from dsl.source.text import Span
from dsl.training.clipping import Clipping
from dsl.training.hyperparameters import ArgumentError, Declared, flag, hyper, integer, listed, number, optional, text
from dsl.training.optimizers import Lbfgs, Optimizer
from dsl.training.schedules import Schedule
from dsl.training.stopping import EarlyStopping

_GLOBS = listed(
    text("encoder.*"), 'a list of names, in which `*` stands for anything: ["encoder.*"]', lambda globs: True
)


@dataclass(frozen=True, kw_only=True)
class TrainSettings(Declared):
    """The keys of a `train` block that are plain numbers and texts."""

    name: ClassVar[str] = "train"

    epochs: int | None = hyper(optional(integer(0)), None, "how often to go through the data")
    steps: int | None = hyper(optional(integer(0)), None, "how many updates to make, instead of `epochs`")
    batch: int | None = hyper(optional(integer(1)), None, "rows in a batch; none is all of them at once")
    shuffle: bool = hyper(flag(), True, "whether each epoch takes the rows in a new order")
    drop_last: bool = hyper(flag(), False, "whether a last, smaller batch is left out")
    seed: int = hyper(integer(0), 0, "of the first parameters and of the order of the rows")
    parameters: tuple[str, ...] = hyper(_GLOBS, ("*",), "which parameters to train, by their names")
    clip_norm: float | None = hyper(optional(number(above=0)), None, "the largest norm of all gradients together")
    clip_value: float | None = hyper(optional(number(above=0)), None, "the largest size of an element of a gradient")
    weight_decay: float | None = hyper(optional(number(0)), None, "the optimiser's weight decay")
    checkpoint: str | None = hyper(optional(text("model.safetensors")), None, "the file to save the parameters to")
    watch: tuple[str, ...] = hyper(_GLOBS, (), "values to watch for infinities and nan, by their names")

    def check(self) -> None:
        """Raise ArgumentError when both `epochs` and `steps` are given."""
        if self.epochs is not None and self.steps is not None:
            raise ArgumentError("a run has a number of `epochs` or of `steps`, not both", "steps")

    @property
    def clipping(self) -> Clipping:
        """The limits of the gradients."""
        return Clipping(clip_norm=self.clip_norm, clip_value=self.clip_value)


@dataclass(frozen=True, slots=True)
class TrainRun:
    """A training run, ready to start. `data` and `validate` name data sets; without data the placeholders' values are used."""

    name: str
    minimize: Node
    optimizer: Optimizer
    settings: TrainSettings
    span: Span
    data: str | None = None
    validate: tuple[str, ...] = ()
    schedule: Schedule | None = None
    early_stopping: EarlyStopping | None = None

    def __post_init__(self) -> None:
        """Raise ProgramError for what does not go together."""
        if isinstance(self.optimizer, Lbfgs) and self.settings.clipping.is_on:
            raise fail(
                "train",
                "`lbfgs` learns the loss's curvature from its gradients, and clipped gradients belong to no loss",
                self.span,
                hint="leave out `clip_norm` and `clip_value`, or take another optimiser: `optimizer = adam()`",
            )

    def trained(self, parameters: Iterable[Node]) -> list[Node]:
        """The parameters that the globs of the block choose."""
        return [node for node in parameters if matches(node.name, self.settings.parameters)]


def matches(name: str, globs: Iterable[str]) -> bool:
    """Whether a name path is one of those that the globs stand for; a name stands for what is below it too."""
    return any(fnmatchcase(name, glob) or fnmatchcase(name, f"{glob}.*") for glob in globs)
