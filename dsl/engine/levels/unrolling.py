"""From a section to its elements: arrays are taken apart, and what only moves numbers about becomes a renaming."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from dsl.engine.levels.elements import Elements, Indices
from dsl.engine.levels.kinds import Given, Kind, RowSum, Total, Whole, bound, elementwise, power
from dsl.engine.reference import concrete_attributes, evaluate
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, element_total, sizes
from dsl.ops.dtypes import F16, DType
from dsl.ops.parameters import Array
from dsl.ops.registry import OPERATIONS

Place = int | Indices
"""Which elements a node is: one for a scalar, and an array of the node's shape for an array."""

RENAMINGS = frozenset(
    {
        "broadcast_to",
        "concatenate",
        "expand_dims",
        "flip",
        "getitem",
        "identity",
        "moveaxis",
        "pad",
        "repeat",
        "reshape",
        "squeeze",
        "stack",
        "tile",
        "transpose",
        "unslice",
    }
)
"""Operations whose results have no numbers but those of their inputs, and maybe one constant beside them."""

_SHORT_ROW = 8
"""NumPy sums shorter rows from left to right, longer ones in several parts."""


def is_unrolled(node: Node) -> bool:
    """Whether an operation is taken apart into elements; any other is computed on whole arrays."""
    assert node.operation is not None
    name = node.operation.name
    return node.operation.elementwise or name in RENAMINGS or name == "sum" or not node.inputs


