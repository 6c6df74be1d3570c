"""Binding names, once each, and the parameters that layers share between their uses."""

from __future__ import annotations

from typing import Any

from dsl.graph.node import Initial, Node
from dsl.language import syntax
from dsl.language.elaborate.elaboration import Elaboration
from dsl.language.elaborate.scope import Frame
from dsl.language.elaborate.values import LayerInstance
from dsl.ops.types import TensorType
from dsl.source.diagnostic import Label, fail
from dsl.source.hint import Hint, Instead


def bind(e: Elaboration, frame: Frame, name: syntax.Name, value: Any) -> None:
    """Bind a name in a frame. Raises ProgramError when it is bound already, unless outside the `if` block under way."""
    first = frame.bound_at.get(name.id)
    if first is not None and first != name.span and not may_rebind(frame, name.id):
        raise fail(
            "name",
            f"`{name.id}` is bound twice",
            name.span,
            labels=[Label(first, "first bound here")],
            hint=Hint(f"a name is bound once: call this one `{name.id}_2`", Instead(name.id, f"{name.id}_2")),
        )
    if isinstance(value, LayerInstance) and not value.path:
        value = _named_layer(value, frame, name.id)
    if frame.depth:
        frame.bound_depth[name.id] = frame.depth
    frame.bound_at[name.id] = name.span
    frame.names[name.id] = value
    e.remember(name.span, value)
    if frame.parent is None and isinstance(value, Node):
        e.bound_at_top.add(value)
        if frame is e.model.frame:
            e.model.names[name.id] = value


def may_rebind(frame: Frame, name: str) -> bool:
    """Whether a bound name may get a new value here: inside an `if`, what was bound outside it."""
    return name in frame.bound_at and frame.bound_depth.get(name, 0) < frame.depth


def _named_layer(layer: LayerInstance, frame: Frame, name: str) -> LayerInstance:
    """The layer under its name; inside another layer's body, the one made there when that was applied before."""
    if frame.owner is None:
        layer.path = frame.allocate(frame.below(name))
        return layer
    layer.path = frame.allocate(f"{frame.owner.path}.{name}")
    return frame.owner.members.setdefault(layer.path, layer)


def member_of_layer(
    e: Elaboration, frame: Frame, name: str, type: TensorType, initial: Initial, statement: syntax.ParameterStatement
) -> Node:
    """A new parameter, or the one that the layer made here when it was applied before."""
    owner = frame.owner
    path = frame.allocate(f"{owner.path}.{name}" if owner else frame.below(name))
    if owner is None:
        node = e.graph.parameter(type, initial)
        e.graph.name(node, path)
        return node
    shared = owner.members.get(path)
    if shared is None:
        node = owner.members[path] = e.graph.parameter(type, initial)
        e.graph.name(node, path)
        return node
    if shared.type != type:
        raise fail(
            "shape",
            f"the layer `{owner.path}` is applied twice, and its parameter `{name}` would be {shared.type} and {type}",
            e.calls[-1][1] if e.calls else statement.span,
            labels=[
                Label(place, text)
                for place, text in (
                    (statement.span, f"`{name}` is declared here"),
                    (owner.span, "the layer is made here"),
                )
                if not e.calls or place != e.calls[-1][1]
            ],
            hint="make a second layer for a value of another size",
        )
    return shared
