"""Types that a program leaves unsaid, behind the names: of equations and metrics, not of what is declared."""

from __future__ import annotations

import pytest
from places import PROGRAMS, analysed, at_cursor

from dsl.app.editor.shape_hints import shape_hints

TEXT = """\
dim batch
placeholder x: [batch, 4]
parameter w: [4, 3] = 0
layer Own(units)(v: [..., n]) {
    parameter inner: [n, units] = 0
    h = v @ inner
    return h
}
a, b = split(x, 2, axis=1)
y = x @ w
encoder = Dense(3)
metric error = mean(y)
"""


def shown(text: str, start: int = 0, end: int | None = None) -> str:
    """The text with its hints in brackets."""
    analysis, _ = at_cursor(f"{text}¦")
    for hint in reversed(shape_hints(analysis, start, len(text) if end is None else end)):
        text = f"{text[: hint.offset]}«{hint.text}»{text[hint.offset :]}"
    return text


def test_equations_and_metrics_have_hints_and_declarations_have_none():
    found = shown(TEXT)
    assert "a«: f32[batch, 2]», b«: f32[batch, 2]» = split" in found
    assert "y«: f32[batch, 3]» = x @ w" in found
    assert "metric error«: f32» = mean(y)" in found
    assert found.count("«") == 4


def test_in_the_body_of_a_layer_where_every_use_agrees():
    used = f"{TEXT}z = x |> Own(2)\nz2 = x |> Own(2)\n"
    assert "h«: f32[batch, 2]» = v @ inner" in shown(used)
    assert "    h = v @ inner" in shown(f"{used}z3 = x |> Own(5)\n")


def test_only_what_is_asked_for():
    start = TEXT.index("y = ")
    assert shown(TEXT, start, start + 3).count("«") == 1


def test_what_is_wrong_has_no_hint():
    found = shown("placeholder x: [2]\ny = x @ ones([3])\nz = y + 1\nq = x * 2\nr = ((\n")
    assert found.count("«") == 1
    assert "q«: f32[2]»" in found


@pytest.mark.parametrize("program", PROGRAMS)
def test_hints_stand_behind_names(program):
    analysis = analysed(program)
    text = analysis.source.text
    hints = shape_hints(analysis, 0, len(text))
    assert [hint.offset for hint in hints] == sorted({hint.offset for hint in hints})
    assert all(text[hint.offset - 1].isidentifier() or text[hint.offset - 1].isdigit() for hint in hints)
