"""NumPy code for a section: a function of calls on arrays that were made once."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from contextvars import Context, copy_context
from typing import Any

import numpy as np
import numpy.typing as npt

from dsl.engine.arrays import kernels
from dsl.engine.arrays.blocks import Blocks, is_worthwhile
from dsl.engine.arrays.code import Code, Statement
from dsl.engine.arrays.schedule import Step, schedule
from dsl.engine.arrays.small import merge_small
from dsl.engine.arrays.storage import Storage, plan_storage
from dsl.engine.arrays.views import indexed
from dsl.engine.executable import Series
from dsl.engine.reference import concrete_attributes
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, element_total, sizes
from dsl.ops.parameters import Array
from dsl.ops.registry import OPERATIONS
from dsl.ops.slicing import check_index


class ArrayGenerator:
    """Compiles any section to NumPy calls.

    `merges` says whether products and sums of small arrays are merged, which may change the order of their additions;
    without it all values are those of the reference engine to the last bit, but for products of a matrix and a vector.
    """

    name = "numpy"

    def __init__(self, merges: bool = True) -> None:
        self.merges = merges

    def obstacle(self, section: Section) -> str:
        """There is none: every operation has at least the generic kernel."""
        return ""

    def compile(self, section: Section, states: Sequence[Array]) -> ArrayExecutable:
        """Compile a section whose states live in these arrays."""
        section = settled(section)
        if self.merges:
            section = merge_small(section)
        steps = schedule(section.operations, _is_fusible)
        storage = plan_storage(section, steps, kernels.IN_PLACE)
        return ArrayExecutable(section, steps, storage, states)


def _is_fusible(node: Node) -> bool:
    assert node.operation is not None
    return node.operation.elementwise and node.operation.name not in kernels.VIEWS and is_worthwhile(sizes(node))


def settled(section: Section) -> Section:
    """The section with copies of states that are results, or another state's next value, as they are before the run."""
    updated = {state for state, update in zip(section.states, section.updates, strict=True) if state is not update}

    def settle(node: Node) -> Node:
        base = node
        while base.operation and base.operation.name in kernels.VIEWS:
            base = base.inputs[0]
        if base not in updated:
            return node
        return section.graph.apply(OPERATIONS["astype"], [node], {"dtype": node.type.dtype})

    results = [settle(node) for node in section.results]
    pairs = zip(section.states, section.updates, strict=True)
    updates = [node if node is state else settle(node) for state, node in pairs]
    return Section(section.graph, section.leaves, results, section.states, updates)


