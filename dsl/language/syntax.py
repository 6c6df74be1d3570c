"""The syntax tree: frozen nodes, each with the span of text it was read from.

Two trees are equal when they mean the same text: spans do not count.
"""

from __future__ import annotations

from dataclasses import FrozenInstanceError, dataclass, field, fields
from typing import Any, ClassVar, TypeVar, dataclass_transform

from dsl.source.text import Span

S = TypeVar("S", bound=type[Any])


@dataclass_transform(frozen_default=True, field_specifiers=(field,))
def node(cls: S) -> S:
    """Make a kind of syntax of a class: its fields are annotated as in a frozen dataclass, and it behaves like one.

    `dataclass(frozen=True)` would compile six methods for each of the forty kinds, which costs `nn` 13 ms of every start, and
    take twice as long to make a node. Here one method is compiled, which sets the fields through their slots; the others
    are those of `Syntax`.
    """
    made: Any = dataclass(init=False, repr=False, eq=False, slots=True)(cls)
    names = [item.name for item in fields(made)]
    made._compared = tuple(item.name for item in fields(made) if item.compare)
    lines = [f"def __init__(self, {', '.join(names)}):", *(f" set_{name}(self, {name})" for name in names)]
    scope = {f"set_{name}": getattr(made, name).__set__ for name in names}
    exec("\n".join(lines), scope)
    made.__init__ = scope["__init__"]
    return made


@node
class Syntax:
    """Anything that was read from a program."""

    __match_args__: ClassVar[tuple[str, ...]]
    """The names of the fields."""
    _compared: ClassVar[tuple[str, ...]]
    """Those that count when two nodes are compared."""

    span: Span = field(compare=False, repr=False)

    def __eq__(self, other: object) -> bool:
        if other.__class__ is not self.__class__:
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in self._compared)

    def __hash__(self) -> int:
        return hash((self.__class__, *(getattr(self, name) for name in self._compared)))

    def __repr__(self) -> str:
        return f"{type(self).__name__}({', '.join(f'{name}={getattr(self, name)!r}' for name in self._compared)})"

    def __setattr__(self, name: str, value: object) -> None:
        raise FrozenInstanceError(f"cannot assign to field {name!r}")

    def __delattr__(self, name: str) -> None:
        raise FrozenInstanceError(f"cannot delete field {name!r}")

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), tuple(getattr(self, name) for name in self.__match_args__)


# -- expressions


@node
class Number(Syntax):
    """`64`, `1e-3`."""

    value: int | float


@node
class String(Syntax):
    """`"data/digits.csv"`, with its escapes resolved."""

    value: str


@node
class Name(Syntax):
    """A name standing for a value, or for what is called."""

    id: str


@node
class ListOf(Syntax):
    """`[1, 2, 3]`."""

    items: tuple[Expression, ...]


@node
class Unary(Syntax):
    """`-x`, `not x`."""

    operator: str
    operand: Expression


@node
class Binary(Syntax):
    """`a + b`, `a @ b`, `a <= b`, `a and b`."""

    operator: str
    left: Expression
    right: Expression


@node
class Argument(Syntax):
    """One argument of a call, by place (no name) or by keyword."""

    name: str | None
    value: Expression


@node
class Call(Syntax):
    """`f(x, axis=0)`."""

    function: Expression
    arguments: tuple[Argument, ...]


@node
class Pipe(Syntax):
    """`x |> f(args)`."""

    value: Expression
    target: Expression


@node
class Ellipsis(Syntax):
    """`...` in an index or a shape: as many axes as it takes."""


@node
class Slice(Syntax):
    """`start:stop:step` in an index, each of them optional."""

    start: Expression | None
    stop: Expression | None
    step: Expression | None


@node
class Index(Syntax):
    """`x[0, 1:, ...]`."""

    value: Expression
    items: tuple[Expression | Slice | Ellipsis, ...]


@node
class Attribute(Syntax):
    """`x.T`, `x.shape`, `digits.train`."""

    value: Expression
    name: str


