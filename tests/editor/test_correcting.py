"""The changes that hints ask for: what they make of a text, and that the mistake is gone then."""

from __future__ import annotations

import pytest
from every_program import ROOT

from dsl.app.editor.analysis import analyse
from dsl.app.editor.correcting import corrections
from dsl.app.editor.edit import edited
from dsl.source.text import Source

MISTAKEN = sorted((ROOT / "tests" / "golden").rglob("*.nn"))


def corrected(text):
    """The changes that are offered for a text: what they are called, and the text after each."""
    source = Source(text)
    found = corrections(analyse(source), 0, len(text))
    return {each.title: edited(text, [each.edit]) for each in found}


@pytest.mark.parametrize(
    ("text", "title", "wanted"),
    [
        ("y = relo(3)\n", "Change `relo` to `relu`", "y = relu(3)\n"),
        ("x = 2 ^ 3\n", "Change `^` to `**`", "x = 2 ** 3\n"),
        ("x = true && false\n", "Change `&&` to `and`", "x = true and false\n"),
        ("x = 2 \\\n", "Delete `\\`", "x = 2 \n"),
        ("x = 3)\n", "Delete `)`", "x = 3\n"),
        ("y = relu((1 + 2)\n# z\nz = 3\n", "Insert `)`", "y = relu((1 + 2))\n# z\nz = 3\n"),
        ('y = f("#", [1, 2', "Insert `]`", 'y = f("#", [1, 2]'),
        ("layer L(n)(x) {\n    return x  # x\n", "Insert `}`", "layer L(n)(x) {\n    return x\n}  # x\n"),
        ("def f(x) { return x", "Insert `}`", "def f(x) { return x }"),
        ("\nplaceholder x: [\n  n, 3]\ny = x\n", "Add `dim n`", "\ndim n\nplaceholder x: [\n  n, 3]\ny = x\n"),
        ("x = 1\nplaceholder z = 3  # no\ny = 2\n", "Delete `placeholder z = 3`", "x = 1\ny = 2\n"),
        ("parameter w = 1; y = 3\n", "Delete `parameter w = 1`", "y = 3\n"),
        ("y = 3 ; parameter w = 1", "Delete `parameter w = 1`", "y = 3 "),
        (
            "def f(a) {\n    return a\n    b = a\n}\ny = f(1)\n",
            "Delete `b = a`",
            "def f(a) {\n    return a\n}\ny = f(1)\n",
        ),
    ],
)
def test_what_hints_make_of_a_text(text, title, wanted):
    assert corrected(text)[title] == wanted


@pytest.mark.parametrize("path", MISTAKEN, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_mistake_is_gone_when_its_hint_is_followed(path):
    try:
        source = Source.read(path, str(path))
    except UnicodeDecodeError:
        return
    before = analyse(source)
    for correction in corrections(before, 0, len(source.text)):
        (start, end, text), mistake = correction.edit, correction.diagnostic
        after = analyse(Source(edited(source.text, [correction.edit]), source.name, source.path))
        place = mistake.span.start + (len(text) - (end - start) if end <= mistake.span.start else 0)
        assert (mistake.code, mistake.message, place) not in [
            (found.code, found.message, found.span.start) for found in after.diagnostics if found.span
        ]
