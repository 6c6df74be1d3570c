"""From a scene and a folding of it to the diagram that is drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from dsl.diagram.courses import courses
from dsl.diagram.labels import call, clipped, count_text, folded_name, options, own_name, type_text, without_path
from dsl.diagram.model import Box, Cluster, Diagram, Edge, Role, Tag
from dsl.diagram.scene import Scene
from dsl.graph.node import Node
from dsl.graph.outline import IsOpen, Outline, Step
from dsl.graph.scope import Scope


def build(scene: Scene, is_open: IsOpen | None = None) -> Diagram:
    """The diagram of a folding, by default that of the scene's depth."""
    found = scene.outline(is_open)
    keys = {step: _key(scene, step) for step in found.steps}
    boxes = [_box(scene, step, key) for step, key in keys.items()]
    edges = _edges(scene, found, keys)
    drawn = {edge.value for edge in edges}
    tags = [
        Tag(f"v{node.index}", keys[step], clipped(text))
        for step in found.steps
        for node in step.outputs
        if f"v{node.index}" in drawn and (text := type_text(node, scene.default_float))
    ]
    return Diagram(scene.title, tuple(boxes), tuple(tags), tuple(_with_courses(boxes, edges)), _clusters(scene, found))


def _key(scene: Scene, step: Step) -> str:
    return scene.scope_keys[step.scope] if step.scope else f"n{step.node.index}"


def _edges(scene: Scene, found: Outline, keys: Mapping[Step, str]) -> list[Edge]:
    return [
        Edge(
            keys[found.step_of[source]],
            keys[step],
            f"v{source.index}",
            is_backward=step.node.backward_of is not None,
        )
        for step in found.steps
        for source in step.inputs
    ]


def _with_courses(boxes: Sequence[Box], edges: Sequence[Edge]) -> list[Edge]:
    """The edges with what each is in the drawing."""
    users: dict[str, set[str]] = {}
    for edge in edges:
        users.setdefault(edge.source, set()).add(edge.target)
    by_key = {box.key: box for box in boxes}
    leaves: dict[str, str] = {}
    for box in boxes:
        if box.role in ("parameter", "constant"):
            (user, *others) = [by_key[key] for key in users.get(box.key, ())] or [box]
            beside = not others and user is not box and user.around == box.around
            leaves[box.key] = user.key if beside else ""
    found = courses([box.key for box in boxes], [(edge.source, edge.target) for edge in edges], leaves)
    return [replace(edge, course=course) for edge, course in zip(edges, found, strict=True)]


_MOST_DETAILS = 4


# -- boxes ----------------------------------------------------------------------------------------------------------------


def _box(scene: Scene, step: Step, key: str) -> Box:
    node = step.node
    name, what = _words(scene, step)
    details = [what] if name else []
    details.append(count_text(step.parameters) if step.scope else options(node))
    if step.scope and node.backward_of is not None:
        details += [scene.gradient_of[output] for output in step.outputs if output in scene.gradient_of]
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
        tooltip=_tooltip(scene, node, step),
        readings=tuple(scene.readings.get(node, ())),
    )


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
