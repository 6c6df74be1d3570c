"""Whatever a program and its values are called, no name becomes markup, DOT, Mermaid or script."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ElementTree
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from itertools import cycle

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import dsl
from dsl.app.drawing import View, subject_of
from dsl.diagram.escaping import dot_string, markup, mermaid_label, script_json
from dsl.diagram.formats import EXPORTERS, Subject
from dsl.diagram.graphviz import draw, is_installed
from dsl.diagram.labels import clipped
from dsl.diagram.model import Diagram
from dsl.source.render import printable

NASTY = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "<b>bold</b>",
    "<!--",
    "-->",
    "]]>",
    "<![CDATA[",
    '"; evil [label="x"]; "',
    "\\",
    '\\"',
    '"\\',
    "\\N \\G \\E \\n",
    "{a|b}",
    "a\nb",
    "a\r\nb",
    "\x00\x1b[31m",
    "`code`",
    "&lt;script&gt;",
    "&amp;",
    "&#34;",
    "#quot;",
    "#35;",
    "end",
    "%%{init: {}}%%",
    "click n0 href",
    "]:::x",
    "|",
    "; --",
    "\u2028\u2029",
    "\u202e",
    "日本語",
    "λ∂x",
    "👩‍🔬",
    "é",
    "'",
    "",
    " ",
    "${x}",
    "{{title}}",
]
TEXTS = st.one_of(
    st.sampled_from(NASTY), st.text(max_size=24), st.lists(st.sampled_from(NASTY), max_size=3).map("".join)
)

PROGRAM = """
placeholder x: [2, 3]
layer Block()(x: [..., n]) { parameter w: [n, n] = 1
    return x @ w }
