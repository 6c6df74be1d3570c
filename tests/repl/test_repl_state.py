"""What a session keeps: parameters, feeds, data, and all of it again after `:undo`."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sessions import NEURON, Tell, type_into

from dsl.app.names.binding import bound
from dsl.app.repl.session import Session
from dsl.language import syntax
from dsl.language.elaborate.model import Model
from dsl.language.parser import parse
from dsl.language.program import elaborate
from dsl.source.diagnostic import ProgramError
from dsl.source.text import Source, Span


def enter(session: Session, *entries: str) -> None:
    for entry in entries:
        session.enter(Span(Source(entry, "<repl>"), 0, len(entry)))


class TestParameters:
    def test_they_keep_their_values_where_name_and_shape_survive(self, session):
        enter(session, "parameter k = 1; parameter w: [2] = 0; x = k * sum(w)")
        session.change("", values={"k": np.float32(5), "w": np.ones(2, np.float32)})
        enter(session, "y = x + 1", "x = sum(w) - k")
        assert session.program.parameters["k"] == 5
        assert session.program.parameters["w"].tolist() == [1, 1]

    def test_one_that_is_declared_again_has_its_first_value(self, session):
        enter(session, "parameter k = 1; parameter b = 2")
        session.change("", values={"k": np.float32(5), "b": np.float32(6)})
        entry = "parameter k = 1"
        change = session.enter(Span(Source(entry), 0, len(entry)))
        assert list(change.forgotten) == ["k"]
        assert session.program.parameters["k"] == 1
        assert session.program.parameters["b"] == 6

    def test_another_shape_begins_anew(self, session):
        enter(session, "constant n = 2; placeholder x: [3]; h = x |> Dense(n)")
        session.change("", values={"h.Dense.w": np.ones((3, 2), np.float32), "h.Dense.b": np.ones(2, np.float32)})
        enter(session, "constant n = 4")
        assert not session.state.values
        assert session.program.parameters["h.Dense.w"].shape == (3, 4)

    def test_another_element_type_keeps_them(self, session):
        enter(session, "parameter k = 1")
        session.change("", values={"k": np.float32(5)})
        enter(session, "dtype f64")
        assert session.program.parameters["k"].dtype == np.float64
        assert session.program.parameters["k"] == 5

    def test_what_is_no_longer_there_is_gone(self, session):
        enter(session, "parameter k = 1")
        session.change("", values={"k": np.float32(5)})
        enter(session, "k = 3", "parameter k = 1")
        assert session.program.parameters["k"] == 1


class TestFeeds:
    def test_they_stay_while_they_fit(self, session):
        enter(session, "placeholder x: [2]; y = sum(x)")
        session.change("", feeds={"x": np.array([1.0, 2.0])})
        enter(session, "y = sum(x) * 2")
        assert session.program.run()["y"] == 6
        entry = "placeholder x: [3]"
        assert list(session.enter(Span(Source(entry), 0, len(entry))).unfed) == ["x"]

    def test_a_single_number_fits_every_shape(self, session):
        enter(session, "placeholder x: [2]; y = sum(x)", "constant n = 3")
        session.change("", feeds={"x": 1.0})
        enter(session, "constant n = 4")
        assert session.program.run()["y"] == 2

    def test_a_data_set_that_is_gone_feeds_no_more(self, session):
        enter(
            session,
            "placeholder x; y = x",
            'data d {\n s = arrays(x=[1, 2])\n x = s["x"]\n}',
        )
        session.change("", dataset="d.all")
        entry = "d = 3"
        assert list(session.enter(Span(Source(entry), 0, len(entry))).unfed) == ["d.all"]
        assert not session.state.dataset


class TestData:
    def test_they_are_read_once(self, session, folder):
        Path("d.csv").write_text("x\n1\n2\n")
        enter(session, "dim n; placeholder x: [n]; y = sum(x)", 'data d {\n s = csv("d.csv")\n x = s["x"]\n}')
        session.change("", dataset="d.all")
        assert session.program.run(on="d")["y"] == 3
        Path("d.csv").write_text("x\n5\n")
        enter(session, "z = y + 1")
        assert session.program.run(on="d")["z"] == 4

    def test_and_again_where_their_block_changes(self, session, folder):
        Path("d.csv").write_text("x\n1\n2\n")
        enter(session, "dim n; placeholder x: [n]; y = sum(x); constant c = 2")
        enter(session, 'data d {\n s = csv("d.csv")\n x = s["x"] * c\n}')
        assert session.program.run(on="d")["y"] == 6
        enter(session, "constant c = 3")
        assert session.program.run(on="d")["y"] == 9


class TestSteps:
    def test_they_are_those_of_the_training(self, folder):
        Path("neuron.nn").write_text(NEURON)
        one, other = Session(), Session()
        for session in (one, other):
            session.open(Path("neuron.nn"))
        for _ in range(3):
            type_into(one, ":step 2")
        type_into(other, ":train steps=6")
        assert one.program.parameters["k"] == pytest.approx(float(other.program.parameters["k"]), rel=1e-14)

    @pytest.mark.parametrize("optimizer", ["adam(lr=0.1)", "sgd(lr=0.1, momentum=0.9)", "lbfgs()"])
    def test_the_optimiser_remembers_from_one_to_the_next(self, folder, optimizer):
        Path("neuron.nn").write_text(NEURON.replace("sgd(lr=0.1)", optimizer))
        one, other = Session(), Session()
        for session in (one, other):
            session.open(Path("neuron.nn"))
        for entry in (":step", ":step", "loss", ":step 3"):
            type_into(one, entry)
        type_into(other, ":step 5")
        assert one.program.parameters["k"] == pytest.approx(float(other.program.parameters["k"]), rel=1e-12)

    def test_after_undo_the_same_step_is_made_again(self, folder):
        Path("neuron.nn").write_text(NEURON.replace("sgd(lr=0.1)", "adam(lr=0.1)"))
        session = Session()
        session.open(Path("neuron.nn"))
        for entry in (":step", ":step"):
            type_into(session, entry)
        reached = float(session.program.parameters["k"])
        type_into(session, ":undo")
        type_into(session, ":step")
        assert float(session.program.parameters["k"]) == reached

    def test_anything_else_begins_anew(self, folder):
        Path("neuron.nn").write_text(NEURON.replace("sgd(lr=0.1)", "adam(lr=0.1)"))
        session = Session()
        session.open(Path("neuron.nn"))
        type_into(session, ":step")
        type_into(session, ":set k=0.5")
        assert session.state.steps is None
        type_into(session, ":step")
        assert session.state.steps is not None
        assert session.state.steps.done == 1

    def test_a_run_has_an_end(self, say: Tell):
        say(NEURON.replace("steps = 20", "steps = 2"))
        assert "step 2: loss" in say(":step 5")
        assert "is over after 2 steps" in say(":step")


def shape_of(model: Model) -> list[object]:
    """All that there is to a model, but for places in its text."""
    nodes = [
        (node.name, node.label, [source.name for source in node.inputs], str(node.type), str(node.attributes))
        for node in model.graph.nodes
    ]
    return [nodes, list(model.names), list(model.constants.items()), [run.name for run in model.runs], model.dims]


_NAMES = st.sampled_from("abcd")
_VALUES = st.one_of(
    st.sampled_from(["1", "2.5", "[1, 2]"]),
    _NAMES,
    st.builds("{} + {}".format, _NAMES, _NAMES),
    st.builds("f({})".format, _NAMES),
    st.builds("sum({})".format, _NAMES),
)
_STATEMENTS = st.one_of(
    st.builds("{} = {}".format, _NAMES, _VALUES),
    st.builds("{}   # {}".format, st.builds("{} = {}".format, _NAMES, _VALUES), st.sampled_from(["one", "two"])),
    st.builds("parameter {} = {}".format, _NAMES, st.sampled_from(["0.5", "[1, 2]"])),
    st.builds("constant {} = {}".format, _NAMES, st.sampled_from(["3", "4"])),
    st.builds("placeholder {} = {}".format, _NAMES, st.sampled_from(["3", "[4, 5]"])),
    st.builds("metric {} = sum({})".format, _NAMES, _NAMES),
    st.builds("def f(v) {{ return v * {} }}".format, st.sampled_from(["2", "a", "b"])),
    st.builds("{}, {} = split([1, 2], 2)".format, st.sampled_from("ab"), st.sampled_from("cd")),
    st.builds("train {{\n    minimize = {}\n    steps = {}\n}}".format, _NAMES, st.integers(1, 3)),
    st.builds("show {}".format, _NAMES),
    st.sampled_from(["dtype f64", "dtype f32"]),
)  # fmt: skip
_ACTIONS = st.lists(st.one_of(_STATEMENTS, _STATEMENTS, _STATEMENTS, st.just(":undo"), st.just(":seed 3")), max_size=25)


class Expected:
    """A program as a list of statements, of which a new one takes the place of the first that binds one of its names."""

    def __init__(self) -> None:
        self.statements: list[str] = []

    def after(self, entry: str) -> list[str]:
        keys = self._keys(entry)
        alike = [at for at, other in enumerate(self.statements) if keys & self._keys(other)]
        kept = [other for at, other in enumerate(self.statements) if at not in alike]
        if alike:
            kept.insert(alike[0], entry)
        elif entry.startswith("dtype"):
            kept.insert(0, entry)
        else:
            kept.append(entry)
        return kept

    @staticmethod
    def _keys(entry: str) -> set[object]:
        (statement,) = parse(Source(entry)).statements
        assert not isinstance(statement, syntax.IfStatement)
        return set(bound(statement))


@settings(max_examples=150, deadline=None)
@given(_ACTIONS)
def test_a_session_is_what_its_text_says_and_undo_is_exact(actions: list[str]) -> None:
    session, expected = Session(), Expected()
    history: list[tuple[object, list[str]]] = []
    for action in actions:
        before = session.state
        if action == ":undo":
            tried = type_into(session, action)
            assert tried.wrong == (not history)
            if history:
                state, expected.statements = history.pop()
                assert session.state is state
        elif action.startswith(":"):
            assert not type_into(session, action).wrong
            history.append((before, expected.statements))
        else:
            after = expected.after(action)
            sound = not elaborate(Source("\n".join(after) + "\n")).errors
            try:
                enter(session, action)
            except ProgramError:
                assert not sound
                assert session.state is before
            else:
                assert sound
                history.append((before, expected.statements))
                expected.statements = after
        fresh = elaborate(Source(session.state.text))
        assert not fresh.errors
        assert shape_of(session.model) == shape_of(fresh)
        assert shape_of(fresh) == shape_of(elaborate(Source("\n".join(expected.statements) + "\n")))
        assert len(session.undoable) == len(history)
