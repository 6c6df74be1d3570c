"""The arrays of one part of the data, by the placeholder that each feeds, and cutting them into batches."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np

from dsl.source.diagnostic import fail
from dsl.training.data.splits import shuffled
from dsl.training.data.table import Array, Rows

Batch = dict[str, Array]
"""Some rows of each field."""


class Dataset:
    """Arrays with as many rows each, and the name that messages give them together: `digits.train`.

    Raises ProgramError when the arrays differ in their rows.
    """

    def __init__(self, name: str, arrays: Mapping[str, Array]) -> None:
        self.name = name
        self.arrays = dict(arrays)
        check_rows(name, self.arrays)

    def __len__(self) -> int:
        return len(next(iter(self.arrays.values()))) if self.arrays else 0

    def take(self, rows: Rows | slice, name: str | None = None) -> Dataset:
        """Some of the rows, in the order asked for; a slice is a view of the same memory."""
        return Dataset(name or self.name, {field: array[rows] for field, array in self.arrays.items()})

    def steps(self, size: int | None, *, drop_last: bool = False) -> int:
        """The number of batches of this size, None for all rows at once.

        Raises ProgramError for a size below 1, and where there would be no batch.
        """
        if size is None:
            size = max(len(self), 1)
        if size < 1:
            raise fail("data", f"a batch of {size} rows is not possible", hint="take 1 or more")
        steps = len(self) // size if drop_last else -(-len(self) // size)
        if not steps:
            hint = "take a smaller batch, or keep the last one" if len(self) else ""
            raise fail("data", f"the {len(self)} rows of `{self.name}` make no batch of {size}", hint=hint)
        return steps

    def batches(
        self,
        size: int | None,
        generator: np.random.Generator | None = None,
        *,
        drop_last: bool = False,
        into: Batch | None = None,
    ) -> Iterator[Batch]:
        """The rows in batches of `size`, the last one shorter unless it is dropped; None is all rows at once.

        In the order of the rows, as views; with a generator, in an order that its next raw numbers decide, as copies: each
        in the memory of the one before where a dictionary is given to keep it `into`. Raises ProgramError, at once, as
        `steps` does.
        """
        steps = self.steps(size, drop_last=drop_last)
        order = None if generator is None else shuffled(len(self), generator)
        return self._cut(steps, len(self) if size is None else size, order, into)

    def _cut(self, steps: int, size: int, order: Rows | None, into: Batch | None) -> Iterator[Batch]:
        for step in range(steps):
            rows = slice(step * size, (step + 1) * size)
            if order is None:
                yield {field: array[rows] for field, array in self.arrays.items()}
            elif into is None:
                yield {field: array.take(order[rows], axis=0) for field, array in self.arrays.items()}
            else:
                yield self._taken(order[rows], size, into)

    def _taken(self, rows: Rows, size: int, into: Batch) -> Batch:
        """Some rows in memory that is kept for `size` of them."""
        found: Batch = {}
        for field, array in self.arrays.items():
            if field not in into or len(into[field]) != size:
                into[field] = np.empty((size, *array.shape[1:]), array.dtype)
            found[field] = into[field][: len(rows)]
            np.take(array, rows, axis=0, out=found[field], mode="clip")  # "raise" would copy the output once more
        return found

    def __repr__(self) -> str:
        shapes = ", ".join(f"{field}: {list(array.shape)}" for field, array in self.arrays.items())
        return f"Dataset({self.name!r}, {shapes})"


def check_rows(name: str, arrays: Mapping[str, Array]) -> None:
    """Raise ProgramError when the arrays differ in their rows, with two that do."""
    first, *others = arrays or [""]
    for other in others:
        if len(arrays[other]) != len(arrays[first]):
            raise fail(
                "data",
                f"the fields of `{name}` differ in their rows: `{first}` has {len(arrays[first])}, "
                f"`{other}` has {len(arrays[other])}",
                hint="each row of one belongs to the same row of the other",
            )
