"""The tables of the grammar: kept for the next start, and made again whenever what was kept cannot be trusted."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from dsl.language import tables
from dsl.language.tables import Rule, Tables, load_tables

SMALL = Tables(
    terminals={"NAME": r"\w+", "BLANK": " +"},
    ignored=["BLANK"],
    kept=["NAME"],
    keywords={"if": "IF"},
    rules=[Rule("start", 1, [0, None, -1], "start", False)],
    rows=[{"NAME": 1, "start": 2}, {"$END": -1}, {"$END": 0}],
    starts={"start": 0},
)


@pytest.fixture
def made(monkeypatch, tmp_path):
    """How often the tables were made, with small ones instead of those of the grammar; the cache is a folder of the test."""
    counted: list[str] = []

    def make(grammar: str) -> Tables:
        counted.append(grammar)
        return SMALL

    monkeypatch.setattr(tables, "make_tables", make)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return counted


@pytest.fixture
def file(tmp_path) -> Path:
    return tmp_path / "nn-lang" / "grammar.json"


def test_tables_are_made_once_and_kept(made):
    assert load_tables() == SMALL
    assert load_tables() == SMALL
    assert len(made) == 1


def test_the_file_is_the_only_trace(made, file):
    load_tables()
    assert list(file.parent.iterdir()) == [file]


@pytest.mark.parametrize(
    "damage",
    [
        lambda text: "",
        lambda text: text[: len(text) // 2],
        lambda text: "\0" * len(text),
        lambda text: "[" * 100_000,
        lambda text: "null",
        lambda text: json.dumps({**json.loads(text), "tables": {}}),
        lambda text: json.dumps({**json.loads(text), "format": 0}),
        lambda text: json.dumps({**json.loads(text), "grammar": "start: NAME"}),
        lambda text: json.dumps({key: value for key, value in json.loads(text).items() if key != "grammar"}),
    ],
    ids=["empty", "half", "zeros", "deep", "null", "no tables", "older format", "another grammar", "no grammar"],
)
def test_a_file_that_cannot_be_trusted_is_made_again(made, file, damage):
    load_tables()
    file.write_text(damage(file.read_text()))
    assert load_tables() == SMALL
    assert len(made) == 2
    assert load_tables() == SMALL
    assert len(made) == 2


def test_a_place_that_cannot_be_written_is_no_error(made, monkeypatch, tmp_path):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert load_tables() == SMALL
    assert load_tables() == SMALL
    assert len(made) == 2


def test_a_folder_in_place_of_the_file_is_no_error(made, file):
    file.mkdir(parents=True)
    assert load_tables() == SMALL
    assert list(file.parent.iterdir()) == [file]


def test_a_user_without_a_home_has_no_cache(made, monkeypatch):
    def no_home() -> Path:
        raise RuntimeError("no home")

    monkeypatch.setattr(Path, "home", no_home)
    monkeypatch.delenv("XDG_CACHE_HOME")
    assert load_tables() == SMALL


def test_a_relative_cache_folder_is_passed_over(made, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", "here")
    monkeypatch.setattr(Path, "home", lambda: tmp_path / "home")
    load_tables()
    assert (tmp_path / "home/.cache/nn-lang/grammar.json").exists()
    assert not (tmp_path / "here").exists()


def test_processes_that_start_together_do_not_disturb_each_other(tmp_path, file):
    command = [sys.executable, "-c", "from dsl.language.parser import parse, Source; parse(Source('x = 1'))"]
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(Path(tables.__file__).parents[2])}
    started = [subprocess.Popen(command, env=environment, stderr=subprocess.PIPE) for _ in range(4)]
    assert [(process.communicate()[1], process.returncode) for process in started] == [(b"", 0)] * 4
    assert list(file.parent.iterdir()) == [file]


def test_lark_is_not_imported_where_the_tables_are_kept(tmp_path):
    command = "import sys; from dsl.language.parser import parse, Source; parse(Source('x = 1')); print('lark' in sys.modules)"
    environment = {"XDG_CACHE_HOME": str(tmp_path), "PYTHONPATH": str(Path(tables.__file__).parents[2])}
    said = [
        subprocess.run([sys.executable, "-c", command], env=environment, capture_output=True, check=True).stdout.strip()
        for _ in range(2)
    ]
    assert said == [b"True", b"False"]
