"""What an explanation says, before it is put into the words of a language: of each value where it comes from and where to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from dsl.explain.chain_rule import Form
from dsl.explain.expressions import Equation, Expression
from dsl.graph.node import Node
from dsl.graph.scope import Scope
from dsl.ops.parameters import Array

Role = Literal["placeholder", "parameter", "constant", "operation", "layer"]


@dataclass(slots=True, eq=False)
class Forward:
    """How a value came to be.

    `equation` says by which formula a value was computed, in symbols and with the numbers in it; None where it was given, and
    where a folded layer has too many operations for one formula. `source` is where the value of a placeholder comes from.
    """

    node: Node
    name: str
    role: Role
    value: Array
    inputs: Sequence[str] = ()
    equation: Equation | None = None
    source: Source | None = None
    scope: Scope | None = None
    parameters: Sequence[Node] = ()
    operations: int = 0
    """The parameters and the number of operations inside a folded layer."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where the value of a placeholder comes from: fed by hand, its own default, or rows of a data set."""

    kind: Literal["fed", "default", "data"]
    dataset: str = ""


@dataclass(slots=True, eq=False)
class Local:
    """The derivative of one step: ∂of/∂wrt.

    `derivative` is None where it has too many operations to be read, which `operations` counts; `shaped` is a product with
    shapes in place of its arrays. `shapes` are those of what comes in and of what goes out. `factor` is the derivative's number
    or array, where it is no product with a gradient.
    """

    of: str
    wrt: str
    form: Form
    derivative: Expression | None
    shaped: Expression | None
    operations: int
    shapes: tuple[tuple[int, ...], tuple[int, ...]]
    factor: Array | None


@dataclass(slots=True, eq=False)
class Way:
    """What flows to a value on one path, or on all paths through one of its uses: the chain rule in symbols, with the formulas
    of its factors, with their numbers, and what it comes to. `path` are the names on it, the value itself first."""

    symbols: Expression
    formulas: Expression | None
    numbers: Expression | None
    flow: Array
    path: Sequence[str]


@dataclass(slots=True, eq=False)
class Backward:
    """The gradient with respect to a value: by each path, or where these are many, by each use.

    For the value that is differentiated there is no way, and its gradient is 1.
    """

    node: Node
    name: str
    of: str
    gradient: Array
    ways: Sequence[Way] = ()
    by_uses: bool = False
    path_count: int = 1
    locals: Sequence[Local] = ()


@dataclass(slots=True, eq=False)
class Portrait:
    """One value's whole story: how it came to be, what it feeds, and its gradient; `reason` is why it has none."""

    forward: Forward
    documentation: str
    text: str
    feeds: Sequence[str]
    backward: Backward | None
    reason: Literal["", "integer", "no way", "nothing differentiated"] = ""


@dataclass(slots=True, eq=False)
class Move:
    """How one parameter moved in a training step."""

    name: str
    before: Array
    gradient: Array
    after: Array


@dataclass(slots=True, eq=False)
class TrainingStep:
    """One step of training: its number, the loss before it, and how each parameter moved.

    `coefficients` are the numbers of the update in this step, by their names in its formulas.
    """

    number: int
    loss: Array
    moves: Sequence[Move]
    coefficients: Mapping[str, Array] = field(default_factory=dict[str, Array])


@dataclass(slots=True, eq=False)
class Training:
    """Some steps of training, told: by which optimiser, by which formulas, and each step."""

    run: str
    optimizer: str
    rule: Sequence[Equation]
    steps: Sequence[TrainingStep]
    of: str


@dataclass(slots=True, eq=False)
class Explanation:
    """All that is told of a program.

    `of` is what was differentiated, empty where nothing was. `rows` of `dataset` feed it, where a data set does.
    """

    title: str
    documentation: str
    of: str
    forward: Sequence[Forward] = ()
    backward: Sequence[Backward] = ()
    portraits: Sequence[Portrait] = ()
    training: Training | None = None
    folded: Sequence[str] = ()
    """The titles of the layers that are shown as one step each."""
    dataset: str = ""
    rows: int = 0
    origins: Sequence[Forward] = ()
    """How the values came to be that those of the portraits were computed from."""
