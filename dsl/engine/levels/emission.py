"""The code of a run: each batch as calls on parts of the memory."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from dsl.engine.levels.affine import Affine, contiguous, grid
from dsl.engine.levels.buckets import Bucket, buckets
from dsl.engine.levels.elements import Elements, Indices
from dsl.engine.levels.kinds import Elementwise, RowSum, Total, Whole, addition
from dsl.engine.levels.memory import Memory
from dsl.engine.levels.ordering import FEW, ordered
from dsl.engine.levels.placing import Places
from dsl.engine.levels.readers import Readers
from dsl.engine.levels.schedule import Batch
from dsl.engine.levels.segments import Segment, single
from dsl.engine.levels.sums import add_row_sums, add_totals, begin_with_zero
from dsl.engine.levels.waves import Wave
from dsl.ops.dtypes import DType


class Emission:
    """Lines of code that compute all elements, and the memory that they work on."""

    def __init__(self, elements: Elements) -> None:
        self.places = Places(elements)
        self.memory = Memory(self.places.sizes)
        self.lines: list[str] = []
        self._elements = elements
        self._readers = Readers(len(elements.kind))
        self._wave = Wave(self.memory, 0)
        for first, dtype, value in elements.constants:
            start = int(self.places.position[first])
            self.memory.values[dtype][start : start + len(value)] = value

    def add_batches(self, batches: Sequence[Batch]) -> None:
        """Add the code for batches, in the order in which they run."""
        sums = [self._announced(batch) for batch in batches]
        for batch, group in zip(batches, sums, strict=True):
            self._add_batch(batch, group)
        self._end_wave()

    def _announced(self, batch: Batch) -> list[Bucket]:
        """The sums of a batch by length, after telling the readers in which order these will read."""
        kind, found = self._elements.kinds[batch.kind], list[Bucket]()
        if isinstance(kind, Total):
            found = buckets(self._elements, batch)
            for bucket in found:
                if not bucket.are_pairs:
                    self._readers.add(bucket.terms)
        elif isinstance(kind, RowSum):
            self._readers.add([self._elements.sources[element] for element in batch.elements])
        return found

    def _add_batch(self, batch: Batch, sums: Sequence[Bucket]) -> None:
        kind, position = self._elements.kinds[batch.kind], self.places.position
        if isinstance(kind, Elementwise):
            self._add_elementwise(kind, batch.kind, batch.elements)
        elif isinstance(kind, Total):
            for bucket in sums:
                if bucket.are_pairs:
                    offset = self._add_elementwise(addition(kind.dtype), batch.kind, bucket.elements)
                    begin_with_zero(self._wave, kind, offset, len(bucket.elements))
                    continue
                self._require(np.array([term for row in bucket.terms for term in row]))
                add_totals(self._wave, kind, bucket, position, self._put(batch.kind, bucket.elements))
        elif isinstance(kind, RowSum):
            terms = np.array([self._elements.sources[element] for element in batch.elements])
            self._require(terms)
            add_row_sums(self._wave, kind, position[terms], self._put(batch.kind, batch.elements))
        else:
            assert isinstance(kind, Whole)
            self._add_whole(kind, batch)

    def _require(self, elements: Indices) -> None:
        """Begin another wave if one of these elements is computed in this one."""
        if elements.size and (self._wave.is_full or self.places.producer[elements].max() > self._wave.first):
            self._end_wave()

    def _end_wave(self) -> None:
        self.lines += self._wave.code()
        self._wave = Wave(self.memory, self.places.calls)

    def _put(self, kind: int, elements: Sequence[int]) -> int:
        """Give places to elements that one call computes; the first place."""
        self.places.made_together(elements)
        return self.places.put(kind, elements)

    # -- elementwise operations -----------------------------------------------------------------------------------------

    def _add_elementwise(self, kind: Elementwise, place: int, members: Sequence[int]) -> int:
        """Add the code for elements that are of the kind at a place, or computed as if; where the first result lies."""
        elements = np.sort(np.array(members, np.intp))
        self._require(self._sources(elements))
        parts = self._readers.parts(elements) if len(elements) >= FEW else [(elements, False)]
        return min([self._add_part(kind, place, part, is_read) for part, is_read in parts])

    def _add_part(self, kind: Elementwise, place: int, elements: Indices, is_read: bool) -> int:
        """Add the code for elements that sums may read in just this order; where the first result lies."""
        sources = self._sources(elements)
        places, producers = self.places.position[sources], self.places.producer[sources]
        if len(elements) == 1:
            order, calls = None, [single(places[0])]
        else:
            order, calls = ordered(places, producers, is_read=is_read, any_step=kind.is_exact)
        if order is not None:
            elements, places = elements[order], places[order]
        offset = self.places.put(place, elements)
        for call in calls:
            self.places.made_together(elements[call.start : call.stop])
            self._call(kind, call, places[call.start : call.stop], offset + call.start)
        return offset

    def _sources(self, elements: Indices) -> Indices:
        """The sources of elements that all have as many, a row for each."""
        return np.array([self._elements.sources[element] for element in elements.tolist()], np.intp)

    def _call(self, kind: Elementwise, call: Segment, places: Indices, offset: int) -> None:
        """Add the code for elements with operands at `places`, whose results lie from `offset` on."""
        memory, wave, dtype = self.memory, self._wave, kind.dtype
        result = memory.part(dtype, contiguous(offset, *call.shape))
        names: list[str] = []
        for operand, (taken, pattern) in enumerate(zip(kind.takes, call.operands, strict=True)):
            if operand == kind.number:
                pattern = Affine(int(places[0, operand]), (), ())
            if pattern:
                names.append(memory.part(taken, pattern))
            elif kind.call == "choice" and operand == 2:
                wave.lines.append(memory.take(taken, places[:, 2], memory.part(dtype, contiguous(offset, len(places)))))
                names.append(result)
            else:
                names.append(memory.copy(taken, wave.gather(taken, places[:, operand]), *call.shape))
        wave.lines += self._lines(kind, names, result)

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
        sources = np.array(self._elements.sources[first], np.intp)
        self._require(sources)
        places, names, at = self.places.position[sources], list[str](), 0
        for taken, shape in zip(kind.takes, kind.shapes, strict=True):
            count = math.prod(shape)
            names.append(self._array(taken, places[at : at + count].reshape(shape)))
            at += count
        offset = self._put(batch.kind, range(first, first + math.prod(kind.shape)))
        result = self.memory.part(kind.dtype, contiguous(offset, *kind.shape))
        self._wave.lines.append(f"{result}[...] = {self.memory.function(kind.name, kind.function)}({', '.join(names)})")

    def _array(self, dtype: DType, places: Indices) -> str:
        """A name for an array of the values at some places, which are copied unless they lie in equal steps."""
        if not places.size:
            return self.memory.bind("empty", np.empty(places.shape, dtype.numpy))
        pattern = grid(places)
        if pattern:
            return self.memory.part(dtype, pattern)
        return self.memory.copy(dtype, self._wave.gather(dtype, places.reshape(-1)), *places.shape)
