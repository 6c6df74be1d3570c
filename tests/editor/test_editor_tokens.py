"""What the names of a program are, for colours: in order, apart from each other, of the healthy part of any text."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import PROGRAMS, analysed, at_cursor

from dsl.app.editor.analysis import analyse
from dsl.app.editor.tokens import LOOKS, MODIFIERS, TYPES, Modifier, Type, semantic_tokens
from dsl.language.resolution.names import LibraryKind, SymbolKind
from dsl.source.text import Source

TEXT = """\
dim batch
constant hidden = 8
placeholder x: f32[batch, 4]
parameter scale = 1
layer Own(units)(v: [..., n]) {
    parameter w: [n, units] ~ glorot_uniform()
    return v @ w
}
def twice(a) { return 2 * a }
y = x |> Own(hidden) |> Dense(3, bias=false) |> twice
metric error = mean(y, axis=none)
data d {
    source = arrays(x=[[1, 2, 3, 4]])
    x = source["x"]
    split = fractions(train=1)
}
train fit { minimize = error; optimizer = adam(lr=0.1); data = d.train }
"""


def told(text: str) -> dict[str, str]:
    """The first token of each word, as `type modifier …`."""
    analysis, _ = at_cursor(f"{text}¦")
    found: dict[str, str] = {}
    for token in semantic_tokens(analysis):
        found.setdefault(text[token.start : token.end], " ".join([token.type, *token.modifiers]))
    return found


def test_every_kind_of_name_has_a_look_and_the_legend_is_whole():
    assert set(LOOKS) == {*get_args(SymbolKind), *get_args(LibraryKind)}
    assert set(TYPES) == set(get_args(Type))
    assert set(MODIFIERS) == set(get_args(Modifier))
    looks = [look for look in LOOKS.values() if look is not None]
    assert {type_ for type_, _ in looks} == set(TYPES)


def test_what_each_name_is():
    assert told(TEXT) == {
        "batch": "typeParameter declaration",
        "hidden": "variable declaration readonly",
        "x": "variable declaration abstract",
        "f32": "type defaultLibrary",
        "scale": "variable declaration modification",
        "Own": "class declaration",
        "units": "parameter declaration readonly",
        "v": "parameter declaration",
        "n": "typeParameter declaration",
        "w": "variable declaration modification",
        "glorot_uniform": "function defaultLibrary",
        "twice": "function declaration",
        "a": "parameter declaration",
        "y": "variable declaration",
        "Dense": "class defaultLibrary",
        "bias": "parameter readonly defaultLibrary",
        "error": "event declaration",
        "mean": "function defaultLibrary",
        "axis": "parameter",
        "d": "namespace declaration",
        "source": "property declaration",
        "arrays": "function defaultLibrary",
        "split": "property",
        "fractions": "function defaultLibrary",
        "train": "property declaration",
        "fit": "namespace declaration",
        "minimize": "property",
        "optimizer": "property",
        "adam": "function defaultLibrary",
        "lr": "parameter",
        "data": "property",
    }


def test_a_name_that_the_program_took_is_its_own():
    found = told("pi = 3\nsigmoid = 1\nz = sigmoid(sigmoid) + pi\n")
    assert (found["pi"], found["sigmoid"]) == ("variable declaration", "variable declaration")


def test_a_broken_statement_leaves_the_others_their_colours():
    found = told(TEXT.replace("scale = 1", "scale = (("))
    assert {"batch", "Own", "twice", "error", "adam"} <= set(found)


def test_of_a_text_that_has_changed_since_what_stands_above_the_change():
    analysis, _ = at_cursor(f"{TEXT}¦")
    changed = TEXT.replace("parameter scale", "parameter larger_scale")
    tokens = semantic_tokens(analysis.now(Source(changed)))
    words = [changed[token.start : token.end] for token in tokens]
    assert "hidden" in words
    assert "Own" not in words


def check(text: str, tokens) -> None:
    end = 0
    for token in tokens:
        assert end <= token.start < token.end <= len(text)
        assert text[token.start : token.end].isidentifier()
        assert token.type in TYPES
        assert set(token.modifiers) <= set(MODIFIERS)
        end = token.end


@pytest.mark.parametrize("program", PROGRAMS)
def test_tokens_of_programs_are_words_in_order(program):
    analysis = analysed(program)
    tokens = semantic_tokens(analysis)
    check(analysis.source.text, tokens)
    plain = [o for o in analysis.names.occurrences if LOOKS[o.kind] is not None]
    assert {token.start for token in tokens} == {o.span.start for o in plain}


@given(program=st.sampled_from(PROGRAMS), at=st.integers(0, 4000), cut=st.integers(0, 80), put=st.text(max_size=8))
@settings(max_examples=80, deadline=None)
def test_tokens_of_any_text_are_words_in_order(program, at, cut, put):
    whole = analysed(program).source.text
    start = at % (len(whole) + 1)
    text = whole[:start] + put + whole[start + cut :]
    check(text, semantic_tokens(analyse(Source(text))))
