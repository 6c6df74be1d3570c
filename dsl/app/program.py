"""A program in Python's hands: loaded, run, differentiated, trained, saved."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy.typing as npt

from dsl.app.outcome import ExpectResult, check_expectation
from dsl.engine.bindings import Sizes
from dsl.engine.reference import Watch
from dsl.graph.gradient import gradients
from dsl.graph.network import as_network
from dsl.graph.node import Node
from dsl.language.elaborate.model import Expectation, Model
from dsl.language.program import elaborate
from dsl.ops.parameters import Array
from dsl.source.diagnostic import Diagnostic, ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.source.text import Source
from dsl.training import checkpoint
from dsl.training.data.dataset import Dataset
from dsl.training.evaluation import Evaluator
from dsl.training.history import History
from dsl.training.loop import Outcome, Progress, Trainer
from dsl.training.run import TrainRun
from dsl.training.values import fed_values, first_values
from dsl.training.watch import NonFiniteTrap

if TYPE_CHECKING:
    import networkx

Feeds = Mapping[str, npt.ArrayLike]


def load(path: str | Path, constants: Mapping[str, Any] | None = None) -> Program:
    """Read and check a program file. Raises ProgramError with everything that is wrong with it."""
    try:
        source = Source.read(Path(path), str(path))
    except (OSError, UnicodeDecodeError) as error:
        raise unreadable(path, error) from None
    return Program(_checked(elaborate(source, constants)))


def loads(text: str, constants: Mapping[str, Any] | None = None, name: str = "<text>") -> Program:
    """Check a program given as text; its files are looked up in the current folder. Raises ProgramError."""
    return Program(_checked(elaborate(Source(text, name), constants)))


def unreadable(path: str | Path, error: OSError | UnicodeDecodeError) -> ProgramError:
    """The error of a program file that cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return fail("file", f"`{path}` is not UTF-8 text", hint="a program is a text file, usually named *.nn")
    folder = Path(path).parent
    names = [other.name for other in folder.glob("*.nn")] if folder.is_dir() else []
    reason = error.strerror or str(error)
    return fail("file", f"cannot read `{path}`: {reason.lower()}", hint=did_you_mean(Path(path).name, names))


def _checked(model: Model) -> Model:
    if model.errors:
        raise ProgramError(model.errors)
    return model


