"""A program as a picture: what is drawn of it, with which values, and the object that Python code is handed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dsl.app.feeding import check_complete
from dsl.app.prediction import Needs
from dsl.app.readings import gradient_readings, value_readings
from dsl.diagram.build import build
from dsl.diagram.formats import Dot, Page, Subject, Svg, Text, check_size, write
from dsl.diagram.model import Reading
from dsl.diagram.recording import Recording, Snapshot, measure
from dsl.diagram.scene import Scene
from dsl.engine.choice import Engine
from dsl.engine.names import AUTOMATIC
from dsl.graph.node import Node
from dsl.ops.parameters import Array
from dsl.source.collection import without_garbage_collection
from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import did_you_mean

if TYPE_CHECKING:
    from dsl.app.program import Program


@dataclass(frozen=True, slots=True)
class View:
    """What is asked for of a picture; `None` for the depth is as deep as fits.

    `of` names what is differentiated, and what it depends on is shown; `of_loss` what is differentiated of the whole. `known`
    asks for the values and gradients that can be computed, for a format that shows them when they are looked at.
    """

    depth: int | None = None
    values: bool = False
    gradients: bool = False
    backward: bool = False
    plan: bool = False
    of: str | None = None
    feeds: Mapping[str, Any] | None = None
    on: str | None = None
    engine: Engine = AUTOMATIC
    of_loss: str | None = None
    known: bool = False


class Drawing:
    """A program drawn: `svg`, `dot` and `text` are its formats, `save` writes any; a notebook shows it."""

    def __init__(self, program: Program, view: View) -> None:
        self._program, self._view = program, view
        self.subject = subject_of(program, view)

    @property
    def svg(self) -> str:
        """The picture as SVG. Raises ProgramError without the extra `graph`."""
        return self._as(Svg())

    @property
    def dot(self) -> str:
        """The picture in the language of Graphviz."""
        return self._as(Dot())

    @property
    def text(self) -> str:
        """The picture as characters."""
        return self._as(Text())

    def _as(self, exporter: Svg | Dot | Text) -> str:
        exporter.check()
        check_size(exporter, self.subject.diagram)
        return exporter.export(self.subject).decode()

    def save(self, path: str | Path) -> None:
        """Write the picture in the format of the path's ending. Raises ProgramError.

        A page has the values and gradients that can be computed, whether boxes show them or not.
        """
        is_page = Path(path).suffix.lower() == Page.ending
        subject = subject_of(self._program, replace(self._view, known=True)) if is_page else self.subject
        write(subject, path)

    def _repr_svg_(self) -> str | None:
        """The picture in a notebook; nothing where it cannot be drawn."""
        try:
            return self.svg
        except ProgramError:
            return None

    def __str__(self) -> str:
        return self.text

    def __repr__(self) -> str:
        diagram = self.subject.diagram
        return f"<Drawing of {diagram.title}: {len(diagram.boxes)} boxes, {len(diagram.edges)} edges>"

    def facts(self) -> dict[str, Any]:
        """What there is to the picture, for tools."""
        diagram, scene = self.subject.diagram, self.subject.scene
        return {
            "boxes": len(diagram.boxes),
            "edges": len(diagram.edges),
            "layers": [cluster.title for cluster in diagram.clusters],
            "depth": scene.shown_depth if scene else None,
            "deepest": scene.deepest if scene else None,
        }


def drawing_of(program: Program, view: Mapping[str, Any]) -> Drawing:
    """The picture of a view given by keywords. Raises ProgramError for a keyword that is none."""
    known = [field.name for field in fields(View) if field.name not in ("engine", "of_loss", "known")]
    for name in view:
        if name not in known:
            hint = did_you_mean(name, known, f"there are {', '.join(known)}")
            raise fail("name", f"a diagram has no option `{name}`", hint=hint)
    return Drawing(program, View(**view, engine=program.engine))


def scene_of(program: Program, view: View) -> Scene:
    """What a picture is taken of. Raises ProgramError."""
    return _Part(program, view).scene


def subject_of(program: Program, view: View) -> Subject:
    """What is drawn of a program. Raises ProgramError."""
    if view.plan:
        from dsl.app.plan_drawing import plan_subject

        return plan_subject(program, view)
    with without_garbage_collection():
        part = _Part(program, view)
        return Subject(build(part.scene), part.scene, part.recording())


class _Part:
    """The nodes that are drawn, and what is known of them."""

    def __init__(self, program: Program, view: View) -> None:
        self.program, self.view = program, view
        self.target = _target(program, view)
        graph = program.model.graph
        self.nodes: list[Node] = graph.ancestors([program.node(view.of)]) if view.of else list(program.forward)
        self.gradient_of: dict[Node, str] = {}
        self.added: list[Node] = []
        if view.backward:
            self._add_backward()
        self.values: dict[Node, Array] = {}
        self.gradients: dict[Node, Array] = {}
        if view.values or view.gradients:
            self._evaluate()
        elif view.known:
            with suppress(ProgramError):
                self._evaluate()
        self.scene = Scene(
            program.name.rpartition("/")[2],
            self.nodes,
            graph.default_float,
            frozenset(_losses(program, self.target)),
            frozenset(program.model.metrics.values()),
            self.gradient_of,
            self._readings(),
            frozenset(self.added),
            view.depth,
            self.target.name if self.target is not None else "",
        )

    def _add_backward(self) -> None:
        """Add what computes the gradients with respect to the parameters, or else to the placeholders."""
        target = self._needed_target()
        leaves = [node for node in self.nodes if node.type.dtype.is_float and node.operation is None]
        wrt = [node for node in leaves if node.kind == "parameter"] or [n for n in leaves if n.kind == "placeholder"]
        found = self.program.gradient_nodes(target.name, wrt)
        if not found:
            raise fail("name", f"`{target.name}` depends on nothing that it could be differentiated by", target.span)
        shown = set(self.nodes)
        self.added = [node for node in self.program.model.graph.ancestors(found.values()) if node not in shown]
        self.nodes += self.added
        self.gradient_of = {gradient: f"∂{target.name}/∂{node.name}" for node, gradient in found.items()}

    def _needed_target(self) -> Node:
        return self.target or self.program.node(self.program.loss_name())

    def _evaluate(self) -> None:
        """Compute what the feeds are enough for; the gradients where they are enough for what is differentiated."""
        program, view = self.program, self.view
        names = [*program.given, *(view.feeds or ()), *(program.dataset(view.on).arrays if view.on else ())]
        needs = Needs(program.model)
        missing = ~needs.given(names)
        ready = [node for node in self.nodes if not needs.of(node) & missing]
        operations = [node for node in self.nodes if node.operation and node.backward_of is None]
        computable = set(ready)
        if operations and not any(node in computable for node in operations):
            check_complete(program.model, self.nodes, set(names))
        found: dict[Node, Node] = {}
        target = self._needed_target() if view.gradients else self.target if view.known else None
        if target is not None and not needs.of(target) & missing:
            before = program.model.graph.ancestors([target])
            found = program.gradient_nodes(target.name, [node for node in before if node.type.dtype.is_float])
        known = program.evaluate([*ready, *found.values()], view.feeds, view.on)
        self.values = {node: known[node] for node in ready}
        self.gradients = {node: known[gradient] for node, gradient in found.items()}

    def _readings(self) -> dict[Node, Sequence[Reading]]:
        shown: list[dict[Node, Reading]] = []
        forward = [node for node in self.nodes if node.backward_of is None]
        if self.view.values:
            shown.append(value_readings(self.nodes, self.values))
        if self.view.gradients:
            shown.append(gradient_readings(forward, self.gradients, self._needed_target().name))
        return {node: [each[node] for each in shown if node in each] for node in self.nodes}

    def recording(self) -> Recording | None:
        """The values as a recording of a single step."""
        if not self.values and not self.gradients:
            return None
        values = {node: measure(value) for node, value in self.values.items()}
        gradients = {node: measure(value) for node, value in self.gradients.items()}
        return Recording("", [Snapshot(0, None, values, gradients)])


def _target(program: Program, view: View) -> Node | None:
    """What is differentiated; None where it is not clear, and not needed."""
    if view.of or view.of_loss:
        return program.node(view.of or view.of_loss or "")
    try:
        return program.node(program.loss_name())
    except ProgramError:
        return None


def _losses(program: Program, target: Node | None) -> list[Node]:
    """What is minimised, or would be: values of one number that are no metrics."""
    named = [run.minimize for run in program.model.runs]
    metrics = program.model.metrics.values()
    return named or ([target] if target is not None and target.operation and target not in metrics else [])
