"""`nn graph`, and `nn train --record`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import nn

import dsl

WITH_LAYERS = """\
dim n
placeholder x: [n, 3]
placeholder y: [n, 1]
layer Block()(x: [..., m]) {
    return x + (x |> Dense(m) |> tanh)
}
h = x |> Block()
loss = mse(h |> Dense(1), y)
train { minimize = loss; steps = 1 }
"""


@pytest.fixture
def net(folder: Path) -> Path:
    Path("net.nn").write_text(WITH_LAYERS)
    return Path("net.nn")


class TestTerminal:
    def test_without_a_file_characters_are_printed(self, neuron: Path) -> None:
        result = nn("graph", neuron)
        assert result.status == 0
        assert "┃ loss ┃" in result.out
        assert "◆ k ─▶│ linear │" in result.out
        assert result.out.endswith("▱ placeholder  ◆ parameter  ┃ loss\n")

    def test_it_needs_nothing_installed(self, neuron: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dsl.diagram.graphviz.find_spec", lambda name: None)
        assert nn("graph", neuron).status == 0

    def test_values_and_gradients(self, neuron: Path) -> None:
        out = nn("graph", neuron, "--values", "--gradients").out
        assert "◆ k  0.35915  ∂loss 0.18583 ─▶" in out
        assert "│ 1.4512 " in out

    def test_only_what_a_value_depends_on(self, neuron: Path) -> None:
        out = nn("graph", neuron, "--of", "linear").out
        assert "linear" in out
        assert "sigmoid" not in out

    def test_a_program_without_values(self, folder: Path) -> None:
        Path("p.nn").write_text("# nothing\n")
        assert nn("graph", "p.nn").out == "nothing to draw\n"


class TestFile:
    @pytest.mark.parametrize("ending", [".dot", ".mmd", ".json", ".txt"])
    def test_what_was_written_is_told(self, net: Path, ending: str) -> None:
        result = nn("graph", net, "-o", f"net{ending}", "--depth", "1")
        assert result.status == 0
        assert result.out == f"net{ending}: 10 boxes, 10 edges, layers open to depth 1 of 2\n"
        assert Path(f"net{ending}").stat().st_size > 200

    @pytest.mark.parametrize("ending", [".svg", ".png", ".pdf", ".html"])
    def test_pictures_and_the_page(self, net: Path, ending: str) -> None:
        pytest.importorskip("pygraphviz")
        assert nn("graph", net, "-o", f"net{ending}").status == 0
        assert Path(f"net{ending}").stat().st_size > 2000

    def test_a_page_has_the_values_that_can_be_computed(self, neuron: Path) -> None:
        pytest.importorskip("pygraphviz")
        assert nn("graph", neuron, "-o", "neuron.html").status == 0
        assert '"steps":[0]' in Path("neuron.html").read_text()

    def test_another_ending(self, neuron: Path) -> None:
        result = nn("graph", neuron, "-o", "neuron.sgv")
        assert result.status == 1
        assert "did you mean `.svg`?" in result.err
        assert not Path("neuron.sgv").exists()

    def test_a_folder_that_is_not_there(self, neuron: Path) -> None:
        result = nn("graph", neuron, "-o", "pictures/neuron.txt")
        assert result.status == 1
        assert "there is no folder `pictures`" in result.err

    def test_a_name_that_is_not_there(self, neuron: Path) -> None:
        assert "did you mean `linear`?" in nn("graph", neuron, "--of", "linaer").err

    def test_what_is_missing(self, neuron: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dsl.diagram.graphviz.find_spec", lambda name: None)
        result = nn("graph", neuron, "-o", "neuron.svg")
        assert result.status == 1
        assert "pip install 'nn-lang[graph]'" in result.err

    def test_a_mistake_in_the_program(self, folder: Path) -> None:
        Path("p.nn").write_text("y = sigmod(0)\n")
        assert nn("graph", "p.nn", "-o", "p.txt").status == 1
        assert not Path("p.txt").exists()

    def test_what_has_no_gradient(self, folder: Path) -> None:
        Path("p.nn").write_text("placeholder i: i32 = 1\nj = i + 1\n")
        assert "only floating values have gradients" in nn("graph", "p.nn", "--gradients").err


class TestViews:
    def test_depth(self, net: Path) -> None:
        counts = [nn("graph", net, "--depth", str(depth), "--format", "json").document["boxes"] for depth in range(4)]
        assert counts == sorted(counts)
        assert counts[2] == counts[3] > counts[0]

    def test_backward(self, net: Path) -> None:
        before = nn("graph", net, "--format", "json").document
        after = nn("graph", net, "--backward", "--format", "json").document
        assert after["boxes"] > before["boxes"]
        assert "∂h.Block" in after["layers"]

    def test_values_that_feeds_are_enough_for(self, net: Path) -> None:
        out = nn("graph", net, "--values", "--depth", "0", "--feed", "x=[[1,2,3]]").out
        assert "▱ y  not computed" in out
        assert "not computed" not in out[: out.index("▱ y")]

    def test_values_without_feeds(self, net: Path) -> None:
        result = nn("graph", net, "--values")
        assert result.status == 1
        assert "the placeholder `x` has no value" in result.err

    def test_values_on_a_data_set(self, line: Path) -> None:
        assert nn("graph", line, "--gradients", "--on", "points.train").status == 0

    def test_plan(self, neuron: Path) -> None:
        out = nn("graph", neuron, "--plan", "--engine", "numpy").out
        assert "│ @0, in place" in out

    def test_plan_and_another_view(self, neuron: Path) -> None:
        result = nn("graph", neuron, "--plan", "--values")
        assert result.status == 2
        assert "--plan shows the whole compiled step" in result.err

    def test_constants_and_parameters_from_outside(self, line: Path) -> None:
        nn("train", line, "--save", "line.safetensors", "--quiet")
        out = nn("graph", line, "--values", "--load", "line.safetensors", "--feed", "x=[1]", "--feed", "y=[3]").out
        assert "◆ k  1.9" in out


class TestJson:
    def test_a_file(self, net: Path) -> None:
        result = nn("graph", net, "-o", "net.dot", "--depth", "1", "--format", "json")
        assert result.document == {
            "file": "net.dot",
            "boxes": 10,
            "edges": 10,
            "layers": ["h.Block", "loss.Dense"],
            "depth": 1,
            "deepest": 2,
        }

    def test_without_a_file_the_drawing_is_in_it(self, neuron: Path) -> None:
        document = nn("graph", neuron, "--format", "json").document
        assert document["file"] is None
        assert document["text"] == nn("graph", neuron).out

    def test_mistakes(self, neuron: Path) -> None:
        document = nn("graph", neuron, "-o", "a.sgv", "--format", "json").document
        assert [diagnostic["code"] for diagnostic in document["diagnostics"]] == ["file"]


class TestPython:
    def test_a_drawing(self, neuron: Path) -> None:
        drawing = dsl.load(neuron).diagram(values=True)
        assert drawing.dot.startswith('digraph "neuron.nn" {')
        assert str(drawing) == drawing.text == nn("graph", neuron, "--values").out
        assert repr(drawing) == "<Drawing of neuron.nn: 7 boxes, 6 edges>"
        drawing.save("neuron.json")
        assert json.loads(Path("neuron.json").read_text())["directed"]

    def test_a_notebook_shows_a_picture(self, neuron: Path) -> None:
        pytest.importorskip("pygraphviz")
        program = dsl.load(neuron)
        assert program._repr_svg_() == program.diagram().svg == program.diagram()._repr_svg_()
        assert program.diagram().svg.startswith("<svg ")

    def test_or_nothing(self, neuron: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("dsl.diagram.graphviz.find_spec", lambda name: None)
        program = dsl.load(neuron)
        assert program._repr_svg_() is None
        assert program.diagram()._repr_svg_() is None
        with pytest.raises(dsl.ProgramError, match="drawing needs Graphviz"):
            assert program.diagram().svg

    def test_a_page_has_values_here_too(self, neuron: Path) -> None:
        pytest.importorskip("pygraphviz")
        dsl.load(neuron).diagram().save("neuron.html")
        assert '"steps":[0]' in Path("neuron.html").read_text()

    def test_an_option_that_is_none(self, neuron: Path) -> None:
        with pytest.raises(dsl.ProgramError, match="a diagram has no option `dept`") as caught:
            dsl.load(neuron).diagram(dept=1)
        assert "did you mean `depth`?" in str(caught.value)

    def test_drawing_changes_no_training(self, line: Path) -> None:
        first, second = dsl.load(line), dsl.load(line)
        second.diagram(gradients=True, backward=True, on="points.train")
        assert first.train().column("loss") == second.train().column("loss")


class TestRecord:
    def test_a_page_is_written(self, line: Path) -> None:
        pytest.importorskip("pygraphviz")
        result = nn("train", line, "--record", "run.html", "--quiet")
        assert result.status == 0
        assert '"steps":[0,' in Path("run.html").read_text()

    def test_only_a_page(self, line: Path) -> None:
        result = nn("train", line, "--record", "run.svg", "--quiet")
        assert result.status == 1
        assert "a recording is a page" in result.err
        assert "`run.html`" in result.err
