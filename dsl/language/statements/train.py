"""`train { … }`: a closed set of keys, of which most are plain numbers and some stand for nodes, data and methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from dsl.graph.node import Node
from dsl.language import syntax
from dsl.language.elaborate.collected import Collected
from dsl.language.elaborate.elaboration import Elaboration, elaborates
from dsl.language.elaborate.machine import Task, run
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.values import PENDING, POISON, DataName, describe, is_compile_time, is_list
from dsl.language.statements.data import entries_by_key
from dsl.source.diagnostic import Label, ProgramError, fail
from dsl.source.hint import Hint, Instead
from dsl.source.nearest import did_you_mean
from dsl.source.text import Source, Span
from dsl.training.hyperparameters import ArgumentError, Registry, build
from dsl.training.optimizers import OPTIMIZERS, Optimizer
from dsl.training.run import TrainRun, TrainSettings
from dsl.training.schedules import SCHEDULES, Schedule
from dsl.training.stopping import STOPPING, EarlyStopping

_PLAIN = [parameter.name for parameter in TrainSettings.hyperparameters()]
KEYS = ("minimize", "data", "validate", "optimizer", "schedule", "early_stopping", *_PLAIN)
"""All that a `train` block can say."""

_CALLED_ELSEWHERE = {
    "loss": "minimize",
    "objective": "minimize",
    "lr": "optimizer",
    "learning_rate": "optimizer",
    "batch_size": "batch",
    "validation": "validate",
    "dataset": "data",
    "opt": "optimizer",
    "scheduler": "schedule",
    "iterations": "steps",
    "save": "checkpoint",
}


@elaborates(syntax.TrainStatement)
def train(e: Elaboration, statement: syntax.TrainStatement, frame: Frame) -> Task:
    """`train { … }`, `train fine_tuning { … }`."""
    if frame.parent is not None:
        raise fail("syntax", "a `train` block stands at the top of a file", statement.span)
    names = {s.name.id if s.name else "train": s for s in e.model.train_statements}
    name = statement.name.id if statement.name else "train"
    if name in names:
        raise fail(
            "name",
            f"there are two `train` blocks {f'named `{name}`' if statement.name else 'without a name'}",
            _title(statement),
            labels=[Label(_title(names[name]), "the first one")],
            hint="give this one another name" if statement.name else "give them names: `train warm_up { … }`",
        )
    e.model.train_statements.append(statement)
    overrides = {key: e.override(f"{name}.{key}") for key in KEYS}
    general = {key: e.override(f"train.{key}") for key in KEYS} if name != "train" else {}
    given = {key: value for key, value in {**general, **overrides}.items() if value is not PENDING}
    for key in list(general):
        if overrides[key] is PENDING and general[key] is not PENDING:
            given[key] = general[key]
    found = yield _run(e, statement, frame, given)
    if found is not POISON:
        e.model.runs.append(found)


def train_run(e: Elaboration, statement: syntax.TrainStatement, overrides: Mapping[str, Any]) -> TrainRun:
    """The run of a block with some of its keys given other values. Raises ProgramError."""
    assert e.model.frame is not None
    unknown = next((key for key in overrides if key not in KEYS), None)
    if unknown is not None:
        raise fail("argument", f"a `train` block has no key `{unknown}`", hint=_key_hint(unknown))
    return run(_run(e, statement, e.model.frame, overrides))


def _title(statement: syntax.TrainStatement) -> Span:
    """The name of a block, or the word `train`."""
    start = statement.span.start
    return statement.name.span if statement.name else Span(statement.span.source, start, start + len("train"))


def _run(e: Elaboration, statement: syntax.TrainStatement, frame: Frame, overrides: Mapping[str, Any]) -> Task:
    mistakes = Collected()
    block = _Block(e, statement, frame, overrides, mistakes)
    minimize = yield mistakes.part(block.loss())
    data = yield mistakes.part(block.data_names("data"))
    validate = yield mistakes.part(block.data_names("validate"))
    optimizer = yield mistakes.part(block.called("optimizer", OPTIMIZERS))
    schedule = yield mistakes.part(block.called("schedule", SCHEDULES))
    stopping = yield mistakes.part(block.called("early_stopping", STOPPING))
    settings = yield mistakes.part(block.settings(mistakes))
    mistakes.raise_any()
    optimizer = block.with_decay(optimizer or OPTIMIZERS.make("adam"), settings)
    if len(data) > 1:
        hint = f"name one of them: `data = {data[0]}`"
        raise fail("train", "a run trains on one data set", block.place("data"), hint=hint)
    if settings.epochs is None and settings.steps is None:
        hint = "add `epochs = 30`" if data else "add `steps = 1000` or `epochs = 1000`"
        raise fail("train", "how long is this run?", block.title, hint=hint)
    return TrainRun(
        statement.name.id if statement.name else "train",
        minimize,
        optimizer,
        settings,
        block.title,
        data[0] if data else None,
        tuple(validate),
        schedule,
        stopping,
    )


def _key_hint(key: str) -> str:
    if key in _CALLED_ELSEWHERE:
        meant = _CALLED_ELSEWHERE[key]
        if key in ("lr", "learning_rate"):
            return "the learning rate belongs to the optimizer: `optimizer = adam(lr=1e-3)`"
        return Hint(f"it is `{meant}` here", Instead(key, meant))
    return did_you_mean(key, KEYS, f"the keys are {', '.join(KEYS)}")


class _Block:
    """A `train` block being read; an override stands in for the entry of its key."""

    def __init__(
        self,
        e: Elaboration,
        statement: syntax.TrainStatement,
        frame: Frame,
        overrides: Mapping[str, Any],
        mistakes: Collected,
    ) -> None:
        self.e, self.frame, self.overrides = e, frame, overrides
        self.entries = entries_by_key(statement, mistakes)
        self.title = _title(statement)
        for key, entry in self.entries.items():
            if key not in KEYS:
                hint = _key_hint(key)
                mistakes.add(fail("argument", f"a `train` block has no key `{key}`", entry.key.span, hint=hint))
        self.misspelt = mistakes.failed

    def expression(self, key: str) -> syntax.Expression | None:
        """What a key is given: by an override, as text or a value, or by its entry."""
        if key in self.overrides:
            return as_expression(self.overrides[key], f"--set train.{key}")
        if (key == "epochs" and "steps" in self.overrides) or (key == "steps" and "epochs" in self.overrides):
            return None
        return self.entries[key].value if key in self.entries else None

    def place(self, key: str) -> Span:
        """Where a key is given."""
        return self.entries[key].value.span if key in self.entries else self.title

    def loss(self) -> Task:
        """The node to minimise: a scalar that is not a metric."""
        expression = self.expression("minimize")
        if expression is None:
            if self.misspelt:
                return POISON
            raise fail("train", "what does this run minimise?", self.title, hint="add `minimize = loss`")
        start = len(self.e.graph.nodes)
        value = yield self.e.evaluate(expression, self.frame)
        if value is POISON:
            return POISON
        if not isinstance(value, Node) or value.shape or not value.type.dtype.is_float:
            what = f"this is {value.type}" if isinstance(value, Node) else f"this is {describe(value)}"
            integers = isinstance(value, Node) and not value.shape
            computed = value.span if isinstance(value, Node) else None
            labels = [Label(computed, "computed here")] if computed not in (None, expression.span) else []
            raise fail(
                "train",
                f"a loss is a floating scalar, and {what}",
                expression.span,
                labels=labels,
                hint="whole numbers have no gradient" if integers else "take the `mean(…)` or the `sum(…)`",
            )
        if value.index >= start and not value.name:
            self.e.graph.name(value, "objective")
        self.e.name_rest(start, "objective")
        return value

    def data_names(self, key: str) -> Task:
        """The data sets that a key names: `digits.train`, or a list of several."""
        expression = self.expression(key)
        if expression is None:
            return []
        unknown = self._unknown_data(expression)
        if unknown is not None:
            raise unknown_data_set(self.e, unknown)
        value = yield self.e.evaluate(expression, self.frame)
        if value is POISON:
            return POISON
        names: list[str] = []
        for item in value if is_list(value) else [value]:
            if not isinstance(item, DataName):
                hint = f"write `{key} = digits.train` for a block `data digits {{ … }}`"
                raise fail("train", f"`{key}` names a data set, not {describe(item)}", expression.span, hint=hint)
            names.append(data_set(self.e, item, expression.span))
        return names

    def _unknown_data(self, expression: syntax.Expression) -> syntax.Name | None:
        """The name that a data set's name begins with, when it stands for nothing."""
        while isinstance(expression, syntax.Attribute):
            expression = expression.value
        if not isinstance(expression, syntax.Name) or self.frame.find(expression.id) is not PENDING:
            return None
        return None if expression.id in self.frame.module.binders else expression

    def called(self, key: str, registry: Registry[Any]) -> Task:
        """An optimiser, a schedule, a way of stopping: a call, or a name for a call without arguments."""
        expression = self.expression(key)
        if expression is None:
            return None
        if key == "early_stopping" and not isinstance(expression, syntax.Call | syntax.Name):
            patience = yield self.e.evaluate(expression, self.frame)
            return _made(registry, "early_stopping", {}, [patience], {}, expression.span)
        return (yield declared(self.e, expression, registry, self.frame))

    def settings(self, mistakes: Collected) -> Task:
        """The plain keys, each checked by itself and then all together."""
        values: dict[str, Any] = {}
        spans: dict[str, Span] = {}
        for key in _PLAIN:
            expression = self.expression(key)
            if expression is None:
                continue
            value = yield mistakes.part(self.e.evaluate(expression, self.frame))
            if value is POISON:
                continue
            value = [value] if key in ("parameters", "watch") and isinstance(value, str) else value
            try:
                _settings({key: value}, {key: expression.span})
            except ProgramError as error:
                mistakes.add(error)
            else:
                values[key], spans[key] = value, expression.span
        return _settings(values, spans)

    def with_decay(self, optimizer: Optimizer, settings: TrainSettings) -> Optimizer:
        """The optimiser with the block's weight decay."""
        if settings.weight_decay is None:
            return optimizer
        if not hasattr(optimizer, "weight_decay"):
            raise fail("train", f"`{optimizer.name}` has no weight decay", self.place("weight_decay"))
        return replace(optimizer, weight_decay=settings.weight_decay)


