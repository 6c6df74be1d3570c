"""The training loop: batches, gradients, clipping, the optimiser's step; after each epoch validation and the schedule."""

from __future__ import annotations

import time
from collections.abc import Generator, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from dsl.engine.choice import Engine
from dsl.engine.names import AUTOMATIC, REFERENCE
from dsl.graph.gradient import gradients
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.parameters import Array
from dsl.source.diagnostic import fail, placed
from dsl.source.nearest import did_you_mean
from dsl.training.coefficients import Rate
from dsl.training.compiled_stepper import CompiledStepper
from dsl.training.data.dataset import Dataset
from dsl.training.evaluation import Evaluator
from dsl.training.history import History
from dsl.training.measurements import Measurements
from dsl.training.optimizers import Elementwise, start
from dsl.training.run import TrainRun, matches
from dsl.training.schedules import Constant, ScheduleState
from dsl.training.stepper import EvaluatingStepper, Stepper
from dsl.training.stopping import StoppingState
from dsl.training.watch import NonFiniteTrap

Parameters = dict[str, Array]


class Progress(Protocol):
    """What is told of a run while it lasts."""

    def begin(self, run: TrainRun, epochs: int, steps_per_epoch: int) -> None:
        """A run of so many steps begins."""
        ...

    def step(self, epoch: int, step: int, loss: float, rate: float) -> None:
        """A step is done."""
        ...

    def epoch(self, row: Mapping[str, float]) -> None:
        """An epoch is done; its row of the history."""
        ...

    def end(self) -> None:
        """The run is over, be it by an error."""
        ...


class Observer(Protocol):
    """Who looks at the parameters at some of the steps; they are those after a step, and after step 0 the first ones."""

    def begin(self, steps: int) -> None:
        """A run of so many steps begins; early stopping may end it before."""
        ...

    def next_after(self, step: int) -> int:
        """The first step later than this one to be seen after."""
        ...

    def see(self, step: int, parameters: Mapping[str, Array]) -> None:
        """The parameters after a step; the arrays may be changed by the next one."""
        ...


@dataclass(slots=True)
class Outcome:
    """What came of a run: the parameters, the history, and the metrics of each data set at the end."""

    name: str
    parameters: Parameters
    history: History
    epochs: int = 0
    steps: int = 0
    seconds: float = 0.0
    metrics: dict[str, dict[str, float]] = field(default_factory=dict[str, dict[str, float]])
    stopped_early: bool = False


