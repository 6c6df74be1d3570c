"""From a scene and a folding of it to the diagram that is drawn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from dsl.diagram.courses import with_courses
from dsl.diagram.labels import call, clipped, count_text, folded_name, options, own_name, type_text, without_path
from dsl.diagram.model import Box, Cluster, Diagram, Edge, Role, Tag
from dsl.diagram.scene import Scene
from dsl.graph.node import Node
from dsl.graph.outline import IsOpen, Outline, Step
from dsl.graph.scope import Scope

_MOST_VALUES = 2
"""So many values between two boxes have an edge each; more have one together."""


def build(scene: Scene, is_open: IsOpen | None = None) -> Diagram:
    """The diagram of a folding, by default that of the scene's depth."""
    found = scene.outline(is_open)
    keys = {step: _key(scene, step) for step in found.steps}
    boxes = {step: _box(scene, step, key) for step, key in keys.items()}
    edges: list[Edge] = []
    tags: dict[str, Tag] = {}
    for step in found.steps:
        for source, values in _by_source(found, step).items():
            together = len(values) > _MOST_VALUES
            for tag in [_bundle(keys, source, step, values)] if together else _tags(scene, keys[source], values):
                tags.setdefault(tag.key, tag)
                edges.append(_edge(boxes[source], boxes[step], tag.key))
    shown = {key: tag for key, tag in tags.items() if tag.text}
    drawn = list(boxes.values())
    return Diagram(
        scene.title, tuple(drawn), tuple(shown.values()), tuple(with_courses(drawn, edges)), _clusters(scene, found)
    )


def _by_source(found: Outline, step: Step) -> dict[Step, list[Node]]:
    """The values that a step takes by the steps that have them."""
    values: dict[Step, list[Node]] = {}
    for source in step.inputs:
        values.setdefault(found.step_of[source], []).append(source)
    return values


def _tags(scene: Scene, box: str, values: Sequence[Node]) -> Iterator[Tag]:
    for node in values:
        yield Tag(f"v{node.index}", box, clipped(type_text(node, scene.default_float)), (node,))


def _bundle(keys: Mapping[Step, str], source: Step, target: Step, values: Sequence[Node]) -> Tag:
    return Tag(f"v{keys[source]}-{keys[target]}", keys[source], f"{len(values)} values", tuple(values))


def _edge(source: Box, target: Box, value: str) -> Edge:
    return Edge(
        source.key, target.key, value, is_backward=target.is_backward, is_upward=source.is_upward and target.is_upward
    )


def _key(scene: Scene, step: Step) -> str:
    return scene.scope_keys[step.scope] if step.scope else f"n{step.node.index}"


_MOST_DETAILS, _MOST_GRADIENTS = 4, 3


# -- boxes ----------------------------------------------------------------------------------------------------------------


def _box(scene: Scene, step: Step, key: str) -> Box:
    node = step.node
    name, what = _words(scene, step)
    details = [what] if name else []
    details.append(count_text(step.parameters) if step.scope else options(node))
    if step.scope and node.backward_of is not None:
        details += _gradients_inside(scene, step, step.scope)
    return Box(
        key,
        scene.gradient_of.get(node, step.name),
        _role(scene, step),
        clipped(name or what),
        bool(name),
        tuple(clipped(text) for text in details if text)[:_MOST_DETAILS],
        scene.scope_keys[step.around] if step.around else "",
        node,
        tuple(step.nodes),
        is_backward=node.backward_of is not None,
        is_upward=node in scene.upward,
        tooltip=_tooltip(scene, node, step),
        readings=tuple(scene.readings.get(node, ())),
    )


def _gradients_inside(scene: Scene, step: Step, scope: Scope) -> list[str]:
    """The gradients that a folded step results in, by the names inside the layer that they belong to."""
    inside = f"{scope.path.removeprefix('∂')}."
    names = [scene.gradient_of[output] for output in step.outputs if output in scene.gradient_of]
    if len(names) > _MOST_GRADIENTS:
        return [f"{len(names)} gradients"]
    return [f"∂{name.partition('/∂')[2].removeprefix(inside)}" for name in names]


def _tooltip(scene: Scene, node: Node, step: Step) -> str:
    """The whole name with the type of the value, which the box may not have room for."""
    return f"{scene.gradient_of.get(node) or step.name or node.label}: {node.type}"


def _words(scene: Scene, step: Step) -> tuple[str, str]:
    """The name of a box where the program gives it one, and what it is."""
    node = step.node
    if node.backward_of is not None:
        return ("", step.scope.title) if step.scope else (scene.gradient_of.get(node, ""), call(node))
    if step.scope:
        return folded_name(step, step.scope)
    if node.operation is None and node.kind != "constant":
        return own_name(node, step.around) or node.kind, ""
    return own_name(node, step.around), call(node)


def _role(scene: Scene, step: Step) -> Role:
    node = step.node
    if scene.losses.intersection(step.outputs):
        return "loss"
    if scene.metrics.intersection(step.outputs):
        return "metric"
    if step.scope:
        return "layer"
    return node.kind


# -- the layers around boxes ------------------------------------------------------------------------------------------------


def _clusters(scene: Scene, found: Outline) -> tuple[Cluster, ...]:
    """The opened scopes that boxes lie in, those around others first."""
    used: set[Scope] = set()
    for step in found.steps:
        used.update(step.around.around() if step.around else ())
    keys = scene.scope_keys
    return tuple(
        Cluster(
            keys[scope],
            clipped(without_path(scope.path, scope.parent)),
            keys[scope.parent] if scope.parent else "",
            scope.path.startswith("∂"),
        )
        for scope in scene.scopes
        if scope in used
    )
