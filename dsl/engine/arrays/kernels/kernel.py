"""What a kernel is, and the generic one that serves every operation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from dsl.engine.arrays.blocks import Blocks
from dsl.engine.arrays.code import Code
from dsl.graph.node import Node
from dsl.graph.passes.section import sizes
from dsl.ops.parameters import Array


@dataclass(slots=True)
class Call:
    """One operation to be written: the names of its inputs and of the array that its result belongs in."""

    node: Node
    code: Code
    inputs: list[str]
    out: str
    attributes: Mapping[str, Any]
    blocks: Blocks | None = None
    """In a loop over blocks of the arrays, those blocks."""

    @property
    def dtype(self) -> np.dtype[Any]:
        """The element type of the result."""
        return self.node.type.dtype.numpy

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the result."""
        return sizes(self.node)

    def bound(self, name: str) -> Array | None:
        """The array that a name stands for, where it is the same in each run."""
        return self.code.array(name)

    def line(self, text: str) -> None:
        """Add a line of code."""
        self.code.line(text)

    def function(self, value: Any, hint: str) -> str:
        """A name for a function, or for another value that is the same in each run."""
        return self.code.bind(value, hint)

    def scratch(self, dtype: np.dtype[Any], shape: tuple[int, ...] | None = None) -> str:
        """The name of an array to be used within this operation, by default of the result's shape."""
        if self.blocks:
            return self.blocks.add(self.code, self.code.scratch(self.blocks.shape, dtype), "t")
        return self.code.bind(self.code.scratch(self.shape if shape is None else shape, dtype), "t")

    def filled(self, value: Any, dtype: np.dtype[Any]) -> str:
        """The name of an array of the result's shape with one number everywhere."""
        if self.blocks:
            return self.blocks.add(self.code, np.full(self.blocks.shape, value, dtype), "c")
        return self.code.constant(value, dtype, self.shape)

    def derived(self, name: str, text: str, make: Callable[[Array], Array]) -> str:
        """Another view of an array: made now where it is bound, else in each run by the text, in which {} is the name."""
        array = self.bound(name)
        if array is not None:
            return self.code.bind(make(array), f"{name}v")
        local = self.code.free(f"{name}v")
        self.line(f"{local} = {text.format(name)}")
        return local

    def all_inputs(self, dtype: np.dtype[Any] | None = None) -> bool:
        """Whether all inputs have this element type, by default the result's."""
        return all(source.type.dtype.numpy == (dtype or self.dtype) for source in self.node.inputs)


Kernel = Callable[[Call], bool]
"""Writes an operation as code; False where it does not serve these types, and the next kernel is asked."""

KERNELS: dict[str, Kernel] = {}
"""The kernel of each operation that has one besides the generic one."""

IN_PLACE: set[str] = set()
"""The operations whose kernel may write the result over an input of its layout; so may every generic one."""


def kernel(*names: str, in_place: bool = False) -> Callable[[Kernel], Kernel]:
    """Register the decorated kernel for operations."""

    def register(function: Kernel) -> Kernel:
        for name in names:
            KERNELS[name] = function
        if in_place:
            IN_PLACE.update(names)
        return function

    return register


def generic(call: Call) -> bool:
    """The operation's own forward function, and its result copied where it belongs."""
    operation = call.node.operation
    assert operation is not None
    assert operation.forward is not None
    forward = partial(operation.forward, **call.attributes) if call.attributes else operation.forward
    name = call.function(forward, operation.name)
    copy = call.function(np.copyto, "copy")
    call.line(f'{copy}({call.out}, {name}({", ".join(call.inputs)}), "unsafe")')
    return True


def write(call: Call) -> None:
    """Write an operation by its own kernel, or by the generic one."""
    assert call.node.operation is not None
    special = KERNELS.get(call.node.operation.name)
    if special is None or not special(call):
        generic(call)
