"""Programs run and trained from an editor, and the values that this leaves, for as long as the text stands by them."""

from __future__ import annotations

import gc
from collections.abc import Callable, Generator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from threading import Event
from typing import Any

from dsl.app.program import Program
from dsl.app.progress import Tracker
from dsl.graph.node import Node
from dsl.language.elaborate.elaboration import Read
from dsl.language.elaborate.model import Model
from dsl.language.program import elaborate
from dsl.ops.parameters import Array
from dsl.source.diagnostic import ProgramError, fail
from dsl.source.text import Source

Told = Callable[[str, float | None], None]
"""What is told how far a run is: in words, and as a part of the whole where that is known."""


class StoppedError(Exception):
    """The run was stopped."""


@dataclass(frozen=True)
class Values:
    """The values of a run by name path, and what each was computed as."""

    arrays: Mapping[str, Array] = field(default_factory=dict[str, Array])
    computed_as: Mapping[str, int] = field(default_factory=dict[str, int])

    def fitting(self, model: Model) -> dict[str, Array]:
        """The values of what a model still computes in the same way, from the same first values."""
        if not self.arrays:
            return {}
        now = _ways(model)
        return {name: array for name, array in self.arrays.items() if now.get(name) == self.computed_as[name]}


def run(source: Source, read: Read, trains: bool, told: Told, stop: Event) -> Values:
    """Run a program forward, after its training where it `trains`. Raises ProgramError, and StoppedError on `stop`."""
    with _collecting():
        return _run(source, read, trains, told, stop)


def _run(source: Source, read: Read, trains: bool, told: Told, stop: Event) -> Values:
    model = elaborate(source, read=read)
    if model.errors:
        raise ProgramError(model.errors)
    ways = _ways(model)
    program = Program(model)
    if trains:
        for each in program.runs():
            program.train_one(each, _Telling(told, stop))
    elif stop.is_set():
        raise StoppedError
    told("running", None)
    values = _forward(program)
    return Values(values, {name: ways[name] for name in values})


@contextmanager
def _collecting() -> Generator[None]:
    """Look for garbage while a program runs, which may be long, though the server does not between two keys."""
    enabled = gc.isenabled()
    gc.enable()
    try:
        yield
    finally:
        if not enabled:
            gc.disable()


def _forward(program: Program) -> dict[str, Array]:
    """Every value that can be computed: from defaults, else from the data that the program trains on."""
    on = None
    missing = [n for n in program.forward if n.kind == "placeholder" and n.value is None]
    if missing:
        on = next((each.data for each in program.model.runs if each.data), None)
    given = program.dataset(on).arrays if on else {}
    told = [node for node in program.forward if node.name and node.kind != "constant"]
    nodes = [node for node in told if program.is_computable(node, given)]
    if not nodes and missing:
        hint = f"give it a default: `placeholder {missing[0].name} = …`"
        raise fail("data", f"nothing is given for `{missing[0].name}`", missing[0].span, hint=hint)
    found = program.evaluate(nodes, on=on)
    return {node.name: found[node] for node in nodes}


def _ways(model: Model) -> dict[str, int]:
    """For each node what tells its way of being computed from others: its operation, and the ways of its inputs."""
    ways: dict[Node, int] = {}
    for node in model.graph.nodes:
        what = node.operation.name if node.operation else node.kind
        said = f"{node.type} {sorted(node.attributes.items())} {_given(node)}"
        ways[node] = hash((what, said, tuple(ways[source] for source in node.inputs)))
    return {node.name: way for node, way in ways.items() if node.name}


def _given(node: Node) -> Any:
    value = node.value
    return value.tobytes() if hasattr(value, "tobytes") else repr(value)


class _Telling(Tracker):
    """Tells how far a training run is, and ends it when it is to stop."""

    def __init__(self, told: Told, stop: Event) -> None:
        super().__init__()
        self._told, self._stop = told, stop

    def step(self, epoch: int, step: int, loss: float, rate: float) -> None:
        """A step is done."""
        super().step(epoch, step, loss, rate)
        if self._stop.is_set():
            raise StoppedError

    def epoch(self, row: Mapping[str, float]) -> None:
        """An epoch is done."""
        name = self.run.name if self.run else "train"
        loss = f", loss {row['loss']:.4g}" if "loss" in row else ""
        self._told(f"{name}: epoch {self.epoch_now} of {self.epochs}{loss}", self.epoch_now / max(self.epochs, 1))
        if self._stop.is_set():
            raise StoppedError