class Unrolling:
    """The elements of a section, and of which of them its leaves, states, results and updates consist."""

    def __init__(self, section: Section) -> None:
        self.elements = Elements()
        self._places: dict[Node, Place] = {}
        self._kinds: dict[tuple[Any, ...], int] = {}
        self._constants: dict[tuple[str, bytes], int] = {}
        for node in [*section.leaves, *section.states]:
            self._places[node] = self._given(node)
        for node in section.nodes:
            if node not in self._places:
                self._places[node] = self._unrolled(node)
        self.leaves = self.places(section.leaves)
        self.states = self.places(section.states)
        self.results = self.places(section.results)
        self.updates = self.places(section.updates)

    @property
    def roots(self) -> list[int]:
        """The elements that a run has to compute."""
        return [element for place in (*self.results, *self.updates) for element in place.reshape(-1).tolist()]

    def places(self, nodes: Sequence[Node]) -> list[Indices]:
        """The elements of each node, in its shape."""
        return [np.asarray(self._places[node], np.intp) for node in nodes]

    def _unrolled(self, node: Node) -> Place:
        operation = node.operation
        if operation is None:
            assert node.kind == "constant"
            return self._constant(node.value, node.type.dtype)
        if operation.elementwise and operation.name not in RENAMINGS:
            return self._elementwise(node)
        attributes = concrete_attributes(node, {})
        if not node.inputs:
            return self._constant(_evaluated(node, attributes), node.type.dtype)
        if operation.name in RENAMINGS:
            return self._renamed(node, attributes)
        return self._sum(node, attributes) if operation.name == "sum" else self._whole(node, attributes)

    # -- what is there when a run begins ---------------------------------------------------------------------------------

    def _given(self, node: Node) -> Place:
        found = self.elements.add_given(self._given_kind(node.type.dtype), element_total(node))
        return _shaped(found, sizes(node))

    def _given_kind(self, dtype: DType) -> int:
        return self._kind(("given", dtype.name), lambda: Given("given", dtype))

    def _constant(self, value: Array, dtype: DType) -> Place:
        """Elements for a constant: one for all of it where it is the same number everywhere."""
        flat = np.ascontiguousarray(value, dtype.numpy).reshape(-1)
        if not flat.size:
            return np.empty(value.shape, np.intp)
        bits = flat.view(f"V{flat.itemsize}")
        if (bits[1:] != bits[0]).any():
            return self.elements.add_constant(self._given_kind(dtype), flat).reshape(value.shape)
        key = dtype.name, bits[0].tobytes()
        element = self._constants.get(key)
        if element is None:
            element = self._constants[key] = int(self.elements.add_constant(self._given_kind(dtype), flat[:1])[0])
        return np.full(value.shape, element) if value.shape else element

    def _number(self, value: Any, dtype: DType) -> int:
        """The element of a constant number."""
        found = self._constant(np.asarray(value, dtype.numpy), dtype)
        assert isinstance(found, int)
        return found

    # -- elementwise operations -----------------------------------------------------------------------------------------

    def _elementwise(self, node: Node) -> Place:
        places = [self._places[source] for source in node.inputs]
        kind, operands = self._elementwise_kind(node)
        sources = [places[operand] for operand in operands]
        if not node.type.shape:
            return self.elements.add(kind, tuple(sources))  # pyright: ignore[reportArgumentType]
        shape = sizes(node)
        columns = [np.broadcast_to(source, shape).reshape(-1).tolist() for source in sources]
        return self.elements.add_many(kind, list(zip(*columns, strict=True))).reshape(shape)

    def _elementwise_kind(self, node: Node) -> tuple[int, Sequence[int]]:
        """The kind of an elementwise operation, and which of its inputs it is computed from."""
        operation, dtype = node.operation, node.type.dtype
        assert operation is not None
        takes = [source.type.dtype for source in node.inputs]
        key = operation.name, dtype.name, *[taken.name for taken in takes]
        if operation.name == "power" and (takes[0].is_float or takes[1].is_float):
            return self._power_kind(node, key, takes)
        if node.attributes:
            key = *key, repr(node.attributes)
        kind = self._kinds.get(key)
        if kind is None:
            attributes = concrete_attributes(node, {})
            kind = self._kinds[key] = self.elements.add_kind(elementwise(operation, attributes, dtype, takes))
        return kind, range(len(takes))

    def _power_kind(self, node: Node, key: tuple[Any, ...], takes: Sequence[DType]) -> tuple[int, Sequence[int]]:
        operation = node.operation
        assert operation is not None
        dtype, exponent = node.type.dtype, node.inputs[1].literal
        if exponent is not None and not exponent.shape:
            if exponent == 2 and takes[0] is takes[1] is dtype:
                square = "square", dtype.name, dtype.name
                return self._kind(square, lambda: elementwise(OPERATIONS["square"], {}, dtype, [dtype])), (0,)
            known = *key, exponent.tobytes()
            return self._kind(known, lambda: power(operation, dtype, takes, single=True, known=True)), (0, 1)
        single = _is_one_for_many(sizes(node.inputs[1]), sizes(node))
        kind = self._kind((*key, single), lambda: power(operation, dtype, takes, single=single, known=False))
        return kind, (0, 1)

    def _kind(self, key: tuple[Any, ...], make: Callable[[], Kind]) -> int:
        """The place of the kind with this key."""
        kind = self._kinds.get(key)
        if kind is None:
            kind = self._kinds[key] = self.elements.add_kind(make())
        return kind

    def _converted(self, source: Node, dtype: DType) -> Place:
        """The elements of a node in another element type."""
        place = self._places[source]
        if source.type.dtype is dtype:
            return place
        takes = [source.type.dtype]
        key = "astype", dtype.name, takes[0].name
        kind = self._kind(key, lambda: elementwise(OPERATIONS["astype"], {"dtype": dtype}, dtype, takes))
        found = self.elements.add_many(kind, [(element,) for element in np.reshape(place, -1).tolist()])
        return _shaped(found, sizes(source))

    # -- renamings --------------------------------------------------------------------------------------------------------

    def _renamed(self, node: Node, attributes: Mapping[str, Any]) -> Place:
        """The elements that an operation would give if its inputs held, instead of numbers, their elements."""
        assert node.operation is not None
        assert node.operation.forward is not None
        places = [np.asarray(self._converted(source, node.type.dtype)) for source in node.inputs]
        name = node.operation.name
        if name == "pad":
            filling = self._number(attributes["constant_values"], node.type.dtype)
            attributes = {**attributes, "constant_values": filling}
        elif name == "unslice":  # it puts zeros around, and so every element is counted from 1 on the way
            moved = node.operation.forward(places[0] + 1, **attributes) - 1
            return _as_place(np.where(moved < 0, self._number(0, node.type.dtype), moved))
        return _as_place(node.operation.forward(*places, **attributes))

    # -- sums and whole arrays --------------------------------------------------------------------------------------------

    def _sum(self, node: Node, attributes: Mapping[str, Any]) -> Place:
        """Sums in NumPy's order: a row of the last axes as one, what lies along other axes from first to last."""
        source, dtype, axes = node.inputs[0], node.type.dtype, attributes["axis"]
        if not element_total(source):
            return self._constant(np.zeros(sizes(node), dtype.numpy), dtype)
        wide = [axis for axis, size in enumerate(sizes(source)) if size > 1]
        last = max([axis for axis in wide if axis not in axes], default=-1)
        outer = [axis for axis in wide if axis in axes and axis < last]
        kept = [axis for axis in wide if axis not in axes]
        inner = [axis for axis in wide if axis > last]
        narrow = [axis for axis, size in enumerate(sizes(source)) if size == 1]
        if outer and inner and dtype is F16:  # rows are added up, and added to the total, without rounding in between
            return self._whole(node, attributes)
        rows, columns, length = (math.prod(sizes(source)[axis] for axis in group) for group in (outer, kept, inner))
        terms = np.transpose(self._converted(source, dtype), (*outer, *kept, *inner, *narrow))
        terms = terms.reshape(rows, columns, length)
        if length > 1 or rows == 1:
            terms = self._row_sums(terms.reshape(-1, length), dtype).reshape(rows, columns, 1)
        if rows > 1:
            terms = self._totals(terms.reshape(rows, columns).T, dtype)
        return _as_place(terms.reshape(sizes(node)))

    def _row_sums(self, rows: Indices, dtype: DType) -> Indices:
        """Elements for the sums of rows."""
        length = rows.shape[1]
        if 1 < length < _SHORT_ROW and dtype is not F16:  # half precision is summed in single precision
            return self._totals(rows, dtype)
        kind = self._kind(("row", dtype.name, length), lambda: RowSum(f"sum_{length}", dtype, length))
        return self.elements.add_many(kind, list(map(tuple, rows.tolist())))

    def _totals(self, rows: Indices, dtype: DType) -> Indices:
        """Elements for the sums of rows from left to right, beginning with 0."""
        kind = self._kind(("total", dtype.name), lambda: Total("sum", dtype, 0.0, self._number(-0.0, dtype)))
        return self.elements.add_many(kind, list(map(tuple, rows.tolist())))

    def _whole(self, node: Node, attributes: Mapping[str, Any]) -> Place:
        """Elements for all of an operation's result, computed together from all elements of its inputs."""
        assert node.operation is not None
        shape, count = sizes(node), element_total(node)
        if not count:
            return np.empty(shape, np.intp)
        takes, shapes = zip(*[(source.type.dtype, sizes(source)) for source in node.inputs], strict=True)
        kind = Whole(node.operation.name, node.type.dtype, bound(node.operation, attributes), takes, shapes, shape)
        sources = [element for source in node.inputs for element in np.reshape(self._places[source], -1).tolist()]
        return _shaped(self.elements.add_unit(self.elements.add_kind(kind), tuple(sources), count), shape)


def _shaped(elements: Indices, shape: tuple[int, ...]) -> Place:
    return elements.reshape(shape) if shape else int(elements[0])


def _as_place(elements: Indices) -> Place:
    return elements if elements.ndim else int(elements)


def _evaluated(node: Node, attributes: Mapping[str, Any]) -> Array:
    """The value of an operation without inputs."""
    with np.errstate(all="ignore"):
        return evaluate(node, [], attributes)


def _is_one_for_many(exponent: tuple[int, ...], result: tuple[int, ...]) -> bool:
    """Whether NumPy sees one exponent for all the bases that lie behind each other."""
    wide = [axis for axis, size in enumerate(result, -len(result)) if size > 1]
    return not wide or -wide[-1] > len(exponent) or exponent[wide[-1]] == 1
