"""Completion: what is expected at the cursor, and the words that fit there, with what they are."""

from __future__ import annotations

from pathlib import Path

import pytest
from sessions import type_into

from dsl.app.completion.context import context
from dsl.app.repl.completion import Completer
from dsl.app.repl.session import Session

PROGRAM = """\
dim batch
constant hidden = 3
placeholder x: [batch, 4]
placeholder y: [batch, 3]
parameter scale = 1
def double(value, factor=2) {
    return factor * value
}
layer Twin(units, shared=true)(v: [..., n]) {
    parameter inner: [n, units] = 0
    return v @ inner
}
encoder = Twin(3)
estimate = x |> encoder
loss = mse(y, estimate) * scale
metric error = mae(y, estimate)
data points {
    source = arrays(x=[[1, 2, 3, 4]], y=[[1, 2, 3]])
    x = source["x"]
    y = source["y"]
    split = fractions(train=0.5, test=0.5)
}
train fit {
    minimize = loss
    data = points.train
    steps = 5
}
"""


@pytest.fixture
def completer(session: Session) -> Completer:
    assert not type_into(session, PROGRAM).wrong
    return Completer(session)


def words(completer: Completer, text: str) -> list[str]:
    return [candidate.text for candidate in completer.complete(text).candidates]


@pytest.mark.parametrize(
    ("text", "expected", "word", "owner"),
    [
        ("", "statement", "", ""),
        ("pa", "statement", "pa", ""),
        ("x = ", "value", "", ""),
        ("x = si", "value", "si", ""),
        ("x = a + si", "value", "si", ""),
        ("x |> De", "callable", "De", ""),
        ("x = x |>\n De", "callable", "De", ""),
        ("encoder.", "attribute", "", "encoder"),
        ("a + encoder.inner.w", "attribute", "w", "encoder.inner"),
        ("sum(", "argument", "", "sum"),
        ("sum(x, ax", "argument", "ax", "sum"),
        ("sum(x + ", "value", "", ""),
        ("sum(x, axis=", "argument value", "", "sum"),
        ("f(g(x), ", "argument", "", "f"),
        ("f(g(x, ", "argument", "", "g"),
        ("x[", "value", "", ""),
        ("placeholder ", "new name", "", "placeholder"),
        ("placeholder x: ", "type", "", ""),
        ("placeholder x: f3", "type", "f3", ""),
        ("placeholder x: f32[ba", "dimension", "ba", ""),
        ("parameter w: [3, ", "dimension", "", ""),
        ("parameter w: [3] ~ ", "initializer", "", ""),
        ("parameter w: [3] = ze", "value", "ze", ""),
        ("dtype ", "dtype", "", ""),
        ("train {", "train key", "", ""),
        ("train {\n    minimize = loss\n    opt", "train key", "opt", ""),
        ("train fit { optimizer = ad", "train value", "ad", "optimizer"),
        ("train { optimizer = adam(", "argument", "", "adam"),
        ("data d {\n ", "data key", "", ""),
        ("data d { sour", "data key", "sour", ""),
        ("data d { source = cs", "data value", "cs", "source"),
        ('data d { source = csv("a/b', "text", "a/b", "csv"),
        ('import "bl', "text", "bl", ""),
        ("expect error < 1 on ", "dataset", "", ""),
        ("def f(x) {\n    re", "statement", "re", ""),
        ("def f(x) {\n    return ", "value", "", ""),
        ("if a {\n", "statement", "", ""),
        ("if a { x = 1 }\ny = ", "value", "", ""),
        ("x = 1; y", "statement", "y", ""),
        ("x = 1 # a com", "nothing", "", ""),
        ("a b c (", "argument", "", "c"),
        ("))) x", "statement", "x", ""),
    ],
)
def test_what_is_expected(text, expected, word, owner):
    found = context(text)
    assert (found.expected, found.word, found.owner) == (expected, word, owner)
    assert text[found.start :] == word


