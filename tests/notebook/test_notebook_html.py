"""What is written as HTML for notebooks says what it was given, and nothing more."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from dsl.source import html
from dsl.source.diagnostic import fail
from dsl.source.render import printable, render
from dsl.source.text import Source, Span


class Reader(HTMLParser):
    """The tags and the words of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.words = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.words += data


ANY = st.text() | st.sampled_from(["<script>alert(1)</script>", "</td>", "&amp;", "`<b>`", "$x$", "<!--", "'\"", "\\1"])


@given(ANY, ANY)
def test_a_table_has_the_texts_of_its_cells(head, cell):
    read = Reader(html.table([head], [[cell]], title=f"of {head}"))
    assert read.words == f"of {printable(head)}{printable(head)}{printable(cell)}"
    assert read.tags == ["div", "div", "table", "thead", "tr", "th", "tbody", "tr", "td"]


@given(ANY)
def test_a_line_has_its_text_with_code_where_it_is_quoted(text):
    read = Reader(html.line(text))
    assert read.words.replace("`", "") == printable(text).replace("`", "")
    assert set(read.tags) <= {"div", "code"}


@given(ANY)
def test_a_diagnostic_has_the_lines_of_the_terminal(text):
    source = Source(f"y = {text}\n", "<cell>")
    error = fail("name", f"`{text}` is not defined", Span(source, 4, 4 + len(text)), label=text, hint=text)
    read = Reader(html.diagnostics(error.diagnostics))
    assert read.words == render(error.diagnostics[0])
    assert set(read.tags) == {"pre", "span"}


def test_what_is_wrong_stands_out():
    (found,) = fail("name", "what", None, hint="so").diagnostics
    page = html.diagnostics([found])
    assert page.count("<span") == 2, "its first line and its hint"
