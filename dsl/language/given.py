"""Compile-time values given from outside the program, as text: `--set hidden=128`, `--feed x=[1, 2]`."""

from __future__ import annotations

from typing import Any

from dsl.language import syntax
from dsl.language.elaborate.values import BUILTINS, describe, is_compile_time
from dsl.language.parser import parse_expression
from dsl.language.program import value_of
from dsl.source.diagnostic import fail
from dsl.source.text import Source


def setting(name: str, text: str) -> Any:
    """What `--set NAME=TEXT` gives: for `train.KEY` the expression itself, else its value; a bare word is a string."""
    expression = parse_expression(Source(text, f"--set {name}"))
    if "." in name:
        return expression
    if isinstance(expression, syntax.Name) and expression.id not in BUILTINS:
        return expression.id
    return _value(expression)


def constant_value(text: str, title: str) -> Any:
    """The compile-time value of an expression; `title` is what errors call the text. Raises ProgramError."""
    return _value(parse_expression(Source(text, title)))


def _value(expression: syntax.Expression) -> Any:
    value = value_of(expression)
    if not is_compile_time(value):
        raise fail("type", f"a number, a list or a string is needed here, not {describe(value)}", expression.span)
    return value
