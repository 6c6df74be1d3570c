"""The formats that an explanation can be written in, by name."""

from __future__ import annotations

from dsl.explain.formats.format import FORMATS, Format, Style
from dsl.explain.formats.html import Html
from dsl.explain.formats.latex import Latex
from dsl.explain.formats.markdown import Markdown
from dsl.explain.formats.text import Text

__all__ = ["FORMATS", "Format", "Html", "Latex", "Markdown", "Style", "Text"]
