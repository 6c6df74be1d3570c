"""What is called by a name, with its arguments: operations, functions, layers, and what only some places of a program know."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from dsl.app.names.signature import formals, said, signature
from dsl.app.wording import first_sentence
from dsl.language.elaborate.values import Definition, LayerInstance
from dsl.ops.operation import Operation
from dsl.ops.parameters import Kind
from dsl.training.hyperparameters import Declared, Registry


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument: its name, how the signature has it, what it takes, and the values there are if they are few words."""

    name: str
    label: str
    doc: str = ""
    keyword_only: bool = False
    options: tuple[str, ...] = ()
    is_value: bool = False
    """Whether a value of the graph is given here, which is not said by its name."""


@dataclass(frozen=True, slots=True)
class Callee:
    """What is called. `brackets` are its arguments: those of a layer are its options, and then its inputs."""

    name: str
    section: str
    signature: str
    brackets: tuple[tuple[Argument, ...], ...]
    doc: str = ""
    formula: str = ""
    is_made: bool = False
    """Whether it is a layer with its options, which is called with its inputs."""

    @property
    def summary(self) -> str:
        """The first sentence of the documentation."""
        return first_sentence(self.doc)

    @property
    def is_layer(self) -> bool:
        """Whether it is called twice: to be made, and to be applied."""
        return len(self.brackets) > 1

    def arguments(self, is_applied: bool = False) -> tuple[Argument, ...]:
        """The arguments of a call; `is_applied` where a layer that was made in the same expression is called."""
        return self.brackets[-1 if is_applied or self.is_made else 0]


def callee(
    name: str,
    section: str = "",
    definitions: Mapping[str, Definition] | None = None,
    values: Mapping[str, Any] | None = None,
) -> Callee | None:
    """What a name stands for when it is called, None for nothing.

    `section` is what it is looked up among first: a key of a `train` block, `data`, `initializer`. Then come layers among the
    `values` of the program, its `definitions`, operations and the standard layers.
    """
    registry = _registries().get(section)
    if registry is not None and name in registry:
        return _declared(name, section)
    if section == "data" and name in _of_data():
        return _of_data()[name]
    value = (values or {}).get(name)
    if isinstance(value, LayerInstance):
        return _defined(value.definition, name)
    if definitions and name in definitions:
        return _defined(definitions[name])
    return _known().get(name)


def sections() -> Mapping[str, Iterable[str]]:
    """All names that are always there, by section; those of the language under the empty one."""
    return {"": list(_known()), "data": list(_of_data()), **_registries()}


@cache
def _registries() -> dict[str, Registry[Any]]:
    from dsl.training.initializers import INITIALIZERS
    from dsl.training.optimizers import OPTIMIZERS
    from dsl.training.schedules import SCHEDULES
    from dsl.training.stopping import STOPPING

    return {
        "initializer": INITIALIZERS,
        "optimizer": OPTIMIZERS,
        "schedule": SCHEDULES,
        "early_stopping": STOPPING,
    }


@cache
def _known() -> dict[str, Callee]:
    """Operations and the standard layers."""
    from dsl.language.elaborate.modules import library
    from dsl.ops.registry import load

    library_layers = {name: _defined(definition) for name, definition in library().items()}
    return {**library_layers, **{name: _operation(operation) for name, operation in load().items()}}


def _operation(operation: Operation) -> Callee:
    arguments = tuple(
        Argument(p.name, str(p), p.kind.expected, p.keyword_only, _options(p.kind), p.is_tensor)
        for p in operation.parameters
    )
    formula = operation.formula.format(**{p.name: p.name for p in operation.parameters})
    return Callee(operation.name, "operation", operation.signature, (arguments,), operation.doc, formula)


def _defined(definition: Definition, made_as: str = "") -> Callee:
    """A function or a layer of a program; `made_as` is the name of a layer that has its options."""
    statement = definition.statement
    brackets = [tuple(Argument(each.name.id, said(each)) for each in inside) for inside in formals(statement)]
    shown = signature(statement)
    if made_as:
        brackets = brackets[-1:]
        shown = f"{made_as}({', '.join(each.label for each in brackets[-1])})"
    name = made_as or definition.name
    return Callee(name, definition.kind, shown, tuple(brackets), definition.documentation, is_made=bool(made_as))


@cache
def _declared(name: str, section: str) -> Callee:
    declaration: type[Declared] = _registries()[section][name]
    arguments = tuple(
        Argument(p.name, str(p), p.doc or p.kind.expected, p.keyword_only, _options(p.kind))
        for p in declaration.hyperparameters()
    )
    return Callee(name, section, declaration.signature(), (arguments,), declaration.documentation())


@cache
def _of_data() -> dict[str, Callee]:
    """What only a `data` block calls: readers, ways to split, functions of columns."""
    from dsl.language.statements.fields import DOCS, USAGE
    from dsl.training.data.readers import READERS
    from dsl.training.data.scaling import FILLS

    path = Argument("path", "path", "the path of a file, from the folder of the program")
    missing = Argument("missing", "missing", '"drop" leaves out the rows that miss a value', True, ("drop",))
    found = [
        _in_data(
            reader.name,
            "reader",
            [
                path,
                *(Argument(o, o, f"a {kind}", True) for o, kind in reader.options.items() if o != "missing"),
                missing,
            ],
            reader.doc,
        )
        for reader in READERS.values()
    ]
    columns = Argument("columns", "columns", 'columns of a source, such as `source["first":"last"]`')
    value = Argument("value", "value", "a number, or how it is found", options=FILLS)
    found += [
        _in_data(name, "field", [columns, value] if name == "fill_missing" else [columns], DOCS[name]) for name in USAGE
    ]
    part = "its share of the rows, from 0 to 1"
    found += [
        _in_data("arrays", "reader", [], "Columns written in the program: lists of numbers, an item for each row."),
        _in_data(
            "fractions",
            "split",
            [Argument("train", "train=0.8", part), Argument("test", "test=0.2", part)],
            "Rows divided by chance, in these shares; the parts can have any names.",
        ),
        _in_data(
            "folds", "split", [Argument("count", "count", "how many folds")], "Rows divided for cross-validation."
        ),
        _in_data(
            "files",
            "split",
            [Argument(each, f'{each}=csv("{each}.csv")', "the reader of its file") for each in ("train", "test")],
            "Each part in a file of its own.",
        ),
    ]
    return {each.name: each for each in found}


def _in_data(name: str, section: str, arguments: list[Argument], doc: str) -> Callee:
    shown = f"{name}({', '.join(each.label for each in arguments)})"
    return Callee(name, section, shown, (tuple(arguments),), doc)


def _options(kind: Kind) -> tuple[str, ...]:
    from dsl.ops.dtypes import DTYPES

    return tuple(DTYPES) if kind.name == "dtype" else kind.options