def _settings(values: Mapping[str, Any], spans: Mapping[str, Span]) -> TrainSettings:
    try:
        return build(TrainSettings, values)
    except ArgumentError as error:
        (found,) = error.diagnostics
        message = found.message.replace(" of `train`", "")
        raise ProgramError([replace(found, message=message, span=spans.get(error.argument), hint="")]) from None


def unknown_data_set(e: Elaboration, name: syntax.Name) -> ProgramError:
    """The error of a data set that no `data` block declares."""
    hint = did_you_mean(name.id, e.model.data, f"declare it: `data {name.id} {{ … }}`")
    return fail("name", f"there is no data set `{name.id}`", name.span, hint=hint)


def data_set(e: Elaboration, name: DataName, span: Span) -> str:
    """The full name of a data set, checked against the block's parts. Raises ProgramError."""
    plan = e.model.data[name.name]
    parts = plan.split.names
    if name.part in parts:
        return str(name)
    if not name.part and parts == ["all"]:
        return f"{name.name}.all"
    known = ", ".join(f"`{name.name}.{part}`" for part in parts[:6])
    if not name.part:
        raise fail(
            "data",
            f"`{name.name}` has several parts",
            span,
            labels=[Label(plan.span, "split here")],
            hint=f"name one: {known}",
        )
    meant = did_you_mean(name.part, parts)
    raise fail(
        "data",
        f"`{name.name}` has no part `{name.part}`",
        span,
        labels=[Label(plan.span, "the block")],
        hint=meant or f"its parts are {known}",
    )


