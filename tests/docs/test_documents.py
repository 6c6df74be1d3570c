"""Every example of the documents does what the documents say; `--rewrite-goldens` writes their outputs and tables anew."""

from __future__ import annotations

from contextlib import closing

import pytest
from documents import DOCUMENTS, ROOT, Section, rewrite_block, rewrite_table, sections, tables
from generated import TABLES
from running import Runner, lay_out, same_text

SECTIONS = [section for document in DOCUMENTS for section in sections(document)]
MARKED = [(document, name, text) for document in DOCUMENTS for name, text in tables(document)]


@pytest.fixture
def rewrites(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite-goldens"))


@pytest.mark.parametrize("section", SECTIONS, ids=str)
def test_the_examples_of_a_section_do_what_it_says(section: Section, tmp_path, monkeypatch, rewrites):
    def rewrite(number: int, text: str) -> None:
        rewrite_block(section.document, number, text)

    monkeypatch.chdir(tmp_path)
    runner = Runner(section.document, tmp_path, ROOT / "programs", rewrite if rewrites else None)
    with closing(runner):
        for example in section.examples:
            runner.carry_out(example)


@pytest.mark.parametrize(
    ("document", "name", "text"), MARKED, ids=lambda value: value if isinstance(value, str) else ""
)
def test_a_table_says_what_the_code_says(document, name, text, rewrites):
    made = TABLES[name]()
    if rewrites and made != text:
        rewrite_table(document, name, made)
        return
    assert text == made, "the code has changed: `pytest tests/docs --rewrite-goldens` writes the tables anew"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.stem)
def test_every_block_is_closed(document):
    fences = [line for line in document.read_text(encoding="utf-8").split("\n") if line.startswith("```")]
    assert all(line == "```" for line in fences[1::2])
    assert all(line != "```" for line in fences[::2]), "every block says what it holds"


def test_every_table_stands_in_one_document():
    assert sorted(name for _, name, _ in MARKED) == sorted(TABLES)


class TestComparing:
    def test_times_do_not_count(self):
        assert same_text("train: 3 epochs, 0.75 s", "train: 3 epochs, 12.01 s", 0)
        assert not same_text("train: 3 epochs, 0.75 s", "train: 4 epochs, 0.75 s", 0)

    def test_numbers_may_be_close(self):
        assert same_text("loss  0.1234", "loss   0.12341", 1e-3)
        assert not same_text("loss 0.1234", "loss 0.1254", 1e-3)

    def test_words_are_the_same(self):
        assert not same_text("loss 0.1", "cost 0.1", 1)

    def test_rules_are_as_wide_as_their_table(self):
        assert same_text(" ───", " ─────", 0)

    def test_columns_of_a_diagnostic_count(self):
        assert not same_text("   |  ^^^", "   |   ^^^", 1)
        assert not same_text("  --> a.nn:1:2", "  --> a.nn:1:3", 5)

    def test_a_document_is_laid_out_line_by_line(self):
        assert lay_out({"a": [1, 2]}) == '{"a": [1, 2]}'
        assert lay_out({"a": "b" * 100, "c": "d" * 30}).split("\n")[1] == f'  "a": "{"b" * 100}",'
