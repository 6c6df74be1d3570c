"""The project's documents taken apart: headings, fenced blocks, and the tables that are made from the code.

The first line of a fenced block says what a test does with it:

- `nn` is a program. It is checked, and has to be free of mistakes and warnings; where a block of `text` comes next, it is
  run, and that block is what is printed. Words after `nn` are another command with its options, `nn grad --wrt x`.
  `file=NAME.nn` keeps the program for the rest of the document, `after=NAME.nn` puts it behind the one of that name.
- `console` shows commands, each behind a `$`, and what they print. One command may be followed by a block of `json`
  instead, which is its document laid out for reading.
- `repl` is a session, each entry behind `nn>`, with what it prints. Words after `repl` are its file and options.
- `notebook` is a cell of a notebook, in which the extension is loaded; a block of `text` that comes next is what stands below
  it in a terminal.
- `python` is run; a block of `text` that comes next is what it prints.
- Every other block is for reading only.

Blocks run section by section, in the order of the text. What stands between `<!-- table: NAME -->` and `<!-- end -->` is
made from the code.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]

_PIECE = re.compile(
    r"^```(?P<info>.*)\n(?P<text>(?:(?!```).*\n)*)```$|^#{1,3} (?P<title>.*)$",
    re.MULTILINE,
)
"""A fenced block, or a heading."""
_TABLE = re.compile(r"<!-- table: ([\w-]+) -->\n(.*?)<!-- end -->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block: its place among the blocks of its document, its language, the words after it, and its text."""

    number: int
    line: int
    language: str
    words: tuple[str, ...]
    text: str


@dataclass(frozen=True)
class Example:
    """A block that does something, and the block of its output where one follows."""

    block: Block
    output: Block | None

    def option(self, name: str) -> str:
        """The value of a word `name=value` on the fence, empty where there is none."""
        return next((word.partition("=")[2] for word in self.block.words if word.startswith(f"{name}=")), "")

    @property
    def command(self) -> list[str]:
        """The command that the words of an `nn` block name, without the program's file."""
        return [word for word in self.block.words if not word.startswith(("file=", "after="))]


@dataclass(frozen=True)
class Section:
    """A heading's examples."""

    document: Path
    title: str
    examples: tuple[Example, ...]

    def __str__(self) -> str:
        return f"{self.document.stem}: {self.title}"


def sections(document: Path) -> list[Section]:
    """The sections of a document that have examples."""
    found: list[Section] = []
    for title, blocks in _by_heading(document):
        examples = tuple(_examples(blocks))
        if examples:
            found.append(Section(document, title, examples))
    return found


def named_programs(document: Path) -> dict[str, str]:
    """The programs that a document keeps by name."""
    kept: dict[str, str] = {}
    for section in sections(document):
        for example in section.examples:
            if name := example.option("file"):
                assert name not in kept, f"{document.name} has two programs named {name}"
                kept[name] = program(example, kept)
    return kept


def program(example: Example, kept: dict[str, str]) -> str:
    """The whole program of an `nn` block."""
    before = example.option("after")
    return kept[before] + example.block.text if before else example.block.text


def tables(document: Path) -> list[tuple[str, str]]:
    """The names and the texts of the tables made from the code."""
    return _TABLE.findall(document.read_text(encoding="utf-8"))


def rewrite_table(document: Path, name: str, text: str) -> None:
    """Put a new text in the place of a table."""
    whole = document.read_text(encoding="utf-8")
    document.write_text(_TABLE.sub(lambda m: _marked(name, text) if m[1] == name else m[0], whole), encoding="utf-8")


def _marked(name: str, text: str) -> str:
    return f"<!-- table: {name} -->\n{text}<!-- end -->"


def rewrite_block(document: Path, number: int, text: str) -> None:
    """Put a new text in the place of a block's."""
    whole = document.read_text(encoding="utf-8")
    blocks = [piece for piece in _PIECE.finditer(whole) if not piece["title"]]
    start, end = blocks[number].span("text")
    document.write_text(whole[:start] + text.rstrip("\n") + "\n" + whole[end:], encoding="utf-8")


def _by_heading(document: Path) -> list[tuple[str, list[tuple[Block, bool]]]]:
    """The blocks under each heading, each with whether nothing but blank lines is between it and the block before."""
    text = document.read_text(encoding="utf-8")
    found: list[tuple[str, list[tuple[Block, bool]]]] = [("", [])]
    number, end = 0, 0
    for piece in _PIECE.finditer(text):
        if piece["title"]:
            found.append((piece["title"], []))
            continue
        language, *words = piece["info"].split() or [""]
        line = text.count("\n", 0, piece.start()) + 1
        found[-1][1].append(
            (Block(number, line, language, tuple(words), piece["text"]), not text[end : piece.start()].strip())
        )
        number, end = number + 1, piece.end()
    return found


def _examples(blocks: list[tuple[Block, bool]]) -> list[Example]:
    found: list[Example] = []
    for block, adjacent in blocks:
        if block.language in ("nn", "console", "repl", "notebook", "python"):
            found.append(Example(block, None))
        elif adjacent and found and found[-1].output is None and block.number == found[-1].block.number + 1:
            wanted = {"nn": "text", "notebook": "text", "python": "text", "console": "json"}
            if block.language == wanted.get(found[-1].block.language):
                found[-1] = Example(found[-1].block, block)
    return found
