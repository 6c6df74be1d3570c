"""Every operation's example, as `nn ops` shows it, is evaluated by the language and gives the value it shows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import dsl
from dsl.ops.registry import load

OPERATIONS = load()


def _split(example: str) -> tuple[str, str, str]:
    """The statements before the expression, the expression, and the value shown."""
    code, shown = example.split("  # ")
    *before, expression = code.split("; ")
    return "\n".join(before), expression, shown


def _shown(text: str) -> list[np.ndarray[Any, Any]]:
    """The values that an example shows, several in round brackets."""
    words = {"true": True, "false": False, "nan": float("nan"), "inf": float("inf")}
    found = eval(text, {"__builtins__": {}}, words)
    return [np.asarray(part) for part in (found if isinstance(found, tuple) else (found,))]


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_example_gives_the_value_it_shows(name):
    before, expression, shown = _split(OPERATIONS[name].example)
    expected = _shown(shown)
    names = [f"part_{index}" for index in range(len(expected))]
    found = dsl.loads(f"{before}\n{', '.join(names)} = {expression}\n").run(fetch=names)
    for part, value in zip(expected, found.values(), strict=True):
        assert value.shape == part.shape
        assert (value.dtype == np.bool_) == (part.dtype == np.bool_)
        np.testing.assert_allclose(value, part, rtol=1e-6, atol=5e-5)


@pytest.mark.parametrize("name", sorted(OPERATIONS))
def test_an_example_shows_the_operation_it_belongs_to(name):
    operation = OPERATIONS[name]
    spelling = {"logical_and": "and", "logical_or": "or", "logical_not": "not", "neg": "-", "getitem": "]["}
    _, expression, _ = _split(operation.example)
    assert f"{name}(" in expression or (operation.symbol or spelling[name]) in expression
