"""An explanation in Python's hands: printed, shown in a notebook, written to a file."""

from __future__ import annotations

from functools import cached_property
from html import escape
from pathlib import Path
from typing import Any

from dsl.explain.compose import Composer
from dsl.explain.document import Document
from dsl.explain.facts import as_json
from dsl.explain.formats import FORMATS, Style
from dsl.explain.story import Explanation
from dsl.explain.words import LANGUAGES
from dsl.source.diagnostic import fail
from dsl.source.nearest import did_you_mean
from dsl.source.writing import written_whole

ENDINGS = {".txt": "text", ".md": "markdown", ".tex": "latex", ".html": "html"}
"""The format that a file's ending stands for."""


class Explained:
    """What `program.explain` tells. `story` has the facts, with arrays as they are."""

    def __init__(self, story: Explanation, lang: str = "en", style: Style | None = None) -> None:
        if lang not in LANGUAGES:
            hint = did_you_mean(lang, LANGUAGES, f"there is {' and '.join(LANGUAGES)}")
            raise fail("argument", f"there are no words in the language `{lang}`", hint=hint)
        self.story = story
        self._composer, self._style = Composer(LANGUAGES[lang]), style or Style()

    @cached_property
    def document(self) -> Document:
        """Headings, entries and equations."""
        return self._composer.document(self.story)

    def write(self, format: str = "text") -> str:
        """The explanation in a format: `text`, `markdown`, `latex`, `html`. Raises ProgramError for another."""
        if format not in FORMATS:
            hint = did_you_mean(format, FORMATS, f"there is {', '.join(FORMATS)}")
            raise fail("argument", f"there is no format `{format}`", hint=hint)
        return FORMATS[format](self._style).write(self.document)

    def save(self, path: str | Path) -> None:
        """Write a file, in the format of its ending: .txt, .md, .tex, .html. Raises ProgramError."""
        target = Path(path)
        format = ENDINGS.get(target.suffix.lower())
        if format is None:
            hint = did_you_mean(target.suffix, ENDINGS, f"there is {', '.join(ENDINGS)}")
            raise fail("file", f"an explanation cannot be written as `{target.suffix or target.name}`", hint=hint)
        text = self.write(format)
        with written_whole(target) as part:
            part.write_text(text, encoding="utf-8")

    def as_json(self) -> dict[str, Any]:
        """The facts for tools; arrays stay arrays."""
        return as_json(self.story)

    def __str__(self) -> str:
        return self.write("text")

    def _repr_html_(self) -> str:
        """The page in a frame of its own in a notebook, whose style it leaves alone."""
        fit = "this.style.height = this.contentDocument.documentElement.scrollHeight + 'px'"
        page = escape(self.write("html"))
        return f'<iframe srcdoc="{page}" onload="{fit}" style="border: 0; width: 100%; height: 30em"></iframe>'

    def _repr_markdown_(self) -> str:
        return self.write("markdown")
