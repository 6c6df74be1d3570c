"""Small sections for the scalar code generators, and the reference engine behind the interface of compiled code."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dsl.engine.reference import ReferenceEngine
from dsl.graph.gradient import DifferentiableGraph, gradients
from dsl.graph.node import Node
from dsl.graph.passes.lowering.lower import lower
from dsl.graph.passes.section import Section, specialise
from dsl.ops.dims import as_shape
from dsl.ops.dtypes import DTYPES, F64, DType
from dsl.ops.registry import OPERATIONS, load
from dsl.ops.types import TensorType

load()

Arrays = Sequence[np.ndarray]


class ReferenceExecutable:
    """A section run node by node."""

    source = ""

    def __init__(self, section: Section, states: Arrays) -> None:
        self.section, self.states = section, states
        self.engine = ReferenceEngine(section.graph, [*section.results, *section.updates])
        self.runs = 0

    def run(self, arguments: Arrays) -> Arrays:
        self.runs += 1
        leaves = zip([*self.section.leaves, *self.section.states], [*arguments, *self.states], strict=True)
        values = self.engine.run(dict(leaves))
        found = [np.array(values[node]) for node in self.section.results]
        for state, value in zip(self.states, [np.array(values[node]) for node in self.section.updates], strict=True):
            state[...] = value
        return found

    def repeat(self, count: int, arguments: Arrays, series: np.ndarray) -> np.ndarray:
        types = [leaf.type.dtype.numpy for leaf in self.section.leaves[len(arguments) :]]
        rows = series if len(series) > 1 else np.repeat(series, count, axis=0)
        return np.array(
            [
                self.run([*arguments, *(np.asarray(number, type) for number, type in zip(row, types, strict=True))])[0]
                for row in rows
            ],
            np.float64,
        )


class Maker:
    """A graph with leaves that have names."""

    def __init__(self, floating: DType = F64) -> None:
        self.graph = DifferentiableGraph(floating)

    def leaf(self, name: str, shape: Sequence[int] = (), dtype: DType | None = None) -> Node:
        node = self.graph.placeholder(TensorType(dtype or self.graph.default_float, as_shape(shape)))
        node.name = name
        return node

    def like(self, name: str, array: np.ndarray) -> Node:
        dtype = next(dtype for dtype in DTYPES.values() if dtype.numpy == array.dtype)
        return self.leaf(name, array.shape, dtype)


def call(name: str, *inputs: Any, **attributes: Any) -> Any:
    """An operation applied to nodes and numbers."""
    return OPERATIONS[name](*inputs, **attributes)


def section_of(function: Callable[..., Any], *inputs: np.ndarray, floating: DType = F64) -> Section:
    """The lowered section of a function of leaves with the types and shapes of some arrays."""
    maker = Maker(floating)
    leaves = [maker.like(f"x{index}", array) for index, array in enumerate(inputs)]
    made = function(*leaves)
    return lower(specialise(maker.graph, leaves, list(made) if isinstance(made, tuple) else [made]))


def stateful(
    leaves: Sequence[Node], states: Sequence[Node], results: Sequence[Node], updates: Sequence[Node]
) -> Section:
    """A lowered section with states."""
    graph = leaves[0].builder if leaves else states[0].builder
    assert isinstance(graph, DifferentiableGraph)
    section = specialise(graph, [*leaves, *states], [*results, *updates])
    section.leaves, section.states = section.leaves[: len(leaves)], section.leaves[len(leaves) :]
    section.results, section.updates = section.results[: len(results)], section.results[len(results) :]
    return lower(section)


def training(
    shapes: Mapping[str, Sequence[int]],
    data: Mapping[str, Sequence[int]],
    forward: Callable[..., Node],
    floating: DType = F64,
) -> Section:
    """A step of gradient descent: the parameters lie in one vector, the rate is the last leaf."""
    maker = Maker(floating)
    leaves = {name: maker.leaf(name, shape) for name, shape in data.items()}
    vector = maker.leaf("parameters", (sum(int(np.prod(shape)) for shape in shapes.values()),))
    rate = maker.leaf("rate")
    parameters: dict[str, Node] = {}
    start = 0
    for name, shape in shapes.items():
        stop = start + int(np.prod(shape))
        parameters[name] = call("reshape", call("getitem", vector, index=(slice(start, stop),)), shape=shape)
        parameters[name].name = name
        start = stop
    loss = forward(**leaves, **parameters)
    loss.name = "loss"
    found = gradients(maker.graph, loss, parameters.values())
    flat = [call("reshape", found[node], shape=-1) for node in parameters.values()]
    step = vector - rate * call("concatenate", *flat)
    return stateful([*leaves.values(), rate], [vector], [loss], [step])


def neuron(floating: DType = F64) -> Section:
    """One neuron with a sigmoid and the mean squared error."""

    def forward(x: Node, y: Node, k: Node, b: Node) -> Node:
        return call("mse", y, call("sigmoid", call("linear", x, k, b)))

    return training({"k": (), "b": ()}, {"x": (), "y": ()}, forward, floating)


def xor(rows: int, floating: DType = F64) -> Section:
    """Two inputs, eight hidden values, one output."""

    def forward(x: Node, y: Node, **w: Node) -> Node:
        hidden = call("tanh", call("linear", x, w["w1"], w["b1"]))
        return call("mse", y, call("sigmoid", call("linear", hidden, w["w2"], w["b2"])))

    shapes = {"w1": (2, 8), "b1": (8,), "w2": (8, 1), "b2": (1,)}
    return training(shapes, {"x": (rows, 2), "y": (rows, 1)}, forward, floating)


def distance(found: np.ndarray, expected: np.ndarray) -> np.ndarray:
    """How far floats are apart in units of the last place; infinite where one is nan or the signs of zeros differ."""
    found, expected = np.asarray(found), np.asarray(expected)
    unit = np.spacing(np.maximum(np.abs(expected), np.finfo(expected.dtype).tiny))
    with np.errstate(all="ignore"):
        apart = np.abs(found - expected).astype(np.float64) / unit
    same = (found == expected) & (np.signbit(found) == np.signbit(expected)) | (np.isnan(found) & np.isnan(expected))
    return np.where(same, 0, np.where(np.isfinite(apart) & (found != expected), apart, np.inf))


def assert_close(found: Any, expected: Any, units: float = 4) -> None:
    """The values are of one type and shape, and equal; floats may differ by some units in the last place."""
    found, expected = np.asarray(found), np.asarray(expected)
    assert found.dtype == expected.dtype
    assert found.shape == expected.shape
    if expected.dtype.kind == "f":
        assert np.all(distance(found, expected) <= units), (found, expected)
    else:
        np.testing.assert_array_equal(found, expected)