class TestInTheLanguage:
    def test_names_of_the_program_come_first(self, completer):
        assert words(completer, "z = e")[:3] == ["encoder", "estimate", "error"]
        assert "exp" in words(completer, "z = e")

    def test_each_with_what_it_is(self, completer):
        found = {candidate.text: candidate.meta for candidate in completer.complete("z = ").candidates}
        assert found["estimate"] == "value f32[batch, 3] = x |> encoder"
        assert found["hidden"] == "constant = 3"
        assert found["double"] == "double(value, factor=2)"
        assert found["sigmoid"] == "sigmoid(x)   1 / (1 + exp(-x))"
        assert found["cross_entropy"].startswith("cross_entropy(logits, labels, axis=-1, ")

    def test_statements_only_where_one_begins(self, completer):
        assert "placeholder" in words(completer, "pl")
        assert "placeholder" not in words(completer, "x = pl")

    def test_arguments_by_their_names_but_for_those_that_are_given(self, completer):
        assert words(completer, "sum(x, ")[:2] == ["axis", "keepdims"]
        assert words(completer, "sum(x, axis=0, ")[0] == "keepdims"
        assert words(completer, "double(x, fa")[0] == "factor"
        assert words(completer, "x |> Twin(sh")[0] == "shared"
        assert words(completer, "x |> Dense(bi")[0] == "bias"
        assert words(completer, "train { optimizer = adam(be")[0] == "betas"
        assert words(completer, "parameter w: [2] ~ normal(st")[:1] == ["std"]

    def test_names_of_a_body_that_is_being_typed(self, completer):
        body = "layer Wide(units)(v: [..., n]) {\n    parameter w: [n, units] = 0\n    inner = v @ w\n    z = "
        assert {"inner", "w", "v", "n", "units", "x"} <= set(words(completer, body))
        assert "z" not in words(completer, body)
        assert words(completer, f"{body}v\n    ret") == ["return"]

    def test_keywords_inside_statements(self, completer):
        assert words(completer, "repeat i ") == ["in"]
        assert words(completer, "expect loss < 1 ") == ["within", "on", "and", "or"]

    def test_types_sizes_and_initializers(self, completer):
        assert words(completer, "placeholder z: f") == ["f16", "f32", "f64"]
        assert words(completer, "placeholder z: [") == ["batch", "hidden"]
        assert words(completer, "parameter w: [2] ~ gl") == ["glorot_uniform", "glorot_normal"]
        assert words(completer, "dtype ") == ["f16", "f32", "f64"]

    def test_what_stands_behind_a_dot(self, completer):
        assert words(completer, "z = encoder.") == ["inner"]
        assert words(completer, "z = points.") == ["train", "test"]
        assert words(completer, "z = x.") == ["T", "shape", "rank", "dtype"]

    def test_keys_and_their_values(self, completer):
        assert words(completer, "train { mini") == ["minimize"]
        assert "minimize" not in words(completer, "train { minimize = loss; ")
        assert words(completer, "train { optimizer = ad")[:2] == ["adam", "adamw"]
        assert words(completer, "train { data = ") == ["points.train", "points.test"]
        assert words(completer, "train { schedule = cos") == ["cosine", "warm_restarts"][:1]
        assert words(completer, "train { minimize = lo") == ["loss"]
        assert words(completer, "data d { ")[:2] == ["x", "y"]
        assert "csv" in words(completer, "data d { source = ")
        assert "standardize" in words(completer, "data d { x = st")
        assert words(completer, "data d { split = ") == ["fractions", "folds", "files"]

    def test_data_sets_behind_on(self, completer):
        assert words(completer, "expect loss < 1 on po") == ["points.train", "points.test"]

    def test_files(self, completer, folder):
        Path("blocks.nn").write_text("")
        Path("data").mkdir()
        Path("data/digits.csv").write_text("")
        Path(".hidden").write_text("")
        assert words(completer, 'import "') == ["blocks.nn", "data"]
        assert words(completer, 'data d { source = csv("data/') == ["data/digits.csv"]
        assert words(completer, 'import ".hi') == [".hidden"]
        assert words(completer, 'import "no/where/') == []

    def test_words_inside_a_name_fit_too(self, completer):
        assert "cross_entropy" in words(completer, "z = entropy")
        assert words(completer, "z = LOSS")[0] == "loss"

    def test_what_was_entered_is_known_at_once(self, completer, session):
        assert "fresh" not in words(completer, "z = fre")
        type_into(session, "fresh = 1")
        assert "fresh" in words(completer, "z = fre")
        type_into(session, ":undo")
        assert "fresh" not in words(completer, "z = fre")


class TestOfCommands:
    def test_commands(self, completer):
        assert words(completer, ":ex") == ["explain"]
        assert completer.complete("  :ex").start == 3

    @pytest.mark.parametrize(
        ("text", "first"),
        [
            (":explain es", "estimate"),
            (":explain loss of=es", "estimate"),
            (":explain loss de", "depth"),
            (":show dou", "double"),
            (":names fi", "fit"),
            (":grad loss wrt sc", "scale"),
            (":feed points.te", "points.test"),
            (":feed x", "x"),
            (":set hi", "hidden"),
            (":set fit.op", "fit.optimizer"),
            (":set fit.optimizer=ad", "adam"),
            (":train fi", "fit"),
            (":train epo", "epochs"),
            (":train fit optimizer=ad", "adam"),
            (":train optimizer=adam(be", "betas"),
            (":step run=", "fit"),
            (":ops cross", "cross_entropy"),
            (":doc clip_n", "clip_norm"),
            (":doc hid", "hidden"),
            (":help tr", "train"),
            (":engine sc", "scalar"),
            (":plan pa", "passes"),
            (":graph gr", "gradients"),
            (":time cross_en", "cross_entropy"),
            (":time sum(x, ax", "axis"),
        ],
    )
    def test_what_they_take(self, completer, text, first):
        found = completer.complete(text)
        assert found.candidates[0].text == first
        assert first.startswith(text[found.start :])

    def test_files_of_commands(self, completer, folder):
        Path("net.nn").write_text("")
        Path("w.npy").write_text("")
        assert words(completer, ":load n") == ["net.nn"]
        assert words(completer, ":save net.nn parameters=n") == ["net.nn"]
        assert words(completer, ":feed x=@w") == ["w.npy"]

    def test_nothing_of_a_command_that_there_is_not(self, completer):
        assert words(completer, ":nothing x") == []


def test_control_characters_are_shown_as_what_they_are(folder, session):
    Path("a\x1b[31m.nn").write_text("")
    (found,) = Completer(session).complete(":load a").candidates
    assert "\x1b" in found.text  # the file is called so; the reader shows it spelt out
