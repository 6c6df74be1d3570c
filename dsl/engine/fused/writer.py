"""Writes the steps of a run as code: kernels by numba, and NumPy calls for what is no part of one."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np

from dsl.engine.arrays.generator import Writer
from dsl.engine.arrays.schedule import Step
from dsl.engine.arrays.storage import Storage
from dsl.engine.fused.emission import KernelCode, Operand, Operands
from dsl.engine.fused.nest import Layout, Nest, View, nest
from dsl.engine.fused.operators import inlined, passed_number
from dsl.engine.fused.roles import LABELLED, Kernel, Role, has_rows, is_by_row
from dsl.engine.jit.compilation import ArrayType, ParameterType, compiled
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, element_total, sizes
from dsl.ops.indexing import check_labels
from dsl.ops.parameters import Array

Reading = tuple[Node, bool]
"""A value that a kernel reads, and whether its shape is that of rows without their last axis."""

LEAST_COPIED = 4_096
"""Elements from which a value is copied first where its rows have gaps."""
_MOST_NUMBERS = 8
"""Numbers that are passed to a kernel; the others are in its code."""


class KernelWriter(Writer):
    """Writes kernels. `texts` receives the module of each, by the name that the code of the run has for the kernel."""

    def __init__(self, section: Section, storage: Storage, states: Sequence[Array], texts: dict[str, str]) -> None:
        super().__init__(section, storage, states)
        self.texts = texts

    def write(self, step: Step) -> None:
        """One step: a kernel, or a NumPy call."""
        if isinstance(step, Kernel):
            self.code.begin(step.nodes)
            _Call(self, step).write()
        else:
            super().write(step)


class _Call:
    """One kernel and its call."""

    def __init__(self, writer: KernelWriter, kernel: Kernel) -> None:
        self._writer, self._kernel = writer, kernel
        self._parameters: dict[object, str] = {}
        """The name in the kernel of each array, by where it lies."""
        self._copies: dict[Node, str] = {}
        self._arguments: list[str] = []
        self._types: list[ParameterType | None] = []

    def write(self) -> None:
        """Compile the kernel, and write the line that calls it."""
        kernel, writer = self._kernel, self._writer
        readings = _readings(kernel)
        written = [node for node in kernel.nodes if node not in writer.storage.streamed]
        for node in written:
            writer.own(node)
        layouts = {reading: self._layout(*reading) for reading in readings}
        results = {node: self._layout(node, is_by_row(node, kernel)) for node in written}
        loops = nest(kernel.loop, [*layouts.values(), *results.values()], has_rows(kernel))
        operands = Operands(
            {
                reading: self._operand(*reading, loops.view(layouts[reading], full))
                for reading, full in readings.items()
            },
            {node: self._operand(node, layout.by_row, loops.view(layout)) for node, layout in results.items()},
            {node: self._buffer(node, loops) for node in _buffered(kernel) if node in writer.storage.streamed},
            {number: self._number(number) for number in _numbers(kernel)},
        )
        along = {number for operand in operands.all() for number in operand.view.loops}
        missing = [number for number in range(len(loops.loops)) if number not in along]
        operands.lengths = {number: self._length(loops.length(number)) for number in missing}
        text = KernelCode(kernel, loops, operands).text()
        function = writer.code.bind(compiled(text, tuple(self._types)), "kernel")
        writer.texts[function] = text
        call = f"{function}({', '.join(self._arguments)})"
        labelled = [node for node in kernel.nodes if node.label in LABELLED]
        checks = list(dict.fromkeys(map(self._check, labelled)))
        if self._loses_labels_or_states(labelled, written):
            lines = [*checks, call]
        else:
            lines = [f"if {call}:", *[f"    {check}" for check in checks]] if checks else [call]
        for line in lines:
            writer.code.line(line)

    def _loses_labels_or_states(self, labelled: Sequence[Node], written: Sequence[Node]) -> bool:
        """Whether it is too late to look at the labels after the kernel.

        It may have written over labels that were computed, and has changed states, which a run that fails leaves alone.
        """
        storage, leaves = self._writer.storage, self._writer.section.leaves
        is_changing = any(node in storage.in_state for node in written)
        return bool(labelled) and (is_changing or any(node.inputs[-1] not in leaves for node in labelled))

    def _check(self, node: Node) -> str:
        """The line that raises an error for a label that is no class."""
        check = self._writer.code.bind(check_labels, "check_labels")
        return f"{check}({self._writer.name(node.inputs[-1])}, {self._kernel.loop[-1]})"

    # -- arrays -------------------------------------------------------------------------------------------------------------

    def _name(self, node: Node, by_row: bool) -> str:
        """What the code of the run calls a value; a copy of a large one whose rows have gaps, which vectors cannot load."""
        name, code = self._writer.name(node), self._writer.code
        if node in self._copies:
            return self._copies[node]
        array = code.array(name)
        if array is None:
            gaps = not self._writer.storage.contiguous.get(node, True)
        else:
            gaps = array.ndim > 0 and array.shape[-1] > 1 and array.strides[-1] not in (0, array.itemsize)
        if not gaps or by_row or node in self._kernel.roles or element_total(node) < LEAST_COPIED:
            return name
        copy = self._copies[node] = code.bind(code.scratch(sizes(node), node.type.dtype.numpy), f"{name}c")
        code.line(f"{code.bind(np.copyto, 'copy')}({copy}, {name})")
        return copy

    def _layout(self, node: Node, by_row: bool) -> Layout:
        array = self._writer.code.array(self._name(node, by_row))
        if array is not None:
            return Layout(array.shape, array.strides, by_row)
        if not self._writer.storage.contiguous.get(node, True):
            return Layout(sizes(node), None, by_row)
        return Layout(sizes(node), _contiguous_strides(node), by_row)

    def _operand(self, node: Node, by_row: bool, view: View) -> Operand:
        name = self._name(node, by_row)
        array = self._writer.code.array(name)
        if array is not None:
            return Operand(self._bound(view.of(array), name), view)
        return Operand(self._local(node, name, view), view)

    def _bound(self, array: Array, name: str) -> str:
        """The parameter for an array that is there already; the same one for the same memory."""
        place = (array.__array_interface__["data"][0], array.shape, array.strides, array.dtype)
        return self._parameter(place, lambda: self._writer.code.bind(array, f"{name}k"), ArrayType.of(array))

    def _local(self, node: Node, name: str, view: View) -> str:
        """The parameter for an array that each run brings anew."""
        if view.strides is None:
            return self._parameter(name, lambda: name, None)
        kind = ArrayType(node.type.dtype.numpy.name, len(view.shape))
        if view.shape == sizes(node):
            return self._parameter((name, view.shape), lambda: name, kind)

        def reshaped() -> str:
            local = self._writer.code.free(f"{name}k")
            self._writer.code.line(f"{local} = {name}.reshape({self._writer.code.bind(view.shape, 'shape')})")
            return local

        return self._parameter((name, view.shape), reshaped, kind)

    def _buffer(self, node: Node, loops: Nest) -> Operand:
        """Memory for the values of a row."""
        array = self._writer.code.scratch(self._kernel.loop[-1:], node.type.dtype.numpy)
        return Operand(self._bound(array, "row"), View(array.shape, array.strides, (len(loops.loops) - 1,)))

    def _number(self, number: float) -> str:
        """The parameter for a number."""
        return self._parameter(("number", number), lambda: repr(number), "float64")

    def _length(self, length: int) -> str:
        """The parameter for the length of a loop."""
        return self._parameter(("length", length), lambda: str(length), "int64")

    def _parameter(self, place: object, argument: Callable[[], str], kind: ParameterType | None) -> str:
        name = self._parameters.get(place)
        if name is None:
            name = self._parameters[place] = f"p{len(self._parameters)}"
            self._arguments.append(argument())
            self._types.append(kind)
        return name


def _readings(kernel: Kernel) -> dict[Reading, bool]:
    """What a kernel reads from memory, and whether as whole rows."""
    inside = set(kernel.nodes)
    found: dict[Reading, bool] = {}
    for node in kernel.nodes:
        for source in node.inputs:
            by_row = is_by_row(node, kernel, source)
            is_label = node.label in LABELLED and by_row
            if source not in inside and (is_label or not inlined(source)):
                as_row = kernel.roles[node] is Role.REDUCTION and not is_label
                found[source, by_row] = found.get((source, by_row), False) or as_row
    return found


def _buffered(kernel: Kernel) -> Iterable[Node]:
    """The values of elements that are needed after the loop that computes them."""
    found: dict[Node, None] = {}
    for node in kernel.nodes:
        for source in node.inputs:
            if kernel.roles.get(source) is Role.ELEMENT and (
                kernel.roles[node] is Role.REDUCTION or kernel.phases[node] > kernel.phases[source]
            ):
                found[source] = None
    return found


def _numbers(kernel: Kernel) -> list[float]:
    """The numbers that are passed to a kernel."""
    found = [passed_number(source) for node in kernel.nodes for source in node.inputs]
    return [number for number in dict.fromkeys(found) if number is not None][:_MOST_NUMBERS]


def _contiguous_strides(node: Node) -> tuple[int, ...]:
    """The strides of a C-contiguous array."""
    strides = [node.type.dtype.numpy.itemsize]
    for size in reversed(sizes(node)[1:]):
        strides.append(strides[-1] * size)
    return tuple(reversed(strides[: node.type.rank]))
