"""Examples carried out as a reader would, and what they print compared with what the document says they do."""

from __future__ import annotations

import contextlib
import io
import json
import math
import re
import shlex
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from documents import Example, named_programs, program
from notebook_cells import Notebook, open_notebook

import dsl
from dsl.app.main import run as run_command

Rewrite = Callable[[int, str], None]
"""Takes the number of a block and its new text."""

_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?(?:e[+-]?\d+)?)")
_RULE = re.compile(r"^[ ─]*─[ ─]*$")
_SNIPPET = re.compile(r"^ *\d* *(\||-->)")
"""A line of a diagnostic, in which every column counts."""
_SECONDS = re.compile(r'(?<=[ (])\d+\.\d+ s\b|(?<="seconds": )[\d.e-]+|(?<=seconds=)[\d.e-]+')
_CLOSE, _TRAINED = 1e-5, 0.05
"""How far numbers may be apart: those of one pass, and those at the end of a training, where rounding has added up."""
_WIDEST = 118


class Runner:
    """Carries out the examples of one section in a folder of its own. The programs of the project are in `programs/`."""

    def __init__(self, document: Path, folder: Path, programs: Path, rewrite: Rewrite | None) -> None:
        self.document = document
        self.folder = folder
        self.rewrite = rewrite
        self.kept = named_programs(document)
        self.namespace: dict[str, Any] = {"dsl": dsl}
        self._open = contextlib.ExitStack()
        self._notebook: Notebook | None = None
        (folder / "programs").symlink_to(programs)
        (folder / "data").symlink_to(programs / "data")
        for name, text in self.kept.items():
            (folder / name).write_text(text, encoding="utf-8")

    def carry_out(self, example: Example) -> None:
        """Run an example in the current folder, and compare what it prints."""
        match example.block.language:
            case "nn":
                self._program(example)
            case "python":
                self._python(example)
            case "repl":
                self._session(example)
            case "notebook":
                self._cell(example)
            case _:
                self._console(example)

    def _program(self, example: Example) -> None:
        text = program(example, self.kept)
        name = example.option("file") or "example.nn"
        (self.folder / name).write_text(text, encoding="utf-8")
        command = example.command or (["run"] if example.output else ["check"])
        arguments = [command[0], name, *command[1:]]
        printed, _ = run_nn(arguments)
        if example.output:
            self._compare(example.output.number, example.output.text, printed, trains(arguments))
        else:
            assert printed == f"{name}: no mistakes found\n", f"line {example.block.line}:\n{printed}"

    def _python(self, example: Example) -> None:
        printed = io.StringIO()
        code = compile(example.block.text, f"{self.document.name}:{example.block.line}", "exec")
        with contextlib.redirect_stdout(printed):
            exec(code, self.namespace)
        if example.output:
            self._compare(
                example.output.number, example.output.text, printed.getvalue(), ".train(" in example.block.text
            )
        else:
            assert not printed.getvalue(), f"line {example.block.line} prints something that the document does not show"

    def _session(self, example: Example) -> None:
        block = example.block
        entries = "".join(f"{line[4:]}\n" for line in block.text.split("\n") if line.startswith(("nn>", "...")))
        printed, _ = run_nn(["repl", *block.words, "--echo", "--keep-going", "--quiet"], entries)
        self._compare(block.number, block.text, printed, ":train" in block.text)

    def _cell(self, example: Example) -> None:
        if self._notebook is None:
            self._notebook = self._open.enter_context(open_notebook())
        ran = self._notebook.run(example.block.text)
        trained = re.search(r"^train\b|\.train\(", example.block.text, re.MULTILINE) is not None
        if example.output:
            self._compare(example.output.number, example.output.text, ran.below, trained)
        else:
            assert ran.passed, ran.text

    def close(self) -> None:
        """Leave the notebook, where there is one."""
        self._open.close()

    def _console(self, example: Example) -> None:
        block, found = example.block, ""
        trained = False
        for command in re.findall(r"^\$ (.*)$", block.text, re.MULTILINE):
            arguments = shlex.split(command)[1:]
            printed, document = run_nn(arguments)
            trained |= trains(arguments)
            if example.output:
                self._compare_documents(example, document, trained)
                printed = ""
            found += f"$ {command}\n{printed}"
        self._compare(block.number, block.text, found, trained)

    def _compare(self, number: int, expected: str, printed: str, trained: bool) -> None:
        found = "\n".join(line.rstrip() for line in printed.strip("\n").split("\n"))
        self._settle(number, expected.strip("\n"), found, trained)

    def _compare_documents(self, example: Example, printed: str, trained: bool) -> None:
        """Compare a JSON document with the one that is shown, however that is laid out."""
        assert example.output
        try:
            shown = lay_out(json.loads(example.output.text))
        except ValueError:
            shown = example.output.text
        self._settle(example.output.number, shown, lay_out(json.loads(printed)), trained)

    def _settle(self, number: int, expected: str, found: str, trained: bool) -> None:
        """Fail where a text is not what the document shows; or write it there, and then every digit counts."""
        tolerance = 0 if self.rewrite else _TRAINED if trained else _CLOSE
        if not same_text(expected, found, tolerance):
            assert self.rewrite, f"{self.document.name} shows\n\n{expected}\n\nand this is printed:\n\n{found}\n"
            self.rewrite(number, found)


