"""Explanations as documents: what a program's author wrote is never markup, and the documents are well formed."""

from __future__ import annotations

import html.parser
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import dsl
from dsl.explain.compose import Composer
from dsl.explain.document import Document, Heading
from dsl.explain.formats import FORMATS, Style
from dsl.explain.tex import escaped

HOSTILE = "<script>alert(1)</script> & \\input{x} $y$ `z` *b* _i_ | ~ ^ # % {a} \x1b[31m 'q' \"p\""
PROGRAM = f"## {HOSTILE}\ndtype f64\nparameter λ = 2\nparameter 权重 = 3\n## {HOSTILE}\nloss = square(λ * 权重 - 1)\n"


class Balance(html.parser.HTMLParser):
    """Counts open elements; `script` is none that may appear."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.seen: set[str] = set()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.seen.add(tag)
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def checked(page: str) -> Balance:
    parser = Balance()
    parser.feed(page)
    assert parser.open == []
    return parser


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_page_holds_no_markup_of_the_program(lang: str) -> None:
    told = dsl.loads(PROGRAM, name=HOSTILE).explain("loss", "λ", lang=lang)
    page = told.write("html")
    parser = checked(page)
    assert "script" not in parser.seen
    assert "&lt;script&gt;" in page
    assert f'lang="{lang}"' in page
    assert "<mi>λ</mi>" in page
    assert "<mi>权重</mi>" in page or "<mtext>权重</mtext>" in page


def test_a_page_needs_nothing_from_elsewhere() -> None:
    page = dsl.loads(PROGRAM).explain().write("html")
    assert re.findall(r"(?:src|href|url\()", page) == []


def test_latex_has_no_command_of_the_program() -> None:
    text = dsl.loads(PROGRAM, name=HOSTILE).explain("loss").write("latex")
    assert "\\input" not in text
    assert r"\textbackslash{}input\{x\}" in text
    assert r"\lambda" in text


def test_markdown_has_no_markup_of_the_program() -> None:
    text = dsl.loads(PROGRAM, name=HOSTILE).explain("loss").write("markdown")
    assert "<script>" not in re.sub(r"`+[^`]*`+", "", text)
    assert r"\*b\*" in text


def test_text_cannot_drive_a_terminal() -> None:
    told = str(dsl.loads(PROGRAM, name=HOSTILE).explain("loss"))
    assert "\x1b" not in told


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=40))
def test_any_title_is_only_text(title: str) -> None:
    document = Document(title, "en", [Heading(1, [title])])
    for format in FORMATS.values():
        text = format(Style()).write(document)
        assert text
    checked(FORMATS["html"](Style()).write(document))
    assert re.search(r"(?<!\\)(?:\\\\)*[#%&]", escaped(title)) is None


def test_long_equations_break_at_the_signs_of_equality() -> None:
    program = dsl.loads(
        "dtype f64\nparameter a_rather_long_name = 0.123456789\nloss = exp(a_rather_long_name * a_rather_long_name)"
    )
    for width in (40, 60, 100):
        style = Style(width=width)
        text = FORMATS["text"](style).write(Composer().document(program.explain().story))
        assert max(len(line) for line in text.split("\n") if " = " in line and "·" not in line) <= max(width, 70)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no pdflatex on this machine")
@pytest.mark.parametrize("name", ["neuron", "xor", "huber"])
def test_latex_compiles(name: str, tmp_path: Path) -> None:
    program = dsl.load(Path(__file__).resolve().parents[2] / "programs" / f"{name}.nn")
    program.explain().save(tmp_path / "told.tex")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "told.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:]
    assert (tmp_path / "told.pdf").stat().st_size > 10_000
