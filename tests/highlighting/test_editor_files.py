"""The files for editors are what the generator makes, and the extension can be packed and installed without a network."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from every_program import ROOT

import dsl
from dsl.language.highlighting.__main__ import generated, main

GRAMMAR = ROOT / "grammar"
FOLDER = GRAMMAR / "vscode"
SCHEMA = "{http://schemas.microsoft.com/developer/vsx-schema/2011}"


@pytest.mark.parametrize("name", generated())
def test_a_committed_file_is_what_the_generator_makes(name):
    made = "`python -m dsl.language.highlighting` makes the files of `grammar/` anew"
    assert (GRAMMAR / name).read_text(encoding="utf-8") == generated()[name], made


def test_every_file_is_made_or_written_by_hand():
    files = {path.relative_to(GRAMMAR).as_posix() for path in GRAMMAR.rglob("*") if path.is_file()}
    assert files == {*generated(), "nn.lark", "vscode/README.md", "vscode/LICENSE"}


def test_the_licence_is_that_of_the_project():
    assert (FOLDER / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    assert json.loads((FOLDER / "package.json").read_text())["license"] == "MIT"


@pytest.fixture
def manifest():
    return json.loads((FOLDER / "package.json").read_text(encoding="utf-8"))


@pytest.fixture
def configuration():
    return json.loads((FOLDER / "language-configuration.json").read_text(encoding="utf-8"))


@pytest.fixture
def archive(tmp_path):
    main(["--vsix", str(tmp_path / "nn-lang.vsix")])
    return zipfile.ZipFile(tmp_path / "nn-lang.vsix")


class TestManifest:
    def test_it_has_what_the_editor_asks_for(self, manifest):
        assert re.fullmatch(r"[a-z0-9-]+", manifest["name"])
        assert manifest["version"] == dsl.__version__
        assert {"publisher", "engines", "displayName", "description", "contributes"} <= set(manifest)

    def test_what_it_names_is_there(self, manifest):
        contributes = manifest["contributes"]
        (language,), (grammar,) = contributes["languages"], contributes["grammars"]
        assert language["extensions"] == [".nn"]
        assert grammar["language"] == language["id"]
        assert (FOLDER / language["configuration"]).exists()
        shown = json.loads((FOLDER / grammar["path"]).read_text(encoding="utf-8"))
        assert shown["scopeName"] == grammar["scopeName"]


class TestLanguageConfiguration:
    @pytest.mark.parametrize("line", ["train {", "y = f(", "x = [   # why", "} else {"])
    def test_the_line_behind_an_open_bracket_is_indented(self, configuration, line):
        assert re.search(configuration["indentationRules"]["increaseIndentPattern"], line)

    @pytest.mark.parametrize("line", ["x = 1", "# (", "y = f(x)", "if a { b = 1 }"])
    def test_other_lines_are_not(self, configuration, line):
        assert not re.search(configuration["indentationRules"]["increaseIndentPattern"], line)

    def test_comments_are_those_of_the_language(self, configuration):
        assert configuration["comments"]["lineComment"] == "#"
        (rule,) = configuration["onEnterRules"]
        assert re.search(rule["beforeText"], "  ## why")
        assert not re.search(rule["beforeText"], "# why")


class TestPackage:
    def test_the_extension_is_inside(self, archive):
        files = {path.relative_to(FOLDER).as_posix() for path in FOLDER.rglob("*") if path.is_file()}
        inside = {name.removeprefix("extension/") for name in archive.namelist() if name.startswith("extension/")}
        assert inside == (files - {"LICENSE"}) | {"LICENSE.txt"}
        assert archive.testzip() is None

    def test_its_manifest_names_what_is_inside(self, archive):
        root = ElementTree.fromstring(archive.read("extension.vsixmanifest"))
        identity = root.find(f"{SCHEMA}Metadata/{SCHEMA}Identity")
        assert identity is not None
        inside = json.loads(archive.read("extension/package.json"))
        assert identity.attrib["Id"] == inside["name"]
        assert identity.attrib["Version"] == inside["version"]
        assert identity.attrib["Publisher"] == inside["publisher"]
        assets = [asset.attrib["Path"] for asset in root.findall(f"{SCHEMA}Assets/{SCHEMA}Asset")]
        assert set(assets) <= set(archive.namelist())
        assert "extension/package.json" in assets
        assert root.findtext(f"{SCHEMA}Metadata/{SCHEMA}License") in archive.namelist()

    def test_every_file_has_a_type(self, archive):
        types = ElementTree.fromstring(archive.read("[Content_Types].xml"))
        known = {element.attrib["Extension"] for element in types}
        assert {Path(name).suffix for name in archive.namelist() if name != "[Content_Types].xml"} <= known

    def test_two_packages_are_the_same_bytes(self, tmp_path):
        one, other = tmp_path / "one.vsix", tmp_path / "other.vsix"
        main(["--vsix", str(one)])
        main(["--vsix", str(other)])
        assert one.read_bytes() == other.read_bytes()


def test_the_generator_writes_the_files(tmp_path, monkeypatch):
    monkeypatch.setattr("dsl.language.highlighting.__main__.grammar_path", lambda: tmp_path / "nn.lark")
    main([])
    written = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert written == set(generated())
