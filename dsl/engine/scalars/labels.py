"""Labels are classes: a number that is none is an error when the program runs, as in `dsl.ops.indexing`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dsl.graph.node import Node
from dsl.graph.passes.section import Section, sizes
from dsl.ops.indexing import check_labels
from dsl.ops.parameters import Array

LABELLED = frozenset({"one_hot", "nll"})
"""The operations whose last input holds the numbers of classes."""


def class_count(node: Node) -> int:
    """How many classes the labels of an operation are of."""
    axis: int = node.attributes["axis"]
    return sizes(node if node.label == "one_hot" else node.inputs[0])[axis]


@dataclass(frozen=True, slots=True)
class LabelCheck:
    """That the values of a leaf are classes: integers from 0 to `classes` - 1."""

    leaf: int
    classes: int

    def check(self, arguments: Sequence[Array]) -> None:
        """Raise IndexError for a label that is no class."""
        check_labels(arguments[self.leaf], self.classes)


def label_checks(section: Section) -> list[LabelCheck]:
    """The checks of all labels of a section, which are leaves."""
    found: dict[LabelCheck, None] = {}
    for node in section.operations:
        if node.label in LABELLED:
            leaf = section.leaves.index(node.inputs[-1])
            found[LabelCheck(leaf, class_count(node))] = None
    return list(found)
