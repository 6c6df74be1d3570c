"""The programs of the repository, for tests that hold for all of them: by name, with their texts."""

from __future__ import annotations

import re
from pathlib import Path

import dsl
from dsl.language.parser import parse
from dsl.source.text import Source

ROOT = Path(__file__).resolve().parents[1]

_EXAMPLE = re.compile(r"^```nn\b.*\n((?:(?!```).*\n)*)```$", re.MULTILINE)


def own_programs() -> dict[str, str]:
    """The example programs, the library, and the programs of the benchmarks."""
    folders = ("programs", "dsl/language/library", "benchmarks/workloads")
    return _read(path for folder in folders for path in (ROOT / folder).glob("*.nn"))


def golden_programs() -> dict[str, str]:
    """The programs beside which their diagnostics or their layouts are kept; many are none."""
    return _read((ROOT / "tests/golden").rglob("*.nn"))


def documented_programs() -> dict[str, str]:
    """The programs of the documents, by the line at which each begins."""
    documents = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").glob("*.md")]
    found: dict[str, str] = {}
    for document in sorted(documents):
        text = document.read_text(encoding="utf-8")
        for example in _EXAMPLE.finditer(text):
            line = text.count("\n", 0, example.start()) + 1
            found[f"{document.name}:{line}"] = example[1]
    return found


def is_program(text: str) -> bool:
    """Whether a text can be parsed."""
    try:
        parse(Source(text))
    except dsl.ProgramError:
        return False
    return True


def _read(paths) -> dict[str, str]:
    return {
        path.relative_to(ROOT).as_posix(): path.read_bytes().decode("utf-8", "replace").replace("\r\n", "\n")
        for path in sorted(paths)
    }
