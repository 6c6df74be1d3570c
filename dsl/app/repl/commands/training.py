"""The program trained: steps one by one, and whole runs."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

import click
import numpy as np

from dsl.app.outcome import ExpectResult
from dsl.app.output import show_diagnostics
from dsl.app.repl.arguments import Arguments, unquoted
from dsl.app.repl.command import command
from dsl.app.repl.editing import moved
from dsl.app.repl.hints import in_session
from dsl.app.repl.session import Session
from dsl.app.repl.state import Steps
from dsl.app.repl.told import Told
from dsl.app.repl.walking import Walk
from dsl.app.training import TrainingInterrupt, train_with_progress
from dsl.app.wording import plural
from dsl.engine.figures import elements, number, rounded
from dsl.language.parser import parse_expression
from dsl.language.statements.train import KEYS
from dsl.ops.parameters import Array
from dsl.source.diagnostic import Diagnostic, ProgramError, fail, placed
from dsl.source.nearest import did_you_mean
from dsl.source.text import Source, Span
from dsl.training.loop import Trainer
from dsl.training.run import TrainRun

_MOST_LOSSES = 5
KEPT = "the parameters reached are kept: `:train` goes on from them, `:undo` takes them back"


def _runs(session: Session, word: Span | None) -> list[TrainRun]:
    """The runs of the program, or the one named. Raises ProgramError."""
    seed = session.state.seed
    keys = {"seed": seed} if seed is not None else {}
    if word is None:
        return session.program.runs(None, keys)
    with placed(word):
        return session.program.runs([unquoted(word)], keys)


# -- step by step ---------------------------------------------------------------------------------------------------------


@command("step", "[N] [run=NAME]", example=":step 3", options={"run": "training"}, most=1)
def step(session: Session, arguments: Arguments) -> Told:
    """Make a training step, or N of them, and show how the parameters move.

    The steps are those of the `train` block: its batches, its optimiser with its memory, its schedule.
    """
    count = arguments.count(arguments.words[0]) if arguments.words else 1
    run = _runs(session, arguments.pairs.get("run"))[0]
    walk = _walk(session, run)
    before = walk.trainer.parameters
    losses, gradients = _observed(walk.trainer, walk.losses) if count == 1 else (list(islice(walk.losses, count)), {})
    done = walk.steps.done + len(losses)
    if not losses:
        raise fail(
            "train", f"`{run.name}` is over after {plural(done, 'step')}", run.span, hint="`:train` goes on from here"
        )
    after = walk.trainer.parameters
    walk.steps = Steps(run.name, walk.steps.values, done)
    session.change(f":step {count}", values=after, statistics=dict(session.program.statistics), steps=walk.steps)
    session.walk = walk
    names = [node.name for node in run.trained(session.model.graph.parameters)]
    moves = [_Move(name, before[name], gradients.get(name), after[name]) for name in names]
    facts = {"run": run.name, "steps": done, "losses": losses, "moves": [move.as_json() for move in moves]}
    return Told(lambda: _print_steps(done, losses, moves), facts)


def _observed(trainer: Trainer, losses: Iterator[float]) -> tuple[list[float], dict[str, Array]]:
    """One step, with the gradients that it was made by."""
    from dsl.app.told_training import observe

    stepper = trainer.stepper
    observed = observe(trainer)
    try:
        made = list(islice(losses, 1))
    finally:
        trainer.stepper = stepper
    return made, {move.name: move.gradient for step in observed.told for move in step.moves}


def _walk(session: Session, run: TrainRun) -> Walk:
    """What makes the next step: what made the last one, or the same made anew."""
    steps, walk = session.state.steps, session.walk
    if walk is not None and walk.steps is steps and walk.steps.run == run.name:
        session.walk = None  # until the steps are made: what is broken off on the way does not go on
        return walk
    if steps is None or steps.run != run.name:
        steps = Steps(run.name, session.program.parameters, 0)
    program = session.fresh(steps.values)
    (again,) = program.runs([run.name], {"seed": run.settings.seed})
    trainer = program.trainer(again)
    session.program.statistics.update(program.statistics)
    losses = trainer.steps()
    for _ in islice(losses, steps.done):
        pass
    return Walk(trainer, losses, steps)


@dataclass(frozen=True, slots=True)
class _Move:
    name: str
    before: Array
    gradient: Array | None
    after: Array

    def as_json(self) -> dict[str, Any]:
        return {"name": self.name, "before": self.before, "gradient": self.gradient, "after": self.after}


def _brief(value: Array) -> str:
    """A number with all its digits, an array in few."""
    return elements(value) if value.ndim else number(value)


def _print_steps(done: int, losses: Sequence[float], moves: Sequence[_Move]) -> None:
    from dsl.app.output import table

    first = done - len(losses) + 1
    places = range(len(losses))
    if len(losses) > _MOST_LOSSES:
        places = [0, 1, len(losses) - 2, len(losses) - 1]
    for at in places:
        if at == len(losses) - 2 and len(losses) > _MOST_LOSSES:
            click.echo("…")
        click.echo(f"step {first + at}: loss {rounded(np.asarray(losses[at]))}")
    with_gradients = all(move.gradient is not None for move in moves)
    columns = ["parameter", "before", *(["∂loss"] if with_gradients else []), "after"]
    rows = [
        [
            move.name,
            _brief(move.before),
            *([_brief(move.gradient)] if with_gradients and move.gradient is not None else []),
            _brief(move.after),
        ]
        for move in moves
    ]
    table(columns, rows)


# -- whole runs -----------------------------------------------------------------------------------------------------------


@command("train", "[NAME] [KEY=VALUE …]", example=":train epochs=5", takes=("training", "train key"), most=1)
def train(session: Session, arguments: Arguments) -> Told:
    """Carry out the `train` blocks, or the one named.

    Keys are overridden for this time: `:train epochs=5 optimizer=sgd(lr=0.1)`. It begins with the parameters as they are, and
    Ctrl-C stops it and keeps those that it has reached.
    """
    from dsl.app.report import expects_as_json, outcome_as_json, print_expects, print_metrics, warn_of_nonfinite

    for name, place in arguments.names.items():
        if name not in KEYS:
            hint = did_you_mean(name, KEYS, f"the keys are {', '.join(KEYS)}")
            raise fail("argument", f"a `train` block has no key `{name}`", place, hint=hint)
    entry = f":train {arguments.place.text.strip()}".rstrip()
    overrides, places = _overrides(session, arguments)
    program = session.program
    names = [run.name for run in _runs(session, arguments.words[0] if arguments.words else None)]
    try:
        outcomes = train_with_progress(program, names, session.quiet, overrides=overrides)
    except TrainingInterrupt as interruption:
        session.change(entry, values=program.parameters, statistics=dict(program.statistics))
        raise KeyboardInterrupt(f"interrupted{interruption.place}; {KEPT}") from None
    except ProgramError as error:
        session.renew()  # one of several runs may have been carried out
        raise moved(error, places) from None
    session.change(entry, values=program.parameters, statistics=dict(program.statistics))
    results, unchecked = _checked(session)

    def show() -> None:
        print_metrics(outcomes)
        print_expects(results, apart=True)
        show_diagnostics(map(in_session, unchecked))
        warn_of_nonfinite(outcomes, '`:train watch=["*"]`')

    facts = {
        "runs": [outcome_as_json(outcome) for outcome in outcomes],
        "expects": expects_as_json(results),
        "unchecked": [in_session(found).as_json() for found in unchecked],
    }
    return Told(show, facts, failed=bool(unchecked) or not all(result.passed for result in results))


def _checked(session: Session) -> tuple[list[ExpectResult], Sequence[Diagnostic]]:
    """What became of the expectations, or why that cannot be said: the training is done all the same."""
    try:
        return session.program.check_all(), ()
    except ProgramError as error:
        return [], error.diagnostics


def _overrides(session: Session, arguments: Arguments) -> tuple[dict[str, Any], dict[Source, Span]]:
    """The keys that are overridden, as expressions, and where these stand in what was typed. Raises ProgramError."""
    found: dict[str, Any] = {"seed": session.state.seed} if session.state.seed is not None else {}
    places: dict[Source, Span] = {}
    for name, place in arguments.pairs.items():
        own = Source(place.text)
        places[own] = place
        try:
            found[name] = parse_expression(own)
        except ProgramError as error:
            raise moved(error, places) from None
    return found, places
