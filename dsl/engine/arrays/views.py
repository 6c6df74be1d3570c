"""Which operations only look at the memory of their input in another way."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from dsl.graph.node import Node
from dsl.graph.passes.section import element_total, sizes
from dsl.ops.dims import concrete
from dsl.ops.parameters import Array

Contiguity = Callable[[Node, bool], bool | None]
"""From a node, and whether its input is C-contiguous, to whether the view is; None where the operation has to copy."""


def _reshaped(node: Node, contiguous: bool) -> bool | None:
    return True if contiguous else None


def _same(node: Node, contiguous: bool) -> bool | None:
    return contiguous


def _transposed(node: Node, contiguous: bool) -> bool | None:
    shape, order = sizes(node.inputs[0]), node.attributes["axes"]
    long = [axis for axis in order if shape[axis] != 1]
    return contiguous and long == sorted(long)


def _broadcast(node: Node, contiguous: bool) -> bool | None:
    return contiguous and element_total(node) == element_total(node.inputs[0])


def _indexed(node: Node, contiguous: bool) -> bool | None:
    """The part is in one piece where an index narrows the first axes to one place, and cuts at most one axis after them."""
    shape, axis, cut = sizes(node.inputs[0]), 0, False
    index: tuple[Any, ...] = concrete(node.attributes["index"], {})
    named = sum(item is not None and item is not Ellipsis for item in index)
    for item in index:
        if item is None:
            continue
        if item is Ellipsis:
            skipped = len(shape) - named
            cut = cut or any(size != 1 for size in shape[axis : axis + skipped])
            axis += skipped
            continue
        places = cast("range | int", range(shape[axis])[item])
        if cut and places != range(shape[axis]):
            return False
        if isinstance(places, range):
            if places.step != 1:
                return False
            cut = True
        axis += 1
    return contiguous


VIEWS: dict[str, Contiguity] = {
    "reshape": _reshaped,
    "expand_dims": _same,
    "squeeze": _same,
    "identity": _same,
    "transpose": _transposed,
    "broadcast_to": _broadcast,
    "getitem": _indexed,
    "flip": lambda node, contiguous: False,
}
"""How each operation that can be a view of its input lies in memory. A product of matrices reads any of them as it is: a
transpose before it costs nothing, BLAS takes it as a flag."""


def indexed(array: Array, index: tuple[Any, ...]) -> Array:
    """The part of an array that an index of integers, slices and new axes picks, as a view even where it is one element."""
    return array[index if Ellipsis in index else (*index, Ellipsis)]


def view_contiguity(node: Node, contiguous: bool) -> bool | None:
    """Whether the node as a view would be C-contiguous; None where it cannot be a view."""
    rule = VIEWS.get(node.operation.name) if node.operation else None
    return rule(node, contiguous) if rule and node.type.dtype is node.inputs[0].type.dtype else None