class Trainer:
    """Carries out one run. `parameters` are the values to start from, `datasets` the data by name, `GIVEN` without data."""

    def __init__(
        self,
        graph: Graph,
        run: TrainRun,
        metrics: Mapping[str, Node],
        parameters: Mapping[str, Array],
        datasets: Mapping[str, Dataset],
        feeds: Mapping[str, Array] | None = None,
        trap: NonFiniteTrap | None = None,
        engine: Engine = AUTOMATIC,
    ) -> None:
        self.graph, self.run, self.engine = graph, run, engine
        self.datasets = datasets
        self.feeds = dict(feeds or {})
        self.trap = trap or (NonFiniteTrap(run.settings.watch) if run.settings.watch else None)
        check_globs(run, "parameters", run.settings.parameters, [node.name for node in graph.parameters])
        check_globs(run, "watch", run.settings.watch, graph.names)
        trained = run.trained(graph.parameters)
        found = gradients(graph, run.minimize, trained)
        if not found:
            raise unreachable(run, trained)
        self.stepper = self._stepper(graph, found, parameters, engine)
        self.measurements = Measurements(graph, run.minimize, metrics, engine)

    def _stepper(
        self, graph: Graph, found: Mapping[Node, Node], parameters: Mapping[str, Array], engine: Engine
    ) -> Stepper:
        """A compiled step, unless every value has to be looked at, or the optimiser asks for several losses a step."""
        run = self.run
        if isinstance(run.optimizer, Elementwise) and engine != REFERENCE and not self.trap:
            return CompiledStepper(
                graph, run.minimize, found, parameters, run.optimizer, run.settings.clipping, self.feeds, engine
            )
        evaluator = Evaluator(graph, [run.minimize, *found.values()], engine)
        by_name = {node.name: gradient for node, gradient in found.items()}
        return EvaluatingStepper(
            evaluator,
            run.minimize,
            by_name,
            parameters,
            start(run.optimizer),
            run.settings.clipping,
            self.feeds,
            self.trap,
        )

    @property
    def parameters(self) -> Parameters:
        """The values of the parameters as they are now, as arrays that stay as they are."""
        return {name: np.array(value) for name, value in self.stepper.parameters.items()}

    def train(self, progress: Progress | None = None, observer: Observer | None = None) -> Outcome:
        """Run to the end, or until early stopping ends it. Raises ProgramError.

        An `observer` sees the parameters at the steps that it asks for, and those after the last.
        """
        loop = _Loop(self, progress, observer)
        try:
            return loop.go()
        finally:
            if self.trap:
                self.trap.when = ""
            if progress:
                progress.end()

    def steps(self) -> Iterator[float]:
        """The steps of the run one by one, the loss before each, for whoever looks at the parameters between them."""
        loop = _Loop(self, None)
        for epoch in range(1, loop.epochs + 1):
            yield from loop.steps(epoch)
            if loop.stopping and loop.stopping.should_stop:
                return

    def measure(self, dataset: str, parameters: Mapping[str, Array] | None = None) -> dict[str, float]:
        """The loss and the metrics on a data set, or for the empty name on the values that placeholders have.

        With the parameters as they are now, or others.
        """
        values = self.stepper.parameters if parameters is None else parameters
        return self.measurements.measure(values, self.feeds_of(dataset), watch=self.trap)

    def feeds_of(self, dataset: str) -> dict[str, Array]:
        """What placeholders are fed from a data set, and otherwise."""
        return {**self.feeds, **(self.datasets[dataset].arrays if dataset else {})}

    @property
    def columns(self) -> list[str]:
        """What each row of the history has, but the seconds."""
        measured = {name: self.measurements.names(self.feeds_of(name)) for name in self.run.validate}
        return [
            "epoch",
            "step",
            "loss",
            "rate",
            *(f"{name}.{metric}" for name in measured for metric in measured[name]),
        ]


def check_globs(run: TrainRun, key: str, globs: Iterable[str], names: Iterable[str]) -> None:
    """Raise ProgramError for a glob that stands for no name: it would have no effect."""
    known = list(names)
    for glob in globs:
        if glob != "*" and not any(matches(name, [glob]) for name in known):
            shown = ", ".join(f"`{name}`" for name in known[:5])
            beginnings = [
                ".".join(name.split(".")[:depth]) for name in known for depth in range(1, name.count(".") + 1)
            ]
            hint = did_you_mean(glob, [*known, *beginnings], f"there is {shown}{' …' if len(known) > 5 else ''}")
            raise fail("train", f'nothing is named as `{key} = ["{glob}"]` says', run.span, hint=hint)


def unreachable(run: TrainRun, trained: list[Node]) -> Exception:
    """The error of a run whose loss does not depend on any parameter that it may change."""
    names = ", ".join(f"`{node.name}`" for node in trained[:5]) or "there is none"
    return fail(
        "train",
        f"no parameter reaches `{run.minimize.name}`, so there is nothing to train",
        run.span,
        hint=f"the parameters chosen are {names}"
        if trained
        else "no parameter has a name that `parameters` stands for",
    )


