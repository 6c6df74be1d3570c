"""What the documents say of the project, held against the project."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from documents import DOCUMENTS, ROOT, named_programs, program, sections

import dsl
from dsl.language import syntax
from dsl.language.elaborate.values import BUILTINS
from dsl.language.parser import parse
from dsl.language.statements.train import KEYS
from dsl.ops.registry import load
from dsl.source.text import Source

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
README = (ROOT / "README.md").read_text(encoding="utf-8")
LANGUAGE = (ROOT / "docs" / "language.md").read_text(encoding="utf-8")
TRAINING = (ROOT / "docs" / "training.md").read_text(encoding="utf-8")
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")

SET_UP = "python3 -m venv .venv && .venv/bin/pip install "


def _packages(requirements: list[str]) -> list[str]:
    names = [re.match(r"[\w-]+", requirement) for requirement in requirements]
    return [name[0] for name in names if name and name[0] != PROJECT["project"]["name"]]


DEPENDENCIES = sorted(
    {
        *_packages(PROJECT["project"]["dependencies"]),
        *_packages(PROJECT["build-system"]["requires"]),
        *(name for extra in PROJECT["project"]["optional-dependencies"].values() for name in _packages(extra)),
    }
)
PACKAGES = sorted(
    path.parent.relative_to(ROOT).as_posix()
    for path in (ROOT / "dsl").rglob("__init__.py")
    if path.parent != ROOT / "dsl"
)


_KINDS = (r'\b(?:fail|warn|Diagnostic)\(\s*"(\w+)"', r'\bcode(?:: str)? ?= ?"(\w+)"')
"""How the code says of what kind a mistake is."""


class TestReadme:
    def test_each_of_the_two_commands_stands_on_a_line_of_its_own(self):
        blocks = re.findall(r"^```sh\n(.*?)```", README, re.MULTILINE | re.DOTALL)
        assert blocks == [
            f"{SET_UP}. && .venv/bin/nn train programs/digits.nn\n",
            f"{SET_UP}'.[test]' && .venv/bin/python -m pytest\n",
        ]

    def test_the_command_of_the_tests_is_the_first_line_of_its_kind(self):
        """CI takes it from there."""
        found = re.findall(r"^python3 .*-m pytest.*$", README, re.MULTILINE)
        assert found == [f"{SET_UP}'.[test]' && .venv/bin/python -m pytest"]

    def test_the_slow_tests_are_named(self):
        assert "-m pytest -m slow" in README
        assert any(marker.startswith("slow") for marker in PROJECT["tool"]["pytest"]["ini_options"]["markers"])

    def test_the_python_is_the_one_that_the_package_asks_for(self):
        assert PROJECT["project"]["requires-python"] == ">=3.11"
        assert "Python 3.11" in README


@pytest.fixture(scope="module")
def shown() -> set[type]:
    """The kinds of syntax that the examples of the three pages about programs are made of."""
    found: set[type] = set()
    for page in ("language", "data", "training"):
        document = ROOT / "docs" / f"{page}.md"
        kept = named_programs(document)
        for section in sections(document):
            for example in section.examples:
                if example.block.language == "nn":
                    found |= _kinds(program(example, kept))
    return found


class TestLanguageReference:
    @pytest.mark.parametrize(
        "kind", syntax.Statement.__args__ + syntax.Expression.__args__, ids=lambda kind: kind.__name__
    )
    def test_every_kind_of_syntax_has_an_example(self, kind, shown):
        assert kind in shown

    def test_every_value_that_is_there_from_the_beginning_is_named(self):
        assert [name for name in BUILTINS if f"`{name}`" not in LANGUAGE] == []

    def test_every_kind_of_mistake_is_explained(self):
        table = LANGUAGE.partition("| kind | what is wrong |")[2].partition("\n\n")[0]
        explained = re.findall(r"^\| `(\w+)` \|", table, re.MULTILINE)
        sources = [path.read_text(encoding="utf-8") for path in (ROOT / "dsl").rglob("*.py")]
        used = {kind for text in sources for pattern in _KINDS for kind in re.findall(pattern, text)}
        assert sorted(used) == sorted(explained)


def _kinds(text: str) -> set[type]:
    """The kinds of all nodes of a program's syntax tree; none of a text that shows a syntax error."""
    try:
        waiting: list[object] = [parse(Source(text))]
    except dsl.ProgramError:
        return set()
    found: set[type] = set()
    while waiting:
        node = waiting.pop()
        if isinstance(node, tuple) and not hasattr(node, "_fields"):
            waiting += node
        elif isinstance(node, syntax.Syntax):
            found.add(type(node))
            waiting += [getattr(node, name) for name in node.__match_args__ if name != "span"]
    return found


def test_every_key_of_a_train_block_has_a_line():
    assert [key for key in KEYS if f"\n| `{key}` |" not in TRAINING] == []


def test_every_operation_has_a_line():
    listed = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert [name for name in load() if f"\n| `{name}(" not in listed] == []


class TestArchitecture:
    @pytest.mark.parametrize("package", DEPENDENCIES)
    def test_every_dependency_is_accounted_for(self, package):
        row = re.search(rf"^\| `{re.escape(package)}` \| ([^|]+) \| ([^|]+) \|$", ARCHITECTURE, re.MULTILINE)
        assert row, f"docs/architecture.md does not say why {package} is needed"
        assert re.search(r"\d MB", row[2]), "its size"

    def test_no_dependency_is_named_that_is_none(self):
        table = ARCHITECTURE.partition("## Dependencies")[2].partition("\n## ")[0]
        assert sorted(re.findall(r"^\| `([\w-]+)` \|", table, re.MULTILINE)) == DEPENDENCIES

    @pytest.mark.parametrize("package", PACKAGES)
    def test_every_folder_of_the_package_is_named(self, package):
        assert f"[`{package}`](../{package})" in ARCHITECTURE

    def test_the_layers_are_those_that_are_enforced(self):
        (contract,) = (c for c in PROJECT["tool"]["importlinter"]["contracts"] if c["type"] == "layers")
        names = [layer.replace("dsl.", "") for layer in reversed(contract["layers"])]
        assert " < ".join(f"`{name}`" for name in names) in ARCHITECTURE


class TestEveryDocument:
    @pytest.fixture(params=DOCUMENTS, ids=lambda path: path.stem)
    def document(self, request: pytest.FixtureRequest) -> Path:
        return request.param

    def test_links_lead_somewhere(self, document):
        for text, target in re.findall(r"\[([^\]]+)\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
            path, _, anchor = target.partition("#")
            page = document.parent / path if path else document
            assert page.exists(), f"[{text}] leads to {target}"
            if anchor:
                assert anchor in _anchors(page), f"[{text}] leads to {target}"

    def test_there_are_no_addresses_but_links_in_the_project(self, document):
        assert not re.findall(r"https?://\S+", document.read_text(encoding="utf-8"))


def _anchors(page: Path) -> list[str]:
    """The anchors of a page's headings, as hosts of repositories make them."""
    titles = re.findall(r"^#+ (.*)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


def test_the_changelog_begins_with_the_version_of_the_package():
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    versions = re.findall(r"^## (\S+)", changelog, re.MULTILINE)
    assert versions[0] == dsl.__version__ == PROJECT["project"]["version"]
