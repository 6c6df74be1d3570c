"""The names of a session in few words: what each stands for, of which type, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import click
import numpy as np

from dsl.app.repl.binding import run_name, values_of
from dsl.app.repl.formulas import formula, spelled
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told, lines
from dsl.app.wording import plural, some
from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.values import Definition, LayerInstance
from dsl.ops.dims import Dim
from dsl.ops.parameters import spell
from dsl.source.render import printable
from dsl.source.text import Span
from dsl.training.initializers import Exactly
from dsl.training.run import TrainRun

_LONGEST = 100
_FEW = 4


@dataclass(frozen=True, slots=True)
class Fact:
    """What a name stands for. `how` is a word for its kind, `type` its type or signature, `text` how the program says it."""

    name: str
    how: str
    type: str = ""
    text: str = ""
    line: int | None = None

    def as_json(self) -> dict[str, Any]:
        """The facts for tools."""
        return {"name": self.name, "how": self.how, "type": self.type, "text": self.text, "line": self.line}


# -- all names ------------------------------------------------------------------------------------------------------------


def facts(session: Session) -> Iterator[Fact]:
    """Everything that has a name, in the order of the text; then the parameters that layers own."""
    for statement in session.statements:
        yield from _facts(session, statement)
    for node in session.model.graph.parameters:
        if node.name not in session.model.names:
            yield Fact(node.name, "parameter", str(node.type), _initial(node.value))


def _initial(value: object) -> str:
    return f"= {spell(value.value)}" if isinstance(value, Exactly) else f"~ {value}"


def _facts(session: Session, statement: syntax.Statement) -> Iterator[Fact]:
    line = statement.span.line
    match statement:
        case syntax.FunctionStatement() | syntax.LayerStatement():
            kind = "function" if isinstance(statement, syntax.FunctionStatement) else "layer"
            yield Fact(statement.name.id, kind, signature(statement), "", line)
        case syntax.TrainStatement():
            name = run_name(statement)
            run = next((run for run in session.model.runs if run.name == name), None)
            yield Fact(name, "training", "", _run(run) if run else "", line)
        case syntax.ImportStatement():
            yield from _imported(session, statement)
        case _:
            text = _said(statement)
            for name in values_of(statement):
                yield _fact(session, name, text, statement)


def _fact(session: Session, name: str, text: str, statement: syntax.Statement) -> Fact:
    model, line = session.model, statement.span.line
    value = session.module.frame.names.get(name)
    text = " ".join(text.split())
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
    match statement:
        case syntax.DimStatement():
            return Fact(name, "dimension", "", text, line)
        case syntax.ConstantStatement():
            return Fact(name, "constant", "", f"= {_spelled(value)}", line)
        case syntax.DataStatement():
            plan = model.data[name]
            return Fact(name, "data", ", ".join(plan.split.names[:4]), f"feeds {', '.join(plan.fields)}", line)
        case syntax.MetricStatement():
            return Fact(name, "metric", _type(value), text, line)
        case _ if isinstance(value, LayerInstance):
            return Fact(name, "layer", "", text, line)
        case _:
            how = value.kind if isinstance(value, Node) and value.kind in ("placeholder", "parameter") else "value"
            return Fact(name, how, _type(value), text, line)


def now(session: Session, fact: Fact) -> str:
    """How the program says what a name is; of a parameter that has another value than its first one, and of a placeholder
    that is fed, that value too."""
    given = {"parameter": session.state.values, "placeholder": session.state.feeds}.get(fact.how, {})
    text = fact.text.removeprefix("= ")
    if fact.name not in given:
        return text
    value = np.asarray(given[fact.name])
    is_parameter = fact.how == "parameter"
    words = f"{spelled(value)} now" if value.size <= _FEW else "trained" if is_parameter else f"fed {list(value.shape)}"
    return f"{words}, first {text}" if is_parameter else words


def _type(value: Any) -> str:
    return str(value.type) if isinstance(value, Node) else ""


def _spelled(value: Any) -> str:
    text = str(value) if isinstance(value, Dim) else spell(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _said(statement: syntax.Statement) -> str:
    """How a statement says what its names stand for: `= k * x`, `~ glorot_uniform()`."""
    match statement:
        case syntax.ParameterStatement(initializer=syntax.Syntax() as initializer):
            return f"~ {initializer.span.text}"
        case syntax.ParameterStatement(value=value) | syntax.PlaceholderStatement(value=value):
            return f"= {value.span.text}" if value is not None else ""
        case syntax.DimStatement(size=size):
            return f"= {size.span.text}" if size is not None else ""
        case syntax.Assignment(value=value) | syntax.MetricStatement(value=value):
            return f"= {value.span.text}"
        case syntax.IfStatement(condition=condition):
            return f"if {condition.span.text}"
        case syntax.RepeatStatement():
            return statement.span.text.partition("{")[0].strip()
        case _:
            return ""


def _imported(session: Session, statement: syntax.ImportStatement) -> Iterator[Fact]:
    own = session.source
    names = {name.id for name in statement.names} if statement.names is not None else None
    for name, definition in session.module.definitions.items():
        elsewhere = definition.statement.span.source is not own
        if elsewhere and (names is None or name in names):
            text = f"from {definition.statement.span.source.name}"
            yield Fact(name, definition.kind, signature(definition.statement), text, statement.span.line)


def signature(statement: syntax.FunctionStatement | syntax.LayerStatement) -> str:
    """How a function or a layer is called: `huber(y, yhat, delta=1.0)`."""
    is_layer = isinstance(statement, syntax.LayerStatement)
    parts = [statement.options, statement.parameters] if is_layer else [statement.parameters]
    return statement.name.id + "".join(f"({', '.join(formal.span.text for formal in formals)})" for formals in parts)


def _run(run: TrainRun) -> str:
    on = f" on {run.data}" if run.data else ""
    settings = run.settings
    length = plural(settings.steps, "step") if settings.steps is not None else plural(settings.epochs or 0, "epoch")
    return f"minimises {run.minimize.name} by {run.optimizer}{on}, {length}"


# -- a statement that was entered -----------------------------------------------------------------------------------------


def entered(session: Session, statement: syntax.Statement) -> Iterator[str]:
    """What a statement has come to, a line for each of its names."""
    model = session.model
    if isinstance(statement, syntax.DTypeStatement):
        yield f"floating values are {statement.name.id}"
    for fact in _facts(session, statement):
        value = session.module.frame.names.get(fact.name)
        text = fact.text
        if isinstance(value, Node) and value.operation and fact.how in ("value", "metric"):
            said = _said(statement).removeprefix("= ") if isinstance(statement, syntax.Assignment) else ""
            text = f"= {formula(model, value, said)}" if not text.startswith(("if ", "repeat ")) else ""
        if isinstance(statement, syntax.Assignment) and len(statement.targets) > 1:
            text = ""
        yield printable(_line(fact, text))


def _line(fact: Fact, text: str) -> str:
    """`parameter w: f32[64, 10] ~ glorot_uniform()`: as the program could say it, with what it leaves unsaid."""
    match fact.how:
        case "value":
            return f"{fact.name}: {fact.type} {text}".rstrip()
        case "function" | "layer" if fact.type:
            return f"{fact.how} {fact.type} {text}".rstrip()
        case "data":
            return f"data {fact.name}: {fact.type}; {text}"
        case "training":
            return f"{fact.name}: {text}"
        case _:
            return f"{fact.how} {fact.name}{': ' if fact.type else ''}{fact.type} {text}".rstrip()


# -- what has no value ----------------------------------------------------------------------------------------------------


def described_data(session: Session, name: str) -> Told:
    """A data set, or all parts of a block. Raises ProgramError."""
    plan = session.model.data[name.partition(".")[0]]
    parts = [name] if "." in name else [f"{name}.{part}" for part in plan.split.names]
    sets = {part: session.program.dataset(part) for part in parts}
    shapes = {part: {field: list(array.shape) for field, array in found.arrays.items()} for part, found in sets.items()}

    def show() -> None:
        for part, found in sets.items():
            fields = ", ".join(f"{field} {plan.dtypes[field]}{shape}" for field, shape in shapes[part].items())
            click.echo(printable(f"{part}: {plural(len(found), 'row')}; {fields}"))

    return Told(show, {"data": {part: {"rows": len(found), "fields": shapes[part]} for part, found in sets.items()}})


def described_call(session: Session, name: str) -> Told:
    """A function or a layer: how it is called, and its documentation."""
    value = session.module.frame.names.get(name)
    definition: Definition = value.definition if isinstance(value, LayerInstance) else session.module.definitions[name]
    called = signature(definition.statement)
    text = f"{definition.kind} {called}"
    if isinstance(value, LayerInstance):
        members = some(value.members) or "none before it is applied"
        text = f"layer {name}, made of {called}; parameters: {members}"
    doc = definition.documentation
    text = "\n".join(printable(line) for line in [text, *(doc.split("\n") if doc else [])])
    return lines(text, name=name, signature=called, doc=doc)


def place_of(session: Session, name: str) -> Span | None:
    """The statement that binds a name, or defines what is called by it."""
    for statement in session.statements:
        if name in values_of(statement):
            return statement.span
        named = isinstance(statement, syntax.FunctionStatement | syntax.LayerStatement) and statement.name.id == name
        if named or (isinstance(statement, syntax.TrainStatement) and run_name(statement) == name):
            return statement.span
    return None
