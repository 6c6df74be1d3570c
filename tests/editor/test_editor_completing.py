"""The menu of an editor: what a program has at a place is offered there, with what it is, however broken the text around it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from places import PROGRAMS, analysed, at_cursor

from dsl.app.completion.beginning import beginning
from dsl.app.editor.analysis import analyse
from dsl.app.editor.completing import complete
from dsl.app.editor.hovering import described
from dsl.app.names.callees import callee, sections
from dsl.language.highlighting.vocabulary import vocabulary
from dsl.language.mistake_hints import STATEMENTS
from dsl.language.parser import grammar
from dsl.language.statements.data import SPLITS
from dsl.language.statements.fields import USAGE
from dsl.language.statements.train import KEYS
from dsl.ops.dtypes import DTYPES
from dsl.ops.registry import load
from dsl.source.text import Source
from dsl.training.data.readers import READERS
from dsl.training.initializers import INITIALIZERS
from dsl.training.optimizers import OPTIMIZERS
from dsl.training.schedules import SCHEDULES

LAYERED = """\
dim batch
constant hidden = 16
placeholder x: [batch, 4]

layer Block(units, bias=true)(v: [..., n]) {
    parameter w: [n, units] ~ glorot_uniform()
    inner = v @ w
    ¦
    return inner
}

