"""PNG, PDF and SVG as they come out: letters on a machine without fonts, a thousand boxes, and what is not computed."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
from dots import brightness
from drawn import TWELVE

import dsl
from dsl.diagram.graphviz import draw

pytest.importorskip("pygraphviz")

XOR = """
placeholder x: [4, 2] = [[0, 0], [0, 1], [1, 0], [1, 1]]
placeholder y: [4, 1] = [[0], [1], [1], [0]]
placeholder other: [4]
score = x |> Dense(3) |> tanh |> Dense(1)
loss = bce_with_logits(score, y)
metric far = mean(other)
train { minimize = loss; steps = 1 }
"""


LETTER = (
    "digraph { graph [dpi=72 margin=0 pad=0] "
    'node [fontname="Source Sans Pro" fontsize=24 shape=plaintext margin=0] a [label=<%s>] }'
)


class TestLetters:
    """On a machine whose own fonts are nowhere to be found."""

    @pytest.fixture
    @classmethod
    def drawn(cls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, npt.NDArray[np.uint8]]:
        nothing = tmp_path / "fonts.conf"
        nothing.write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>\n')
        monkeypatch.setenv("FONTCONFIG_FILE", str(nothing))
        monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
        letters = ["l", "i", "m", "∂", "→", "λ", "×", "…", "\U00013000"]
        found = draw([(LETTER % letter, "png") for letter in letters])
        return {letter: brightness(data) for letter, data in zip(letters, found, strict=True)}

    def test_letters_differ_from_each_other_and_from_the_sign_of_a_missing_one(
        self, drawn: dict[str, npt.NDArray[np.uint8]]
    ) -> None:
        shapes = {letter: (image.shape, image.tobytes()) for letter, image in drawn.items()}
        assert len(set(shapes.values())) == len(shapes)

    def test_letters_have_ink_and_room(self, drawn: dict[str, npt.NDArray[np.uint8]]) -> None:
        for letter, image in drawn.items():
            assert (image < 128).sum() >= 8, f"{letter} is not seen"
        assert (drawn["m"] < 128).sum() > 2 * (drawn["i"] < 128).sum()

    def test_a_box_is_as_wide_as_its_letters(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        """The same sizes with and without the machine's own fonts."""
        dot = dsl.loads(XOR).diagram().dot
        (before,) = draw([(dot, "json")])
        nothing = tmp_path / "fonts.conf"
        nothing.write_text('<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig></fontconfig>\n')
        monkeypatch.setenv("FONTCONFIG_FILE", str(nothing))
        assert draw([(dot, "json")]) == [before]


class TestReadings:
    @pytest.fixture(scope="class")
    @classmethod
    def svg(cls) -> str:
        return dsl.loads(XOR).diagram(values=True, gradients=True).svg

    def test_what_is_not_computed_says_so_and_is_no_0(self, svg: str) -> None:
        boxes = re.findall(r'<g class="box [^"]*" .*?</g>', svg, re.DOTALL)
        other = next(box for box in boxes if "<title>other: " in box)
        assert other.count("not computed") == 2
        assert "band" not in other
        assert ">0<" not in other

    def test_what_is_computed_has_its_value_and_a_colour(self, svg: str) -> None:
        boxes = re.findall(r'<g class="box [^"]*" .*?</g>', svg, re.DOTALL)
        loss = next(box for box in boxes if "<title>loss: " in box)
        assert "∂loss 1<" in loss
        assert loss.count('class="band"') == 2

    def test_without_anything_to_compute_from_it_is_asked_for(self) -> None:
        program = dsl.loads("placeholder x: [3]\nloss = mean(x)\n")
        with pytest.raises(dsl.ProgramError, match="the placeholder `x` has no value"):
            program.diagram(values=True)


class TestPlan:
    def test_values_in_one_place_have_one_colour(self) -> None:
        program = dsl.loads(XOR)
        program.engine = "numpy"
        svg = program.diagram(plan=True).svg
        bands = re.findall(r'<path class="band" [^>]*fill="(#\w+)"/>\n<text(?: class="\w*")?', svg)
        places = re.findall(r">(@\d+)(?:, in place[^<]*)?<", svg)
        assert len(set(bands)) >= 2
        assert max(map(places.count, places)) >= 3

    def test_other_views_do_not_go_with_it(self) -> None:
        assert "state" in dsl.loads(XOR).diagram(plan=True).text


def test_a_thousand_boxes_are_drawn_at_once() -> None:
    """In two seconds and less where nothing else runs; ten times as much is the limit here."""
    program = dsl.loads(TWELVE.replace("0..12", "0..46"))
    drawing = program.diagram(depth=9)
    assert 950 <= drawing.facts()["boxes"] <= 1050
    began = time.process_time()
    children = os.times().children_user
    svg = drawing.svg
    assert os.times().children_user - children + time.process_time() - began < 20
    assert len(svg) < 1_000_000


def test_graphviz_says_nothing_to_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    assert dsl.loads(TWELVE.replace("0..12", "0..46")).diagram(depth=9).svg
    assert capfd.readouterr() == ("", "")


def test_a_fault_in_graphviz_is_ours() -> None:
    with pytest.raises(RuntimeError, match="Graphviz ended with"):
        draw([("digraph {", "json")])


def test_drawing_leaves_the_environment_as_it_is() -> None:
    before = dict(os.environ)
    assert dsl.loads(XOR).diagram().svg
    assert dict(os.environ) == before


def test_it_works_from_any_folder_and_with_the_checkout_on_the_path(tmp_path: Path) -> None:
    """The process that draws finds its package where this one does, and no module of the current folder."""
    (tmp_path / "json.py").write_text("raise RuntimeError('read')\n")
    code = "import dsl; print(len(dsl.loads('x = 1.0').diagram().svg) > 300)"
    done = subprocess.run([sys.executable, "-P", "-c", code], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout == "True\n", done.stderr
