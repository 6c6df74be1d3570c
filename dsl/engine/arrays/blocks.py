"""Large arrays worked through block by block, so that what a block needs stays in the cache."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Any

from dsl.engine.arrays.code import Code
from dsl.ops.parameters import Array

BLOCK = 32_768
"""Elements of a block: measured on an update of Adam, where 16k to 64k are nearly as fast."""


@dataclass(slots=True)
class Blocks:
    """Rows of arrays of one shape, a block at a time. Each variable of the loop is one array, cut into its blocks."""

    whole: tuple[int, ...]
    rows: int = 0
    variables: dict[str, list[Any]] = field(default_factory=dict[str, list[Any]])
    lines: list[str] = field(default_factory=list[str])
    """What each turn of the loop begins with."""

    def __post_init__(self) -> None:
        self.rows = min(self.whole[0], max(1, BLOCK // max(1, math.prod(self.whole[1:]))))

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of a whole block; the last one may be shorter."""
        return (self.rows, *self.whole[1:])

    @property
    def count(self) -> int:
        """The number of blocks."""
        return -(-self.whole[0] // self.rows)

    def add(self, code: Code, array: Array, hint: str) -> str:
        """A variable for an array: of the whole shape, of a block's shape, or one that is broadcast along the rows."""
        name = code.free(hint)
        if array.ndim < len(self.whole) or array.shape[0] == 1 != self.whole[0]:
            self.variables[name] = [array] * self.count
        elif array.shape[0] == self.whole[0]:
            self.variables[name] = [array[at * self.rows : (at + 1) * self.rows] for at in range(self.count)]
        else:
            last = self.whole[0] - (self.count - 1) * self.rows
            self.variables[name] = [array] * (self.count - 1) + [array[:last]]
        return name

    def add_local(self, code: Code, local: str, shape: tuple[int, ...]) -> str:
        """A variable for an array that each run brings anew."""
        if len(shape) < len(self.whole) or shape[0] == 1 != self.whole[0]:
            return local
        if "rows" not in self.variables:
            self.variables["rows"] = [slice(at * self.rows, (at + 1) * self.rows) for at in range(self.count)]
        name = code.free(f"{local}b")
        self.lines.append(f"{name} = {local}[rows]")
        return name

    def header(self, code: Code) -> str:
        """The line that begins the loop."""
        table = code.bind(list(zip(*self.variables.values(), strict=True)), "blocks")
        return f"for {', '.join(self.variables)}, in {table}:"


def is_worthwhile(shape: tuple[int, ...]) -> bool:
    """Whether arrays of this shape are cut into several blocks."""
    return len(shape) > 0 and math.prod(shape) >= 2 * BLOCK and shape[0] > 1