Expression = Number | String | Name | ListOf | Unary | Binary | Call | Pipe | Index | Attribute


# -- declarations


@node
class TypeOf(Syntax):
    """`f32[batch, 64]`: the element type or None for the default, and the dimensions or None for a scalar."""

    dtype: Name | None
    dims: tuple[Expression | Ellipsis, ...] | None


@node
class DTypeStatement(Syntax):
    """`dtype f64`."""

    name: Name


@node
class DimStatement(Syntax):
    """`dim batch`, `dim n = 3`."""

    name: Name
    size: Expression | None


@node
class ConstantStatement(Syntax):
    """`constant hidden = 64`."""

    name: Name
    value: Expression


@node
class PlaceholderStatement(Syntax):
    """`placeholder x: [batch, 64] = 0`."""

    name: Name
    type: TypeOf | None
    value: Expression | None


@node
class ParameterStatement(Syntax):
    """`parameter w: [n, units] ~ glorot_uniform()`; exactly one of value and initializer is there."""

    name: Name
    type: TypeOf | None
    value: Expression | None
    initializer: Expression | None


@node
class Assignment(Syntax):
    """`y = x + 1`, `a, b = split(x, 2)`."""

    targets: tuple[Name, ...]
    value: Expression


@node
class MetricStatement(Syntax):
    """`metric accuracy = mean(right)`."""

    name: Name
    value: Expression


# -- functions, layers, and what is decided at compile time


@node
class Formal(Syntax):
    """A parameter of a function or a layer, with its declared type and default."""

    name: Name
    type: TypeOf | None
    default: Expression | None


@node
class Block(Syntax):
    """The statements between `{` and `}`."""

    statements: tuple[Statement, ...]


@node
class FunctionStatement(Syntax):
    """`def f(x, y=1) { … }`."""

    name: Name
    parameters: tuple[Formal, ...]
    body: Block


@node
class LayerStatement(Syntax):
    """`layer Dense(units, bias=true)(x: [..., n]) { … }`: options that make it, inputs that it is applied to."""

    name: Name
    options: tuple[Formal, ...]
    parameters: tuple[Formal, ...]
    body: Block


@node
class ReturnStatement(Syntax):
    """`return a, b`."""

    values: tuple[Expression, ...]


@node
class IfStatement(Syntax):
    """`if bias { … } else { … }`, decided at compile time; `else if` is a block of one statement."""

    condition: Expression
    then: Block
    otherwise: Block | None


@node
class Carried(Syntax):
    """`h = x` after `with`: the name that passes hand on, and its first value."""

    name: Name
    value: Expression


@node
class RepeatStatement(Syntax):
    """`repeat i in 0..4 with h = x { … }`; without `stop`, `start` is a list."""

    variable: Name
    start: Expression
    stop: Expression | None
    carried: tuple[Carried, ...]
    body: Block


@node
class ImportStatement(Syntax):
    """`import "blocks.nn"` (names is None), `from "blocks.nn" import ResidualBlock`."""

    path: String
    names: tuple[Name, ...] | None


# -- experiments


@node
class Entry(Syntax):
    """`key = value` in a `data` or `train` block."""

    key: Name
    value: Expression


@node
class DataStatement(Syntax):
    """`data digits { … }`."""

    name: Name
    entries: tuple[Entry, ...]


@node
class TrainStatement(Syntax):
    """`train { … }`, `train fine_tuning { … }`."""

    name: Name | None
    entries: tuple[Entry, ...]


@node
class DatasetName(Syntax):
    """`digits.test`."""

    parts: tuple[str, ...]


@node
class ExpectStatement(Syntax):
    """`expect accuracy >= 0.95 on digits.test within 0.01`."""

    condition: Expression
    dataset: DatasetName | None
    tolerance: Expression | None


@node
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


@node
class Program(Syntax):
    """A whole file. `docs` holds the `##` comments: by the line of the declaration they precede, and 0 for the file's."""

    statements: tuple[Statement, ...]
    docs: dict[int, str] = field(compare=False, repr=False)
