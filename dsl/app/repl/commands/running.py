"""The program run: forward, backward, compiled, timed and checked."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median
from time import perf_counter
from typing import Any

import click

from dsl.app.differentiation import gradient_value
from dsl.app.program import Program
from dsl.app.repl.arguments import Arguments
from dsl.app.repl.command import MANY, command
from dsl.app.repl.looking import computed
from dsl.app.repl.session import Session
from dsl.app.repl.told import Told, lines
from dsl.engine.names import AUTOMATIC, REFERENCE
from dsl.graph.node import Node
from dsl.source.diagnostic import ProgramError, fail, placed
from dsl.source.render import printable
from dsl.source.text import Span

_SECONDS = 0.3
_MOST_RUNS = 1_000
_STAGES = ("plan", "passes", "code")


def named(session: Session, words: Sequence[Span]) -> dict[str, Node]:
    """The nodes of some names. Raises ProgramError with the place of a name that there is not."""
    found: dict[str, Node] = {}
    for word in words:
        with placed(word):
            found[word.text] = session.program.node(word.text)
    return found


@command("forward", "[NAME …]", example=":forward", takes=("value",), most=MANY)
def forward(session: Session, arguments: Arguments) -> Told:
    """Run the program forward, and print its outputs or the values named."""
    from dsl.app.report import as_outputs, print_outputs

    program, state = session.program, session.state
    wanted = named(session, arguments.words) or _outputs(program, state.feeds, state.dataset)
    found = program.evaluate(wanted.values(), on=state.dataset or None)
    values = {name: (found[node], node.type.dtype.name) for name, node in wanted.items()}

    def show() -> None:
        print_outputs(values)
        if not values:
            click.echo("there is nothing to print: name a value, `loss = …`, or `show` one")

    return Told(show, {"outputs": as_outputs(values)})


def _outputs(program: Program, feeds: Any, dataset: str) -> dict[str, Node]:
    """The last values of the program; where data feed it and are not asked for, those that need none, if there are any."""
    names = program.outputs
    if program.model.data and not dataset:
        names = program.computable(feeds) or names
    shown = {text: node for text, node in program.model.shown if dataset or program.is_computable(node, feeds)}
    return {**{name: program.node(name) for name in names}, **shown}


@command("backward", example=":backward")
def backward(session: Session, arguments: Arguments) -> Told:
    """Print the gradient of the loss with respect to every parameter."""
    program = session.program
    return _gradients(session, program.node(_loss(program)), program.model.graph.parameters)


@command("grad", "NAME [wrt NAME …]", example=":grad sigmoid wrt k b", takes=("value",), most=MANY)
def grad(session: Session, arguments: Arguments) -> Told:
    """Print the gradient of a value with respect to all parameters or to the values named.

    A value that is not a scalar is summed before it is differentiated.
    """
    arguments.one(":grad NAME [wrt NAME …]")
    of, *others = arguments.words
    if others and others[0].text == "wrt":
        others = others[1:]
    target = named(session, [of])[of.text]
    wrt = list(named(session, others).values()) or session.model.graph.parameters
    with placed(of):
        return _gradients(session, target, wrt)


def _loss(program: Program) -> str:
    try:
        return program.loss_name()
    except ProgramError as error:
        raise fail("name", error.diagnostics[0].message, hint="name it: `:grad NAME`") from None


def _gradients(session: Session, of: Node, wrt: Sequence[Node]) -> Told:
    from dsl.app.report import gradients_as_json, print_gradients

    program = session.program
    smooth = [node for node in wrt if node.type.dtype.is_float]
    found = program.gradient_nodes(of.name, smooth)
    values = program.evaluate([of, *wrt, *found.values()], on=session.state.dataset or None)
    gradients = {node: gradient_value(node, values, found) for node in smooth}

    def show() -> None:
        if wrt:
            print_gradients(of, wrt, values, gradients)
        else:
            click.echo("the program has no parameters")

    return Told(show, gradients_as_json(of, wrt, values, gradients))


@command("time", "EXPRESSION", example=":time sigmoid(k * x)", takes=("expression",), most=MANY)
def time(session: Session, arguments: Arguments) -> Told:
    """Measure how long an expression takes, compiled: the median of many runs."""
    arguments.one(":time EXPRESSION")
    program, node, _, text = computed(session, arguments.place)
    feeds = dict(program.dataset(session.state.dataset).arrays) if session.state.dataset else {}
    program.evaluate([node], feeds)  # which says what is missing
    call = program.function(node.name)
    taken: list[float] = []
    until = perf_counter() + _SECONDS
    call(feeds)
    while not taken or (perf_counter() < until and len(taken) < _MOST_RUNS):
        start = perf_counter()
        call(feeds)
        taken.append(perf_counter() - start)
    middle = median(taken)
    said = printable(f"{' '.join(text.split())}: {_duration(middle)}, the median of {len(taken):,} runs")
    return lines(said, expression=text, seconds=middle, runs=len(taken), engine=session.state.engine)


def _duration(seconds: float) -> str:
    for unit, size in (("s", 1.0), ("ms", 1e-3), ("µs", 1e-6)):
        if seconds >= size:
            return f"{seconds / size:.3g} {unit}"
    return f"{seconds * 1e9:.3g} ns"


@command("check", example=":check")
def check(session: Session, arguments: Arguments) -> Told:
    """Compare gradients with finite differences, and check what is expected.

    What is not wrong but probably not meant is told first, such as a parameter that nothing uses.
    """
    from dsl.app.gradient_check import agrees, compare_losses, comparisons_as_json, print_comparisons
    from dsl.app.output import show_diagnostics
    from dsl.app.report import expects_as_json, print_expects

    state, fresh = session.state, session.fresh()
    warnings = fresh.warnings
    reports = compare_losses(fresh.model, {**_rows(session), **state.feeds}, state.values)
    wrong = not all(agrees(c) for report in reports.values() for c in report.comparisons)
    results = [fresh.check(found, state.dataset or None) for found in fresh.model.expectations]

    def show() -> None:
        if warnings:
            show_diagnostics(warnings)
        print_comparisons(reports)
        print_expects(results, apart=True)

    facts = {
        "warnings": [found.as_json() for found in warnings],
        "gradients": comparisons_as_json(state.name, reports),
        "expects": expects_as_json(results),
    }
    return Told(show, facts, failed=wrong or not all(result.passed for result in results))


def _rows(session: Session) -> dict[str, Any]:
    dataset = session.state.dataset
    return {name: array[:8] for name, array in session.program.dataset(dataset).arrays.items()} if dataset else {}


@command("plan", "[plan|passes|code]", example=":plan", takes=("stage",), most=1)
def plan(session: Session, arguments: Arguments) -> Told:
    """Print the compiled step: its calls and their memory, the passes that led to it, or its code."""
    from dsl.app.plan_report import plan_as_json, print_plan

    stage = arguments.texts[0] if arguments.words else "plan"
    if stage not in _STAGES:
        raise fail("argument", f"there is no stage `{stage}`", arguments.words[0], hint="plan, passes or code")
    engine = AUTOMATIC if session.state.engine == REFERENCE else session.state.engine
    fresh = session.fresh()
    return Told(lambda: print_plan(stage, fresh, engine), lambda: {stage: plan_as_json(stage, fresh, engine)})
