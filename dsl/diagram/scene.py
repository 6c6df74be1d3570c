"""What a picture is taken of: nodes, what they are to the program, and what is told of them, before anything is folded."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from dsl.diagram.labels import is_inlined
from dsl.diagram.model import Reading
from dsl.graph.node import Node
from dsl.graph.outline import IsOpen, Outline, deepest, fitting_depth, outline, scopes_of, to_depth
from dsl.graph.scope import Scope
from dsl.ops.dtypes import DType

FITTING = 60
"""Steps up to which a picture is opened when no depth is asked for."""

Readings = Mapping[Node, Sequence[Reading]]


@dataclass(eq=False)
class Scene:
    """Nodes in running order; `of` is the name of what gradients are taken of.

    `gradient_of` names the nodes that are gradients of others, as `∂loss/∂w`. `readings` are shown below the boxes. Nodes that
    are `upward` only compute gradients, and are drawn beside the others, from the loss up.
    """

    title: str
    nodes: Sequence[Node]
    default_float: DType
    losses: frozenset[Node] = frozenset()
    metrics: frozenset[Node] = frozenset()
    gradient_of: Mapping[Node, str] = field(default_factory=dict[Node, str])
    readings: Readings = field(default_factory=dict[Node, Sequence[Reading]])
    upward: frozenset[Node] = frozenset()
    depth: int | None = None
    of: str = ""
    _mirrors: dict[Scope, Scope] = field(default_factory=dict[Scope, Scope])

    def scope_of(self, node: Node) -> Scope | None:
        """The scope that a node is shown in; what serves the gradient of a layer's nodes lies in a scope of its own."""
        if node.backward_of is None:
            return node.scope
        return self._mirror(node.backward_of.scope)

    def _mirror(self, scope: Scope | None) -> Scope | None:
        """The scope of the gradients of what a scope made."""
        chain = list(scope.around())[::-1] if scope else []
        made: Scope | None = None
        for part in chain:
            if part not in self._mirrors:
                self._mirrors[part] = Scope(f"∂{part.path}", f"∂{part.title}", part.is_layer, made, part.span)
            made = self._mirrors[part]
        return made

    @cached_property
    def scopes(self) -> list[Scope]:
        """All layers and functions, those around others first."""
        return scopes_of(self.drawn, self.scope_of)

    @cached_property
    def scope_keys(self) -> dict[Scope, str]:
        """The key of each scope."""
        return {scope: f"s{number}" for number, scope in enumerate(self.scopes)}

    @cached_property
    def deepest(self) -> int:
        """The depth from which on everything is open."""
        return deepest(self.drawn, self.scope_of)

    @property
    def shown_depth(self) -> int:
        """The depth that was asked for, or the largest that gives a picture of a fitting size."""
        return fitting_depth(self.drawn, FITTING, self.scope_of) if self.depth is None else self.depth

    def outline(self, is_open: IsOpen | None = None) -> Outline:
        """The steps of a folding, by default that of the depth."""
        return outline(self.drawn, is_open or to_depth(self.shown_depth), self.scope_of)

    @cached_property
    def drawn(self) -> list[Node]:
        """The nodes that have a box when everything is open: all but the numbers that stand in the boxes of their users."""
        return [node for node in self.nodes if not is_inlined(node)]
