"""Nodes evaluated on a data set, or on the values that the placeholders have of themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeGuard

import numpy as np
import numpy.typing as npt

from dsl.engine.bindings import Fed, Sizes
from dsl.engine.choice import Engine
from dsl.engine.names import AUTOMATIC, REFERENCE
from dsl.engine.plan import PlanEngine
from dsl.engine.reference import ReferenceEngine, Watch
from dsl.graph.graph import Graph
from dsl.graph.node import Node
from dsl.ops.parameters import Array
from dsl.source.diagnostic import ProgramError
from dsl.training.failures import RUN_ERRORS, run_error
from dsl.training.values import fed_values

_MOST_TYPES = 32
"""Sets of shapes and element types that a function is kept for."""


class Binding:
    """Finds the values of leaves and the sizes of named dimensions from what is fed."""

    def __init__(self, graph: Graph, leaves: Iterable[Node]) -> None:
        self.leaves = list(leaves)
        self._placeholders = [node for node in self.leaves if node.kind == "placeholder"]
        self._parameters = [node for node in self.leaves if node.kind == "parameter"]
        self._others = [node for node in graph.placeholders if node.shape and node not in self._placeholders]
        """Placeholders that no fetched node needs; their arrays may fix a size that one mentions, as `x.shape[0]` does."""

    def bind(
        self, parameters: Mapping[str, Array], feeds: Mapping[str, Array], sizes: Mapping[str, int] | None = None
    ) -> tuple[dict[Node, Array], Sizes]:
        """The value of each leaf, and the sizes. Raises ProgramError where they do not fit together."""
        bound = Sizes(sizes)
        fed = [node for node in self._others if node.name in feeds]
        given = fed_values([*self._placeholders, *fed], feeds, bound)
        given.update((node, parameters[node.name]) for node in self._parameters)
        bound.bind(Fed(node.name, node.shape, given[node].shape, node.span) for node in self._parameters)
        bound.bind(_sizing_defaults([node for node in self._others if node.name not in feeds], bound))
        return given, bound


def _sizing_defaults(placeholders: Iterable[Node], known: Mapping[str, int]) -> Iterator[Fed]:
    """The default arrays of placeholders, where they say how large a dimension is that nothing else has fixed."""
    for node in placeholders:
        if node.value is not None and node.value.ndim and any(dim.names - known.keys() for dim in node.shape):
            yield Fed(node.name, node.shape, node.value.shape, node.span)


class Evaluator:
    """Evaluates the same nodes on one feed after the other, by plans or by the reference engine."""

    def __init__(self, graph: Graph, fetch: Iterable[Node], engine: Engine = AUTOMATIC) -> None:
        self._graph, self._fetch = graph, list(fetch)
        self._plans = PlanEngine(graph, self._fetch, engine) if engine != REFERENCE else None
        leaves = [node for node in graph.ancestors(self._fetch) if node.kind in ("placeholder", "parameter")]
        self._binding = Binding(graph, leaves)
        self._reference: ReferenceEngine | None = None

    @property
    def leaves(self) -> list[Node]:
        """The placeholders and parameters that the fetched nodes depend on."""
        return self._binding.leaves

    @property
    def reference(self) -> ReferenceEngine:
        """The reference engine for the same nodes."""
        if self._reference is None:
            self._reference = ReferenceEngine(self._graph, self._fetch)
        return self._reference

    def run(
        self,
        parameters: Mapping[str, Array],
        feeds: Mapping[str, Array],
        sizes: Mapping[str, int] | None = None,
        watch: Watch | None = None,
    ) -> dict[Node, Array]:
        """The values of the fetched nodes. With a `watch` the reference engine runs, which can show it every value.

        Raises ProgramError.
        """
        given, bound = self._binding.bind(parameters, feeds, sizes)
        try:
            if self._plans is None or watch:
                return self.reference.run(given, bound, watch)
            return self._plans.run(given, bound)
        except RUN_ERRORS as error:
            raise run_error(self.reference, given, bound, error) from None

    def prepared(self, parameters: Mapping[str, Array]) -> Prepared:
        """A function from feeds to the values of the fetched nodes, with these parameters; made to be called often."""
        return Prepared(self, parameters)

    def specialised(self, parameters: Mapping[str, Array], feeds: Mapping[str, Array]) -> Specialised:
        """The function for feeds of the shapes and element types of these: a plan that has all other values in it."""
        given, bound = self._binding.bind(parameters, feeds)
        is_direct = all(given[leaf] is feeds[leaf.name] for leaf in self.leaves if leaf.name in feeds)
        if self._plans is None or not is_direct:

            def evaluate(feeds: Mapping[str, Array]) -> Sequence[Array]:
                values = self.run(parameters, feeds)
                return [values[node] for node in self._fetch]

            return Specialised(feeds, evaluate)
        fixed = {leaf: contiguous(given[leaf]) for leaf in self.leaves if leaf.name not in feeds}
        leaves, plan = self._plans.plan_with(fixed, bound)
        names, run = [leaf.name for leaf in leaves], plan.run
        return Specialised(feeds, lambda feeds: run([contiguous(feeds[name]) for name in names]))

    def failure(self, parameters: Mapping[str, Array], feeds: Mapping[str, Array], error: Exception) -> ProgramError:
        """The error of a run that has failed, with the line of the value that could not be computed."""
        given, bound = self._binding.bind(parameters, feeds)
        return run_error(self.reference, given, bound, error)


class Specialised:
    """The values of nodes from feeds of certain shapes and element types."""

    def __init__(self, feeds: Mapping[str, Array], run: Callable[[Mapping[str, Array]], Sequence[Array]]) -> None:
        self._types = [(name, array.dtype, array.shape) for name, array in feeds.items()]
        self.run = run

    def fits(self, feeds: Mapping[str, npt.ArrayLike]) -> TypeGuard[Mapping[str, Array]]:
        """Whether these are arrays of those shapes and element types."""
        if len(feeds) != len(self._types):
            return False
        for name, dtype, shape in self._types:
            array: Any = feeds.get(name)
            if array.__class__ is not np.ndarray or array.dtype is not dtype or array.shape != shape:
                return False
        return True


class Prepared:
    """The values of an evaluator's nodes as a function of feeds, which is specialised for the types that these come in."""

    def __init__(self, evaluator: Evaluator, parameters: Mapping[str, Array]) -> None:
        self._evaluator, self._parameters = evaluator, parameters
        self._known: dict[tuple[object, ...], Specialised] = {}
        self._last: Specialised | None = None

    def __call__(self, feeds: Mapping[str, npt.ArrayLike]) -> list[Array]:
        """The values, as new arrays. Raises ProgramError."""
        last = self._last
        if last is not None and last.fits(feeds):
            arrays = feeds
        else:
            arrays = {name: np.asarray(value) for name, value in feeds.items()}
            self._last = last = self._specialised(arrays)
        try:
            return [value.copy() for value in last.run(arrays)]
        except RUN_ERRORS as error:
            raise self._evaluator.failure(self._parameters, arrays, error) from None

    def _specialised(self, arrays: Mapping[str, Array]) -> Specialised:
        key = tuple([(name, array.dtype.str, array.shape) for name, array in arrays.items()])
        found = self._known.get(key)
        if found is None:
            if len(self._known) >= _MOST_TYPES:
                self._known.clear()
            found = self._known[key] = self._evaluator.specialised(self._parameters, arrays)
        return found


def contiguous(array: Array) -> Array:
    """The array, or a copy of it that is C-contiguous."""
    return array if array.flags.c_contiguous else np.ascontiguousarray(array)
