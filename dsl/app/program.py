"""A program in Python's hands: loaded, run, differentiated, trained, saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from dsl.app.compiled import Function, TrainingStep
from dsl.app.differentiation import Differentiation, gradient_value, loss_name
from dsl.app.feeding import check_complete, check_fed_once, check_names, nothing_predicted
from dsl.app.files import check_writable
from dsl.app.lookup import find_dataset, find_node, find_runs
from dsl.app.outcome import ExpectResult, check_expectation
from dsl.app.parameter_values import ParameterValues
from dsl.app.prediction import TrainingData, computable_names, is_computable, new_feeds, predicted_names
from dsl.app.wording import plural
from dsl.engine.choice import Engine
from dsl.engine.names import AUTOMATIC
from dsl.engine.reference import Watch
from dsl.graph.network import as_network
from dsl.graph.node import Node
from dsl.language.elaborate.model import Expectation, Model
from dsl.ops.parameters import Array
from dsl.source.diagnostic import Diagnostic, ProgramError
from dsl.training import checkpoint
from dsl.training.data.dataset import Dataset
from dsl.training.evaluation import Evaluator
from dsl.training.history import History
from dsl.training.loop import Outcome, Progress, Trainer
from dsl.training.run import TrainRun
from dsl.training.watch import NonFiniteTrap

if TYPE_CHECKING:
    import networkx

    from dsl.app.drawing import Drawing
    from dsl.app.explained import Explained
    from dsl.app.recorder import RecordedRun

Feeds = Mapping[str, npt.ArrayLike]
Names = str | Sequence[str]

_MOST_EVALUATORS = 32


class Program:
    """A checked program with the values of its parameters."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.forward = [node for node in model.graph.nodes if node not in model.checking]
        """The nodes that the program itself has, in running order; gradients come after them."""
        self.statistics: dict[str, Array] = {}
        self._values = self._first_values()
        self.trap: NonFiniteTrap | None = None
        """Where set, stops every run at the first value that is not finite."""
        self.engine: Engine = AUTOMATIC
        """What runs the program: one of `dsl.engine.names.ENGINES`, or a compiler of one's own."""
        self.given: dict[str, Any] = {}
        """What `feed` gave: these values stand in for the placeholders' own."""
        self._evaluators: dict[tuple[Node, ...], Evaluator] = {}
        self._differentiation = Differentiation(model)

    def __repr__(self) -> str:
        counts = [plural(sum(n.kind == kind for n in self.forward), kind) for kind in ("placeholder", "parameter")]
        runs = [plural(len(self.model.runs), "training run")] if self.model.runs else []
        outputs = ", ".join(self.outputs)
        return f"<Program {self.name}: {', '.join([*counts, *runs])}{f'; computes {outputs}' if outputs else ''}>"

    # -- what it is

    @cached_property
    def graph(self) -> networkx.DiGraph[str]:
        """The program as a NetworkX directed graph of name paths, in running order."""
        return as_network(self.forward)

    def diagram(self, **view: Any) -> Drawing:
        """The program drawn: `svg`, `dot` and `text` of it are pictures, `save(path)` writes any kind, notebooks show it.

        The view is told by `depth` (how deep layers are open), `values`, `gradients`, `backward`, `plan`, `of`, `feeds`, `on`,
        as to `nn graph`. Raises ProgramError.
        """
        from dsl.app.drawing import drawing_of

        return drawing_of(self, view)

    def _repr_svg_(self) -> str | None:
        """The picture in a notebook; nothing without the extra `graph`."""
        try:
            return self.diagram().svg
        except ProgramError:
            return None

    @property
    def name(self) -> str:
        """The program's file, or what `loads` was told to call it."""
        return self.model.frame.module.source.name if self.model.frame else "<empty>"

    @property
    def warnings(self) -> list[Diagnostic]:
        """What is not wrong, but probably not meant."""
        return self.model.warnings

    @property
    def outputs(self) -> list[str]:
        """The values at the top of the file that no other value uses."""
        used = {source for node in self.forward for source in node.inputs}
        kinds = ("operation", "constant")
        return [name for name, node in self.model.names.items() if node.kind in kinds and node not in used]

    def node(self, name: str) -> Node:
        """The node of this name or name path. Raises ProgramError with the nearest name."""
        return find_node(self.model, self.forward, name)

    # -- its parameters

    @property
    def parameters(self) -> dict[str, Array]:
        """The values of the parameters by name path; drawn from the seed when they are first asked for."""
        return self._values.ready({})

    @parameters.setter
    def parameters(self, values: Mapping[str, npt.ArrayLike]) -> None:
        given = checkpoint.Checkpoint({name: np.array(value) for name, value in values.items()})
        self._values.fit(given, "the dictionary")

    @property
    def seed(self) -> int:
        """The seed of the first parameters: that of the first `train` block, or of the first training from Python."""
        return self._values.seed

    @seed.setter
    def seed(self, seed: int) -> None:
        self._values.seed = seed

    def keep(self, values: Mapping[str, Array]) -> list[str]:
        """Let parameters have these values, those that fit by name and shape; the others have their first ones.

        The names of those that fit.
        """
        return self._values.keep(values)

    def first_parameters(self, nodes: Sequence[Node], sizes: Mapping[str, int]) -> dict[str, Array]:
        """The values with which some parameters begin, for sizes of the dimensions that their shapes name."""
        return self._values.first(nodes, sizes)

    def _first_values(self) -> ParameterValues:
        kinds = {kind: [node for node in self.forward if node.kind == kind] for kind in ("parameter", "placeholder")}
        seed = self.model.runs[0].settings.seed if self.model.runs else 0
        return ParameterValues(kinds["parameter"], kinds["placeholder"], seed)

    def save(self, path: str | Path) -> None:
        """Write the parameters, and what was fitted to the data, as safetensors."""
        checkpoint.save(path, self.parameters, self.statistics)

    def restore(self, path: str | Path) -> None:
        """Take over the parameters that `save` wrote. Raises ProgramError where they do not fit the program."""
        found = checkpoint.load(path)
        self._values.fit(found, f"`{path}`")
        self.statistics = dict(found.statistics)

    # -- its data

    def dataset(self, name: str) -> Dataset:
        """The data set of a full name, such as `digits.train`, loaded when it is first asked for. Raises ProgramError."""
        return find_dataset(self.model, name)

    # -- running

    def run(self, feeds: Feeds | None = None, fetch: Names | None = None, on: str | None = None) -> dict[str, Array]:
        """The values of `fetch` (by default of the outputs and of what is shown), from feeds or from a data set."""
        wanted = {name: self.node(name) for name in (self.outputs if fetch is None else _listed(fetch))}
        if fetch is None:
            wanted |= dict(self.model.shown)
        values = self.evaluate(wanted.values(), feeds, on)
        return {name: np.array(values[node]) for name, node in wanted.items()}

    def predict(self, feeds: Feeds, fetch: Names | None = None, on: str | None = None) -> dict[str, Array]:
        """The predictions for some rows: the last values that are computed before labels are looked at, or `fetch`."""
        if fetch is None:
            given = [*feeds, *(self.dataset(on).arrays if on else ())]
            fetch = predicted_names(self.model, given)
            if not fetch:
                wanted = predicted_names(self.model, [node.name for node in self.model.graph.placeholders])
                raise nothing_predicted(self.model.graph.ancestors(self.node(name) for name in wanted), given)
        return self.run(feeds, fetch, on)

    def computable(self, feeds: Iterable[str]) -> list[str]:
        """The last values at the top of the file that can be computed from these placeholders and from defaults."""
        return computable_names(self.model, feeds)

    def is_computable(self, node: Node, feeds: Iterable[str]) -> bool:
        """Whether a node depends on no placeholder but these and those with a default."""
        return is_computable(self.model, node, feeds)

    def new_data(self, path: str | Path, fetch: Names | None = None, beside: Iterable[str] = ()) -> dict[str, Array]:
        """The rows of a file as feeds for `predict`, treated as the training data was. Raises ProgramError.

        Only the columns are read that the predictions (or `fetch`) need; `beside` are placeholders that are fed otherwise.
        """
        nodes = None if fetch is None else [self.node(name) for name in _listed(fetch)]
        return new_feeds(self.model, self.statistics, Path(path), nodes, beside)

    def labels(self, name: str) -> Array | None:
        """What the integers of a value stand for, where it is compared with an encoded column of text; else None."""
        data = TrainingData.of(self.model, self.statistics)
        return data.labels(self.model, self.node(name)) if data else None

    def feed(self, feeds: Feeds) -> None:
        """Let values stand in for the placeholders' own, from now on: in runs, in training and in expectations.

        Raises ProgramError for a name that is no placeholder.
        """
        check_names(self.model, feeds)
        self.given |= feeds

    @property
    def fed_by_data(self) -> set[str]:
        """The placeholders that a `data` block of the program feeds."""
        return {field for plan in self.model.data.values() for field in plan.fields}

    def evaluate(self, nodes: Iterable[Node], feeds: Feeds | None = None, on: str | None = None) -> dict[Node, Array]:
        """The values of nodes and of all they depend on."""
        given: dict[str, Any] = {**self.given, **(self.dataset(on).arrays if on else {}), **(feeds or {})}
        evaluator = self._evaluator(tuple(nodes))
        check_names(self.model, given)
        check_complete(self.model, evaluator.leaves, given)
        return evaluator.run(self._values.ready(given), given, watch=self.watch)

    def _evaluator(self, nodes: tuple[Node, ...]) -> Evaluator:
        """What evaluates these nodes, kept for the next time."""
        if nodes not in self._evaluators:
            if len(self._evaluators) >= _MOST_EVALUATORS:
                self._evaluators.clear()
            self._evaluators[nodes] = Evaluator(self.model.graph, nodes, self.engine)
        return self._evaluators[nodes]

    @property
    def watch(self) -> Watch | None:
        """What looks at every value of a run."""
        return self.trap

    # -- differentiating

    def loss_name(self) -> str:
        """The value that gradients are taken of by default. Raises ProgramError when it is not clear which."""
        return loss_name(self.model, self.outputs)

    def gradient_nodes(self, of: str, wrt: Iterable[Node]) -> dict[Node, Node]:
        """The nodes of the gradients of a value, added to the graph when they are first asked for.

        Values that do not change smoothly, such as integers, are left out. Raises ProgramError when `of` is one.
        """
        return self._differentiation.nodes(self.node(of), wrt)

    def gradients(
        self, of: str | None = None, wrt: Names | None = None, feeds: Feeds | None = None, on: str | None = None
    ) -> dict[str, Array]:
        """The gradient of (the sum of) a value with respect to others, by default to all parameters.

        A value that `of` does not depend on has a gradient of zeros.
        """
        target = of or self.loss_name()
        names = [node.name for node in self._values.nodes] if wrt is None else _listed(wrt)
        wanted = {name: self.node(name) for name in names}
        found = self.gradient_nodes(target, wanted.values())
        values = self.evaluate([*wanted.values(), *found.values(), self.node(target)], feeds, on)
        return {name: gradient_value(node, values, found) for name, node in wanted.items()}

    # -- explaining

    def explain(
        self,
        *names: str,
        of: str | None = None,
        feeds: Feeds | None = None,
        on: str | None = None,
        rows: int | None = None,
        depth: int | None = None,
        steps: int = 0,
        lang: str = "en",
        digits: int | None = None,
        full: bool = False,
    ) -> Explained:
        """How every value came to be and every gradient by the chain rule, or the whole story of the values named.

        The first rows of the training data are fed where nothing else is; `depth` opens layers so deep; `steps` tells so many
        training steps instead. Print it, look at it in a notebook, or `save` it. Raises ProgramError.
        """
        from dsl.app.explained import Explained, Style
        from dsl.app.explaining import Request, explain

        request = Request(names, of, dict(feeds or {}), on, rows, depth, steps)
        return Explained(explain(self, request), lang, Style(digits, full))

    # -- compiled

    def function(self, fetch: Names, engine: Engine | None = None) -> Function:
        """The values of `fetch` as a function of feeds, compiled, with the parameters as they are now.

        Its result may be asked for again and again at little more than the cost of the numbers themselves.
        """
        wanted = {name: self.node(name) for name in _listed(fetch)}
        return self._function(wanted, engine)

    def gradient_function(
        self, of: str | None = None, wrt: Names | None = None, engine: Engine | None = None
    ) -> Function:
        """A value, under its name, and its gradients, under `∂of/∂name`, as a function of feeds, compiled.

        With respect to all parameters unless `wrt` names others; those that `of` does not depend on are left out.
        """
        target = of or self.loss_name()
        names = [node.name for node in self._values.nodes] if wrt is None else _listed(wrt)
        found = self.gradient_nodes(target, [self.node(name) for name in names])
        wanted = {target: self.node(target), **{f"∂{target}/∂{node.name}": found[node] for node in found}}
        return self._function(wanted, engine)

    def _function(self, wanted: Mapping[str, Node], engine: Engine | None) -> Function:
        parameters = {name: np.array(value) for name, value in self._values.ready(self.given).items()}
        evaluator = Evaluator(self.model.graph, wanted.values(), engine or self.engine)
        return Function(evaluator, wanted, parameters, self.given)

    def training_step(self, name: str | None = None, engine: Engine | None = None) -> TrainingStep:
        """The step of a `train` block (the only one, or the one named), compiled, from the parameters as they are now.

        The program's own parameters stay as they are.
        """
        run = self.runs([name] if name else None)[0]
        rows = {k: v[:1] for k, v in self.dataset(run.data).arrays.items()} if run.data else {}
        first = self._values.ready({**self.given, **rows})
        trainer = Trainer(self.model.graph, run, self.model.metrics, first, {}, self.given, None, engine or self.engine)
        return TrainingStep(trainer.stepper, (run.optimizer.lr, None))

    # -- training

    def train(
        self,
        name: str | None = None,
        progress: Progress | None = None,
        record: str | Path | None = None,
        **overrides: Any,
    ) -> History:
        """Carry out the program's `train` blocks (or the one named), keys overridden; the history of the last one.

        `record` is the file of a page that shows the values and gradients step by step.
        """
        return self.train_all([name] if name else None, progress, overrides, record)[-1].history

    def train_all(
        self,
        names: Sequence[str] | None = None,
        progress: Progress | None = None,
        overrides: Mapping[str, Any] | None = None,
        record: str | Path | None = None,
    ) -> list[Outcome]:
        """Carry out the program's `train` blocks in their order, each going on with the parameters of the one before.

        Of several runs each has its recording in a file of its own: `run-warm_up.html`.
        """
        runs = self.runs(names, overrides)
        if overrides and "seed" in overrides:
            self.seed = runs[0].settings.seed
        if record is None:
            return [self.train_one(run, progress) for run in runs]
        from dsl.app.recorder import recordings

        pages = recordings(self, runs, record)
        return [self.train_one(run, progress, page) for run, page in zip(runs, pages, strict=True)]

    def runs(self, names: Sequence[str] | None = None, overrides: Mapping[str, Any] | None = None) -> list[TrainRun]:
        """The training runs of the program, with keys overridden. Raises ProgramError when there is none of that name."""
        return find_runs(self.model, names, overrides)

    def train_one(self, run: TrainRun, progress: Progress | None = None, page: RecordedRun | None = None) -> Outcome:
        """Carry out one run; the program has its parameters afterwards, and the run's checkpoint file is written.

        A `page` records it and is written in the end. Interrupted from the keyboard, the program has the parameters that were
        reached, and the file stays as it was.
        """
        if run.settings.checkpoint:
            check_writable(self.beside(run.settings.checkpoint))
        trainer = self.trainer(run)
        try:
            outcome = trainer.train(progress, page.observer(trainer.feeds_of("")) if page else None)
        except KeyboardInterrupt:
            self._values.take(trainer.parameters)
            raise
        self._values.take(outcome.parameters)
        if run.settings.checkpoint:
            self.save(self.beside(run.settings.checkpoint))
        if page:
            page.write()
        return outcome

    def trainer(self, run: TrainRun) -> Trainer:
        """What carries out one run, from the parameters as they are. Raises ProgramError."""
        names = [*([run.data] if run.data else []), *run.validate]
        datasets = {name: self.dataset(name) for name in names}
        for name in names:
            block = name.partition(".")[0]
            fitted = self.model.data[block].load().statistics
            self.statistics.update({f"{block}/{key}": value for key, value in fitted.items()})
        check_fed_once(run, datasets, self.given)
        rows: dict[str, Any] = {k: v[:1] for k, v in datasets[run.data].arrays.items()} if run.data else {}
        first = self._values.ready({**self.given, **rows})
        return Trainer(self.model.graph, run, self.model.metrics, first, datasets, self.given, self.trap, self.engine)

    def beside(self, path: str) -> Path:
        """A path that the program names, which is relative to the program's file."""
        source = self.model.frame.module.source.path if self.model.frame else None
        return (source.parent if source else Path()) / path

    # -- expectations

    def check(self, expectation: Expectation, on: str | None = None) -> ExpectResult:
        """Evaluate an `expect` statement with the parameters as they are, on the data set it names or else `on` this one.

        Raises ProgramError.
        """
        nodes = [expectation.left, expectation.right]
        values = self.evaluate(nodes, on=expectation.dataset or on)
        return check_expectation(expectation, values[nodes[0]], values[nodes[1]])

    def check_all(self) -> list[ExpectResult]:
        """Every `expect` of the program, in order."""
        return [self.check(expectation) for expectation in self.model.expectations]


def _listed(names: Names) -> Sequence[str]:
    return [names] if isinstance(names, str) else names
