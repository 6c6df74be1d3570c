"""Statements put into a program's text: where they go, which comments stay, and where mistakes are shown."""

from __future__ import annotations

import pytest
from sessions import Tell

from dsl.app.repl.change import Change
from dsl.app.repl.session import Session
from dsl.source.diagnostic import ProgramError
from dsl.source.text import Source, Span


def enter(session: Session, *entries: str) -> str:
    for entry in entries:
        session.enter(Span(Source(entry, "<repl>"), 0, len(entry)))
    return session.state.text


def changed(session: Session, entry: str) -> Change:
    return session.enter(Span(Source(entry, "<repl>"), 0, len(entry)))


def refused(session: Session, entry: str) -> ProgramError:
    before = session.state
    with pytest.raises(ProgramError) as caught:
        enter(session, entry)
    assert session.state is before
    return caught.value


class TestPlaces:
    def test_a_new_statement_goes_to_the_end(self, session):
        assert enter(session, "x = 1", "y = 2") == "x = 1\ny = 2\n"

    def test_a_statement_takes_the_place_of_the_one_that_bound_its_name(self, session):
        assert enter(session, "x = 1", "y = x", "x = 3") == "x = 3\ny = x\n"

    def test_the_comment_behind_a_statement_stays(self, session):
        assert enter(session, "x = 1   # one", "x = 2") == "x = 2   # one\n"

    def test_unless_the_new_one_has_its_own(self, session):
        assert enter(session, "x = 1   # one", "x = 2 # two") == "x = 2 # two\n"

    def test_documentation_stays_and_is_replaced_by_another(self, session):
        assert enter(session, "y = 1", "## One.\nx = 1", "x = 2") == "y = 1\n\n## One.\nx = 2\n"
        assert enter(session, "## Two.\nx = 2") == "y = 1\n\n## Two.\nx = 2\n"

    def test_statements_of_one_line_are_replaced_one_by_one(self, session, folder):
        (folder / "a.nn").write_text("x = 1; y = 2; z = 3\n")
        session.open(folder / "a.nn")
        assert enter(session, "y = 5") == "x = 1; y = 5; z = 3\n"
        assert enter(session, "y = 6 # six") == "x = 1; y = 6 # six\nz = 3\n"

    @pytest.mark.parametrize(
        ("entry", "text"),
        [
            ("a, c = split([1, 2], 2)", "a, c = split([1, 2], 2); b = 1\nd = 4\n"),
            ("a, b = split([1, 2], 2)", "a, b = split([1, 2], 2); c = 2\nd = 4\n"),
            ("a, d = split([1, 2], 2)", "a, d = split([1, 2], 2); b = 1; c = 2\n"),
        ],
    )
    def test_the_others_of_a_line_stay_where_one_is_taken_out(self, session, folder, entry, text):
        (folder / "a.nn").write_text("a = 0; b = 1; c = 2\nd = 4\n")
        session.open(folder / "a.nn")
        assert enter(session, entry) == text

    def test_several_statements_go_where_each_belongs(self, session):
        text = enter(session, "x = 1\ny = 2", "z = 3; x = 4\ny = 5 # five")
        assert text == "x = 4\ny = 5 # five\nz = 3\n"

    def test_blocks_stand_apart(self, session):
        text = enter(session, "x = 1", "def f(v) {\n    return v\n}", "y = f(x)", "z = y")
        assert text == "x = 1\n\ndef f(v) {\n    return v\n}\n\ny = f(x)\nz = y\n"

    def test_the_element_type_goes_to_the_beginning(self, session):
        assert enter(session, "x = 1", "dtype f64") == "dtype f64\nx = 1\n"
        assert enter(session, "dtype f32") == "dtype f32\nx = 1\n"

    def test_a_comment_is_kept(self, session):
        assert enter(session, "x = 1", "# to be continued", "y = 2 # why\n# that is all") == (
            "x = 1\n# to be continued\n\ny = 2 # why\n# that is all\n"
        )

    def test_blanks_and_semicolons_around_are_not(self, session):
        assert enter(session, "  x = 1 ;", ";; y = 2") == "x = 1\ny = 2\n"

    def test_a_text_without_an_end_of_line_gets_one(self, session, folder):
        (folder / "a.nn").write_text("x = 1")
        session.open(folder / "a.nn")
        assert enter(session, "y = 2") == "x = 1\ny = 2\n"


