"""What is said of the word under the cursor: true, whole, and with nothing in a user's text taken for markup."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from every_program import ROOT
from hypothesis import example, given, settings
from hypothesis import strategies as st
from places import PROGRAMS, analysed, at_cursor
from rich.console import Console
from rich.markdown import Markdown

import dsl
from dsl.app.editor.analysis import analyse
from dsl.app.editor.hovering import hover
from dsl.app.editor.markdown import code, fenced, prose
from dsl.app.names.keywords import MEANINGS
from dsl.language.elaborate.modules import library
from dsl.language.parser import grammar
from dsl.language.statements.data import OPTIONS, SPLITS
from dsl.language.statements.fields import USAGE
from dsl.language.statements.train import KEYS
from dsl.ops.dtypes import DTYPES
from dsl.ops.registry import load
from dsl.source.text import Source
from dsl.training.data.readers import READERS
from dsl.training.initializers import INITIALIZERS
from dsl.training.optimizers import OPTIMIZERS
from dsl.training.schedules import SCHEDULES
from dsl.training.stopping import STOPPING

GOLDENS = Path(__file__).parent / "goldens"
TWO_USES = """\
dim batch
constant widths = [3, 4]
placeholder x: [batch, 8]
placeholder z: [batch, 5]

## Weighs its input; used with `3` and with `4` units.
layer Twin(units)(v: [..., n]) {
    parameter inner: [n, units] ~ normal(0, 0.1)
    h = v @ inner
    return relu(h)
}

## Half of it.
def half(a, by=2) {
    part = a / by
    return part
}

