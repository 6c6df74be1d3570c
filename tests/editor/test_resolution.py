"""Names and what they stand for: the places of each, by marks in the programs."""

from __future__ import annotations

import re

import pytest
from every_program import ROOT, documented_programs, golden_programs, own_programs

from dsl.app.editor.analysis import analyse
from dsl.source.text import Source

MARK = re.compile(r"«(\w*?)»|⟨(\w*?)⟩")


def marked(program):
    """The program without its marks: the places of what is bound, and those of what is used, of one thing."""
    bound, used, text = [], [], ""
    at = 0
    for match in MARK.finditer(program):
        text += program[at : match.start()]
        (bound if match[1] is not None else used).append(len(text))
        text += match[1] if match[1] is not None else match[2]
        at = match.end()
    return text + program[at:], bound, used


@pytest.mark.parametrize(
    "program",
    [
        "y = ⟨x⟩ + ⟨x⟩\n«x» = 1\nshow ⟨x⟩",
        "dim «n»\nplaceholder x: [⟨n⟩, 2 * ⟨n⟩]\nshow x.shape[0] * ⟨n⟩",
        "constant «k» = 2\ny = ones([⟨k⟩])",
        "parameter «w»: [2] = 0\nloss = sum(⟨w⟩)\ntrain { minimize = loss\n steps = ⟨w⟩ }",
        "x = 1\ndef f(«x», y=x) { return ⟨x⟩ * y }\nz = f(x, y=x) + f(⟨x⟩=3)",
        "«x» = 1\ndef f(y=⟨x⟩) { z = ⟨x⟩\n x = 2\n return x + y }\nz = f(⟨x⟩)",
        "x = 1\ndef f(y) { z = x\n «x» = 2\n return ⟨x⟩ + y }\nz = f(x)",
        "def f(x: [«n»], y: [⟨n⟩, 2 * ⟨n⟩]) { return ⟨n⟩ }\ndim n",
        "def «f»(x) { return x }\ny = ⟨f⟩(1) |> ⟨f⟩ |> ⟨f⟩()\nf = 2",
        "def f(x) { return x }\ny = f(1)\n«f» = 2\nshow ⟨f⟩ + f(1)",
        "sigmoid = sigmoid(1)\nshow sigmoid\n«x» = sigmoid(⟨x⟩)",
        "layer «L»(n)(x) { return x }\ne = ⟨L⟩(2)\ny = e(1) |> ⟨L⟩(3)",
        "layer L(«n»)(x) { return x * ⟨n⟩ }\ny = L(⟨n⟩=2)(x=1) + (1 |> L(⟨n⟩=3))",
        "layer L(n)(«x») { return ⟨x⟩ * n }\ne = L(n=2)\ny = L(2)(⟨x⟩=1) + e(⟨x⟩=2)",
        "layer L(n)(x: [m]) { parameter «w»: [n] = 0\n return sum(⟨w⟩) + x }\ne = L(2)\ny = e([1])\nshow e.⟨w⟩",
        "layer L()(x) { parameter «w» = 0\n return ⟨w⟩ + x }\nlayer M()(x) { i = L()\n return i(x) }\n"
        "e = M()\ny = e(1)\nshow e.i.⟨w⟩",
        "layer L()(x) { return x }\n«e» = L()\ny = ⟨e⟩(1) + (1 |> ⟨e⟩)",
        "if true { «y» = 1 } else { «y» = 2 }\nshow ⟨y⟩",
        "«y» = 1\nif true { «y» = ⟨y⟩ + 1 }\nshow ⟨y⟩",
        "x = 1\nrepeat i in 0..3 with «h» = x { «h» = ⟨h⟩ + i }\nshow ⟨h⟩",
        "i = 1\nrepeat «i» in 0..3 with h = i { h = h + ⟨i⟩ }\nshow i",
        "repeat i in 0..3 with h = 1 { «t» = h + i\n h = ⟨t⟩ }\nt = 3",
        "placeholder «x»: [2]\ndata d { source = csv(\"a.csv\")\n ⟨x⟩ = source[\"a\"] }\nshow ⟨x⟩",
        "placeholder x\ndata d { «source» = csv(\"a.csv\")\n y = ⟨source⟩[\"a\"]\n x = y }",
        "placeholder x\ndata «d» { s = csv(\"a\")\n x = s[\"a\"]\n split = fractions(train=1) }\nm = 1\n"
        "train { minimize = m\n data = ⟨d⟩.train }\nexpect m == 1 on ⟨d⟩.train",
        "placeholder x\ndata d { s = csv(\"a\")\n x = s[\"a\"]\n split = fractions(«train»=1) }\nm = 1\n"
        "train { minimize = m\n data = d.⟨train⟩ }\nexpect m == 1 on d.⟨train⟩",
        "«data» = 1\nshow (⟨data⟩) + ( # data\n ⟨data⟩ )",
        "«a», b = split(ones([2]), 2)\nshow ⟨a⟩ + b",
    ],
)  # fmt: skip
def test_a_name_is_found_at_all_its_places_and_nowhere_else(program):
    text, bound, used = marked(program)
    names = analyse(Source(text)).names
    for place in [*bound, *used]:
        assert [span.start for span in names.definition(place)] == bound
        assert [span.start for span in names.references(place)] == sorted([*bound, *used])


