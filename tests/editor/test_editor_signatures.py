"""The signature of the call around the cursor, and which of its arguments is being typed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import PROGRAMS, analysed, at_cursor

from dsl.app.editor.analysis import analyse
from dsl.app.editor.signatures import signature
from dsl.language.statements.data import SPLITS
from dsl.language.statements.fields import USAGE
from dsl.ops.registry import load
from dsl.source.text import Source
from dsl.training.data.readers import READERS
from dsl.training.initializers import INITIALIZERS
from dsl.training.optimizers import OPTIMIZERS
from dsl.training.schedules import SCHEDULES
from dsl.training.stopping import STOPPING

OWN = """\
placeholder x: [2, 3] = ones([2, 3])
## Twice. Or more often.
def often(value, times=2) {
    return value * times
}
layer Twin(units, shared=true)(v: [..., n], scale=1) {
    return v * scale
}
twin = Twin(3)
"""


def active(marked: str) -> str | None:
    """The name of the argument under the cursor, with the beginning of its signature."""
    found = signature(*at_cursor(marked))
    if found is None:
        return None
    name = "" if found.active is None else found.parameters[found.active].name
    return f"{found.label.partition('(')[0]}: {name}"


@pytest.mark.parametrize(
    ("place", "names"),
    [
        ("z = {}(¦", load()),
        ("train {{ optimizer = {}(¦", OPTIMIZERS),
        ("train {{ schedule = {}(¦", SCHEDULES),
        ("train {{ early_stopping = {}(¦", STOPPING),
        ("parameter w: [3] ~ {}(¦", INITIALIZERS),
        ("data d {{ source = {}(¦", READERS),
        ("data d {{ split = {}(¦", SPLITS),
        ("data d {{ x = {}(¦", USAGE),
    ],
)
def test_all_that_is_registered_has_a_signature(place, names):
    for name in names:
        found = signature(*at_cursor(place.format(name)))
        assert found is not None, name
        assert found.label.startswith(f"{name}(")
        assert found.doc
        assert (found.active is not None) == bool(found.parameters)
        ends = 0
        for parameter in found.parameters:
            assert found.label[parameter.start : parameter.end].startswith(parameter.name)
            assert parameter.start > ends
            ends = parameter.end


@pytest.mark.parametrize("name", load())
def test_every_argument_of_an_operation_is_found_by_its_name(name):
    for parameter in load()[name].parameters:
        assert active(f"z = {name}(1, {parameter.name}=¦") == f"{name}: {parameter.name}"


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("z = sum(¦)", "sum: x"),
        ("z = sum(x, ¦)", "sum: axis"),
        ("z = sum(x, keepdims=true, ¦)", "sum: axis"),
        ("z = sum(x, axis=¦", "sum: axis"),
        ("z = sum(x, axis=0, ¦", "sum: keepdims"),
        ("z = sum(x[0, ¦", "sum: x"),
        ("z = sum([1, 2, ¦", "sum: x"),
        ("z = sum(exp(¦", "exp: x"),
        ("z = sum(exp(x), ¦", "sum: axis"),
        ("z = x |> sum(¦", "sum: axis"),
        ("z = (x\n    + sum(x,\n   ¦", "sum: axis"),
        ("z = exp(x) + 1¦", None),
        ("z = exp(x)¦", None),
        ("z = (1 + ¦", None),
        ("z = nothing(¦", None),
        ("def f(¦", None),
        ("layer L(a)(¦", None),
        ("z = often(x, ¦", "often: times"),
        ("z = x |> often(¦", "often: times"),
        ("z = x |> Twin(¦", "Twin: units"),
        ("z = x |> Twin(3, ¦", "Twin: shared"),
        ("z = Twin(3)(¦", "Twin: v"),
        ("z = Twin(3)(x, ¦", "Twin: scale"),
        ("z = twin(x, sc=1, scale=¦", "twin: scale"),
        ("z = x |> twin(¦", "twin: scale"),
        ("z = x |> Dense(8, ¦", "Dense: bias"),
        ("train { optimizer = adam(1e-3, ¦", "adam: betas"),
        ("train { schedule = warmup(1, cosine(¦", "cosine: steps"),
        ('data d { source = csv("a.csv", ¦', "csv: delimiter"),
        ('data d { source = csv("a¦', "csv: path"),
        ('data d { x = fill_missing(source["a"], ¦', "fill_missing: value"),
    ],
)
def test_which_argument_is_typed(typed, found):
    assert active(OWN + typed) == found


def test_a_layer_shows_both_of_its_brackets_and_the_first_sentence_of_its_documentation():
    found = signature(*at_cursor(OWN + "z = often(¦"))
    assert (found.label, found.doc) == ("often(value, times=2)", "Twice")
    found = signature(*at_cursor(OWN + "z = Twin(3)(¦"))
    assert found.label == "Twin(units, shared=true)(v: [..., n], scale=1)"
    assert [each.name for each in found.parameters] == ["units", "shared", "v", "scale"]


def test_documentation_of_a_user_is_no_markup():
    found = signature(*at_cursor("a = 1\n## *Big* [link](x) of `x`.\ndef f(x) { return x }\nz = f(¦"))
    assert found.doc == "\\*Big\\* \\[link\\](x) of `x`"


def test_an_operation_has_its_formula():
    assert signature(*at_cursor("z = sigmoid(¦")).formula == "1 / (1 + exp(-x))"


@pytest.mark.parametrize("program", PROGRAMS)
def test_arguments_by_name_are_active_where_programs_give_them(program):
    analysis = analysed(program)
    for occurrence in analysis.names.occurrences:
        is_argument = occurrence.kind == "keyword argument" or occurrence.kind in ("argument", "option")
        after = analysis.source.text[occurrence.span.end :].lstrip()
        if not (is_argument and occurrence.owner) or not after.startswith("="):
            continue
        place = analysis.source.text.index("=", occurrence.span.end) + 1
        found = signature(analysis, place)
        assert found is not None, occurrence
        if occurrence.owner != "arrays":
            assert found.parameters[found.active].name == occurrence.name


@given(program=st.sampled_from(PROGRAMS), at=st.integers(0, 4000), cut=st.integers(0, 60))
@settings(max_examples=80, deadline=None)
def test_a_text_of_any_kind_has_a_signature_or_none(program, at, cut):
    whole = analysed(program).source.text
    offset = at % (len(whole) + 1)
    found = signature(analyse(Source(whole[:offset] + whole[offset + cut :])), offset)
    assert found is None or found.active is None or found.active < len(found.parameters)
