"""The pictures of the documents are what `nn graph` draws; `--rewrite-goldens` draws them anew."""

from __future__ import annotations

import re
import shlex
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from documents import DOCUMENTS, ROOT, named_programs
from running import run_nn, same_text

PICTURES = ROOT / "docs" / "pictures"
LARGEST = 100_000
"""Bytes of a picture."""
DRAWN = {
    match[2]: (document, match[1])
    for document in DOCUMENTS
    for match in re.finditer(r"^\$ nn (graph .*-o (\S+\.svg))$", document.read_text(encoding="utf-8"), re.MULTILINE)
}


@pytest.mark.parametrize("name", DRAWN)
def test_a_picture_is_what_is_drawn(name: str, tmp_path: Path, monkeypatch, request) -> None:
    pytest.importorskip("pygraphviz")
    document, command = DRAWN[name]
    for program, text in named_programs(document).items():
        (tmp_path / program).write_text(text, encoding="utf-8")
    (tmp_path / "programs").symlink_to(ROOT / "programs")
    monkeypatch.chdir(tmp_path)
    run_nn(shlex.split(command))
    drawn = (tmp_path / name).read_text(encoding="utf-8")
    if request.config.getoption("--rewrite-goldens"):
        (PICTURES / name).write_text(drawn, encoding="utf-8")
        return
    assert same_text(contents(PICTURES / name), contents(tmp_path / name), 1e-2)


def contents(path: Path) -> str:
    """What is in a picture, line by line: its boxes by their classes and its texts, not where they are."""
    root = ElementTree.fromstring(path.read_text(encoding="utf-8"))
    elements = [(element.get("class", ""), (element.text or "").strip()) for element in root.iter()]
    return "\n".join(sorted(f"{name} {text}" for name, text in elements if not text.startswith(".nn-diagram")))


def test_every_picture_is_shown_and_drawn() -> None:
    shown = {
        target
        for document in DOCUMENTS
        for target in re.findall(r"!\[[^\]]+\]\((?:docs/)?pictures/([^)]+)\)", document.read_text(encoding="utf-8"))
    }
    assert shown == set(DRAWN) == {path.name for path in PICTURES.iterdir()}


def test_pictures_are_small() -> None:
    assert {path.name: path.stat().st_size for path in PICTURES.iterdir() if path.stat().st_size > LARGEST} == {}
