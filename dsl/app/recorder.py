"""A training recorded: at some of its steps every value and gradient on one fixed batch, measured, for a page to go through."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from dsl.app.files import check_writable
from dsl.app.prediction import Needs
from dsl.diagram.build import build
from dsl.diagram.formats import EXPORTERS, Subject, check_size, exporter_of, write
from dsl.diagram.recording import Recording, Snapshot, evenly, measure
from dsl.graph.node import Node
from dsl.ops.parameters import Array
from dsl.source.diagnostic import fail
from dsl.training.evaluation import Evaluator
from dsl.training.run import TrainRun

if TYPE_CHECKING:
    from dsl.app.program import Program

MOST_SNAPSHOTS = 100
MOST_MEASURED = 60_000
"""Nodes times steps of a recording: some four megabytes of a page."""
_ROWS = 64
"""The rows of the fixed batch, at most."""


def recordings(program: Program, runs: Sequence[TrainRun], path: str | Path | None) -> list[RecordedRun | None]:
    """What records each run, nothing without a path. Raises ProgramError where the page could not be written in the end."""
    if path is None:
        return [None] * len(runs)
    target = Path(path)
    check_record(target)
    names = [target if len(runs) == 1 else target.with_stem(f"{target.stem}-{run.name}") for run in runs]
    return [RecordedRun(program, run, name) for run, name in zip(runs, names, strict=True)]


def check_record(path: Path) -> None:
    """Raise ProgramError for a file that is no page, and for one that cannot be written here."""
    if path.suffix.lower() != ".html":
        raise fail(
            "file",
            f"a recording is a page, and `{path.name}` does not end in .html",
            hint=f"`{path.with_suffix('.html')}`",
        )
    exporter_of(path)
    check_writable(path)


class RecordedRun:
    """A run that is being recorded into a page."""

    def __init__(self, program: Program, run: TrainRun, path: Path) -> None:
        from dsl.app.drawing import View, scene_of

        self._program, self._run, self._path = program, run, path
        self._scene = scene_of(program, View(of_loss=run.minimize.name))
        self._diagram = build(self._scene)
        check_size(EXPORTERS[".html"](), self._diagram)
        self._recorder: Recorder | None = None

    def observer(self, feeds: Mapping[str, Array]) -> Recorder:
        """What the training loop shows its parameters to. `feeds` are what stays the same; the data give the first rows."""
        rows: dict[str, Array] = {}
        if self._run.data:
            count = min(self._run.settings.batch or _ROWS, _ROWS)
            arrays = self._program.dataset(self._run.data).arrays
            rows = {name: array[:count] for name, array in arrays.items()}
        self._recorder = Recorder(self._program, self._run, self._scene.nodes, {**feeds, **rows})
        return self._recorder

    def write(self) -> None:
        """Write the page of what was recorded. Raises ProgramError."""
        assert self._recorder is not None
        write(Subject(self._diagram, self._scene, self._recorder.recording), self._path)


class Recorder:
    """Evaluates all that the batch is enough for, with the parameters of each step that is kept."""

    def __init__(self, program: Program, run: TrainRun, nodes: Sequence[Node], feeds: Mapping[str, Array]) -> None:
        graph = program.model.graph
        needs = Needs(program.model)
        missing = ~needs.given(feeds)
        self._nodes = [node for node in nodes if node.kind != "constant" and not needs.of(node) & missing]
        before = graph.ancestors([run.minimize])
        smooth = [node for node in before if node.kind != "constant" and node.type.dtype.is_float]
        is_ready = not needs.of(run.minimize) & missing
        self._gradients = program.gradient_nodes(run.minimize.name, smooth) if is_ready else {}
        self._loss = run.minimize
        self._feeds = dict(feeds)
        self._evaluator = Evaluator(graph, [*self._nodes, *self._gradients.values()], program.engine)
        self._steps: Sequence[int] = ()
        self.recording = Recording(run.name)

    def begin(self, steps: int) -> None:
        """Choose the steps that are kept, evenly and as many as a page has room for."""
        room = MOST_MEASURED // max(1, len(self._nodes))
        self._steps = evenly(steps, max(2, min(MOST_SNAPSHOTS, room)))

    def next_after(self, step: int) -> int:
        """The first step later than this one that is kept; after the last of them one that never comes."""
        place = bisect_right(self._steps, step)
        return self._steps[place] if place < len(self._steps) else step + (1 << 62)

    def see(self, step: int, parameters: Mapping[str, Array]) -> None:
        """Measure everything with these parameters."""
        found = self._evaluator.run(parameters, self._feeds)
        values = {node: measure(found[node]) for node in self._nodes}
        gradients = {node: measure(found[gradient]) for node, gradient in self._gradients.items()}
        loss = values.get(self._loss)
        self.recording.snapshots.append(Snapshot(step, loss.mean if loss else None, values, gradients))