y = x |> Block()
loss = mean(y)
"""


def renamed(diagram: Diagram, texts: list[str]) -> Diagram:
    """The diagram with other texts in all its places, as the labels of a program would be cut."""
    words = cycle(texts)

    def word() -> str:
        return clipped(next(words))

    return Diagram(
        next(words),
        tuple(
            replace(box, title=word(), details=(word(),), tooltip=next(words), name=next(words))
            for box in diagram.boxes
        ),
        tuple(replace(tag, text=word() or "[2]") for tag in diagram.tags),
        diagram.edges,
        tuple(replace(cluster, title=word()) for cluster in diagram.clusters),
    )


@pytest.fixture(scope="module")
def diagram() -> Diagram:
    return subject_of(dsl.loads(PROGRAM), View(depth=1)).diagram


quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


class TestPieces:
    @quick
    @given(TEXTS)
    def test_markup_is_read_back_as_text(self, text: str) -> None:
        made = markup(text)
        assert not re.search(r"[<>\"'`]", made)
        assert unescape(made) == printable(text)
        root = ElementTree.fromstring(f'<a b="{made}">{made}</a>')
        assert (root.text or "", len(root)) == (printable(text), 0)

    @quick
    @given(TEXTS)
    def test_a_string_of_dot_ends_where_it_ends(self, text: str) -> None:
        made = dot_string(text)
        assert re.fullmatch(r'"(?:[^"\\\n]|\\.)*"', made)
        assert re.sub(r"\\(.)", r"\1", made[1:-1]) == printable(text)

    @quick
    @given(TEXTS)
    def test_a_label_of_mermaid_has_only_letters_that_mean_nothing(self, text: str) -> None:
        made = mermaid_label(text)
        assert re.fullmatch(r"(?:[\w .,:+\-*/()\[\]=·…∂×]|#\d+;)*", made)
        assert re.sub(r"#(\d+);", lambda code: chr(int(code[1])), made) == (printable(text) or "\xa0")

    @quick
    @given(st.recursive(TEXTS, lambda inner: st.lists(inner) | st.dictionaries(TEXTS, inner), max_leaves=8))
    def test_data_cannot_end_their_script(self, value: object) -> None:
        made = script_json(value)
        assert not re.search(r"[<>&\u2028\u2029]", made)
        assert json.loads(made) == value


class TestFormats:
    @quick
    @given(texts=st.lists(TEXTS, min_size=6, max_size=12))
    def test_the_drawing_of_characters_drives_no_terminal(self, diagram: Diagram, texts: list[str]) -> None:
        text = EXPORTERS[".txt"]().export(Subject(renamed(diagram, texts))).decode()
        assert all(char.isprintable() or char == "\n" for char in text)

    @quick
    @given(texts=st.lists(TEXTS, min_size=6, max_size=12))
    def test_a_flowchart_keeps_its_lines(self, diagram: Diagram, texts: list[str]) -> None:
        first = EXPORTERS[".mmd"]().export(Subject(diagram)).decode()
        text = EXPORTERS[".mmd"]().export(Subject(renamed(diagram, texts))).decode()
        assert [skeleton(line) for line in text.split("\n")] == [skeleton(line) for line in first.split("\n")]

    @quick
    @given(texts=st.lists(TEXTS, min_size=6, max_size=12))
    def test_dot_keeps_its_lines(self, diagram: Diagram, texts: list[str]) -> None:
        first = EXPORTERS[".dot"]().export(Subject(renamed(diagram, ["a"]))).decode()
        text = EXPORTERS[".dot"]().export(Subject(renamed(diagram, texts))).decode()
        assert len(text.split("\n")) == len(first.split("\n"))

    @settings(max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(st.lists(TEXTS, min_size=6, max_size=12), min_size=8, max_size=12))
    def test_graphviz_reads_the_names_that_were_written(self, diagram: Diagram, many: list[list[str]]) -> None:
        pytest.importorskip("pygraphviz")
        named = [renamed(diagram, texts) for texts in many]
        made = draw([(EXPORTERS[".dot"]().export(Subject(each)).decode(), "json") for each in named])
        for each, data in zip(named, made, strict=True):
            document = json.loads(data)
            boxes = {item["name"]: item for item in document["objects"]}
            assert {name for name in boxes if name[0] == "n"} == {box.key for box in each.boxes}
            for box in each.boxes:
                shown = [op["text"] for op in boxes[box.key].get("_ldraw_", ()) if op["op"] == "T"]
                assert list(map(seen, shown)) == list(map(seen, box.lines))

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(texts=st.lists(TEXTS, min_size=6, max_size=12))
    def test_svg_has_the_same_elements_whatever_they_are_called(self, diagram: Diagram, texts: list[str]) -> None:
        pytest.importorskip("pygraphviz")
        root = ElementTree.fromstring(EXPORTERS[".svg"]().export(Subject(renamed(diagram, texts))))
        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert names <= {"svg", "title", "style", "rect", "g", "path", "text"}
        assert not {name for element in root.iter() for name in element.attrib} & {"href", "onload", "onerror"}

    @settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(texts=st.lists(TEXTS, min_size=6, max_size=12))
    def test_a_page_has_its_own_scripts_and_no_others(self, diagram: Diagram, texts: list[str]) -> None:
        pytest.importorskip("pygraphviz")
        page = EXPORTERS[".html"]().export(Subject(renamed(diagram, texts))).decode()
        assert elements(page) == elements(EXPORTERS[".html"]().export(Subject(diagram)).decode())


def seen(text: str) -> str:
    """A line as Graphviz shows it."""
    return text.replace("\\", "\N{SET MINUS}").strip()


def skeleton(line: str) -> str:
    """A line of a flowchart without its labels."""
    return re.sub(r'"[^"]*"', '""', line)


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def elements(page: str) -> list[tuple[str, tuple[str, ...]]]:
    """The elements of a page with the names of their attributes."""
    reader = _Reader()
    reader.feed(page)
    return reader.found


@pytest.mark.parametrize("name", ["</script><b>.nn", 'a"b\\c.nn', "a\nb.nn"])
def test_the_name_of_a_file_is_text_too(name: str) -> None:
    drawing = dsl.loads(PROGRAM, name=name).diagram()
    assert drawing.dot.partition("\n")[0] == f"digraph {dot_string(name.rpartition('/')[2])} {{"
    if is_installed():
        assert ElementTree.fromstring(drawing.svg) is not None


def test_the_lines_of_a_program_are_text_in_a_page() -> None:
    """A page shows the line that a value comes from, whatever is written in it."""
    pytest.importorskip("pygraphviz")
    plain = "placeholder x = 1\nλ = x * 2\n"
    odd = 'placeholder x = 1\nλ = x * 2  # </script><img src=x onerror=alert(1)> "\\ <!-- {{data}}\n'
    pages = [EXPORTERS[".html"]().export(subject_of(dsl.loads(text), View())).decode() for text in (plain, odd)]
    assert elements(pages[0]) == elements(pages[1])
    assert "onerror=alert" in pages[1]
