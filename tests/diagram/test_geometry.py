"""Pictures measured: every program at every depth, with values, gradients, backward and plans."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from drawn import PROGRAMS, TWELVE
from geometry import faults

import dsl
from dsl.app.drawing import View, scene_of, subject_of
from dsl.diagram.build import build
from dsl.diagram.layout import Layout, lay_out
from dsl.diagram.model import Diagram
from dsl.graph.outline import to_depth

pytest.importorskip("pygraphviz")

WITHOUT_LOSS = {"blocks", "gradients"}
MOST = 150
"""Boxes of a picture that is measured at every run; larger ones are slow."""


def at_all_depths(program: dsl.Program, view: View) -> list[tuple[int, Diagram]]:
    scene = scene_of(program, view)
    return [(depth, build(scene, to_depth(depth))) for depth in range(scene.deepest + 1)]


def all_faults(diagrams: list[tuple[int, Diagram]]) -> list[tuple[int, str]]:
    layouts = lay_out([diagram for _, diagram in diagrams])
    return [
        (depth, fault)
        for (depth, diagram), layout in zip(diagrams, layouts, strict=True)
        for fault in faults(diagram, layout)
    ]


def some_data(program: dsl.Program) -> str | None:
    names = [f"{name}.{part}" for name, plan in program.model.data.items() for part in plan.split.names]
    return next(iter([*names, *program.model.data]), None)


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_a_program_at_every_depth(path: Path) -> None:
    assert all_faults(at_all_depths(dsl.load(path), View())) == []


@pytest.mark.parametrize(
    "path", [path for path in PROGRAMS if path.stem not in WITHOUT_LOSS], ids=lambda path: path.stem
)
def test_its_gradients_beside_it(path: Path) -> None:
    diagrams = at_all_depths(dsl.load(path), View(backward=True))
    assert all_faults([(depth, diagram) for depth, diagram in diagrams if len(diagram.boxes) <= MOST]) == []


@pytest.mark.slow
@pytest.mark.parametrize("depth", [1, 2])
def test_the_gradients_of_a_large_program(depth: int) -> None:
    scene = scene_of(dsl.loads(TWELVE), View(backward=True))
    assert all_faults([(depth, build(scene, to_depth(depth)))]) == []


@pytest.mark.parametrize(
    "path", [path for path in PROGRAMS if path.stem not in WITHOUT_LOSS], ids=lambda path: path.stem
)
def test_its_values_and_gradients_in_its_boxes(path: Path) -> None:
    program = dsl.load(path)
    subject = subject_of(program, View(values=True, gradients=True, on=some_data(program)))
    assert all_faults([(0, subject.diagram)]) == []


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_its_plan(path: Path) -> None:
    diagram = subject_of(dsl.load(path), View(plan=True)).diagram
    assert all_faults([(0, diagram)]) == []


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_twelve_residual_blocks_are_one_column(depth: int) -> None:
    """Every box on the longest way has its middle at one place, be the blocks folded or open."""
    diagram = build(scene_of(dsl.loads(TWELVE), View()), to_depth(depth))
    (layout,) = lay_out([diagram])
    assert faults(diagram, layout) == []
    trunk = {key for edge in diagram.edges if edge.course == "trunk" for key in (edge.source, edge.target)}
    blocks = [box.key for box in diagram.boxes if "h.Block" in box.name or box.name.startswith("h_")]
    assert len(blocks) >= 11
    middles = [layout.placed[key].x for key in trunk]
    assert len(middles) >= 15
    assert max(middles) - min(middles) < 3


@pytest.fixture(scope="module")
def picture() -> tuple[Diagram, Layout]:
    scene = scene_of(dsl.loads(TWELVE.replace("0..12", "0..1")), View())
    diagram = build(scene, to_depth(1))
    return diagram, lay_out([diagram])[0]


class TestTheMeasuring:
    """A picture that is wrong is found out."""

    def changed(self, layout: Layout, key: str, **change: float) -> Layout:
        return replace(layout, placed={**layout.placed, key: replace(layout.placed[key], **change)})

    def test_boxes_that_overlap(self, picture: tuple[Diagram, Layout]) -> None:
        diagram, layout = picture
        one, other = (layout.placed[diagram.boxes[place].key] for place in (0, 1))
        wrong = self.changed(layout, one.key, x=other.x, y=other.y)
        assert f"{one.key} overlaps {other.key}" in faults(diagram, wrong)

    def test_letters_outside(self, picture: tuple[Diagram, Layout]) -> None:
        diagram, layout = picture
        key = diagram.boxes[0].key
        assert any("stands out of" in fault for fault in faults(diagram, self.changed(layout, key, width=2.0)))

    def test_a_box_cut_off(self, picture: tuple[Diagram, Layout]) -> None:
        diagram, layout = picture
        key = diagram.boxes[0].key
        assert f"{key} is cut off" in faults(diagram, self.changed(layout, key, y=0.0))

    def test_a_line_through_a_box(self, picture: tuple[Diagram, Layout]) -> None:
        diagram, layout = picture
        way = layout.ways[0]
        start, end = layout.placed[diagram.boxes[0].key], layout.placed[diagram.boxes[-1].key]
        points = ((start.x, start.y), (start.x, start.y), (end.x, end.y), (end.x, end.y))
        wrong = replace(layout, ways=(replace(way, points=points), *layout.ways[1:]))
        assert any("goes through" in fault for fault in faults(diagram, wrong))

    def test_a_line_that_is_missing(self, picture: tuple[Diagram, Layout]) -> None:
        diagram, layout = picture
        assert any("no line leads" in fault for fault in faults(diagram, replace(layout, ways=layout.ways[1:])))

    def test_a_box_outside_of_its_layer(self, picture: tuple[Diagram, Layout]) -> None:
        diagram, layout = picture
        box = next(box for box in diagram.boxes if box.around)
        wrong = self.changed(layout, box.key, x=layout.width - 1, y=layout.height - 1)
        assert f"{box.key} stands out of {box.around}" in faults(diagram, wrong)
