"""The names of a program in few words: what each stands for, of which type, and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from dsl.app.names.binding import run_name, values_of
from dsl.app.names.formulas import spelled
from dsl.app.names.signature import signature
from dsl.app.wording import plural
from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.model import Model
from dsl.language.elaborate.scope import Module
from dsl.language.elaborate.values import POISON, LayerInstance, is_ndarray, is_sequence
from dsl.ops.dims import Dim
from dsl.ops.parameters import spell
from dsl.training.initializers import Exactly
from dsl.training.run import TrainRun

_LONGEST = 100


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


def facts(model: Model) -> Iterator[Fact]:
    """Everything that has a name, in the order of the text; then the parameters that layers own."""
    if model.frame is None:
        return
    for statement in model.frame.module.tree.statements:
        yield from facts_of(model, statement)
    for node in model.graph.parameters:
        if node.name not in model.names:
            yield Fact(node.name, "parameter", str(node.type), _initial(node.value))


def _initial(value: object) -> str:
    return f"= {spell(value.value)}" if isinstance(value, Exactly) else f"~ {value}"


def facts_of(model: Model, statement: syntax.Statement) -> Iterator[Fact]:
    """What a statement at the top of the program binds."""
    line = statement.span.line
    match statement:
        case syntax.FunctionStatement() | syntax.LayerStatement():
            kind = "function" if isinstance(statement, syntax.FunctionStatement) else "layer"
            yield Fact(statement.name.id, kind, signature(statement), "", line)
        case syntax.TrainStatement():
            name = run_name(statement)
            run = next((run for run in model.runs if run.name == name), None)
            yield Fact(name, "training", "", described_run(run) if run else "", line)
        case syntax.ImportStatement():
            yield from _imported(model, statement)
        case _:
            text = said(statement)
            for name in values_of(statement):
                yield _fact(model, name, text, statement)


def _fact(model: Model, name: str, text: str, statement: syntax.Statement) -> Fact:
    value, line = _module(model).frame.names.get(name), statement.span.line
    text = " ".join(text.split())
    text = text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
    match statement:
        case syntax.DimStatement():
            return Fact(name, "dimension", "", text, line)
        case syntax.ConstantStatement():
            return Fact(
                name, "constant", "", "" if value is None or value is POISON else f"= {spelled_out(value)}", line
            )
        case syntax.DataStatement():
            plan = model.data.get(name)
            parts, fields = (plan.split.names, plan.fields) if plan else ((), ())
            return Fact(name, "data", ", ".join(parts[:4]), f"feeds {', '.join(fields)}" if plan else "", line)
        case syntax.MetricStatement():
            return Fact(name, "metric", _type(value), text, line)
        case _ if isinstance(value, LayerInstance):
            return Fact(name, "layer", "", text, line)
        case _:
            how = value.kind if isinstance(value, Node) and value.kind in ("placeholder", "parameter") else "value"
            return Fact(name, how, _type(value), text, line)


def _module(model: Model) -> Module:
    assert model.frame is not None
    return model.frame.module


def _type(value: Any) -> str:
    return str(value.type) if isinstance(value, Node) else ""


def spelled_out(value: Any) -> str:
    """A compile-time value on a line, the beginning of a long one."""
    if is_ndarray(value):
        return spelled(value)
    text = str(value) if isinstance(value, Dim) else spell(_beginning(value))
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"


def _beginning(value: Any) -> Any:
    """So much of a list as can be read."""
    return [_beginning(item) for item in value[:_LONGEST]] if is_sequence(value) else value


def said(statement: syntax.Syntax) -> str:
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


def _imported(model: Model, statement: syntax.ImportStatement) -> Iterator[Fact]:
    module = _module(model)
    names = {name.id for name in statement.names} if statement.names is not None else None
    for name, definition in module.definitions.items():
        elsewhere = definition.statement.span.source is not module.source
        if elsewhere and (names is None or name in names):
            text = f"from {definition.statement.span.source.name}"
            yield Fact(name, definition.kind, signature(definition.statement), text, statement.span.line)


def described_run(run: TrainRun) -> str:
    """What a training run does, in a line."""
    on = f" on {run.data}" if run.data else ""
    settings = run.settings
    length = plural(settings.steps, "step") if settings.steps is not None else plural(settings.epochs or 0, "epoch")
    return f"minimises {run.minimize.name} by {run.optimizer}{on}, {length}"
