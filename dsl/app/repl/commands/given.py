"""What is given to the program beside its text: feeds, parameters, constants, the engine, the seed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click
import numpy as np

from dsl.app.feeding import check_names
from dsl.app.names.binding import bound
from dsl.app.names.formulas import spelled
from dsl.app.options import array_from
from dsl.app.repl.arguments import Arguments, unquoted
from dsl.app.repl.change import few
from dsl.app.repl.command import command
from dsl.app.repl.describing import entered
from dsl.app.repl.editing import at_home, moved
from dsl.app.repl.rewriting import with_entry, with_value
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told, lines
from dsl.app.wording import some, there_is
from dsl.engine.bindings import Sizes
from dsl.engine.names import ENGINES
from dsl.language import syntax
from dsl.language.elaborate.values import BUILTINS
from dsl.language.given import constant_value
from dsl.language.parser import parse_expression
from dsl.language.statements.train import KEYS
from dsl.ops.parameters import Array
from dsl.source.diagnostic import ProgramError, fail, placed
from dsl.source.nearest import did_you_mean
from dsl.source.render import printable
from dsl.source.text import Source, Span
from dsl.training.values import fed_values


def value_at(place: Span) -> Any:
    """The value that an argument stands for, from a file after `@`. Raises ProgramError with its place."""
    text = place.text
    if text.startswith("@"):
        with placed(place):
            return array_from(Path(unquoted(Span(place.source, place.start + 1, place.end))).expanduser())
    if not text:
        raise fail("argument", "a value is missing here", place)
    try:
        return constant_value(text, "value")
    except ProgramError as error:
        sources = {found.span.source: place for found in error.diagnostics if found.span}
        raise moved(error.at(place), sources) from None


@command("feed", "[NAME=VALUE|@FILE|none …] [DATASET]", example=":feed x=3", takes=("dataset", "placeholder"), most=1)
def feed(session: Session, arguments: Arguments) -> Told:
    """Give placeholders values in place of their own, or list what is given.

    A value is an expression, or a file after `@`; a data set feeds its rows. `none` takes a value away again, and `:feed none`
    all of them.
    """
    if not arguments.words and not arguments.pairs:
        return _fed(session)
    entry = f":feed {arguments.place.text.strip()}"
    feeds, dataset = dict(session.state.feeds), session.state.dataset
    if arguments.texts == ["none"]:
        feeds, dataset = {}, ""
    elif arguments.words:
        with placed(arguments.words[0]):
            data = session.program.dataset(arguments.texts[0])
        dataset = data.name
        feeds = {name: value for name, value in feeds.items() if name not in data.arrays}
    for name, place in arguments.pairs.items():
        with placed(arguments.names[name]):
            check_names(session.model, [name])
        if place.text == "none":
            feeds.pop(name, None)
            continue
        value = np.asarray(value_at(place))
        node = session.program.node(name)
        if value.ndim or not node.shape:
            _check_fed(name, value, session, place)
        feeds[name] = value
    session.change(entry, feeds=feeds, dataset=dataset)
    return _fed(session)


def _check_fed(name: str, value: Array, session: Session, place: Span) -> None:
    """Raise ProgramError where a placeholder cannot be fed this value."""
    try:
        fed_values([session.program.node(name)], {name: value}, Sizes())
    except ProgramError as error:
        found = error.diagnostics[0]
        raise fail(found.code, found.message, place, hint=found.hint) from None


def _fed(session: Session) -> Told:
    state = session.state

    def show() -> None:
        for name, value in state.feeds.items():
            click.echo(printable(f"{name} = {spelled(np.asarray(value))}"))
        if state.dataset:
            data = session.program.dataset(state.dataset)
            click.echo(printable(f"from {state.dataset}, {len(data):,} rows: {', '.join(data.arrays)}"))
        if not (state.feeds or state.dataset):
            click.echo("nothing is fed; placeholders have their own values, where the program gives them one")

    return Told(show, {"feeds": dict(state.feeds), "dataset": state.dataset or None})


@command("set", "NAME=VALUE …", example=":set k=0.5", takes=("settable",))
def set_(session: Session, arguments: Arguments) -> Told:
    """Give a constant, a dimension, a key of a `train` block or a parameter another value.

    `:set hidden=128` and `:set train.epochs=5` change the program's text; `:set k=0.5` and `:set w=@w.npy` the value of a
    parameter, whose first value stays what the program says.
    """
    if not arguments.pairs:
        raise fail("argument", "something is missing", arguments.place, hint="usage: :set NAME=VALUE …")
    said: list[str] = []
    with session.as_one(f":set {arguments.place.text.strip()}"):
        for name, place in arguments.pairs.items():
            if _is_parameter(session, name):
                said += _set_parameter(session, name, place)
            else:
                said += _set(session, name, place, arguments.names[name])
    return lines("\n".join(map(printable, said)), set={name: place.text for name, place in arguments.pairs.items()})


def _is_parameter(session: Session, name: str) -> bool:
    return any(node.kind == "parameter" and node.name == name for node in session.program.forward)


def _set_parameter(session: Session, name: str, place: Span) -> list[str]:
    node = session.program.node(name)
    value = np.asarray(value_at(place))
    if value.dtype.kind not in "biuf":
        raise fail("type", f"the parameter `{name}` is a number or an array of numbers", place)
    now = session.program.parameters[name]
    if value.ndim and value.shape != now.shape:
        message = f"`{name}` is {node.type}, and this value has shape {list(value.shape)}"
        raise fail("shape", message, place)
    filled = np.broadcast_to(value, now.shape).astype(now.dtype)
    session.change(f":set {name}={place.text}", values={**session.state.values, name: filled})
    return [f"{name} = {spelled(filled)}"]


def _set(session: Session, name: str, place: Span, where: Span) -> list[str]:
    block, _, key = name.rpartition(".")
    wanted = ("train", block) if block else ("value", name)
    statement = next((found for found in session.statements if wanted in bound(found)), None)
    if block and isinstance(statement, syntax.TrainStatement):
        return _set_key(session, statement, key, place, where)
    value = _as_text(statement, place)
    text = (
        with_value(statement, value) if statement and not isinstance(statement, syntax.PlaceholderStatement) else None
    )
    if text is None:
        raise _not_settable(session, name, where, statement)
    return _changed(session, name, text, len(text) - len(value), place)


def _as_text(statement: syntax.Statement | None, place: Span) -> str:
    """The value as the program has it: a bare word stands for a string where the constant is one."""
    if isinstance(statement, syntax.ConstantStatement) and isinstance(statement.value, syntax.String):
        own = Source(place.text)
        expression = parse_expression(own)
        if isinstance(expression, syntax.Name) and expression.id not in BUILTINS:
            return f'"{expression.id}"'
    return place.text


def _set_key(session: Session, block: syntax.TrainStatement, key: str, place: Span, where: Span) -> list[str]:
    if key not in KEYS:
        hint = did_you_mean(key, KEYS, f"the keys are {', '.join(KEYS)}")
        raise fail("argument", f"a `train` block has no key `{key}`", where, hint=hint)
    apart = {"epochs": ("steps",), "steps": ("epochs",)}.get(key, ())
    text, start = with_entry(block, key, place.text, apart)
    return _changed(session, f"{where.text}", text, start, place)


def _changed(session: Session, name: str, text: str, start: int, place: Span) -> list[str]:
    """Enter a statement with another value, which begins at `start` of it, and point into what was typed where it is wrong."""
    own = Source(text, place.source.name)
    before = session.state

    def home(span: Span) -> Span:
        if span.source is not own:
            return span
        first, last = (min(max(at - start, 0), place.end - place.start) + place.start for at in (span.start, span.end))
        return Span(place.source, first, max(last, first))

    try:
        change = session.enter(Span(own, 0, len(text)), f":set {name}={place.text}")
    except ProgramError as error:
        raise ProgramError(at_home(found, home) for found in error.diagnostics) from None
    said = [line for statement in change.entered for line in entered(session, statement)]
    if change.anew:
        said.append(f"  computed anew: {few(change.anew)}")
    if change.forgotten and before.values:
        said.append(f"  with their first values again: {some(change.forgotten)}")
    return said


def _not_settable(session: Session, name: str, where: Span, statement: syntax.Statement | None) -> ProgramError:
    model = session.model
    if isinstance(statement, syntax.PlaceholderStatement):
        return fail("argument", f"`{name}` is a placeholder", where, hint=f"feed it: `:feed {name}=…`")
    if statement is not None:
        return fail("argument", f"`{name}` is computed", where, hint=f"give it another formula: `{name} = …`")
    keys = [f"{run.name}.{key}" for run in model.runs for key in KEYS]
    known = [*model.constants, *model.dims, *(node.name for node in model.graph.parameters), *keys]
    hint = did_you_mean(
        name, known, there_is(known, "constants, dimensions, parameters and keys of `train` can be set")
    )
    return fail("argument", f"there is nothing to set named `{name}`", where, hint=hint)


@command("engine", "[NAME]", example=":engine reference", takes=("engine",), most=1)
def engine(session: Session, arguments: Arguments) -> Told:
    """Choose what runs the program, or say what does.

    It is a code generator, or the interpreter that they are compared with.
    """
    if arguments.words:
        name = arguments.texts[0]
        if name not in ENGINES:
            hint = did_you_mean(name, ENGINES, f"they are {', '.join(ENGINES)}")
            raise fail("argument", f"there is no engine `{name}`", arguments.words[0], hint=hint)
        session.change(f":engine {name}", engine=name)
    return lines(f"engine: {session.state.engine}", engine=session.state.engine)


@command("seed", "[N]", example=":seed 7", most=1)
def seed(session: Session, arguments: Arguments) -> Told:
    """Draw all parameters anew from a seed, or say which it is.

    It orders the rows of trainings, too.
    """
    if arguments.words:
        word = arguments.words[0]
        if not word.text.isdecimal():
            raise fail("argument", "a seed is a whole number of at least 0", word)
        session.change(f":seed {word.text}", seed=int(word.text), values={}, statistics={})
    found = session.program.seed
    return lines(f"seed: {found}", seed=found)
