"""Files that a program names, called as they are called from another folder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

from dsl.language import syntax
from dsl.ops.parameters import spell
from dsl.source.text import Span


def rebased(text: str, statements: tuple[syntax.Statement, ...], folder: Path, target: Path) -> str:
    """A program of one folder as it has to be in another: the same files by their paths from there.

    `statements` are those of the text.
    """
    if folder.resolve() == target.resolve():
        return text
    for place in sorted(_paths(statements), key=lambda place: place.start, reverse=True):
        path = place.text[1:-1]
        if path and not os.path.isabs(path):
            other = os.path.relpath((folder / path).resolve(), target.resolve())
            text = f"{text[: place.start]}{spell(Path(other).as_posix())}{text[place.end :]}"
    return text


def _paths(statements: tuple[syntax.Statement, ...]) -> Iterator[Span]:
    """Where paths stand: in imports, in the readers of `data` blocks, and where a run writes its checkpoint."""
    for statement in statements:
        match statement:
            case syntax.ImportStatement(path=path):
                yield path.span
            case syntax.DataStatement(entries=entries):
                for entry in entries:
                    yield from _read(entry.value)
            case syntax.TrainStatement(entries=entries):
                for entry in entries:
                    if entry.key.id == "checkpoint" and isinstance(entry.value, syntax.String):
                        yield entry.value.span
            case _:
                pass


def _read(expression: syntax.Expression) -> Iterator[Span]:
    """The first arguments of the calls of readers, where they are texts."""
    from dsl.training.data.readers import READERS

    waiting: list[Any] = [expression]
    while waiting:
        item = waiting.pop()
        match item:
            case syntax.Call(function=syntax.Name(id=name), arguments=arguments):
                if name in READERS and arguments and isinstance(arguments[0].value, syntax.String):
                    yield arguments[0].value.span
                waiting += [argument.value for argument in arguments]
            case syntax.ListOf(items=items):
                waiting += cast("tuple[Any, ...]", items)
            case _:
                pass
