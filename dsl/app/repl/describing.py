"""What a session says of its names: when they are entered, and when they are asked for."""

from __future__ import annotations

from collections.abc import Iterator

import click
import numpy as np

from dsl.app.names.binding import run_name, values_of
from dsl.app.names.facts import Fact, facts_of, said
from dsl.app.names.formulas import formula, spelled
from dsl.app.names.signature import signature
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told, lines
from dsl.app.wording import plural, some
from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.values import Definition, LayerInstance
from dsl.source.render import printable
from dsl.source.text import Span

_FEW = 4


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


def entered(session: Session, statement: syntax.Statement) -> Iterator[str]:
    """What a statement has come to, a line for each of its names."""
    model = session.model
    if isinstance(statement, syntax.DTypeStatement):
        yield f"floating values are {statement.name.id}"
    for fact in facts_of(model, statement):
        value = session.module.frame.names.get(fact.name)
        text = fact.text
        if isinstance(value, Node) and value.operation and fact.how in ("value", "metric"):
            words = said(statement).removeprefix("= ") if isinstance(statement, syntax.Assignment) else ""
            text = f"= {formula(model, value, words)}" if not text.startswith(("if ", "repeat ")) else ""
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
