"""What a session writes: a program that does what the session did, run here as anyone would run it."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shlex
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sessions import NEURON, Tell, type_into

from dsl.app.main import run
from dsl.app.repl.session import Session
from dsl.app.repl.start import keep_unsaved
from dsl.language.layout.formatter import format_text


@pytest.fixture
def session(folder: Path) -> Session:
    session = Session()
    session.quiet = True
    return session


def outputs_as_said(file: str) -> dict[str, Any]:
    """The outputs of a saved program, run as the comment in it says, or else plainly."""
    text = Path(file).read_text()
    said = [line.partition(": ")[2] for line in text.split("\n") if line.startswith("# As in the session")]
    command = shlex.split(said[0]) if said else ["nn", "run", file]
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert run([*command[1:], "--format", "json"]) == 0
    return {name: found["value"] for name, found in json.loads(out.getvalue())["outputs"].items()}


def enter(session: Session, *entries: str) -> None:
    for entry in entries:
        assert not type_into(session, entry).wrong, entry


def value_of(session: Session, name: str) -> Any:
    program = session.program
    return program.evaluate([program.node(name)], on=session.state.dataset or None)[program.node(name)].tolist()


class TestTheProgram:
    def test_it_is_in_the_canonical_layout(self, session):
        enter(session, "x=1", "y =   x+1", ":save a.nn")
        text = Path("a.nn").read_text()
        assert text == "x = 1\ny = x + 1\n"
        assert format_text(text) == text

    def test_feeds_become_defaults(self, session):
        enter(session, "dtype f64", "placeholder x # the input", "placeholder w: [2, 2]", "y = x * sum(w)")
        enter(session, ":feed x=0.1 w=[[1, 2], [3, 4.5]]", ":save a.nn")
        assert outputs_as_said("a.nn")["y"] == value_of(session, "y")
        assert "placeholder x = 0.1 # the input" in re.sub(" +", " ", Path("a.nn").read_text())

    @pytest.mark.parametrize("value", ["-1.5", "1e-300", "inf", "-inf", "123456789.125", "true", "[true, false]", "[]"])
    def test_every_value_can_be_written(self, session, value):
        shape = "[0]" if value == "[]" else "[2]" if value[0] == "[" else ""
        dtype = "bool" if "true" in value else "f64"
        enter(session, f"placeholder x: {dtype}{shape}", "y = x", f":feed x={value}", ":save a.nn")
        expected = value_of(session, "y")
        enter(session, ":load a.nn")
        assert value_of(session, "y") == expected

    def test_large_feeds_are_files_beside_it(self, session):
        enter(session, "dim n", "placeholder x: [n]", "y = sum(x)")
        np.save("data.npy", np.arange(100.0))
        enter(session, ":feed x=@data.npy", ":save a.nn")
        Path("data.npy").unlink()
        assert outputs_as_said("a.nn")["y"] == 4950
        assert Path("a.x.npy").exists()

    def test_the_data_set_and_the_engine_are_said(self, session):
        enter(session, "dtype f64; dim n; placeholder x: [n]; y = sum(x)")
        enter(session, 'data d {\n s = arrays(x=[1, 2, 3, 4])\n x = s["x"]\n split = fractions(a=0.5, b=0.5)\n}')
        enter(session, ":feed d.b", ":engine reference", ":save a.nn")
        assert "--on d.b --engine reference" in Path("a.nn").read_text()
        assert outputs_as_said("a.nn")["y"] == value_of(session, "y")

    def test_a_seed_goes_into_the_train_blocks(self, session):
        enter(session, "placeholder x: [3] = 1; y = x |> Dense(2); loss = sum(square(y))")
        enter(session, "train {\n minimize = loss\n steps = 3\n}", ":seed 11", ":save a.nn", ":train")
        assert "seed     = 11" in Path("a.nn").read_text()
        assert outputs_as_said("a.nn")["loss"] == pytest.approx(value_of(session, "loss"), rel=1e-6)

    def test_without_a_block_it_is_said_that_it_cannot_be(self, session, say: Tell):
        enter(session, "placeholder x: [3] = 1; y = x |> Dense(2)", ":seed 11")
        assert "it cannot name the seed 11" in say(":save a.nn")
        enter(session, ":save a.nn parameters=a.safetensors")
        assert outputs_as_said("a.nn")["y"] == pytest.approx(value_of(session, "y"), rel=1e-6)


class TestParameters:
    def test_they_are_written_where_they_are_asked_for(self, session):
        enter(session, NEURON, ":train", ":save a.nn parameters=a.safetensors")
        assert outputs_as_said("a.nn")["loss"] == pytest.approx(value_of(session, "loss"), rel=1e-12)

    def test_and_it_is_said_where_they_are_not(self, session, say: Tell):
        enter(session, NEURON, ":train")
        assert "the program begins with its first parameters" in say(":save a.nn")
        assert not session.values_are_saved
        enter(session, ":save parameters=b.safetensors")
        assert session.values_are_saved

    def test_the_trained_program_can_be_loaded_again(self, session):
        enter(session, NEURON, ":train", ":save a.nn parameters=a.safetensors")
        reached = value_of(session, "k")
        enter(session, ":load a.nn", ":load a.safetensors")
        assert value_of(session, "k") == reached


class TestWhatIsSaved:
    def test_a_file_has_what_was_not_changed_since(self, session):
        assert session.text_is_saved
        enter(session, "x = 1")
        assert not session.text_is_saved
        enter(session, ":save a.nn")
        assert session.text_is_saved
        enter(session, "y = 2")
        assert not session.text_is_saved
        enter(session, ":undo")
        assert session.text_is_saved

    def test_the_place_is_remembered_through_undo(self, session):
        enter(session, "x = 1", ":save a.nn", "y = 2", ":undo", ":undo", "z = 3", ":save")
        assert Path("a.nn").read_text() == "z = 3\n"

    def test_saving_twice_says_how_to_run_it_once(self, session):
        enter(session, "x = 1", ":engine reference", ":save a.nn", ":load a.nn", ":engine scalar", ":save")
        text = Path("a.nn").read_text()
        assert text.count("As in the session") == 1
        assert "--engine scalar" in text

    def test_nothing_is_written_where_one_file_cannot_be(self, session, say: Tell):
        enter(session, "parameter x = 1")
        assert "error[file]" in say(":save a.nn parameters=nowhere/a.safetensors")
        assert not Path("a.nn").exists()


class TestPaths:
    def test_files_are_found_from_where_it_is_saved(self, session):
        for folder in ("one", "one/data", "two"):
            Path(folder).mkdir()
        Path("one/data/d.csv").write_text("x\n1\n2\n")
        Path("one/blocks.nn").write_text("def double(v) { return 2 * v }\n")
        Path("one/a.nn").write_text(
            'import "blocks.nn"\ndim n; placeholder x: [n]; y = sum(double(x))\n'
            'data d {\n s = csv("data/d.csv")\n x = s["x"]\n}\n'
        )
        enter(session, ":load one/a.nn", ":feed d", ":save two/b.nn")
        assert 'import "../one/blocks.nn"' in Path("two/b.nn").read_text()
        assert outputs_as_said("two/b.nn")["y"] == 6
        enter(session, "z = y + 1", ":feed d")
        assert value_of(session, "z") == 7
        enter(session, ":undo", ":undo")
        assert value_of(session, "y") == 6

    def test_and_stay_as_they_are_in_the_same_folder(self, session):
        Path("d.csv").write_text("x\n1\n")
        block = 'data d {\n    s = csv("d.csv")\n    x = s["x"]\n}\n'
        enter(session, "dim n; placeholder x: [n]; y = sum(x)", block, ":save a.nn")
        assert 'csv("d.csv")' in Path("a.nn").read_text()

    def test_what_is_kept_unsaved_finds_them_too(self, session, folder):
        Path("d.csv").write_text("x\n1\n2\n")
        enter(session, "dim n; placeholder x: [n]; y = sum(x)", 'data d {\n s = csv("d.csv")\n x = s["x"]\n}')
        assert "the program was not saved" in keep_unsaved(session)
        other = Session()
        other.open(folder / "state" / "nn-lang" / "unsaved.nn")
        enter(other, ":feed d")
        assert value_of(other, "y") == 3