a = x |> Twin(3)
b = z |> Twin(4)
c = half(a) + half(mean(b))
repeat i in 0..3 with r = c {
    s = relu(r)
    r = s + pi * i
}
twin = Twin(3)
d = twin(x)
"""


def said(marked: str, values=None) -> str:
    found = hover(*at_cursor(marked), values)
    return found.text if found else ""


def words_of(markdown: str) -> str:
    """The Markdown as it is shown, its words in a row."""
    console = Console(width=200, color_system=None, legacy_windows=False)
    with console.capture() as capture:
        console.print(Markdown(markdown))
    return " ".join(capture.get().split())


class TestRegistries:
    @pytest.mark.parametrize("name", load())
    def test_operations_as_nn_ops_tells_them(self, name):
        from dsl.app.catalogue import find

        entry = next(each for each in find(name) if each.section not in ("initializer", "optimizer", "schedule"))
        text = said(f"z = {name}¦(1)")
        assert entry.signature in text
        for line in entry.derivative.split("\n"):
            assert line.partition(": ")[2] in text
        assert entry.example in text
        assert words_of(entry.doc.replace("[", "\\[").split("\n")[0])[:40] in words_of(text)

    @pytest.mark.parametrize(
        ("place", "names"),
        [
            ("train {{ optimizer = {}¦() }}", OPTIMIZERS),
            ("train {{ optimizer = {}¦ }}", OPTIMIZERS),
            ("train {{ schedule = {}¦() }}", SCHEDULES),
            ("train {{ early_stopping = {}¦() }}", STOPPING),
            ("parameter w: [3] ~ {}¦()", INITIALIZERS),
            ("data d {{ source = {}¦() }}", READERS),
            ("data d {{ split = {}¦() }}", SPLITS),
            ("data d {{ x = {}¦(1) }}", USAGE),
            ("train {{ {}¦ = 1 }}", KEYS),
            ("data d {{ {}¦ = 1 }}", OPTIONS),
            ("placeholder x: {}¦[3]", DTYPES),
            ("z = {}¦(3)", library()),
        ],
    )
    def test_all_that_is_registered_is_told_of(self, place, names):
        for name in names:
            text = said(place.format(name))
            assert name in text, name
            assert len(words_of(text)) > len(name) + 15, text

    @pytest.mark.parametrize("operation", load())
    def test_arguments_by_name(self, operation):
        for parameter in load()[operation].parameters:
            if parameter.is_tensor:
                continue
            text = said(f"z = {operation}(1, {parameter.name}¦=1)")
            assert str(parameter) in text
            assert load()[operation].signature in text

    def test_arguments_of_what_has_the_same_name_as_an_operation(self):
        for registry, key in ((OPTIMIZERS, "optimizer"), (SCHEDULES, "schedule")):
            for name, declaration in registry.items():
                for parameter in declaration.hyperparameters():
                    text = said(f"train {{ {key} = {name}({parameter.name}¦=1) }}")
                    assert declaration.signature() in text

    def test_every_keyword_has_a_meaning(self):
        assert set(MEANINGS) == set(grammar().keywords)

    @pytest.mark.parametrize(
        ("marked", "word"),
        [
            ("¦dim batch", "dim"),
            ("pla¦ceholder x", "placeholder"),
            ("repeat i i¦n 0..2 { z = 1 }", "in"),
            ("expect 1 < 2 ¦within 0.1", "within"),
            ("layer L(a)(x) {\n    return¦_ = 1\n    ¦return x\n}".replace("return¦_ = 1\n    ", ""), "return"),
            ("z = 1 < 2 ¦and true", "and"),
            ("tra¦in { }", "train"),
        ],
    )
    def test_keywords_where_they_are_some(self, marked, word):
        assert MEANINGS[word].split("`")[0] in said(marked)

    def test_operators_by_their_operations(self):
        for operation in load().values():
            if operation.symbol and operation.tensor_count == 2:
                assert operation.signature in said(f"a = 1\nz = a ¦{operation.symbol} a")
        assert "f(x, a)" in said("a = 1\nz = a ¦|> exp")

    def test_builtins(self):
        assert "pi = 3.14159" in said("z = p¦i")
        assert said("z = tr¦ue")


class TestNames:
    def test_a_value_with_type_formula_and_places(self):
        text = said(
            "dim batch\nplaceholder x: [batch, 64]\nparameter w: [64, 10] ~ glorot_uniform()\nlogits¦ = x |> linear(w, 0)"
        )
        assert "logits: f32[batch, 10]" in text
        assert "`logits = x · w + 0`" in text
        assert "`10` comes from `[64, 10]`, line 3" in text

    def test_uses_say_what_definitions_say(self):
        marked = "placeholder x: [3]\n## Weighs.\ny = x * 2\nz = y¦ + 1\n"
        at_definition = said("placeholder x: [3]\n## Weighs.\ny¦ = x * 2\nz = y + 1\n")
        assert said(marked) == at_definition
        assert "Weighs." in at_definition

    def test_declarations(self):
        assert "parameter w: f32[3, 2] ~ he_normal()" in said("parameter w¦: [3, 2] ~ he_normal()")
        assert "6 numbers" in said("parameter w¦: [3, 2] ~ he_normal()")
        assert "constant n = 12" in said("constant n¦ = 3 * 4")
        assert "dim m = 5" in said("dim m¦ = 5")
        assert "```nn\ndim m\n```" in said("dim m¦")
        assert "metric e: f32 = mean(1)" in said("metric e¦ = mean(1)")

    def test_large_constants_are_told_in_few_words(self):
        assert len(said("constant c¦ = zeros([300, 300])")) < 400
        assert len(said(f"constant c¦ = {list(range(5000))}")) < 400

    def test_the_source_of_a_block_with_a_file_for_each_part(self):
        block = 'placeholder x\ndata d {\n split = files(train=csv("a.csv"), test=csv("b.csv"))\n x = sou¦rce["x"]\n}\n'
        assert "source = csv" in said(block)

    def test_a_layer_used_with_several_shapes(self):
        text = said(TWO_USES.replace("    h = v", "    h¦ = v"))
        assert "`f32[batch, 3]` as `a.Twin.h`" in text
        assert "`f32[batch, 4]` as `b.Twin.h`" in text
        assert "v: [..., n]" in said(TWO_USES.replace("(v:", "(v¦:"))

    def test_a_body_that_nothing_uses(self):
        assert "nothing uses it yet" in said("def f(x) {\n    y¦ = x + 1\n    return y\n}\n")

    def test_a_size_of_a_standard_layer_comes_from_its_call(self):
        text = said("placeholder x: [2, 3]\ny = x |> Dense(7)\nz¦ = exp(y)")
        assert "`7` comes from `Dense(7)`, line 2" in text

    def test_a_layer_that_is_kept_under_a_name(self):
        text = said("encoder = Dense(3)\ny = enc¦oder(ones([2, 4]))")
        assert "`encoder.w`: `f32[4, 3]`" in text

    def test_imported_functions(self, tmp_path):
        (tmp_path / "blocks.nn").write_text("\n## Of another file.\ndef half(x) { return x / 2 }\n")
        analysis, offset = at_cursor('import "blocks.nn"\nz = ha¦lf(3)\n', tmp_path / "main.nn")
        text = hover(analysis, offset).text
        assert "def half(x)" in text
        assert "Of another file." in text
        assert "line 3 of `blocks.nn`" in text

    def test_values_of_a_run(self):
        program = (
            "placeholder x = [1, 2, 3]\ny¦ = x * 2\nlayer L()(v) {\n    h = v + 1\n    return h * 2\n}\nq = L()(y)\n"
        )
        values = {"y": np.array([2.0, 4.0, 6.0]), "q.L.h": np.arange(200.0)}
        assert "`y` was `[2, 4, 6]`" in said(program, values)
        inner = said(program.replace("¦", "").replace("    h =", "    h¦ ="), values)
        assert "from 0 to 199, mean 99.5" in inner
        assert said(program) == said(program, {})

    def test_the_title_of_a_file_is_not_said_of_its_first_name(self):
        assert "Title" not in said("## Title.\ndim b¦atch\n")
        assert "Twice" in said("## Twice.\ndef tw¦ice(x) { return 2 * x }\n")

    def test_nothing_where_there_is_nothing(self):
        for marked in ("¦", "z = 1 # y¦es", 'z = "te¦xt"', "z = 12¦3", "z = unkn¦own(1)", "z ¦ = 1"):
            assert said(marked) == "", marked

    def test_nothing_below_a_change_that_was_not_read_yet(self):
        analysis, offset = at_cursor("a = 1\nb = 2\nc¦ = 3\n")
        later = analysis.now(Source("a = 1\nbb = 2\nc = 3\n"))
        assert hover(later, 0) is not None
        assert hover(later, offset + 1) is None


@pytest.mark.parametrize("program", PROGRAMS)
def test_every_name_of_every_program_is_told_of(program):
    analysis = analysed(program)
    for occurrence in analysis.names.occurrences:
        if occurrence.kind == "unknown" or occurrence.owner == "arrays":
            continue
        found = hover(analysis, occurrence.span.start)
        assert found is not None, occurrence
        assert (found.start, found.end) == (occurrence.span.start, occurrence.span.end)
        assert "POISON" not in found.text
        assert words_of(found.text)


@given(program=st.sampled_from(PROGRAMS), at=st.integers(0, 4000), cut=st.integers(0, 60))
@settings(max_examples=60, deadline=None)
def test_a_text_of_any_kind_is_told_of_or_not(program, at, cut):
    whole = analysed(program).source.text
    offset = at % (len(whole) + 1)
    analysis = analyse(Source(whole[:offset] + whole[offset + cut :]))
    for place in (offset // 2, offset):
        found = hover(analysis, place)
        assert found is None or found.start <= place <= found.end


class TestMarkup:
    EVIL = "a ```\n# big\n[link](http://x) <b>bold</b> *it* ![i](u) | ~~s~~ \\` &amp;"

    def test_documentation_is_text(self):
        lines = "\n".join(f"## {line}" for line in (self.EVIL + "\n- one\n1. two\n---\n```\n> q").split("\n"))
        shown = words_of(said(f"first = 1\n{lines}\nvalue¦ = 1\n"))
        for part in (
            "# big",
            "[link](http://x)",
            "<b>bold</b>",
            "*it*",
            "~~s~~",
            "- one",
            "1. two",
            "---",
            "> q",
            "&amp;",
        ):
            assert part in shown

    def test_code_in_documentation_is_code(self):
        assert "`x @ w`" in said("first = 1\n## It is `x @ w`, not *that*.\nvalue¦ = 1\n")
        assert "not \\*that\\*" in said("first = 1\n## It is `x @ w`, not *that*.\nvalue¦ = 1\n")

    def test_texts_of_a_program_cannot_close_a_fence(self):
        text = said('constant c¦ = "``` # big"\n')
        assert text.startswith("````nn\n")
        assert "# big" in words_of(text)

    @given(st.text(max_size=60))
    @example("`")
    @example("``` x ``")
    @settings(max_examples=200, deadline=None)
    def test_any_text_is_shown_as_it_is(self, text):
        shown = dsl_printable(" ".join(text.split()))
        assert words_of(f"a {code(text)} b") == " ".join(f"a {shown} b".split()) or not shown.strip()
        assert fenced([text]).count("\n") >= 2
        assert "\n#" not in prose(text)


def dsl_printable(text: str) -> str:
    from dsl.source.render import printable

    return printable(text)


def every_hover(analysis) -> str:
    """What is said of every name where it first appears, one behind the other."""
    told: dict[str, str] = {}
    for occurrence in analysis.names.occurrences:
        if occurrence.symbol is not None and not occurrence.symbol.external:
            found = hover(analysis, occurrence.span.start)
            told.setdefault(found.text, f"## {occurrence.name}, line {occurrence.span.line}\n\n{found.text}\n")
    return "\n".join(told.values())


@pytest.mark.parametrize("name", ["digits", "custom_layer", "shared", "neuron", "two_uses"])
def test_hovers_of_programs(name, golden):
    source = (
        Source(TWO_USES, "two_uses.nn")
        if name == "two_uses"
        else Source.read(ROOT / "programs" / f"{name}.nn", f"{name}.nn")
    )
    golden(GOLDENS / f"{name}.md", every_hover(analyse(source)))


def test_values_that_a_program_has_computed():
    program = dsl.load(ROOT / "programs/neuron.nn")
    values = program.run(fetch=["linear", "loss"])
    analysis = analyse(Source.read(ROOT / "programs/neuron.nn"))
    offset = analysis.source.text.index("linear")
    assert "`linear` was `1.45" in hover(analysis, offset, {k: np.asarray(v) for k, v in values.items()}).text