@pytest.mark.parametrize("name", [*own_programs(), *golden_programs(), *documented_programs()])
def test_every_name_of_a_program_is_where_it_is_written(name):
    text = {**own_programs(), **golden_programs(), **documented_programs()}[name]
    analysis = analyse(Source(text, name, ROOT / name if "/" in name else None))
    last = 0
    for occurrence in analysis.names.occurrences:
        assert occurrence.span.text == occurrence.name
        assert occurrence.span.start >= last, "no two names overlap"
        last = occurrence.span.end
        if not analysis.diagnostics:
            assert occurrence.kind != "unknown"


@pytest.mark.parametrize("name", own_programs())
def test_a_name_that_is_used_is_bound_somewhere(name):
    names = analyse(Source(own_programs()[name], name, ROOT / name)).names
    for occurrence in names.occurrences:
        if occurrence.symbol is not None:
            assert names.definition(occurrence.span.start)


def test_a_layer_of_another_file_is_defined_there(tmp_path):
    (tmp_path / "other.nn").write_text("\n\nlayer L(size)(x) { parameter w = 0\n return x * w + size }")
    text = 'from "other.nn" import L\ne = L(size=2)\ny = e(1)\nshow e.w'
    names = analyse(Source(text, "here.nn", tmp_path / "here.nn")).names
    for word, line in (("L(", 3), ("size", 3), ("w", 3)):
        (place,) = names.definition(text.rindex(word))
        assert (place.source.path.name, place.line) == ("other.nn", line)


def test_a_layer_of_the_library_is_defined_in_the_library():
    text = "y = ones([1, 2]) |> Dense(3)"
    (place,) = analyse(Source(text)).names.definition(text.index("Dense"))
    assert place.text == "Dense"


def test_what_can_be_seen_depends_on_the_place():
    text = "a = 1\ndef f(x) {\n  b = x\n  \n  c = b\n  return c }\nlate = 2\n"
    names = analyse(Source(text)).names
    assert set(names.visible(text.index("\n  c")).values) == {"a", "late", "x", "b"}
    assert set(names.visible(0).values) == {"a", "late"}
    assert set(names.visible(0).callables) == {"f"}


def test_names_deep_inside_are_found():
    text = "x = 1\ny = " + "-(" * 5000 + "x" + ")" * 5000 + "\n" + "z" + ".T" * 3000
    names = analyse(Source(f"z = x{'.T' * 300}\n" + text.rpartition("\n")[0])).names
    assert len(names.references(0)) == 1
