"""From a section to its elements: views are other names, everything else is written out element by element."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, cast

import numpy as np

from dsl.engine.reference import concrete_attributes, evaluate
from dsl.engine.scalars.pointwise import POINTWISE, unroll_pointwise
from dsl.engine.scalars.reductions import REDUCTIONS
from dsl.engine.scalars.scalar import LEAF, STATE, Scalar, Scalars
from dsl.graph.node import Node
from dsl.graph.passes.section import Section, element_total, sizes
from dsl.ops.dtypes import DType
from dsl.ops.parameters import Array

Elements = Array
"""An array of `Scalar`, of the shape of the node that it stands for."""

Rule = Callable[[Scalars, Node, Sequence[Elements]], Elements]


@dataclass(slots=True)
class Unrolled:
    """The elements of a section: for each of its leaves, states, results and updates those of the array."""

    section: Section
    scalars: Scalars
    elements: dict[Node, Elements] = field(default_factory=dict[Node, Elements])

    def of(self, node: Node) -> list[Scalar]:
        """The elements of a node in C order."""
        return self.elements[node].ravel().tolist()


def unroll(section: Section) -> Unrolled:
    """The elements of a section whose operations all have a rule in `RULES`, or no input."""
    made = Unrolled(section, Scalars())
    for operator, arrays in ((LEAF, section.leaves), (STATE, section.states)):
        for array, node in enumerate(arrays):
            made.elements[node] = _loaded(made.scalars, operator, array, node)
    for node in section.leaves:
        _name(node, made.elements[node])
    for node in section.nodes:
        if node not in made.elements:
            made.elements[node] = _elements(made, node)
            _name(node, made.elements[node])
    for node in section.states:  # last, so that what a program calls a part of a state comes first
        _name(node, made.elements[node])
    return made


def _loaded(scalars: Scalars, operator: str, array: int, node: Node) -> Elements:
    elements = [scalars.element(operator, array, place, node.type.dtype) for place in range(element_total(node))]
    return _array(elements, node)


def _elements(made: Unrolled, node: Node) -> Elements:
    if node.operation is None:
        return _literals(made.scalars, node, node.value)
    if not node.inputs:
        return _literals(made.scalars, node, evaluate(node, [], concrete_attributes(node, {})))
    return RULES[node.operation.name](made.scalars, node, [made.elements[source] for source in node.inputs])


def _literals(scalars: Scalars, node: Node, value: Array) -> Elements:
    return _array([scalars.literal(number, node.type.dtype) for number in value.ravel().tolist()], node)


def _array(elements: Sequence[Scalar], node: Node) -> Elements:
    made = np.empty(len(elements), object)
    made[:] = elements
    return made.reshape(sizes(node))


def _name(node: Node, elements: Elements) -> None:
    """Call the elements that have no name yet by the node's name and their place in it."""
    if node.name:
        for place, one in np.ndenumerate(elements):
            one.name = one.name or "_".join([node.name, *map(str, place)])


# -- operations that move elements ------------------------------------------------------------------------------------


def _moved(scalars: Scalars, node: Node, inputs: Sequence[Elements]) -> Elements:
    """What the operation's own forward function makes of the elements; the numbers that it fills in become literals."""
    assert node.operation is not None
    assert node.operation.forward is not None
    attributes: Mapping[str, Any] = concrete_attributes(node, {})
    placed = np.asarray(node.operation.forward(*inputs, **attributes), object)
    dtype = node.type.dtype
    found: list[Any] = placed.ravel().tolist()
    return _array([_single(scalars, one, dtype) for one in found], node)


def _single(scalars: Scalars, one: Any, dtype: DType) -> Scalar:
    if isinstance(one, np.ndarray):  # an assignment to one place keeps a 0-d array of objects as it is
        one = cast(Any, one).item()
    return scalars.convert(one, dtype) if isinstance(one, Scalar) else scalars.literal(one, dtype)


_VIEWS = {"reshape", "transpose", "expand_dims", "squeeze", "broadcast_to", "flip", "getitem"}

MOVES = frozenset(_VIEWS | {"concatenate", "stack", "tile", "repeat", "pad", "unslice"})
"""Operations that only say where each element goes."""

RULES: Mapping[str, Rule] = {
    **dict.fromkeys(MOVES, _moved),
    **{name: partial(unroll_pointwise, rule) for name, rule in POINTWISE.items()},
    **REDUCTIONS,
}
"""How each operation is unrolled, by its name."""