def run_nn(arguments: list[str], given: str = "") -> tuple[str, str]:
    """Run the command line: all that it prints as a terminal shows it, and what of it goes to standard output.

    `given` is what it reads from standard input.
    """
    everything, output = io.StringIO(), io.StringIO()
    with (
        contextlib.redirect_stdout(_Both(everything, output)),
        contextlib.redirect_stderr(everything),
        mock.patch.object(sys, "stdin", io.StringIO(given)),
    ):
        run_command(arguments)
    assert "internal error" not in everything.getvalue(), everything.getvalue()
    return everything.getvalue(), output.getvalue()


class _Both(io.StringIO):
    """A stream that writes to two."""

    def __init__(self, first: io.StringIO, second: io.StringIO) -> None:
        super().__init__()
        self._streams = first, second

    def write(self, text: str) -> int:
        for stream in self._streams:
            stream.write(text)
        return len(text)


def trains(arguments: list[str]) -> bool:
    """Whether a command reads a program that trains: its numbers are those of a trained model, or of data."""
    programs = [Path(argument) for argument in arguments if argument.endswith(".nn") and Path(argument).exists()]
    return any(re.search(r"^train\b.*\{$", file.read_text(encoding="utf-8"), re.MULTILINE) for file in programs)


def same_text(expected: str, found: str, tolerance: float) -> bool:
    """Whether two texts are the same, but for seconds, and for numbers that are closer than the tolerance."""
    lines, others = (_SECONDS.sub("0 s", text).split("\n") for text in (expected, found))
    return len(lines) == len(others) and all(map(_same_line, lines, others, [tolerance] * len(lines)))


def _same_line(expected: str, found: str, tolerance: float) -> bool:
    if expected == found or (_RULE.match(expected) and _RULE.match(found)):
        return True
    if _SNIPPET.match(expected):
        return False
    # A number with a digit more makes its column wider: blanks are not compared.
    parts, others = (_NUMBER.split(" ".join(line.split())) for line in (expected, found))
    if len(parts) != len(others):
        return False
    words = all(a.split() == b.split() for a, b in zip(parts[::2], others[::2], strict=True))
    numbers = zip(map(float, parts[1::2]), map(float, others[1::2]), strict=True)
    return words and all(math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance) for a, b in numbers)


def lay_out(value: Any, indent: str = "") -> str:
    """A JSON document over as few lines as are readable."""
    line = json.dumps(value, ensure_ascii=False)
    if len(indent) + len(line) <= _WIDEST or not isinstance(value, dict | list) or not value:
        return line
    deeper = indent + "  "
    if isinstance(value, dict):
        items = [f"{json.dumps(key, ensure_ascii=False)}: {lay_out(item, deeper)}" for key, item in value.items()]
        opening, closing = "{", "}"
    else:
        items = [lay_out(item, deeper) for item in value]
        opening, closing = "[", "]"
    return f"{opening}\n" + ",\n".join(deeper + item for item in items) + f"\n{indent}{closing}"
