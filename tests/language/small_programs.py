"""Programs given as text, and what they come to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

import dsl


def values(
    text: str, feeds: Mapping[str, Any] | None = None, constants: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Every value at the top of a program by its name, as numbers and lists."""
    program = dsl.loads(text, constants)
    return {name: array.tolist() for name, array in program.run(feeds, fetch=list(program.model.names)).items()}


def value(expression: str, before: str = "", feeds: Mapping[str, Any] | None = None) -> Any:
    """The value of an expression in double precision, after some statements."""
    return values(f"dtype f64\n{before}\nvalue_of_it = {expression}\n", feeds)["value_of_it"]


def diagnostics(text: str, constants: Mapping[str, Any] | None = None, name: str = "<text>") -> list[dsl.Diagnostic]:
    """What is wrong with a program, which has to be wrong."""
    with pytest.raises(dsl.ProgramError) as caught:
        dsl.loads(text, constants, name)
    return list(caught.value.diagnostics)


def complaint(text: str, constants: Mapping[str, Any] | None = None) -> dsl.Diagnostic:
    """The one thing that is wrong with a program."""
    (found,) = diagnostics(text, constants)
    return found