class _Loop:
    """The state of one run under way."""

    def __init__(self, trainer: Trainer, progress: Progress | None, observer: Observer | None = None) -> None:
        run = trainer.run
        settings = run.settings
        self.trainer, self.run, self.progress, self.observer = trainer, run, progress, observer
        self.seen = -1
        self.data = trainer.datasets[run.data] if run.data else None
        batch = settings.batch if self.data is not None else None
        with placed(run.span):
            self.per_epoch = self.data.steps(batch, drop_last=settings.drop_last) if self.data is not None else 1
        self.total_steps = settings.steps if settings.steps is not None else (settings.epochs or 0) * self.per_epoch
        self.epochs = -(-self.total_steps // self.per_epoch)
        with placed(run.span):
            self.schedule = ScheduleState(
                run.schedule or Constant(), run.optimizer, epochs=self.epochs, steps=self.total_steps
            )
        self.stopping: StoppingState | None = run.early_stopping.start() if run.early_stopping else None
        self.best: Parameters = {}
        self.batch: dict[str, Array] = {}
        self.generator = np.random.Generator(np.random.PCG64(settings.seed))
        self.outcome = Outcome(run.name, {}, History(name=run.name))
        self.joined = _JoinedEpochs(self)
        self.check_monitors()

    def go(self) -> Outcome:
        """Epoch by epoch to the end."""
        began = time.perf_counter()
        if self.progress:
            self.progress.begin(self.run, self.epochs, self.per_epoch)
        if self.observer:
            self.observer.begin(self.total_steps)
            self.show()
        epoch = 0
        while epoch < self.epochs and not (self.stopping and self.stopping.should_stop):
            count = self.joined.count(min(self.epochs - epoch, self.until_seen()))
            rows = self.equal_epochs(epoch + 1, count) if count > 1 else [self.epoch(epoch + 1)]
            spent = time.perf_counter() - began
            self.joined.took(count, spent - self.outcome.seconds)
            for place, row in enumerate(rows, 1):
                row["seconds"] = self.outcome.seconds + (spent - self.outcome.seconds) * place / count
                self.outcome.history.append(row)
            self.outcome.seconds = spent
            self.outcome.epochs = epoch = epoch + count
            if self.progress:
                for row in rows:
                    self.progress.epoch(row)
        self.show(is_last=True)
        self.outcome.stopped_early = epoch < self.epochs
        keeps_best = self.stopping and self.stopping.stopping.restore_best and self.best
        self.outcome.parameters = self.best if keeps_best else self.trainer.parameters
        self.outcome.seconds = time.perf_counter() - began
        self.outcome.metrics = self.final_metrics()
        return self.outcome

    def show(self, is_last: bool = False) -> None:
        """Let the observer see the parameters, where this is a step that it asked for, or the last one."""
        step = self.outcome.steps
        if self.observer and self.seen < step and (is_last or step == self.observer.next_after(self.seen)):
            self.seen = step
            self.observer.see(step, self.trainer.stepper.parameters)

    def until_seen(self) -> int:
        """The steps to the next one that the observer asked for; without one so many as there are."""
        step = self.outcome.steps
        return max(1, self.observer.next_after(step) - step) if self.observer else self.total_steps

    def equal_epochs(self, first: int, count: int) -> list[dict[str, Any]]:
        """Epochs of one step each on the same values, made in one go; their rows of the history."""
        rates: list[Rate] = []
        for _ in range(count):
            rates.append((self.schedule.rate, self.schedule.momentum))
            self.schedule.advance("step")
            self.schedule.advance("epoch")
        losses = self.trainer.stepper.steps({}, rates).tolist()
        self.outcome.steps += count
        self.show()
        rows = [
            {"epoch": first + at, "step": self.outcome.steps - count + at + 1, "loss": loss, "rate": rate}
            for at, (loss, (rate, _)) in enumerate(zip(losses, rates, strict=True))
        ]
        if self.progress:
            self.progress.step(first + count - 1, self.outcome.steps, losses[-1], rates[-1][0])
        return rows

    def epoch(self, epoch: int) -> dict[str, Any]:
        """One pass over the data, then validation; its row of the history."""
        steps = self.steps(epoch)
        while True:
            try:
                next(steps)
            except StopIteration as over:
                return over.value

    def steps(self, epoch: int) -> Generator[float, None, dict[str, Any]]:
        """The steps of an epoch, the loss before each, and the validation; the epoch's row of the history."""
        total, rows, rate = 0.0, 0, self.schedule.rate
        for feeds, count in self.batches():
            rate = self.schedule.rate
            loss = self.step(feeds)
            total, rows = total + loss * count, rows + count
            self.outcome.steps += 1
            self.show()
            self.schedule.advance("step")
            if self.progress:
                self.progress.step(epoch, self.outcome.steps, loss, rate)
            yield loss
            if self.outcome.steps >= self.total_steps:
                break
        row: dict[str, Any] = {"epoch": epoch, "step": self.outcome.steps, "loss": total / rows, "rate": rate}
        if self.trainer.trap:
            self.trainer.trap.when = f" in validation after step {self.outcome.steps}"
        for name in self.run.validate:
            measured = self.trainer.measure(name)
            row |= {f"{name}.{metric}": value for metric, value in measured.items()}
        self.observe(row, epoch)
        return row

    def batches(self) -> Iterator[tuple[dict[str, Array], int]]:
        """The feeds of an epoch, each with its number of rows."""
        if self.data is None:
            yield {}, 1
            return
        settings = self.run.settings
        generator = self.generator if settings.shuffle else None
        for feeds in self.data.batches(settings.batch, generator, drop_last=settings.drop_last, into=self.batch):
            yield feeds, len(next(iter(feeds.values())))

    def step(self, feeds: dict[str, Array]) -> float:
        """One update of the parameters; the loss before it."""
        trainer = self.trainer
        if trainer.trap:
            trainer.trap.when = f" in step {self.outcome.steps + 1}"
        return trainer.stepper.step(feeds, (self.schedule.rate, self.schedule.momentum))

    def observe(self, row: Mapping[str, Any], epoch: int) -> None:
        """Show the epoch to the schedule and to early stopping."""
        plateau = self.schedule.schedule.plateau
        if plateau:
            self.schedule.observe(self.monitored(row, plateau.monitor))
        self.schedule.advance("epoch")
        if self.stopping and self.stopping.observe(self.monitored(row, self.stopping.stopping.monitor), epoch):
            self.best = self.trainer.parameters

    def monitored(self, row: Mapping[str, Any], wanted: str | None) -> float:
        """The value that is watched: by default the loss on the first validation set, or else the training loss."""
        return float(row[wanted or (f"{self.run.validate[0]}.loss" if self.run.validate else "loss")])

    def check_monitors(self) -> None:
        """Raise ProgramError when the schedule or early stopping watches a value that the history will not have."""
        columns = self.trainer.columns
        for watching in (self.schedule.schedule.plateau, self.run.early_stopping):
            if watching and watching.monitor and watching.monitor not in columns:
                known = ", ".join(f'"{column}"' for column in columns[2:])
                hint = did_you_mean(watching.monitor, columns, f"there is {known}")
                raise fail("train", f"there is no `{watching.monitor}` to monitor", self.run.span, hint=hint)

    def final_metrics(self) -> dict[str, dict[str, float]]:
        """The loss and the metrics of the trained parameters on each data set of the run."""
        names = [self.run.data or "", *self.run.validate]
        return {name: self.trainer.measure(name, self.outcome.parameters) for name in names}


class _JoinedEpochs:
    """How many epochs are made in one go: of one step each, with nothing to look at between them.

    So many that a screen and Ctrl-C are still served often enough.
    """

    SECONDS = 0.05
    MOST = 20_000

    def __init__(self, loop: _Loop) -> None:
        looks_on = loop.run.validate or loop.stopping or loop.schedule.schedule.plateau or loop.trainer.trap
        self.is_possible = loop.data is None and not looks_on
        self._fitting = 1

    def count(self, left: int) -> int:
        """How many of the epochs left to make now."""
        return min(left, self._fitting) if self.is_possible else 1

    def took(self, count: int, seconds: float) -> None:
        """So many epochs took so long."""
        if seconds < self.SECONDS / 2 and count == self._fitting:
            self._fitting = min(2 * count, self.MOST)
        elif seconds > 2 * self.SECONDS:
            self._fitting = max(1, count // 2)
