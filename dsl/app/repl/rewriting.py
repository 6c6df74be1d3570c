"""Statements with another value in them: a constant, a dimension, a default, a key of a block."""

from __future__ import annotations

import numpy as np

from dsl.engine.figures import number
from dsl.language import syntax
from dsl.ops.parameters import Array


def with_value(statement: syntax.Statement, value: str) -> str | None:
    """A declaration with another value; None for a statement that has none to set."""
    match statement:
        case syntax.ConstantStatement(name=name):
            return f"constant {name.id} = {value}"
        case syntax.DimStatement(name=name):
            return f"dim {name.id} = {value}"
        case syntax.PlaceholderStatement(name=name, type=type):
            return f"placeholder {name.id}{f': {type.span.text}' if type else ''} = {value}"
        case _:
            return None


def with_entry(statement: syntax.TrainStatement, key: str, value: str, apart: tuple[str, ...] = ()) -> tuple[str, int]:
    """A block with another value for a key, and where in the text the value begins; entries for keys `apart` are left out."""
    text, start = statement.span.text, statement.span.start
    for entry in reversed(statement.entries):
        first, last = entry.span.start - start, entry.span.end - start
        if entry.key.id in apart:
            text = _without(text, first, last)
    for entry in statement.entries:
        if entry.key.id == key:
            first, last = entry.value.span.start - start, entry.value.span.end - start
            return f"{text[:first]}{value}{text[last:]}", first
    body, indent = text[: text.rindex("}")].rstrip(" \t\n;"), _indent(text)
    if "\n" not in text:
        opened = f"{body} " if body.endswith("{") else f"{body}; "
        return f"{opened}{key} = {value} }}", len(opened) + len(f"{key} = ")
    opened = f"{body}\n{indent}{key} = "
    return f"{opened}{value}\n}}", len(opened)


def _indent(text: str) -> str:
    """The blanks before the first entry of a block."""
    lines = text.split("\n")[1:-1]
    return next((line[: len(line) - len(line.lstrip())] for line in lines if line.strip()), "    ")


def _without(text: str, first: int, last: int) -> str:
    """A block without an entry: with its line where that is its own."""
    line, end = text.rfind("\n", 0, first) + 1, text.find("\n", last)
    if line and end >= 0 and not text[line:first].strip() and not text[last:end].split("#")[0].strip():
        return text[:line] + text[end + 1 :]
    rest = text[last:].lstrip(" \t;")
    return text[:first] + rest


def literal(value: Array) -> str:
    """An array as an expression of the language, every element with all its digits."""
    if value.ndim == 0:
        return number(value)
    return f"[{', '.join(literal(np.asarray(item)) for item in value)}]"