def declared(e: Elaboration, expression: syntax.Expression, registry: Registry[Any], frame: Frame) -> Task:
    """What a call such as `adam(lr=1e-3)` declares; arguments may be calls of the same kind."""
    function = expression.function if isinstance(expression, syntax.Call) else expression
    if not isinstance(function, syntax.Name):
        quoted = isinstance(expression, syntax.String) and expression.value in registry
        hint = (
            f"write it without quotes: `{expression.span.text[1:-1]}()`" if quoted else f"one of {', '.join(registry)}"
        )
        raise fail("train", f"{registry.noun} is needed here", expression.span, hint=hint)
    keywords: dict[str, Any] = {}
    positional: list[Any] = []
    spans: dict[str, Span] = {}
    places = [p.name for p in registry[function.id].hyperparameters()] if function.id in registry else []
    for argument in expression.arguments if isinstance(expression, syntax.Call) else ():
        value = argument.value
        nested = (
            isinstance(value, syntax.Call) and isinstance(value.function, syntax.Name) and value.function.id in registry
        )
        result = yield declared(e, value, registry, frame) if nested else e.evaluate(value, frame)
        if not nested and not is_compile_time(result):
            hint = "it has to be known before the program runs: a number, or a `constant`"
            raise fail("argument", f"a number is needed here, not {describe(result)}", value.span, hint=hint)
        if result is POISON:
            raise ProgramError([])
        if argument.name is None:
            spans.update(dict.fromkeys(places[len(positional) : len(positional) + 1], argument.span))
            positional.append(result)
        else:
            keywords[argument.name] = result
            spans[argument.name] = argument.span
    place = expression.span if function.id in registry else function.span
    return _made(registry, function.id, keywords, positional, spans, place)


def _made(
    registry: Registry[Any],
    name: str,
    keywords: Mapping[str, Any],
    positional: Sequence[Any],
    spans: Mapping[str, Span],
    span: Span,
) -> Optimizer | Schedule | EarlyStopping:
    try:
        return registry.make(name, keywords, positional)
    except ArgumentError as error:
        place = spans.get(error.argument, span)
        raise ProgramError(replace(found, span=found.span or place) for found in error.diagnostics) from None


def as_expression(value: Any, name: str) -> syntax.Expression:
    """A value given from outside the program as an expression: syntax as it is, text read, anything else spelt out."""
    from dsl.language.parser import parse_expression
    from dsl.ops.parameters import spell

    if isinstance(value, syntax.Syntax):
        return value  # pyright: ignore[reportReturnType]
    return parse_expression(Source(value if isinstance(value, str) else spell(value), name))