class TestKinds:
    @pytest.mark.parametrize(
        ("first", "second"),
        [
            ("parameter x = 1", "x = 2"),
            ("x = 1", "placeholder x = 2"),
            ("constant x = 1", "dim x = 2"),
            ("metric x = 1.0", "x = 2"),
            ("def x(v) { return v }", "layer x(a)(v) { return v }"),
            ("train {\n minimize = l\n steps = 1 }", "train {\n minimize = l\n steps = 2 }"),
            ("train a {\n minimize = l\n steps = 1 }", "train a {\n minimize = l\n steps = 2 }"),
            ('data x { v = arrays(v=[1]) ; u = v["v"] }', "x = 1"),
            ("show l", "show  l"),
            ("expect l > 0", "expect l > 0"),
        ],
    )
    def test_what_binds_the_same_is_replaced(self, session, first, second):
        enter(session, "parameter p = 1; l = p * p; placeholder u = 0", first)
        count = len(session.statements)
        enter(session, second)
        assert len(session.statements) == count
        assert second in session.state.text

    def test_values_and_functions_do_not_meet(self, session):
        enter(session, "sigmoid = 1", "def sigmoid(x) { return x }")
        assert len(session.statements) == 2

    def test_runs_of_other_names_are_others(self, session):
        enter(
            session,
            "parameter p = 1; l = p * p",
            "train a {\n minimize = l; steps = 1 }",
            "train b {\n minimize = l; steps = 1 }",
        )
        assert [run.name for run in session.model.runs] == ["a", "b"]

    def test_an_if_may_give_a_name_a_new_value(self, session):
        enter(session, "constant deep = true", "h = 1", "if deep { h = 2 }", "h = 3")
        assert [type(s).__name__ for s in session.statements] == ["ConstantStatement", "Assignment", "IfStatement"]
        assert enter(session, "if deep { h = 4 }").endswith("h = 3\nif deep { h = 4 }\n")

    def test_an_if_that_alone_binds_a_name_gives_way(self, session):
        assert enter(session, "constant deep = true", "if deep { h = 2 }", "h = 3") == "constant deep = true\nh = 3\n"

    def test_a_statement_of_several_names_goes_with_all_of_them(self, session):
        enter(session, "a, b = split([1, 2], 2)", "c = a")
        change = changed(session, "a = 3")
        assert list(change.lost) == ["b"]
        assert [s.span.text for s in change.replaced] == ["a, b = split([1, 2], 2)"]
        assert session.state.text == "a = 3\nc = a\n"

    def test_one_statement_may_take_the_place_of_two(self, session):
        assert (
            enter(session, "a = 1\nb = 2 # two\nc = 3", "a, b = split([1, 2], 2)") == "a, b = split([1, 2], 2)\nc = 3\n"
        )


class TestDependence:
    def test_what_depends_on_a_change_is_told_in_the_order_of_the_text(self, session):
        enter(
            session,
            "constant n = 2; x = ones([n]); y = x + 1; z = y * 2; other = 3; def f(v) { return v + other }; w = f(1)",
        )
        assert changed(session, "constant n = 3").anew == ["x", "y", "z"]
        assert changed(session, "other = 4").anew == ["f", "w"]

    def test_an_operation_of_that_name_does_not_depend_on_a_value(self, session):
        enter(session, "x = 1", "sigmoid = sigmoid(x)", "y = sigmoid(x)", "z = sigmoid * 2")
        assert changed(session, "sigmoid = 2").anew == ["z"]

    def test_what_is_new_may_change_what_is_there(self, session):
        enter(session, "constant deep = true; h = 1", "y = h + 1", "z = relu(y)", "other = 2")
        assert changed(session, "if deep { h = 3 }").anew == ["y", "z"]
        assert changed(session, "def relu(v) { return v }").anew == ["z"]
        assert changed(session, "dtype f64").anew == ["deep", "h", "y", "z", "other", "relu"]

    def test_the_names_of_a_function_are_its_own(self, session):
        enter(session, "x = 1", "def f(x) {\n y = x\n return y\n}", "z = f(2)")
        assert changed(session, "x = 2").anew == []

    def test_layers_that_are_applied_and_blocks_count(self, session):
        enter(
            session,
            "placeholder x: [2]",
            "encoder = Dense(3)",
            "h = encoder(x)",
            "loss = mean(h)",
            "train {\n minimize = loss\n steps = 1 }",
        )
        assert changed(session, "encoder = Dense(4)").anew == ["h", "loss", "train"]


class TestMistakes:
    def test_a_mistake_is_shown_where_it_was_typed(self, session):
        enter(session, "x = 1\ny = 2")
        error = refused(session, "z = 3\nw = x + q")
        assert "--> <repl>:2:9" in str(error)
        assert "w = x + q" in str(error)

    def test_in_the_place_of_another_statement_too(self, session):
        enter(session, "x = 1\ny = x")
        assert "--> <repl>:1:5" in str(refused(session, "x = q"))

    def test_other_places_are_those_of_the_program(self, session):
        enter(session, "x = ones([2])\ny = x + ones([2])\nlast = 1")
        error = refused(session, "# three\n\nx = ones([3])")
        assert "--> <session>:2:5" in str(error)
        assert ":::" in str(error)
        assert "3 | x = ones([3])" in str(error)

    def test_a_syntax_error_has_its_own_line(self, session):
        enter(session, "x = 1\ny = 2")
        assert "--> <repl>:2:5" in str(refused(session, "z = 1\nw = )"))

    def test_a_place_in_a_longer_text_is_told_as_there(self, session):
        script = Source("x = 1\ny = q\n", "<stdin>")
        with pytest.raises(ProgramError, match="<stdin>:2:5"):
            session.enter(Span(script, 6, 11))

    def test_names_of_one_entry_are_bound_once(self, session):
        assert "bound twice" in str(refused(session, "x = 1\nx = 2"))

    def test_what_would_break_the_rest_leaves_all_as_it_was(self, say: Tell):
        say("a, b = split([1, 2], 2)\nc = b")
        assert "the session stays as it was" in say("a = 1")
        assert say("b").startswith("b = ")


class TestWarnings:
    def test_an_unfinished_program_is_not_complained_of(self, session):
        entry = "parameter k = 1"
        assert not changed(session, entry).warnings
        assert [found.code for found in session.model.warnings] == ["unused"]

    def test_a_new_warning_is_told_once(self, session):
        entry = "def relu(x) { return x }"
        assert [w.code for w in changed(session, entry).warnings] == ["shadow"]
        assert not changed(session, "x = 1").warnings
