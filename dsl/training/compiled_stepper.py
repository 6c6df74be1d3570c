"""Training steps as compiled sections, which change the parameters where they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from dsl.engine.choice import Engine, compile_section
from dsl.engine.executable import Executable
from dsl.engine.names import AUTOMATIC
from dsl.engine.reference import ReferenceEngine
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.graph.passes.section import Section
from dsl.ops.parameters import Array
from dsl.training.clipping import Clipping
from dsl.training.coefficients import CoefficientState, Rate
from dsl.training.evaluation import Binding, contiguous
from dsl.training.failures import RUN_ERRORS, run_error
from dsl.training.optimizers.optimizer import Elementwise
from dsl.training.step_section import Group, StepSection, step_section


@dataclass(slots=True)
class _Step:
    """A step compiled for feeds of certain types. `sources` are where its arguments come from: a feed as it is, a fixed value,
    or the placeholder of a feed that has another element type than it needs."""

    executable: Executable
    sources: list[str | Array | Node]
    groups: int


class CompiledStepper:
    """Runs each step as one section: forward, backward, clipping and the update.

    A step is compiled for each shape that the feeds come in: a batch, and the last, smaller one of an epoch. `constants` are
    feeds that stay the same.
    """

    def __init__(
        self,
        graph: Graph,
        loss: Node,
        gradients: Mapping[Node, Node],
        parameters: Mapping[str, Array],
        optimizer: Elementwise,
        clipping: Clipping,
        constants: Mapping[str, Array] | None = None,
        engine: Engine = AUTOMATIC,
    ) -> None:
        self._graph, self._loss, self._gradients = graph, loss, dict(gradients)
        self._clipping, self._constants, self._engine = clipping, dict(constants or {}), engine
        results = [loss, *gradients.values()]
        leaves = [node for node in graph.ancestors(results) if node.kind in ("placeholder", "parameter")]
        self._binding = Binding(graph, leaves)
        self._given = [node for node in leaves if node not in self._gradients]
        self._parameters = dict(parameters)
        self._coefficients = CoefficientState(optimizer)
        self._arrays: dict[tuple[str, str], Array] = {}
        """The vectors that steps change, by the element type and the name of their state."""
        self._steps: dict[tuple[object, ...], _Step] = {}

    @property
    def parameters(self) -> dict[str, Array]:
        """The values of all parameters; those that are trained as views of what the steps change."""
        return self._parameters

    def step(self, feeds: Mapping[str, Array], rate: Rate) -> float:
        """One update; the loss before it. Raises ProgramError."""
        return float(self.steps(feeds, [rate])[0])

    def steps(self, feeds: Mapping[str, Array], rates: Sequence[Rate]) -> npt.NDArray[np.float64]:
        """Updates on the same feeds, one for each rate; the loss before each. Raises ProgramError."""
        optimizer = self._coefficients.at(rates[0])
        key = (*[(name, array.shape, array.dtype.char) for name, array in feeds.items()], *optimizer.slots())
        step = self._steps.get(key)
        if step is None:
            step = self._steps[key] = self._compile(feeds, optimizer)
        before = self._coefficients.steps, self._coefficients.carried
        series = self._coefficients.advance(rates)
        if step.groups > 1:
            series = np.tile(series, (1, step.groups))
        try:
            return step.executable.repeat(len(rates), self._arguments(step, feeds), series)
        except RUN_ERRORS as error:
            self._coefficients.take_back(*before)
            raise self._failure(feeds, error) from None

    def _arguments(self, step: _Step, feeds: Mapping[str, Array]) -> list[Array]:
        given: Mapping[Node, Array] = {}
        arguments: list[Array] = []
        for source in step.sources:
            if isinstance(source, str):
                arguments.append(contiguous(feeds[source]))
            elif isinstance(source, Node):
                given = given or self._binding.bind(self._parameters, {**self._constants, **feeds})[0]
                arguments.append(contiguous(given[source]))
            else:
                arguments.append(source)
        return arguments

    def _source(self, node: Node, feeds: Mapping[str, Array], given: Mapping[Node, Array]) -> str | Array | Node:
        if node.name not in feeds:
            return contiguous(given[node])
        return node.name if given[node] is feeds[node.name] else node

    def _compile(self, feeds: Mapping[str, Array], optimizer: Elementwise) -> _Step:
        given, sizes = self._binding.bind(self._parameters, {**self._constants, **feeds})
        sources = [self._source(node, feeds, given) for node in self._given]
        try:
            built, states = self._build(sizes, optimizer)
            executable = compile_section(built.section, states, self._engine)
        except RUN_ERRORS as error:
            raise self._failure(feeds, error) from None
        return _Step(executable, sources, len(built.groups))

    def section(self, feeds: Mapping[str, Array], rate: Rate) -> tuple[Section, list[Array]]:
        """The step for feeds of these shapes, as it is before all passes, and the arrays of its states."""
        _, sizes = self._binding.bind(self._parameters, {**self._constants, **feeds})
        try:
            built, states = self._build(sizes, self._coefficients.at(rate))
        except RUN_ERRORS as error:
            raise self._failure(feeds, error) from None
        return built.section, states

    def _build(self, sizes: Mapping[str, int], optimizer: Elementwise) -> tuple[StepSection, list[Array]]:
        built = step_section(self._graph, self._given, self._loss, self._gradients, sizes, optimizer, self._clipping)
        return built, [array for group in built.groups for array in self._states(group, optimizer)]

    def _states(self, group: Group, optimizer: Elementwise) -> list[Array]:
        """The arrays of a group: made at the first step, with the parameters as they are then."""
        key = group.dtype.name, ""
        if key not in self._arrays:
            vector = self._arrays[key] = np.empty(group.size, group.dtype.numpy)
            for name, (at, shape) in group.places.items():
                array = self._parameters[name]
                view = vector[at : at + array.size].reshape(shape)
                view[...] = array
                self._parameters[name] = view
        for slot, first in optimizer.slots().items():
            self._arrays.setdefault((group.dtype.name, slot), np.full(group.size, first, group.dtype.numpy))
        return [self._arrays[key], *(self._arrays[group.dtype.name, slot] for slot in group.slots)]

    def _failure(self, feeds: Mapping[str, Array], error: Exception) -> Exception:
        """The error with the line of the value that could not be computed."""
        given, sizes = self._binding.bind(self._parameters, {**self._constants, **feeds})
        reference = ReferenceEngine(self._graph, [self._loss, *self._gradients.values()])
        return run_error(reference, given, sizes, error)