y = x |> Block(3)
"""


def offered(marked: str) -> dict[str, str]:
    """The words of the menu, with what stands beside them."""
    analysis, offset = at_cursor(marked)
    return {item.text: item.detail for item in complete(analysis, offset).items}


class TestRegistries:
    @pytest.mark.parametrize(
        ("typed", "words"),
        [
            ("z = ¦", load()),
            ("placeholder x = 1\nz = x |> ¦", load()),
            ("¦", [word for word in STATEMENTS if word != "return"]),
            ("train { optimizer = ¦", OPTIMIZERS),
            ("train { schedule = ¦", SCHEDULES),
            ("parameter w: [3] ~ ¦", INITIALIZERS),
            ("placeholder x: ¦", DTYPES),
            ("train { ¦", KEYS),
            ("data d { split = ¦", SPLITS),
            ("data d { x = ¦", USAGE),
            ("data d { source = ¦", READERS),
        ],
        ids=lambda value: value if isinstance(value, str) else "",
    )
    def test_all_that_is_registered_is_offered(self, typed, words):
        assert set(words) <= set(offered(typed))

    @pytest.mark.parametrize("name", load())
    def test_every_argument_of_an_operation_can_be_named(self, name):
        arguments = {p.name for p in load()[name].parameters if not p.is_tensor}
        assert arguments <= set(offered(f"z = {name}(¦"))

    @pytest.mark.parametrize("word", [w for w in grammar().keywords if w not in vocabulary().beginnings])
    def test_every_keyword_inside_statements_is_offered_somewhere(self, word):
        places = [
            "if a { } ¦",
            "repeat i ¦",
            "repeat i in 0..2 ¦",
            "expect a < 1 ¦",
            "z = a ¦",
            "z = ¦",
            'from "f.nn" ¦',
        ]
        assert word in STATEMENTS or any(word in offered(place) for place in places)

    def test_what_is_offered_can_be_told_of(self):
        for typed in (
            "z = ¦",
            "¦",
            "train { ¦",
            "train { optimizer = ¦",
            "train { schedule = ¦",
            "x ~ ¦",
            "data d { x = ¦",
        ):
            analysis, offset = at_cursor(typed)
            for item in complete(analysis, offset).items:
                assert item.kind in ("field", "entry") or described(analysis, item.text, item.kind), item


class TestPlaces:
    def test_names_of_a_body_with_their_types(self):
        found = offered(LAYERED.replace("¦", "z = ¦"))
        assert found["inner"] == "value f32[batch, 3]"
        assert found["v"] == "argument f32[batch, 4]"
        assert found["units"] == "option"
        assert {"w", "n", "x", "hidden", "batch", "y"} <= set(found)
        assert "z" not in found

    def test_names_of_a_body_that_cannot_be_read(self):
        broken = LAYERED.replace("¦", "z = ((v +* ¦").replace("return inner", "return ((")
        assert {"inner", "v", "units", "n", "w"} <= set(offered(broken))

    def test_names_of_a_body_are_not_known_outside(self):
        assert not {"inner", "v", "units", "n"} & set(offered(LAYERED.replace("¦", "") + "z = ¦"))

    def test_a_later_name_of_a_body_is_not_known_yet(self):
        assert "inner" not in offered(LAYERED.replace("¦", "").replace("    inner =", "    u = ¦\n    inner ="))

    def test_statements_of_a_body(self):
        found = offered(LAYERED)
        assert {"return", "parameter", "if", "repeat"} <= set(found)
        assert not {"train", "placeholder", "def", "expect"} & set(found)
        in_function = offered("def f(a) {\n    ¦\n}\n")
        assert "return" in in_function
        assert "parameter" not in in_function

    def test_sizes_of_a_body(self):
        assert {"n", "units", "batch", "hidden"} <= set(offered(LAYERED.replace("¦", "parameter b: [¦")))

    def test_the_counter_and_what_is_carried(self):
        found = offered("repeat i in 0..3 with h = 1 {\n    h = ¦\n}\n")
        assert {"i", "h"} <= set(offered("repeat i in 0..3 with h = 1 {\n    z = ¦\n}\n"))
        assert {"i", "h"} <= set(found)

    def test_functions_of_a_file_to_import(self, tmp_path):
        (tmp_path / "blocks.nn").write_text("layer Wide(n)(x) { return x }\ndef half(x) { return x / 2 }\n")
        analysis, offset = at_cursor('from "blocks.nn" import ¦', tmp_path / "main.nn")
        assert [item.text for item in complete(analysis, offset).items] == ["Wide", "half"]

    def test_files_beside_the_program(self, tmp_path):
        (tmp_path / "data").mkdir()
        (tmp_path / "data" / "points.csv").write_text("")
        for typed in ('import "¦"', 'data d { source = csv("da¦")'):
            analysis, offset = at_cursor(typed, tmp_path / "main.nn")
            assert "data" in [item.text for item in complete(analysis, offset).items]
        analysis, offset = at_cursor('data d {\n    source = csv("data/¦")\n}\n', tmp_path / "main.nn")
        assert [item.text for item in complete(analysis, offset).items] == ["data/points.csv"]

    @pytest.mark.parametrize(("delimiter", "given"), [(",", ""), (";", ', delimiter=";"'), ("\t", ', delimiter="\\t"')])
    def test_columns_of_a_file(self, tmp_path, delimiter, given):
        (tmp_path / "points.csv").write_text(f"pixel_0{delimiter} pixel_1{delimiter}label\n1{delimiter}2{delimiter}3\n")
        block = f'data d {{\n    source = csv("points.csv"{given})\n    x = source[¦'
        for typed, expected in (
            ('"¦', ["pixel_0", "pixel_1", "label"]),
            ('"pixel_0":"pi¦', ["pixel_0", "pixel_1"]),
            ('"la¦"]\n}\n', ["label"]),
        ):
            analysis, offset = at_cursor(block.replace("¦", typed), tmp_path / "main.nn")
            assert [item.text for item in complete(analysis, offset).items] == expected
        assert offered('data d { source = csv("no/such.csv"); x = source["¦') == {}
        assert offered('data d { x = source["¦') == {}

    def test_words_that_an_argument_takes(self):
        assert list(offered('z = mse(1, 2, reduction="¦')) == ["mean", "sum", "none"]
        assert list(offered("z = mse(1, 2, reduction=¦"))[:3] == ['"mean"', '"sum"', '"none"']
        assert list(offered("z = zeros([2], ¦"))[:2] == ["f16", "f32"]

    def test_parts_of_data_and_parameters_of_layers(self):
        data = "placeholder x\ndata d {\n source = arrays(x=[1, 2])\n x = source\n split = fractions(a=0.5, b=0.5)\n}\n"
        assert list(offered(data + "expect x > 1 on d.¦")) == ["a", "b"]
        assert list(offered("encoder = Dense(3)\ny = encoder(ones([2, 2]))\nz = encoder.¦")) == ["w", "b"]

    def test_nothing_in_comments_texts_and_numbers(self):
        assert offered("z = 1 # si¦") == {}
        assert offered('z = "si¦') == {}
        assert offered("z = 1¦") == {"and": "keyword", "or": "keyword"}

    def test_what_stands_behind_the_cursor_stays(self):
        analysis, offset = at_cursor("z = so¦(1)\n")
        found = complete(analysis, offset)
        (softmax,) = (item for item in found.items if item.text == "softmax")
        assert (found.start, found.end, softmax.behind) == (4, 6, "")
        analysis, offset = at_cursor("z = so¦\n")
        assert next(item for item in complete(analysis, offset).items if item.text == "softmax").behind == "("

    def test_what_an_optimiser_is_given_is_known_before_the_run(self):
        found = offered("constant rate = 0.1\nplaceholder x\ntrain { optimizer = adam(lr=¦")
        assert "rate" in found
        assert not {"x", "softmax"} & set(found)


@pytest.mark.parametrize("program", PROGRAMS)
def test_what_a_program_has_at_a_place_is_offered_there(program):
    analysis = analysed(program)
    missing = []
    for occurrence in analysis.names.occurrences:
        before = analysis.source.text[: occurrence.span.start]
        if occurrence.is_definition or occurrence.span.source is not analysis.source:
            continue
        found = {item.text.rpartition(".")[2] for item in complete(analysis, len(before)).items}
        found |= {item.text.partition(".")[0] for item in complete(analysis, len(before)).items}
        if occurrence.name not in found:
            missing.append((occurrence.span.line, occurrence.name, occurrence.kind))
    assert missing == []


@given(
    program=st.sampled_from(PROGRAMS), cut=st.tuples(st.integers(0, 4000), st.integers(0, 60)), at=st.integers(0, 4000)
)
@settings(max_examples=60, deadline=None)
def test_a_text_of_any_kind_is_completed(program, cut, at):
    whole = analysed(program).source.text
    start = cut[0] % (len(whole) + 1)
    text = whole[:start] + whole[start + cut[1] :]
    offset = at % (len(text) + 1)
    found = complete(analyse(Source(text)), offset)
    word = text[found.start : found.end].lower()
    assert 0 <= found.start <= found.end == offset
    assert all(word in item.text.lower() for item in found.items)
    assert len({item.text for item in found.items}) == len(found.items)


@given(program=st.sampled_from(PROGRAMS), at=st.integers(0, 4000))
@settings(max_examples=100, deadline=None)
def test_only_the_statement_under_way_is_read(program, at):
    text = analysed(program).source.text
    offset = at % (len(text) + 1)
    statements = [each for each in analysed(program).tree.statements if each.span.start < offset]
    start = beginning(text[:offset])
    under_way = [each for each in statements if each.span.end >= offset]
    assert start <= (under_way[-1].span.start if under_way else offset)


def test_every_section_has_names():
    for section, names in sections().items():
        assert all(callee(name, section) is not None for name in names)
