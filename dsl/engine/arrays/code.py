"""Python source under construction, and the values that its names stand for."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, cast

import numpy as np

from dsl.graph.node import Node
from dsl.ops.parameters import Array


@dataclass(slots=True)
class Statement:
    """Lines of code that compute the nodes."""

    nodes: list[Node]
    lines: list[str]


@dataclass(slots=True)
class Code:
    """The statements of a run, and the names that they use.

    A name is bound to a value that exists when the code is made, or it is local: assigned by a line in each run.
    """

    names: dict[str, Any] = field(default_factory=dict[str, Any])
    statements: list[Statement] = field(default_factory=list[Statement])
    _called: dict[int, str] = field(default_factory=dict[int, str])
    _constants: dict[tuple[Any, ...], str] = field(default_factory=dict[tuple[Any, ...], str])
    _scratch: list[Array] = field(default_factory=list[Array])
    _scratch_used: set[int] = field(default_factory=set[int])

    def bind(self, value: Any, hint: str) -> str:
        """A name for a value; the same one each time for the same object."""
        name = self._called.get(id(value))
        if name is None:
            name = self.free(hint)
            self.names[name] = value
            self._called[id(value)] = name
        return name

    def array(self, name: str) -> Array | None:
        """The array that a name stands for, where it is bound to one."""
        value = self.names.get(name)
        return cast(Array, value) if isinstance(value, np.ndarray) else None

    def free(self, hint: str) -> str:
        """A name not used yet."""
        name = hint if hint not in self.names else f"{hint}_{len(self.names)}"
        self.names.setdefault(name, None)
        return name

    def constant(self, value: Any, dtype: np.dtype[Any], shape: tuple[int, ...] = ()) -> str:
        """A name for an array with one number everywhere."""
        key = (np.asarray(value, dtype).tobytes(), dtype.str, shape)
        name = self._constants.get(key)
        if name is None:
            name = self._constants[key] = self.bind(np.full(shape, value, dtype), "c")
        return name

    def scratch(self, shape: tuple[int, ...], dtype: np.dtype[Any]) -> Array:
        """Memory to be used until the end of the statement."""
        wanted = math.prod(shape) * dtype.itemsize
        fitting = [
            at for at, block in enumerate(self._scratch) if at not in self._scratch_used and block.size >= wanted
        ]
        if fitting:
            at = min(fitting, key=lambda place: self._scratch[place].size)
        else:
            at = len(self._scratch)
            self._scratch.append(np.empty(max(wanted, 64), np.uint8))
        self._scratch_used.add(at)
        return np.ndarray(shape, dtype, buffer=self._scratch[at])

    def begin(self, nodes: list[Node]) -> None:
        """A new statement; the scratch memory is free again."""
        self._scratch_used.clear()
        self.statements.append(Statement(nodes, []))

    def line(self, text: str) -> None:
        """A line of the statement."""
        self.statements[-1].lines.append(text)

    def function(self, name: str, arguments: list[str], results: list[str], after: list[str]) -> str:
        """The source of a function that carries out all statements."""
        body = [line for statement in self.statements for line in statement.lines]
        lines = [f"def {name}({', '.join(arguments)}):", *body, *after, f"return [{', '.join(results)}]"]
        return "\n    ".join(lines) + "\n"

    def compiled(self, source: str, name: str) -> Callable[..., Any]:
        """The function of this name in the source, with the bound names as its globals."""
        space = dict(self.names)
        exec(compile(source, f"<{name}>", "exec"), space)
        return space[name]
