"""Explanations as a LaTeX document."""

from __future__ import annotations

from collections.abc import Sequence

from dsl.explain.document import Document, Entry, Heading, Line, Paragraph, Table
from dsl.explain.formats.format import Format, Style, register
from dsl.explain.notation import Notation
from dsl.explain.tex import Tex, escaped
from dsl.source.render import printable

_PREAMBLE = r"""\documentclass[a4paper,10pt]{article}
\usepackage{iftex}
\ifPDFTeX
  \usepackage[T1]{fontenc}
  \usepackage[utf8]{inputenc}
\fi
\usepackage{amsmath,amssymb}
\usepackage{longtable}
\usepackage[margin=22mm]{geometry}
\setlength{\parindent}{0pt}
\setlength{\parskip}{5pt}
\setlength{\lineskiplimit}{2pt}
\setlength{\lineskip}{3pt}
\raggedright
\newenvironment{equations}{\par\begingroup\leftskip=1.5em\parskip=2pt\relpenalty=100\binoppenalty=200}{\par\endgroup}
"""
_CHINESE = r"""% Compile this with XeLaTeX or LuaLaTeX.
\usepackage[fontset=fandol]{ctex}
"""
_SECTIONS = {1: "section*", 2: "subsection*"}


@register("latex")
class Latex(Format):
    """A document for pdfLaTeX, XeLaTeX or LuaLaTeX; in Chinese for the last two."""

    def __init__(self, style: Style) -> None:
        self.notation: Notation = Tex(style.digits)

    def whole(self, document: Document, blocks: Sequence[str]) -> str:
        """The blocks in a document."""
        language = _CHINESE if document.language == "zh" else ""
        body = "\n\n".join(blocks)
        return f"{_PREAMBLE}{language}\\begin{{document}}\n\n{body}\n\n\\end{{document}}\n"

    def heading(self, block: Heading) -> str:
        """A section without a number."""
        return rf"\{_SECTIONS.get(block.level, 'paragraph*')}{{{self.words(block.words)}}}"

    def paragraph(self, block: Paragraph) -> str:
        """The words."""
        return self.words(block.words)

    def entry(self, block: Entry) -> str:
        """The sentence, its margin in small letters, and the equations, which break at their operators."""
        margin = rf" {{\footnotesize({self.plain(block.margin)})}}" if block.margin else ""
        number = self.said_at_once(block)
        head = f"{self.words(block.words)}{f': {number}' if number else ''}{margin}"
        if number or not block.equations:
            return head
        lines = "\n\n".join(map(self._line, block.equations))
        return f"{head}\n\\begin{{equations}}\n{lines}\n\\end{{equations}}"

    def _line(self, line: Line) -> str:
        words = f"{self.words(line.words)}: " if line.words else ""
        first, *rest = map(self.notation.write, line.equation.sides)
        left = [] if line.continues else [self.math(first)]
        note = f" ({self.plain(line.equation.note)})" if line.equation.note else ""
        return words + " ".join([*left, *(self.math(f"{{}}= {side}") for side in rest)]) + note

    def table(self, block: Table) -> str:
        """A table that may go on on the next page."""
        rows = [" & ".join(self.words(cell) for cell in row) for row in block.rows]
        head = " & ".join(map(self.plain, block.columns))
        columns = "l" + "r" * (len(block.columns) - 1)
        body = " \\\\\n".join([f"{head} \\\\ \\hline", *rows]).replace("\\hline \\\\", "\\hline")
        return f"\\begin{{longtable}}{{{columns}}}\n{body}\n\\end{{longtable}}"

    def plain(self, text: str) -> str:
        """Words in which nothing is a command."""
        return escaped(printable(text))

    def code(self, text: str) -> str:
        """A name in the typewriter's letters."""
        return rf"\texttt{{{self.plain(text)}}}"

    def math(self, text: str) -> str:
        """An expression."""
        return rf"$\displaystyle {text}$"
