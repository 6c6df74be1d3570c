"""Every format of every program: that it is written, is what its ending says, and the same each time."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import networkx
import pytest
from drawn import PROGRAMS, TWELVE

import dsl
from dsl.app.drawing import View, subject_of
from dsl.diagram.exporter import MOST_BOXES, Exporters
from dsl.diagram.formats import EXPORTERS, Subject, check_size, exporter_of, write
from dsl.diagram.model import Box

NEEDS_NOTHING = [".dot", ".mmd", ".txt", ".json"]
BEGINNINGS = {
    ".svg": b"<svg ",
    ".png": b"\x89PNG\r\n\x1a\n",
    ".pdf": b"%PDF-",
    ".html": b"<!doctype html>",
    ".dot": b"digraph ",
    ".mmd": b"flowchart TD\n",
    ".json": b"{",
}


@pytest.fixture(scope="module", params=PROGRAMS, ids=lambda path: path.stem)
def subject(request: pytest.FixtureRequest) -> Subject:
    return subject_of(dsl.load(request.param), View())


def exported(subject: Subject, ending: str) -> bytes:
    if ending not in NEEDS_NOTHING:
        pytest.importorskip("pygraphviz")
    return EXPORTERS[ending]().export(subject)


def test_there_are_these_formats() -> None:
    assert list(EXPORTERS) == [".dot", ".mmd", ".json", ".html", ".svg", ".png", ".pdf", ".txt"]
    assert all(exporter.ending == ending and exporter.doc for ending, exporter in EXPORTERS.items())


@pytest.mark.parametrize("ending", EXPORTERS)
def test_a_program_in_a_format(subject: Subject, ending: str) -> None:
    data = exported(subject, ending)
    assert data.startswith(BEGINNINGS.get(ending, b""))
    if ending in NEEDS_NOTHING or subject.diagram.title in ("neuron.nn", "digits.nn", "oscillator.nn"):
        assert data == exported(subject, ending), "the same program gives the same bytes"
    if ending in (".txt", ".dot", ".mmd", ".svg", ".json"):
        text = data.decode()
        for box in subject.diagram.boxes:
            assert plain(box.title) in plain(text), f"{box.title} is not shown"


def plain(text: str) -> str:
    """A text without what each format escapes in its own way."""
    return re.sub(r"[^\w.]", "", re.sub(r"&#?\w+;|#\d+;", "", text))


class TestSvg:
    @pytest.fixture(scope="class")
    @classmethod
    def picture(cls) -> ElementTree.Element:
        pytest.importorskip("pygraphviz")
        return ElementTree.fromstring(dsl.loads(TWELVE).diagram(depth=1).svg)

    def test_every_box_has_its_name_for_whoever_points_at_it(self, picture: ElementTree.Element) -> None:
        titles = [title.text for title in picture.iter("{http://www.w3.org/2000/svg}title")]
        assert "logits: f32[batch, 10]" in titles
        assert "h: f32[batch, 32]" in titles

    def test_letters_keep_the_width_that_was_measured(self, picture: ElementTree.Element) -> None:
        texts = list(picture.iter("{http://www.w3.org/2000/svg}text"))
        assert len(texts) > 100
        assert all(float(text.attrib["textLength"]) > 0 for text in texts)

    def test_nothing_comes_from_elsewhere(self, picture: ElementTree.Element) -> None:
        names = {element.tag.rpartition("}")[2] for element in picture.iter()}
        assert names == {"svg", "title", "style", "rect", "g", "path", "text"}
        attributes = {name for element in picture.iter() for name in element.attrib}
        assert not attributes & {"href", "onclick", "style"}

    def test_it_is_small(self) -> None:
        assert len(dsl.loads(TWELVE).diagram(depth=1).svg) < 100_000

    def test_roles_differ_without_colour(self, picture: ElementTree.Element) -> None:
        """Each role has a number of outlines, a width or dashes of its own."""
        shapes: dict[str, tuple[int, str]] = {}
        for group in picture.iter("{http://www.w3.org/2000/svg}g"):
            role = group.attrib["class"].removeprefix("box ")
            paths = [path.attrib for path in group if path.tag.endswith("path")]
            shapes[role] = len(paths), re.sub(r"[\d.,-]+", "", "".join(path["d"] for path in paths))
        assert len(set(shapes.values())) == len(shapes) >= 5


def test_node_link_data_are_read_by_networkx() -> None:
    data = json.loads(EXPORTERS[".json"]().export(subject_of(dsl.loads(TWELVE), View(depth=1))))
    graph = networkx.node_link_graph(data, edges="edges")
    assert networkx.is_directed_acyclic_graph(graph)
    by_name = {facts["name"]: key for key, facts in graph.nodes(data=True)}
    assert graph.nodes[by_name["loss"]]["role"] == "loss"
    assert graph.nodes[by_name["x"]]["shape"] == ["batch", 64]
    assert networkx.has_path(graph, by_name["x"], by_name["accuracy"])
    assert {layer["title"] for layer in data["graph"]["layers"]} >= {"h.Block", "h.Block_12"}


class TestMermaid:
    TEXT = subject_of(dsl.loads(TWELVE), View(depth=1))

    def test_every_box_and_layer_is_declared_once(self) -> None:
        text = EXPORTERS[".mmd"]().export(self.TEXT).decode()
        declared = re.findall(r"^ +(\w+)[\[({]+.*:::\w+$", text, re.MULTILINE)
        assert sorted(declared) == sorted(box.key for box in self.TEXT.diagram.boxes)
        assert text.count("subgraph ") == text.count("\n  end") == len(self.TEXT.diagram.clusters)

    def test_edges_carry_types(self) -> None:
        assert '-->|"[batch, 32]"|' in EXPORTERS[".mmd"]().export(self.TEXT).decode()


class TestChoice:
    @pytest.mark.parametrize(
        ("name", "said"),
        [
            ("a.sgv", "no diagram of the kind `.sgv`"),
            ("a.sgv", "did you mean `.svg`?"),
            ("a.jpeg", "a diagram ends in one of"),
            ("picture", "no diagram of the kind `picture`"),
        ],
    )
    def test_another_ending_is_told_with_the_near_ones(self, name: str, said: str) -> None:
        with pytest.raises(dsl.ProgramError, match=re.escape(said)):
            exporter_of(name)

    def test_endings_are_read_in_either_case(self) -> None:
        assert exporter_of("A.TXT").ending == ".txt"

    @pytest.mark.parametrize("ending", [".svg", ".png", ".pdf", ".html"])
    def test_what_is_missing_is_told_with_the_command(self, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dsl.diagram.graphviz.find_spec", lambda name: None)
        with pytest.raises(dsl.ProgramError, match=r"pip install 'nn-lang\[graph\]'"):
            exporter_of(f"a{ending}")

    @pytest.mark.parametrize("ending", NEEDS_NOTHING)
    def test_the_others_need_nothing(self, ending: str, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dsl.diagram.graphviz.find_spec", lambda name: None)
        assert exporter_of(f"a{ending}").ending == ending

    def test_a_format_takes_an_ending_of_its_own(self) -> None:
        formats = Exporters()
        formats.register(".x")(EXPORTERS[".txt"])
        with pytest.raises(ValueError, match=r"there is a format \.x already"):
            formats.register(".x")(EXPORTERS[".txt"])
        EXPORTERS[".txt"].ending = ".txt"


class TestSize:
    @pytest.fixture(scope="class")
    @classmethod
    def huge(cls) -> dsl.Program:
        lines = ["placeholder a0 = 1"] + [f"a{n} = tanh(a{n - 1})" for n in range(1, 50_000)]
        return dsl.loads("\n".join(lines))

    def test_fifty_thousand_boxes_are_refused_before_anything_is_laid_out(
        self, huge: dsl.Program, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*arguments: object) -> None:
            raise AssertionError("Graphviz is asked")

        monkeypatch.setattr("dsl.diagram.graphviz.subprocess.run", refuse)
        monkeypatch.setattr("dsl.diagram.graphviz.find_spec", lambda name: object())
        drawing = huge.diagram()
        for ending in (".svg", ".png", ".html", ".txt"):
            with pytest.raises(dsl.ProgramError, match=r"50,000 boxes, and at most 3,000 are laid out"):
                drawing.save(tmp_path / f"huge{ending}")
        assert list(tmp_path.iterdir()) == []
        assert drawing._repr_svg_() is None

    def test_they_are_written_where_no_place_is_needed(self, huge: dsl.Program, tmp_path: Path) -> None:
        huge.diagram().save(tmp_path / "huge.dot")
        assert (tmp_path / "huge.dot").read_text().count(" -> ") == 49_999

    def test_layers_fold_until_it_fits(self) -> None:
        program = dsl.loads(TWELVE.replace("0..12", "0..60"))
        drawing = program.diagram()
        facts = drawing.facts()
        assert (facts["depth"], facts["deepest"]) == (0, 2)
        assert facts["boxes"] < 80

    def test_a_part_of_it_fits(self, huge: dsl.Program) -> None:
        assert "a40" in huge.diagram(of="a40").text

    def test_the_limit_counts_boxes(self) -> None:
        diagram = subject_of(dsl.loads("placeholder x = 1\n"), View()).diagram
        (box,) = diagram.boxes
        many = tuple[Box, ...]([box] * (MOST_BOXES + 1))
        with pytest.raises(dsl.ProgramError, match="boxes"):
            check_size(EXPORTERS[".svg"](), type(diagram)(diagram.title, many, (), ()))
        check_size(EXPORTERS[".dot"](), type(diagram)(diagram.title, many, (), ()))


def test_a_file_is_written_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    subject = subject_of(dsl.loads("placeholder x = 1\ny = x\n"), View())
    target = tmp_path / "a.txt"
    target.write_text("before")

    def fail(self: object, subject: Subject) -> bytes:
        raise RuntimeError("in the middle")

    monkeypatch.setattr(EXPORTERS[".txt"], "export", fail)
    with pytest.raises(RuntimeError):
        write(subject, target)
    assert target.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
