"""The interactive page: one file that works offline, with a script and a style sheet of our own inside."""

from __future__ import annotations

from importlib.resources import files
from typing import ClassVar

from dsl.diagram.escaping import markup, script_json
from dsl.diagram.exporter import EXPORTERS, Subject
from dsl.diagram.graphviz import check_installed
from dsl.diagram.page_data import page_data
from dsl.diagram.style import css

SCRIPTS = ("basics", "view", "folding", "colours", "card", "search", "main")
"""The parts of the script, in the order in which they are read."""


@EXPORTERS.register(".html")
class Page:
    """A page to look around in."""

    ending: ClassVar[str]
    doc: ClassVar[str] = "a page to look around in: zoom, search, fold, values and gradients step by step"
    is_laid_out: ClassVar[bool] = True

    def check(self) -> None:
        """Graphviz is needed, when the page is made; not to look at it."""
        check_installed()

    def export(self, subject: Subject) -> bytes:
        """The page."""
        data = script_json(page_data(subject))
        parts = "\n".join(_file(f"{name}.js") for name in SCRIPTS)
        filled = {
            "title": markup(subject.diagram.title),
            "style": f"{css()}\n{_file('page.css')}",
            "data": data,
            "script": f'"use strict";\n(() => {{\n{parts}\n}})();',
        }
        first, *rest = _file("page.html").split("{{")
        pieces = [first]
        for piece in rest:
            name, _, after = piece.partition("}}")
            pieces += [filled[name], after]
        return "".join(pieces).encode()


def _file(name: str) -> str:
    return (files("dsl.diagram") / "page" / name).read_text(encoding="utf-8")
