"""Reading IDX: the format of the MNIST files, one array after a header of its type and shape.

The format: two zero bytes, a byte for the element type, a byte for the rank, each dimension in four bytes, then the
elements, everything with the most significant byte first (http://yann.lecun.com/exdb/mnist).
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from dsl.source.diagnostic import fail
from dsl.training.data.arrays import ONLY_COLUMN
from dsl.training.data.files import looks_like, read_bytes
from dsl.training.data.table import Table

_TYPES = {0x08: "u1", 0x09: "i1", 0x0B: "i2", 0x0C: "i4", 0x0D: "f4", 0x0E: "f8"}
_PREFIX = 4


def read_idx(path: Path | str) -> Table:
    """The table of an IDX file, gzip too: one column `values`, of shape [rows, …].

    Raises ProgramError for a file with another header, or with more or fewer elements than its header says.
    """
    path = Path(path)
    content = read_bytes(path)
    if len(content) < _PREFIX or content[:2] != b"\0\0" or content[2] not in _TYPES or content[3] == 0:
        raise fail(
            "data",
            f"`{path.name}` is no IDX file: it begins with the bytes {content[:_PREFIX].hex(' ')}",
            hint=looks_like(content)
            or "an IDX file begins with two zero bytes, the element type (08 to 0e) and the rank",
        )
    rank, element = content[3], np.dtype(_TYPES[content[2]]).newbyteorder(">")
    start = _PREFIX + 4 * rank
    if len(content) < start:
        raise fail("data", f"`{path.name}` ends inside its header: it is to have {rank} dimensions")
    shape = [int.from_bytes(content[at : at + 4], "big") for at in range(_PREFIX, start, 4)]
    expected, found = math.prod(shape) * element.itemsize, len(content) - start
    if found != expected:
        raise fail(
            "data",
            f"`{path.name}` is to hold an array of shape {shape}, {expected} bytes, but has {found} bytes of data",
            hint="copy the file again" if found < expected else "",
        )
    array = np.frombuffer(content, element, offset=start).reshape(shape)
    return Table.of({ONLY_COLUMN: array.astype(element.newbyteorder("="))}, path.name)
