"""Renaming: every name of every program can have another one, and the program is the same afterwards."""

from __future__ import annotations

import pytest
from every_program import ROOT, own_programs

import dsl
from dsl.app.editor.analysis import analyse
from dsl.app.editor.edit import edited
from dsl.app.editor.renaming import rename, renameable
from dsl.language.elaborate.modules import library
from dsl.language.parser import grammar
from dsl.language.program import elaborate
from dsl.ops.registry import OPERATIONS
from dsl.source.text import Source

NEW = "renamed_thing"


def shape_of(text, path):
    """A program without its names: operations, what they are given, sizes by the order in which they appear."""
    model = elaborate(Source(text, str(path), path))
    assert not model.errors
    return [
        (node.label, node.kind, [other.index for other in node.inputs], node.type.dtype.name, len(node.shape))
        for node in model.graph.nodes
    ]


@pytest.mark.parametrize("name", own_programs())
def test_every_name_can_be_another_one_and_back(name):
    path = ROOT / name
    text = own_programs()[name]
    analysis = analyse(Source(text, str(path), path))
    if analysis.model.errors:
        pytest.skip("a program of the benchmarks that needs settings")
    before = shape_of(text, path)
    for symbol in analysis.names.symbols:
        offset = symbol.definitions[0].start
        edits = rename(analysis, offset, NEW)
        renamed = edited(text, edits)
        assert shape_of(renamed, path) == before
        back = analyse(Source(renamed, str(path), path))
        if symbol.name in grammar().keywords or symbol.name in OPERATIONS or symbol.name in library():
            continue  # programs may take such names for their values, and renaming does not
        shift = sum(len(edit.text) - (edit.end - edit.start) for edit in edits if edit.start < offset)
        assert edited(renamed, rename(back, offset + shift, symbol.name)) == text


@pytest.mark.parametrize(
    ("text", "new", "reason"),
    [
        ("y = 1\nx = 2", "y", "already"),
        ("x = 1\ndef f(y) { return x + y }\nz = f(2)", "y", "already"),
        ("def f(x) { return x + y }\nz = f(2)\ny = 3", "y", "already"),
        ("x = 2", "relu", "library"),
        ("x = 2", "Dense", "library"),
        ("x = 2", "pi", "library"),
        ("x = 2", "f32", "library"),
        ("x = 2", "data", "a word of the language"),
        ("x = 2", "in", "a word of the language"),
        ("x = 2", "2x", "no name"),
        ("x = 2", "", "no name"),
        ("x = 2", "a b", "no name"),
        ("x = 2", "x\n", "no name"),
        ('parameter x = 2\nloss = x * x\ntrain { minimize = loss\n steps = 1\n parameters = ["?"] }', "yy", "another one"),
    ],
)  # fmt: skip
def test_a_name_that_does_not_fit_is_refused(text, new, reason):
    with pytest.raises(dsl.ProgramError, match=reason):
        rename(analyse(Source(text)), text.index("x"), new)


@pytest.mark.parametrize(
    ("text", "word", "reason"),
    [
        ("x = relu(1)", "relu", "belongs to the language"),
        ("x = ones([1, 2]) |> Dense(3)", "Dense", "another file"),
        ("placeholder x = 1", "placeholder", "no name here"),
        ("x = 12", "2", "no name here"),
        ("x = zeros([2], dtype=f32)", "dtype", "belongs to the language"),
    ],
)
def test_what_is_no_name_of_the_program_cannot_be_renamed(text, word, reason):
    with pytest.raises(dsl.ProgramError, match=reason):
        renameable(analyse(Source(text)), text.index(word))


def test_what_training_is_told_of_a_name_goes_along():
    text = 'e = Dense(2)\nl = sum(e([1]))\ntrain { minimize = l\n steps = 1\n parameters = ["e.*", "*e", "e"] }'
    assert '["a.*", "*e", "a"]' in edited(text, rename(analyse(Source(text)), 0, "a"))


def test_a_program_with_mistakes_can_be_renamed_in_its_healthy_part():
    text = "x = 1\ny = x + )\nz = x + 2"
    assert edited(text, rename(analyse(Source(text)), 0, "a")) == "a = 1\ny = x + )\nz = a + 2"
