"""Memory handed out by offset before any of it exists, so that values which never live at the same time share it."""

from __future__ import annotations

from bisect import insort

ALIGNMENT = 64
"""Bytes: a cache line, and the widest vector register."""


class Arena:
    """Blocks of one piece of memory. A freed block is given out again, the tightest that fits; neighbours join."""

    def __init__(self) -> None:
        self.size = 0
        """The bytes needed for everything given out so far."""
        self._free: list[tuple[int, int]] = []
        """The size and the offset of each free block, the smallest first."""
        self._starts: dict[int, int] = {}
        self._ends: dict[int, int] = {}

    def take(self, nbytes: int) -> int:
        """The offset of a block of at least so many bytes."""
        wanted = _aligned(nbytes)
        for place, (size, offset) in enumerate(self._free):
            if size >= wanted:
                del self._free[place]
                self._forget(offset, size)
                if size > wanted:
                    self._add(offset + wanted, size - wanted)
                return offset
        offset = self._ends.get(self.size, self.size)
        if offset < self.size:  # the last block is free, and only too short
            self._remove(offset, self.size - offset)
        self.size = offset + wanted
        return offset

    def give_back(self, offset: int, nbytes: int) -> None:
        """A block is no longer needed."""
        size = _aligned(nbytes)
        after = self._starts.get(offset + size)
        if after is not None:
            self._remove(offset + size, after)
            size += after
        before = self._ends.get(offset)
        if before is not None:
            self._remove(before, offset - before)
            offset, size = before, size + offset - before
        self._add(offset, size)

    def _add(self, offset: int, size: int) -> None:
        insort(self._free, (size, offset))
        self._starts[offset] = size
        self._ends[offset + size] = offset

    def _remove(self, offset: int, size: int) -> None:
        self._free.remove((size, offset))
        self._forget(offset, size)

    def _forget(self, offset: int, size: int) -> None:
        del self._starts[offset]
        del self._ends[offset + size]


def _aligned(nbytes: int) -> int:
    return -(-max(nbytes, 1) // ALIGNMENT) * ALIGNMENT
