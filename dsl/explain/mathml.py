"""Expressions as MathML, which browsers draw themselves."""

from __future__ import annotations

import html
import re
from importlib import import_module
from typing import Any, cast

from dsl.engine.figures import summary
from dsl.explain.expressions import Expression, Value
from dsl.explain.tex import Tex
from dsl.ops.parameters import Array

_FIRST = 0xE000
"""Letters of Unicode's private area stand for names until the LaTeX has become MathML, so that no name is read as LaTeX."""
_MOST = 6400


class MathMl(Tex):
    """LaTeX turned to MathML by latex2mathml, names put in afterwards."""

    def __init__(self, digits: int | None = None) -> None:
        super().__init__(digits)
        self._names: dict[tuple[str, str], str] = {}

    def name(self, name: str) -> str:
        """A letter that stands for an identifier."""
        return self._standing_for("mi", name)

    def words(self, text: str) -> str:
        """A letter that stands for a text."""
        return self._standing_for("mtext", text)

    def write(self, expression: Expression) -> str:
        """A `math` element; behind an array that is not shown whole its shape, range and mean as text."""
        self._names.clear()
        made = self._converted(super().write(expression))
        if isinstance(expression, Value) and not self.is_whole(expression.array):
            made += f' <span class="note">{html.escape(summary(expression.array))}</span>'
        return made

    def summary(self, value: Array) -> str:
        """Nothing within the formula, in which words break no line."""
        return ""

    def _converted(self, latex: str) -> str:
        convert = cast(Any, import_module("latex2mathml.converter")).convert
        made: str = convert(latex)
        tags = {letter: key for key, letter in self._names.items()}

        def put(match: re.Match[str]) -> str:
            tag, text = tags[match[1]]
            return f"<{tag}>{html.escape(text)}</{tag}>"

        return re.sub(r"<m[ion]>([\ue000-\uf8ff])</m[ion]>", put, made)

    def _standing_for(self, tag: str, text: str) -> str:
        letter = self._names.get((tag, text))
        if letter is None:
            if len(self._names) == _MOST:
                raise ValueError("too many names in one formula")
            letter = self._names[tag, text] = chr(_FIRST + len(self._names))
        return f"{{{letter}}}"
