"""Nothing that an editor asks of a program fails, whatever is wrong with that, and no word of ours for nothing is shown."""

from __future__ import annotations

import pytest
from every_program import ROOT, documented_programs, golden_programs

from dsl.app.editor.analysis import analyse
from dsl.app.editor.completing import complete
from dsl.app.editor.hovering import hover
from dsl.app.editor.shape_hints import shape_hints
from dsl.app.editor.signatures import signature
from dsl.app.editor.tokens import semantic_tokens
from dsl.source.text import Source

PLACES = 4
PROGRAMS = {**golden_programs(), **documented_programs()}
SMALL = [name for name, text in PROGRAMS.items() if len(text) < 20_000]


@pytest.mark.parametrize("part", range(8))
def test_every_question_has_an_answer(part):
    for name in SMALL[part::8]:
        text = PROGRAMS[name]
        analysis = analyse(Source(text, name, ROOT / name))
        for place in range(PLACES + 1):
            offset = len(text) * place // PLACES
            complete(analysis, offset)
            signature(analysis, offset)
        for occurrence in analysis.names.occurrences[:: max(1, len(analysis.names.occurrences) // 20)]:
            found = hover(analysis, occurrence.span.start)
            assert found is None or not any(word in found.text for word in ("POISON", "PENDING", " object at 0x"))
        semantic_tokens(analysis)
        shape_hints(analysis, 0, len(text))
