"""Text to syntax tree, with Lark's LALR parser built from `grammar/nn.lark`."""

from __future__ import annotations

import gc
import os
import re
from collections.abc import Generator
from contextlib import contextmanager, suppress
from functools import lru_cache
from pathlib import Path
from typing import Any

from lark import Lark, UnexpectedInput

from dsl.language import syntax
from dsl.language.newlines import StatementNewlines
from dsl.language.tree import TreeBuilder
from dsl.source.diagnostic import Diagnostic, ProgramError
from dsl.source.text import Source, Span

_DOC = re.compile(r"^[ \t]*##(?!#)[ \t]?(.*)$", re.MULTILINE)
_MOST_SYNTAX_ERRORS = 10


def grammar_path() -> Path:
    """Where `nn.lark` is: inside the installed package, or at the top of a checkout."""
    package = Path(__file__).resolve().parent.parent
    inside = package / "grammar" / "nn.lark"
    return inside if inside.exists() else package.parent / "grammar" / "nn.lark"


def parse(source: Source) -> syntax.Program:
    """The syntax tree of a whole file. Raises ProgramError with every syntax error that could be found."""
    try:
        statements = _run(source, source.text, "start")
    except UnexpectedInput as error:
        raise ProgramError(_all_errors(source, error)) from None
    return syntax.Program(Span(source, 0, len(source.text)), statements, _docs(source))


def parse_expression(source: Source) -> syntax.Expression:
    """The tree of a text that is one expression. Raises ProgramError."""
    from dsl.language.mistakes import explain

    try:
        return _run(source, source.text, "expression_only")
    except UnexpectedInput as error:
        raise ProgramError([explain(source, source.text, error)]) from None


def _run(source: Source, text: str, start: str) -> Any:
    parser, builder = _parser()
    builder.source = source
    with _no_garbage_collection():
        return parser.parse(text, start=start)


def _all_errors(source: Source, first: UnexpectedInput) -> list[Diagnostic]:
    """The first error and those found when its lines are taken out and the rest is read again."""
    from dsl.language.mistakes import explain, without

    text, error, found = source.text, first, list[Diagnostic]()
    while len(found) < _MOST_SYNTAX_ERRORS:
        diagnostic = explain(source, text, error)
        if not found or diagnostic.span != found[-1].span:
            found.append(diagnostic)
        shorter = without(text, error)
        if shorter is None:
            break
        text = shorter
        try:
            _run(source, text, "start")
            break
        except UnexpectedInput as following:
            error = following
    return found


def _docs(source: Source) -> dict[int, str]:
    """The `##` comments by the line of what follows them; those at the head of the file, before a blank line, at 0."""
    docs: dict[int, list[str]] = {}
    if "##" not in source.text:
        return {}
    for match in _DOC.finditer(source.text):
        line = source.position(match.start())[0]
        docs[line + 1] = [*docs.pop(line, []), match[1].rstrip()]
    result = {line: "\n".join(words) for line, words in docs.items()}
    for line in list(result):
        if line > len(source.line_starts) or not source.line(line).strip():
            text = result.pop(line)
            result.setdefault(0, text)
    return result


@contextmanager
def _no_garbage_collection() -> Generator[None]:
    """A parse makes many objects and no cycles; looking for cycles meanwhile would cost a third of the time."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@lru_cache(maxsize=1)
def _parser() -> tuple[Lark, TreeBuilder]:
    builder = TreeBuilder()
    parser = Lark(
        grammar_path().read_text(encoding="utf-8"),
        parser="lalr",
        lexer="contextual",
        start=["start", "expression_only"],
        transformer=builder,
        postlex=StatementNewlines(),
        maybe_placeholders=True,
        cache=_cache_file(),
    )
    return parser, builder


def _cache_file() -> str | bool:
    """A file of the user's own for the tables made from the grammar; no cache where none can be written."""
    base = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    folder = Path(base) / "nn-lang"
    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if os.access(folder, os.W_OK):
            return str(folder / "grammar.lark-cache")
    return False