class Program:
    """A checked program with the values of its parameters."""

    def __init__(self, model: Model) -> None:
        self.model = model
        self.forward = list(model.graph.nodes)
        """The nodes that the program itself has, in running order; gradients come after them."""
        self.statistics: dict[str, Array] = {}
        self.trap: NonFiniteTrap | None = None
        """Where set, stops every run at the first value that is not finite."""
        self._parameters: dict[str, Array] | None = None

    # -- what it is

    @cached_property
    def graph(self) -> networkx.DiGraph[str]:
        """The program as a NetworkX directed graph of name paths, in running order."""
        return as_network(self.forward)

    @property
    def warnings(self) -> list[Diagnostic]:
        """What is not wrong, but probably not meant."""
        return self.model.warnings

    @property
    def outputs(self) -> list[str]:
        """The values at the top of the file that no other value uses."""
        used = {source for node in self.forward for source in node.inputs}
        return [name for name, node in self.model.names.items() if node.kind == "operation" and node not in used]

    @property
    def seed(self) -> int:
        """The seed of the first parameters: that of the first `train` block, else 0."""
        return self.model.runs[0].settings.seed if self.model.runs else 0

    def node(self, name: str) -> Node:
        """The node of this name or name path. Raises ProgramError with the nearest name."""
        node = self.model.names.get(name) or self.model.graph.names.get(name)
        if node is None:
            known = [*self.model.names, *(other.name for other in self.forward)]
            raise fail("name", f"there is no value `{name}`", hint=did_you_mean(name, known, f"there is {_some(known)}"))
        return node

    # -- its parameters

    @property
    def parameters(self) -> dict[str, Array]:
        """The values of the parameters by name path; drawn from the seed when they are first asked for."""
        return self._ready({})

    @parameters.setter
    def parameters(self, values: Mapping[str, Array]) -> None:
        self._parameters = dict(values)

    def _ready(self, feeds: Feeds) -> dict[str, Array]:
        if self._parameters is None:
            sizes = self._sizes(feeds)
            self._parameters = first_values([n for n in self.forward if n.kind == "parameter"], self.seed, sizes)
        return self._parameters

    def _sizes(self, feeds: Feeds) -> Sizes:
        """The named dimensions that feeds and defaults fix, needed where a parameter's shape names one."""
        sizes = Sizes()
        if any(dim.names for node in self.forward if node.kind == "parameter" for dim in node.shape):
            ready = [n for n in self.forward if n.kind == "placeholder" and (n.name in feeds or n.value is not None)]
            fed_values([node for node in ready if node.shape], feeds, sizes)
        return sizes

    def save(self, path: str | Path) -> None:
        """Write the parameters, and what was fitted to the data, as safetensors."""
        checkpoint.save(path, self.parameters, self.statistics)

    def restore(self, path: str | Path) -> None:
        """Take over the parameters that `save` wrote. Raises ProgramError where they do not fit the program."""
        found = checkpoint.load(path)
        self._parameters = checkpoint.fit(found, [n for n in self.forward if n.kind == "parameter"], path)
        self.statistics = found.statistics

    # -- its data

    def dataset(self, name: str) -> Dataset:
        """The data set of a full name, such as `digits.train`, loaded when it is first asked for. Raises ProgramError."""
        block, _, part = name.partition(".")
        plan = self.model.data.get(block)
        if plan is None:
            known = list(self.model.data)
            raise fail("data", f"there is no data set `{name}`", hint=did_you_mean(block, known, _some(known)))
        loaded = plan.load()
        part = part or ("all" if "all" in loaded.parts else "")
        if part not in loaded.parts:
            known = [f"{block}.{other}" for other in loaded.parts]
            raise fail("data", f"there is no data set `{name}`", hint=did_you_mean(name, known, f"there is {_some(known)}"))
        self.statistics.update({f"{block}/{key}": value for key, value in loaded.statistics.items()})
        return loaded.parts[part]

    # -- running

    def run(
        self, feeds: Feeds | None = None, fetch: Sequence[str] | None = None, on: str | None = None
    ) -> dict[str, Array]:
        """The values of `fetch` (by default of the outputs and of what is shown), from feeds or from a data set."""
        wanted = {name: self.node(name) for name in (self.outputs if fetch is None else fetch)}
        if fetch is None:
            wanted |= dict(self.model.shown)
        values = self.evaluate(wanted.values(), feeds, on)
        return {name: values[node] for name, node in wanted.items()}

    def predict(self, feeds: Feeds, fetch: Sequence[str] | None = None) -> dict[str, Array]:
        """The outputs that the feeds are enough for: those that depend on no other placeholder without a default."""
        if fetch is not None:
            return self.run(feeds, fetch)
        wanted = self.predictable(feeds)
        if not wanted:
            missing = sorted({p.name for p in self._placeholders() if p.name not in feeds and p.value is None})
            raise fail("data", "nothing can be computed from these feeds alone", hint=f"feed {_some(missing)} too")
        return self.run(feeds, wanted)

    def predictable(self, feeds: Iterable[str]) -> list[str]:
        """The last values at the top of the file that depend on these placeholders only."""
        given = set(feeds)
        graph = self.model.graph
        ready = [n for n in self.model.names.values() if n.kind == "operation" and self.computable(n, given)]
        inner = {n for node in ready for n in graph.ancestors([node]) if n is not node}
        names = {node: name for name, node in self.model.names.items()}
        return [names[node] for node in ready if node not in inner]

    def computable(self, node: Node, feeds: Iterable[str]) -> bool:
        """Whether a node depends on no placeholder but these and those with a default."""
        given = set(feeds)
        sources = (n for n in self.model.graph.ancestors([node]) if n.kind == "placeholder")
        return all(source.name in given or source.value is not None for source in sources)

    def evaluate(self, nodes: Iterable[Node], feeds: Feeds | None = None, on: str | None = None) -> dict[Node, Array]:
        """The values of nodes and of all they depend on."""
        given: dict[str, Any] = {**(self.dataset(on).arrays if on else {}), **(feeds or {})}
        self._check_feeds(given)
        return Evaluator(self.model.graph, nodes).run(self._ready(given), given, watch=self.watch)

    @property
    def watch(self) -> Watch | None:
        """What looks at every value of a run."""
        return self.trap

    def _placeholders(self) -> list[Node]:
        return [node for node in self.forward if node.kind == "placeholder"]

    def _check_feeds(self, feeds: Iterable[str]) -> None:
        known = [node.name for node in self._placeholders()]
        for name in feeds:
            if name not in known:
                hint = did_you_mean(name, known, f"there is {_some(known)}" if known else "the program has none")
                raise fail("data", f"there is no placeholder `{name}` to feed", hint=hint)

    # -- differentiating

    def loss_name(self) -> str:
        """The value that gradients are taken of by default. Raises ProgramError when it is not clear which."""
        if self.model.runs:
            return self.model.runs[0].minimize.name
        if "loss" in self.model.names:
            return "loss"
        scalars = [n for n in self.outputs if not self.node(n).shape and n not in self.model.metrics]
        if len(scalars) == 1:
            return scalars[0]
        raise fail(
            "name",
            "which value should be differentiated?",
            hint=f"name it, `--of {scalars[0]}`" if scalars else "name it: `--of NAME`",
        )

    def gradient_nodes(self, of: str, wrt: Iterable[Node]) -> dict[Node, Node]:
        """The nodes of the gradients of a value, added to the graph."""
        return gradients(self.model.graph, self.node(of), wrt)

    def gradients(
        self, of: str | None = None, wrt: Sequence[str] | None = None, feeds: Feeds | None = None, on: str | None = None
    ) -> dict[str, Array]:
        """The gradient of (the sum of) a value with respect to others, by default to all parameters.

        A value that `of` does not depend on has a gradient of zeros.
        """
        target = of or self.loss_name()
        wanted = {name: self.node(name) for name in wrt} if wrt is not None else self._trainable()
        found = self.gradient_nodes(target, wanted.values())
        values = self.evaluate([*wanted.values(), *found.values(), self.node(target)], feeds, on)
        return {name: values[found[node]] if node in found else values[node] * 0 for name, node in wanted.items()}

    def _trainable(self) -> dict[str, Node]:
        return {node.name: node for node in self.forward if node.kind == "parameter"}

    # -- training

    def train(self, name: str | None = None, progress: Progress | None = None, **overrides: Any) -> History:
        """Carry out the program's `train` blocks (or the one named), keys overridden; the history of the last one."""
        return self.train_all([name] if name else None, progress, overrides)[-1].history

    def train_all(
        self, names: Sequence[str] | None = None, progress: Progress | None = None, overrides: Mapping[str, Any] | None = None
    ) -> list[Outcome]:
        """Carry out the program's `train` blocks in their order, each going on with the parameters of the one before."""
        outcomes: list[Outcome] = []
        for run in self.runs(names, overrides or {}):
            outcomes.append(self.train_one(run, progress))
        return outcomes

    def runs(self, names: Sequence[str] | None = None, overrides: Mapping[str, Any] | None = None) -> list[TrainRun]:
        """The training runs of the program, with keys overridden. Raises ProgramError when there is none of that name."""
        from dsl.language.statements.train import train_run

        known = {run.name: run for run in self.model.runs}
        if not known:
            raise fail("train", "the program has no `train` block", hint="train { minimize = loss … }")
        for name in names or ():
            if name not in known:
                raise fail("train", f"there is no `train` block named `{name}`", hint=did_you_mean(name, known, _some(known)))
        chosen = [name for name in known if names is None or name in names]
        if not overrides:
            return [known[name] for name in chosen]
        assert self.model.elaboration is not None
        statements = {s.name.id if s.name else "train": s for s in self.model.train_statements}
        return [train_run(self.model.elaboration, statements[name], overrides) for name in chosen]

    def train_one(self, run: TrainRun, progress: Progress | None = None) -> Outcome:
        """Carry out one run; the program has its parameters afterwards, and the run's checkpoint file is written."""
        names = [*([run.data] if run.data else []), *run.validate]
        datasets = {name: self.dataset(name) for name in names}
        first: dict[str, Any] = {k: v[:1] for k, v in datasets[run.data].arrays.items()} if run.data else {}
        metrics = self.model.metrics
        trainer = Trainer(self.model.graph, run, metrics, self._ready(first), datasets, trap=self.trap)
        outcome = trainer.train(progress)
        self._parameters = outcome.parameters
        if run.settings.checkpoint:
            self.save(self.beside(run.settings.checkpoint))
        return outcome

    def beside(self, path: str) -> Path:
        """A path that the program names, which is relative to the program's file."""
        source = self.model.frame.module.source.path if self.model.frame else None
        return (source.parent if source else Path()) / path

    # -- expectations

    def check(self, expectation: Expectation) -> ExpectResult:
        """Evaluate an `expect` statement with the parameters as they are. Raises ProgramError."""
        nodes = [expectation.left, expectation.right]
        values = self.evaluate(nodes, on=expectation.dataset)
        return check_expectation(expectation, values[nodes[0]], values[nodes[1]])

    def check_all(self) -> list[ExpectResult]:
        """Every `expect` of the program, in order."""
        return [self.check(expectation) for expectation in self.model.expectations]


def _some(names: Iterable[str]) -> str:
    """A few names for a hint."""
    every = list(dict.fromkeys(names))
    shown = ", ".join(f"`{name}`" for name in every[:8])
    return f"{shown} …" if len(every) > 8 else shown or "none"
