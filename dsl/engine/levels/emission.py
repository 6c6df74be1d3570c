"""The code of a run: each batch as calls on parts of the memory."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dsl.engine.levels.affine import Affine, contiguous, run
from dsl.engine.levels.elements import Elements, Indices
from dsl.engine.levels.kinds import Elementwise, RowSum, Total, Whole
from dsl.engine.levels.memory import Memory
from dsl.engine.levels.ordering import FEW, ordered
from dsl.engine.levels.placing import Places
from dsl.engine.levels.readers import Readers
from dsl.engine.levels.schedule import Batch
from dsl.engine.levels.segments import Segment, single
from dsl.engine.levels.sums import Bucket, buckets, row_sum_lines, total_lines
from dsl.ops.dtypes import DType


class Emission:
    """Lines of code that compute all elements, and the memory that they work on."""

    def __init__(self, elements: Elements) -> None:
        self.places = Places(elements)
        self.memory = Memory(self.places.sizes)
        self.lines: list[str] = []
        self._elements = elements
        self._readers = Readers(len(elements.kind))

    def add_batches(self, batches: Sequence[Batch]) -> None:
        """Add the code for batches, in the order in which they run."""
        sums = [self._announced(batch) for batch in batches]
        for batch, group in zip(batches, sums, strict=True):
            self._add_batch(batch, group)
            self.places.next_batch()

    def _announced(self, batch: Batch) -> list[Bucket]:
        """The sums of a batch by length, after telling the readers in which order these will read."""
        kind, found = self._elements.kinds[batch.kind], list[Bucket]()
        if isinstance(kind, Total):
            found = buckets(self._elements, batch)
            for bucket in found:
                self._readers.add(bucket.terms)
        elif isinstance(kind, RowSum):
            self._readers.add([self._elements.sources[element] for element in batch.elements])
        return found

    def _add_batch(self, batch: Batch, sums: Sequence[Bucket]) -> None:
        kind, position = self._elements.kinds[batch.kind], self.places.position
        if isinstance(kind, Elementwise):
            self._add_elementwise(kind, batch)
        elif isinstance(kind, Total):
            for bucket in sums:
                offset = self.places.put(batch.kind, bucket.elements)
                self.lines += total_lines(self.memory, kind, bucket, position, offset)
        elif isinstance(kind, RowSum):
            terms = position[np.array([self._elements.sources[element] for element in batch.elements])]
            offset = self.places.put(batch.kind, batch.elements)
            self.lines += row_sum_lines(self.memory, kind, terms, offset)
        else:
            assert isinstance(kind, Whole)
            self._add_whole(kind, batch)

    # -- elementwise operations -----------------------------------------------------------------------------------------

    def _add_elementwise(self, kind: Elementwise, batch: Batch) -> None:
        if len(batch.elements) == 1:
            (element,) = batch.elements
            places = self.places.position[np.array(self._elements.sources[element])]
            offset = self.places.put(batch.kind, batch.elements)
            self._call(kind, single(places), places[None], offset)
            return
        elements = np.sort(np.array(batch.elements))
        sources = np.array([self._elements.sources[element] for element in elements.tolist()])
        places, producers = self.places.position[sources], self.places.producer[sources]
        wanted = self._readers.order(elements) if len(elements) >= FEW else None
        order, calls = ordered(places, producers, wanted)
        if order is not None:
            elements, places = elements[order], places[order]
        offset = self.places.put(batch.kind, elements)
        for call in calls:
            self._call(kind, call, places[call.start : call.stop], offset + call.start)

    def _call(self, kind: Elementwise, call: Segment, places: Indices, offset: int) -> None:
        """Add the code for elements with operands at `places`, whose results lie from `offset` on."""
        count, dtype = len(places), kind.dtype
        result = self.memory.part(dtype, contiguous(offset, *call.shape))
        names = [self.memory.part(taken, pattern) if pattern else "" for taken, pattern in zip(kind.takes, call.operands)]
        if kind.number is not None:
            names[kind.number] = self.memory.part(kind.takes[kind.number], Affine(int(places[0, kind.number]), (), ()))
        copied = [operand for operand, name in enumerate(names) if not name]
        if kind.call == "choice" and 2 in copied:
            copied.remove(2)
            self.lines.append(self.memory.take(dtype, places[:, 2], self.memory.part(dtype, contiguous(offset, count))))
            names[2] = result
        for taken in dict.fromkeys(kind.takes[operand] for operand in copied):
            together = [operand for operand in copied if kind.takes[operand] is taken]
            into = self.memory.copy(taken, contiguous(0, count * len(together)))
            self.lines.append(self.memory.take(taken, places[:, together].T.reshape(-1), into))
            for at, operand in enumerate(together):
                names[operand] = self.memory.copy(taken, contiguous(at * count, *call.shape))
        self.lines += self._lines(kind, names, result)

    def _lines(self, kind: Elementwise, names: Sequence[str], result: str) -> list[str]:
        if kind.call == "choice":
            condition, one, other = names
            start = [] if other == result else [f"{result}[...] = {other}"]
            choose = self.memory.function("copyto", np.copyto)
            return [*start, f"{choose}({result}, {one}, where={condition})"]
        call = f"{self.memory.function(kind.name, kind.function)}({', '.join(names)}"
        return [f"{call}, out={result})"] if kind.call == "into" else [f"{result}[...] = {call})"]

    # -- operations on whole arrays ---------------------------------------------------------------------------------------

    def _add_whole(self, kind: Whole, batch: Batch) -> None:
        (first,) = batch.elements
        places = self.places.position[np.array(self._elements.sources[first], np.intp)]
        names, at, copied = list[str](), 0, dict[DType, int]()
        for taken, shape in zip(kind.takes, kind.shapes, strict=True):
            count = math.prod(shape)
            names.append(self._array(taken, shape, places[at : at + count], copied))
            at += count
        offset = self.places.put(batch.kind, range(first, first + math.prod(kind.shape)))
        result = self.memory.part(kind.dtype, contiguous(offset, *kind.shape))
        self.lines.append(f"{result}[...] = {self.memory.function(kind.name, kind.function)}({', '.join(names)})")

    def _array(self, dtype: DType, shape: tuple[int, ...], places: Indices, copied: dict[DType, int]) -> str:
        """A name for an array of the values at some places; `copied` is how much memory for copies is in use."""
        if not len(places):
            return self.memory.bind("empty", np.empty(shape, dtype.numpy))
        first = run(places)
        if first is not None:
            return self.memory.part(dtype, contiguous(first, *shape))
        start = copied.get(dtype, 0)
        copied[dtype] = start + len(places)
        into = self.memory.copy(dtype, contiguous(start, len(places)))
        self.lines.append(self.memory.take(dtype, places, into))
        return self.memory.copy(dtype, contiguous(start, *shape))