class ArrayExecutable:
    """A section as a generated function. `steps` and `storage` say what it does, `source` is its text."""

    def __init__(self, section: Section, steps: Sequence[Step], storage: Storage, states: Sequence[Array]) -> None:
        self.section, self.steps, self.storage = section, steps, storage
        self._context = _quiet()
        writer = self.writer(states)
        for step in steps:
            writer.write(step)
        self.code = writer.code
        self.arguments = [writer.names[leaf] for leaf in section.leaves]
        self.results = [writer.name(node) for node in section.results]
        self.after = writer.state_copies()
        self.source = self.code.function("run", self.arguments, self.results, self.after)
        self._run: Callable[..., list[Array]] = self.code.compiled(self.source, "run")

    def writer(self, states: Sequence[Array]) -> Writer:
        """What writes the steps as code."""
        return Writer(self.section, self.storage, states)

    def replace(self, statements: Sequence[Statement]) -> None:
        """Run these statements in place of its own and of the copies of states after them; a profile adds clocks."""
        self.code.statements, self.after = list(statements), list[str]()
        self.source = self.code.function("run", self.arguments, self.results, self.after)
        self._run = self.code.compiled(self.source, "run")

    def run(self, arguments: Sequence[Array]) -> list[Array]:
        """Run once; infinities and NaNs are values as IEEE has them."""
        return self._context.run(self._run, *arguments)

    def repeat(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        """Run so many times on the same arguments, with the rows of the series."""
        return self._context.run(self._repeat, count, arguments, series)

    def _repeat(self, count: int, arguments: Sequence[Array], series: Series) -> npt.NDArray[np.float64]:
        run, found = self._run, np.empty(count)
        scalars = [np.zeros((), leaf.type.dtype.numpy) for leaf in self.section.leaves[len(arguments) :]]
        given = [*arguments, *scalars]
        for at in range(count):
            if at < len(series):
                for scalar, value in zip(scalars, series[at], strict=True):
                    scalar[()] = value
            found[at] = run(*given)[0]
        return found


def _quiet() -> Context:
    """A context in which NumPy does not warn of infinities and nans: entered in a tenth of the time of `np.errstate`."""
    context = copy_context()
    context.run(np.seterr, all="ignore")
    return context


class Writer:
    """Writes the steps as code. `names` are what the code calls each value."""

    def __init__(self, section: Section, storage: Storage, states: Sequence[Array]) -> None:
        self.section, self.storage = section, storage
        self.code = Code()
        self.names: dict[Node, str] = {}
        self._memory = _aligned(storage.nbytes)
        self._wholes: dict[Node, Array] = {}
        self._state_arrays = dict(zip(section.states, states, strict=True))
        for node, array in self._state_arrays.items():
            self.names[node] = self.code.bind(array, _hint(node))
        for leaf in section.leaves:
            self.names[leaf] = self.code.free(_hint(leaf))

    def write(self, step: Step) -> None:
        """One step: an operation, or several in a loop over blocks."""
        self.code.begin(step.nodes)
        if len(step.nodes) > 1 or step.nodes[0] in self.storage.streamed:
            self._write_fused(step)
        else:
            self._write_single(step.nodes[0])

    def state_copies(self) -> list[str]:
        """The lines that give the states their next values, where they were not written there."""
        copy = self.code.bind(np.copyto, "copy")
        pairs = zip(self.section.states, self.section.updates, strict=True)
        return [
            f"{copy}({self.names[state]}, {self.name(update)})"
            for state, update in pairs
            if update is not state and self.storage.in_state.get(update) is not state
        ]

    def _write_single(self, node: Node) -> None:
        assert node.operation is not None
        inputs = [self.name(source) for source in node.inputs]
        attributes = concrete_attributes(node, {})
        if node in self.storage.views:
            self._write_view(node, inputs[0], attributes)
            return
        if node.operation.name == "concatenate":
            self._write_parts(node, inputs)
            return
        kernels.write(kernels.Call(node, self.code, inputs, self.own(node), attributes))

    def _write_view(self, node: Node, source: str, attributes: Mapping[str, Any]) -> None:
        assert node.operation is not None
        array = self.code.array(source)
        forward = _indexing if node.operation.name == "getitem" else node.operation.forward
        assert forward is not None
        if array is not None:
            self.names[node] = self.code.bind(np.asarray(forward(array, **attributes)), f"{source}v")
            return
        local = self.names[node] = self.code.free(f"{source}v")
        if node.operation.name == "transpose" and attributes["axes"] == (1, 0):
            self.code.line(f"{local} = {source}.T")
        else:
            arguments = "".join(f", {name}={self.code.bind(value, name)}" for name, value in attributes.items())
            self.code.line(f"{local} = {self.code.bind(forward, node.operation.name)}({source}{arguments})")

    def _write_parts(self, node: Node, inputs: Sequence[str]) -> None:
        """The parts that were not computed in their place are copied there."""
        whole = self._array(node)
        self.names[node] = self.code.bind(whole, "whole")
        copy = self.code.bind(np.copyto, "copy")
        axis: int = node.attributes["axis"]
        at = 0
        for source, name in zip(node.inputs, inputs, strict=True):
            size = sizes(source)[axis]
            index = (*[slice(None)] * axis, slice(at, at + size))
            at += size
            there = self.code.array(name)
            part = whole[index]
            if source.literal is not None:
                part[...] = source.literal
            elif there is None or not there.size or not _same_memory(there, part):
                self.code.line(f"{copy}({self.code.bind(part, 'part')}, {name})")

    def _write_fused(self, step: Step) -> None:
        """Elementwise operations over blocks of the rows, in one loop."""
        blocks = Blocks(step.shape)
        inside: dict[Node, str] = {}
        lines = self.code.statements[-1].lines
        last_reader = {source: node for node in step.nodes for source in node.inputs}
        free: dict[np.dtype[Any], list[str]] = {}
        for node in step.nodes:
            inputs = [self._in_blocks(source, inside, blocks) for source in node.inputs]
            ended = {s for s in node.inputs if s in self.storage.streamed and last_reader[s] is node}
            in_place = node.operation is not None and node.operation.name in kernels.IN_PLACE
            if in_place:
                _release(ended, inside, free)
            if node not in self.storage.streamed:
                self.own(node)
                out = self._in_blocks(node, inside, blocks)
            elif waiting := free.get(node.type.dtype.numpy):
                out = waiting.pop()
            else:
                out = blocks.add(self.code, self.code.scratch(blocks.shape, node.type.dtype.numpy), "b")
            if not in_place:
                _release(ended, inside, free)
            inside[node] = out
            kernels.write(kernels.Call(node, self.code, inputs, out, concrete_attributes(node, {}), blocks))
        lines[:] = [blocks.header(self.code), *[f"    {line}" for line in [*blocks.lines, *lines]]]

    def _in_blocks(self, node: Node, inside: dict[Node, str], blocks: Blocks) -> str:
        """The name of a value within the loop: a number stays as it is, an array is cut."""
        if node in inside:
            return inside[node]
        name = self.name(node)
        if element_total(node) == 1 and node.type.rank <= 1:
            return name
        array = self.code.array(name)
        if array is None:
            inside[node] = blocks.add_local(self.code, name, sizes(node))
        else:
            inside[node] = blocks.add(self.code, array, "b")
        return inside[node]

    # -- values -----------------------------------------------------------------------------------------------------------

    def name(self, node: Node) -> str:
        """What the code calls a value that is there already."""
        name = self.names.get(node)
        if name is None:
            assert node.literal is not None
            name = self.names[node] = self.code.bind(np.ascontiguousarray(node.literal).reshape(sizes(node)), "c")
        return name

    def own(self, node: Node) -> str:
        """The array that an operation writes its result to."""
        self.names[node] = self.code.bind(self._array(node), _hint(node))
        return self.names[node]

    def _array(self, node: Node) -> Array:
        state = self.storage.in_state.get(node)
        if state is not None:
            return self._state_arrays[state]
        part = self.storage.parts.get(node)
        if part is None:
            found = self._wholes.get(node)
            if found is None:
                found = self._wholes[node] = self._memory_of(node)
            return found
        whole, index = part
        return self._array(whole)[index].reshape(sizes(node))

    def _memory_of(self, node: Node) -> Array:
        if node in self.storage.kept:
            return np.empty(sizes(node), node.type.dtype.numpy)
        offset = self.storage.offsets[node]
        return np.ndarray(sizes(node), node.type.dtype.numpy, buffer=self._memory, offset=offset)


def _indexing(x: Array, *, index: tuple[Any, ...]) -> Array:
    """Indexing whose result is a view in every case."""
    check_index(x.shape, index)
    return indexed(x, index)


def _release(ended: set[Node], inside: dict[Node, str], free: dict[np.dtype[Any], list[str]]) -> None:
    """The blocks of values that nothing reads any more can be used again."""
    for node in ended:
        free.setdefault(node.type.dtype.numpy, []).append(inside[node])


def _same_memory(left: Array, right: Array) -> bool:
    return left.__array_interface__["data"] == right.__array_interface__["data"] and left.size == right.size


def _aligned(nbytes: int) -> Array:
    """Bytes that begin at a cache line."""
    memory = np.empty(nbytes + 64, np.uint8)
    start = -memory.__array_interface__["data"][0] % 64
    return memory[start : start + nbytes]


def _hint(node: Node) -> str:
    """A readable name for the code: that of the value in the program, or its operation's."""
    name = re.sub(r"\W+", "_", node.name, flags=re.ASCII)
    return f"{name}_" if name and not name[0].isdigit() else f"{node.label}_"
