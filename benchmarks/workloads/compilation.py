"""How long it takes to compile a program: from its parsed text to the plan of a step."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import median
from time import perf_counter
from typing import Any

import dsl
from dsl.language.parser import parse
from dsl.source.text import Source
from workloads import chain, mlp, neuron, scalars, xor
from workloads.common import Choice, Report, Row, Verdict, ours
from workloads.ours import HERE, Values

LIMIT = 200e-6
"""Seconds a node."""
REPEATS = 15
MOST = 20.0
"""Seconds after which a program is not compiled once more."""

Step = Callable[[], object]


@dataclass(frozen=True)
class Example:
    """A program, the numbers it starts from, and what is made of it: a step that can be made again."""

    name: str
    text: str
    parameters: Values | None
    start: Callable[[dsl.Program, str], Step]


def _examples() -> Iterator[Example]:
    for name, numbers in (("neuron", neuron), ("xor", xor)):
        yield Example(name, _text(name), numbers.PARAMETERS, _training(numbers.FEEDS))
    yield Example("mlp", _text("mlp"), mlp.PARAMETERS, _training({"x": mlp.X, "y": mlp.Y}))
    yield Example("chain", _text("chain"), {"x": chain.X}, _gradient)
    yield Example("scalars", scalars.program(scalars.net()), None, _training({}))


def _text(name: str) -> str:
    return (HERE / f"{name}.nn").read_text(encoding="utf-8")


def _training(feeds: Values) -> Callable[[dsl.Program, str], Step]:
    def start(program: dsl.Program, engine: str) -> Step:
        step = program.training_step(engine=engine)
        return lambda: step.run(feeds)

    return start


def _gradient(program: dsl.Program, engine: str) -> Step:
    function = program.gradient_function("loss", wrt=["x"], engine=engine)
    return lambda: function({})


class Compilation:
    """What it takes to compile each program, by the node of its graph with the gradients."""

    name = "compile"
    about = "from the parsed text to the compiled plan of a step: time by node of the graph"

    def measure(self, choice: Choice) -> Report:
        """Compile each program a few times, and take the medians."""
        rows: list[Row] = []
        left_out: dict[str, str] = {}
        verdicts: list[Verdict] = []
        for example in _examples():
            for engine in choice.engines:
                name = f"{ours(engine)}: {example.name}"
                try:
                    seconds_a_node = _measure(example, engine)
                except dsl.ProgramError as error:
                    left_out[name] = error.diagnostics[0].message
                    continue
                rows.append(Row(name, seconds_a_node, "s/node"))
                if engine == "auto":
                    found = f"{seconds_a_node * 1e6:.3g} µs"
                    wording = f"at most {LIMIT * 1e6:g} µs a node"
                    verdicts.append(Verdict(name, wording, found, seconds_a_node <= LIMIT))
        return Report(self.name, self.about, rows, verdicts, left_out, REPEATS)


benchmark = Compilation()


def _measure(example: Example, engine: str) -> float:
    """The seconds a node: all that comes before a second step, without parsing and without the step itself.

    A plan is made when the sizes of the feeds are known, in the first step. The first time, when modules are imported, is
    left out if there is another.
    """
    taken: list[tuple[float, float, float, float]] = []
    nodes, begin = 1, perf_counter()
    while len(taken) <= REPEATS and perf_counter() - begin < MOST:
        parsing, _ = _seconds(lambda: parse(Source(example.text)))
        loading, program = _seconds(lambda: dsl.loads(example.text))
        program.parameters = example.parameters or program.parameters  # drawing random numbers is no part of it
        starting, step = _seconds(lambda program=program: _stepped(example.start(program, engine)))
        again, _ = _seconds(step)
        taken.append((loading, -parsing, starting, -again))
        nodes = len(program.model.graph.nodes)
    return sum(median(part) for part in zip(*(taken[1:] or taken), strict=True)) / nodes


def _stepped(step: Step) -> Step:
    step()
    return step


def _seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    """How long some work takes, from a clean slate, and what it makes."""
    gc.collect()
    start = perf_counter()
    made = work()
    return perf_counter() - start, made
