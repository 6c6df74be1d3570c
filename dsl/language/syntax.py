"""The syntax tree: frozen nodes, each with the span of text it was read from.

Two trees are equal when they mean the same text: spans do not count.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from dsl.source.text import Span


@dataclass(frozen=True, slots=True)
class Syntax:
    """Anything that was read from a program."""

    span: Span = field(compare=False, repr=False)


# -- expressions


@dataclass(frozen=True, slots=True)
class Number(Syntax):
    """`64`, `1e-3`."""

    value: int | float


@dataclass(frozen=True, slots=True)
class String(Syntax):
    """`"data/digits.csv"`, with its escapes resolved."""

    value: str


@dataclass(frozen=True, slots=True)
class Name(Syntax):
    """A name standing for a value, or for what is called."""

    id: str


@dataclass(frozen=True, slots=True)
class ListOf(Syntax):
    """`[1, 2, 3]`."""

    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Unary(Syntax):
    """`-x`, `not x`."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Syntax):
    """`a + b`, `a @ b`, `a <= b`, `a and b`."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Argument(Syntax):
    """One argument of a call, by place (no name) or by keyword."""

    name: str | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Call(Syntax):
    """`f(x, axis=0)`."""

    function: Expression
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Pipe(Syntax):
    """`x |> f(args)`."""

    value: Expression
    target: Expression


@dataclass(frozen=True, slots=True)
class Ellipsis(Syntax):
    """`...` in an index or a shape: as many axes as it takes."""


@dataclass(frozen=True, slots=True)
class Slice(Syntax):
    """`start:stop:step` in an index, each of them optional."""

    start: Expression | None
    stop: Expression | None
    step: Expression | None


@dataclass(frozen=True, slots=True)
class Index(Syntax):
    """`x[0, 1:, ...]`."""

    value: Expression
    items: tuple[Expression | Slice | Ellipsis, ...]


@dataclass(frozen=True, slots=True)
class Attribute(Syntax):
    """`x.T`, `x.shape`, `digits.train`."""

    value: Expression
    name: str


Expression = Number | String | Name | ListOf | Unary | Binary | Call | Pipe | Index | Attribute


# -- declarations


@dataclass(frozen=True, slots=True)
class TypeOf(Syntax):
    """`f32[batch, 64]`: the element type or None for the default, and the dimensions or None for a scalar."""

    dtype: Name | None
    dims: tuple[Expression | Ellipsis, ...] | None


@dataclass(frozen=True, slots=True)
class DTypeStatement(Syntax):
    """`dtype f64`."""

    name: Name


@dataclass(frozen=True, slots=True)
class DimStatement(Syntax):
    """`dim batch`, `dim n = 3`."""

    name: Name
    size: Expression | None


@dataclass(frozen=True, slots=True)
class ConstantStatement(Syntax):
    """`constant hidden = 64`."""

    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class PlaceholderStatement(Syntax):
    """`placeholder x: [batch, 64] = 0`."""

    name: Name
    type: TypeOf | None
    value: Expression | None


@dataclass(frozen=True, slots=True)
class ParameterStatement(Syntax):
    """`parameter w: [n, units] ~ glorot_uniform()`; exactly one of value and initializer is there."""

    name: Name
    type: TypeOf | None
    value: Expression | None
    initializer: Expression | None


@dataclass(frozen=True, slots=True)
class Assignment(Syntax):
    """`y = x + 1`, `a, b = split(x, 2)`."""

    targets: tuple[Name, ...]
    value: Expression


@dataclass(frozen=True, slots=True)
class MetricStatement(Syntax):
    """`metric accuracy = mean(right)`."""

    name: Name
    value: Expression


# -- functions, layers, and what is decided at compile time


@dataclass(frozen=True, slots=True)
class Formal(Syntax):
    """A parameter of a function or a layer, with its declared type and default."""

    name: Name
    type: TypeOf | None
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Block(Syntax):
    """The statements between `{` and `}`."""

    statements: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class FunctionStatement(Syntax):
    """`def f(x, y=1) { … }`."""

    name: Name
    parameters: tuple[Formal, ...]
    body: Block


@dataclass(frozen=True, slots=True)
class LayerStatement(Syntax):
    """`layer Dense(units, bias=true)(x: [..., n]) { … }`: options that make it, inputs that it is applied to."""

    name: Name
    options: tuple[Formal, ...]
    parameters: tuple[Formal, ...]
    body: Block


@dataclass(frozen=True, slots=True)
class ReturnStatement(Syntax):
    """`return a, b`."""

    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class IfStatement(Syntax):
    """`if bias { … } else { … }`, decided at compile time; `else if` is a block of one statement."""

    condition: Expression
    then: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class Carried(Syntax):
    """`h = x` after `with`: the name that passes hand on, and its first value."""

    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class RepeatStatement(Syntax):
    """`repeat i in 0..4 with h = x { … }`; without `stop`, `start` is a list."""

    variable: Name
    start: Expression
    stop: Expression | None
    carried: tuple[Carried, ...]
    body: Block


@dataclass(frozen=True, slots=True)
class ImportStatement(Syntax):
    """`import "blocks.nn"` (names is None), `from "blocks.nn" import ResidualBlock`."""

    path: String
    names: tuple[Name, ...] | None


# -- experiments


@dataclass(frozen=True, slots=True)
class Entry(Syntax):
    """`key = value` in a `data` or `train` block."""

    key: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class DataStatement(Syntax):
    """`data digits { … }`."""

    name: Name
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class TrainStatement(Syntax):
    """`train { … }`, `train fine_tuning { … }`."""

    name: Name | None
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class DatasetName(Syntax):
    """`digits.test`."""

    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExpectStatement(Syntax):
    """`expect accuracy >= 0.95 on digits.test within 0.01`."""

    condition: Expression
    dataset: DatasetName | None
    tolerance: Expression | None


@dataclass(frozen=True, slots=True)
class ShowStatement(Syntax):
    """`show logits`."""

    value: Expression


Statement = (
    DTypeStatement
    | DimStatement
    | ConstantStatement
    | PlaceholderStatement
    | ParameterStatement
    | Assignment
    | MetricStatement
    | FunctionStatement
    | LayerStatement
    | ReturnStatement
    | IfStatement
    | RepeatStatement
    | ImportStatement
    | DataStatement
    | TrainStatement
    | ExpectStatement
    | ShowStatement
)


@dataclass(frozen=True, slots=True)
class Program(Syntax):
    """A whole file. `docs` holds the `##` comments: by the line of the declaration they precede, and 0 for the file's."""

    statements: tuple[Statement, ...]
    docs: dict[int, str] = field(compare=False, repr=False)
