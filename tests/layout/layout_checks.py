"""What has to hold of every layout."""

from __future__ import annotations

import re

import dsl
from dsl.language.parser import parse
from dsl.source.text import Source

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|(#.*)')


def check_layout(text: str) -> str:
    """Lay a program out, and compare it with what it was; the layout."""
    laid_out = dsl.format_text(text)
    assert parse(Source(laid_out)).statements == parse(Source(text)).statements
    assert comments(laid_out) == comments(text)
    assert dsl.format_text(laid_out) == laid_out, "a layout is laid out differently"
    assert not re.search(r"[ \t\r\f]\n|\n\n\n|\A\n|\n\n\Z|\t(?!.*\")", laid_out), "blanks are left"
    assert laid_out.endswith("\n") or not laid_out
    return laid_out


def comments(text: str) -> list[str]:
    """The comments of a text in their order, found without the formatter's help."""
    return [match[1].rstrip() for match in _COMMENT.finditer(text) if match[1]]
