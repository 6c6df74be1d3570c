"""Names shared with Python: variables that feed placeholders, and values of programs that become variables."""

from __future__ import annotations

import builtins
import keyword
from collections.abc import Iterable, Mapping
from numbers import Number
from pathlib import Path
from typing import Any

import numpy as np
from IPython.core.interactiveshell import InteractiveShell

from dsl.app.options import array_from
from dsl.app.program import Program
from dsl.app.wording import some
from dsl.engine.bindings import Sizes
from dsl.graph.node import Node
from dsl.source.diagnostic import fail
from dsl.training.values import fed_values


class Names:
    """The variables of a notebook, and which of them were bound here and not by the user."""

    def __init__(self, shell: InteractiveShell) -> None:
        self._shell = shell
        self._bound: dict[str, Any] = {}

    @property
    def _variables(self) -> dict[str, Any]:
        shell: Any = self._shell
        return shell.user_ns

    # -- into a program

    def feeds(self, program: Program, among: Iterable[str] = ()) -> dict[str, Any]:
        """The variables named like a placeholder that nothing else gives a value, or like one of `among`, if they hold numbers.

        Raises ProgramError for what cannot be read as an array.
        """
        again = set(among)
        found: dict[str, Any] = {}
        for node in program.model.graph.placeholders:
            waits = node.value is None and node.name not in program.fed_by_data and node.name not in program.given
            if (waits or node.name in again) and node.name in self._variables:
                value = self._variables[node.name]
                if _is_numeric(value):
                    found[node.name] = _as_array(value, node)
        return found

    def evaluated(self, name: str, text: str) -> Any:
        """What a Python expression comes to, or what is in the file after `@`. Raises ProgramError."""
        if text.startswith("@"):
            return array_from(Path(text[1:]).expanduser())
        try:
            return eval(text, self._variables)
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
            hint = "`--feed` takes a Python expression, in quotes where it has blanks"
            raise fail("argument", f"`{text}`, which `{name}` is fed, is no value: {said}", hint=hint) from None

    # -- out of a program

    def bind(self, values: Mapping[str, Any], overwrite: bool = False) -> list[str]:
        """Make values variables. A name that the user has given something stays his unless it may be overwritten.

        What there is to say of these names.
        """
        variables, kept, lost = self._variables, list[str](), list[str]()
        for name, value in values.items():
            is_taken = not self._is_free(name)
            if is_taken and not overwrite:
                kept.append(name)
                continue
            if is_taken and name in variables:
                lost.append(name)
            variables[name] = self._bound[name] = value
        said: list[str] = []
        if kept:
            one = len(kept) == 1
            are, stay = ("is", "stays") if one else ("are", "stay")
            said.append(f"{some(kept)} {are} something else in Python and {stay}; `-o {kept[0]}` binds it all the same")
        if lost:
            said.append(f"{some(lost)} had another value in Python before")
        return said

    def _is_free(self, name: str) -> bool:
        """Whether nobody misses what the name stands for now."""
        if name in self._variables:
            return self._variables[name] is self._bound.get(name, self)
        return not hasattr(builtins, name)


def check_feeds(program: Program, feeds: Mapping[str, Any]) -> None:
    """Raise ProgramError, with the placeholder's place, where values do not fit the placeholders that they feed."""
    whole = [
        node for node in program.model.graph.placeholders if node.name in feeds and _is_whole(node, feeds[node.name])
    ]
    fed_values(whole, feeds, Sizes())


def _is_whole(node: Node, value: Any) -> bool:
    """Whether a value is not a single number that fills an array of a size to be known later."""
    return not node.shape or (not isinstance(value, Number | np.generic) and bool(np.ndim(value)))


def is_bindable(name: str) -> bool:
    """Whether a name of a program can be a variable that nobody finds strange."""
    return name.isidentifier() and not keyword.iskeyword(name) and not name.startswith("_")


def _is_numeric(value: Any) -> bool:
    return isinstance(value, Number | list | tuple) or hasattr(value, "__array__")


def _as_array(value: Any, node: Node) -> Any:
    """A variable as an array of its own, which later changes of the variable do not reach."""
    try:
        return np.array(value)
    except Exception as error:
        message = f"the variable `{node.name}` cannot be read as an array: {error}"
        raise fail("dtype", message, node.span, label=f"{node.type} is needed") from None
