"""Reading NPY and NPZ: NumPy's own files, never those that hold Python objects."""

from __future__ import annotations

import io
import warnings
import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from tokenize import TokenError
from typing import Any

import numpy as np

from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import did_you_mean
from dsl.training.data.files import looks_like, read_bytes
from dsl.training.data.table import Array, Table

ONLY_COLUMN = "values"
"""The column of a table made from a file that holds a single array."""

_NPY, _ZIP = b"\x93NUMPY", b"PK"
_BROKEN = (ValueError, EOFError, OSError, SyntaxError, TokenError, TypeError, KeyError, MemoryError, OverflowError)


def read_npy(path: Path | str) -> Table:
    """The table of an NPY file: one column `values`, or the fields of a structured array.

    Raises ProgramError for a file that is broken or holds Python objects.
    """
    path = Path(path)
    content = read_bytes(path)
    array = _array(content, f"`{path.name}`")
    if array.dtype.names:
        return Table.of({name: array[name] for name in array.dtype.names}, path.name)
    return Table.of({ONLY_COLUMN: array}, path.name)


def read_npz(path: Path | str, *, arrays: Sequence[str] | None = None) -> Table:
    """The table of an NPZ file: a column for each of its arrays, or for those that `arrays` names.

    Raises ProgramError for a file that is broken, holds Python objects, or has arrays that differ in their rows.
    """
    path = Path(path)
    content = read_bytes(path)
    if not content.startswith(_ZIP):
        raise fail("data", f"`{path.name}` is no NPZ file", hint=looks_like(content))
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = {name.removesuffix(".npy"): name for name in archive.namelist()}
            chosen = members if arrays is None else {name: _member(members, name, path.name) for name in arrays}
            found = {
                name: _array(archive.read(member), f"`{name}` of `{path.name}`") for name, member in chosen.items()
            }
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, *_BROKEN) as error:
        raise _broken(f"`{path.name}`", error) from None
    return _table(found, path.name)


def _array(content: bytes, what: str) -> Array:
    """The array in the bytes of an NPY file. Raises ProgramError."""
    if not content.startswith(_NPY):
        raise fail("data", f"{what} is no NumPy array", hint=looks_like(content))
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about headers that Python 2 wrote
            loaded: Any = np.load(io.BytesIO(content), allow_pickle=False)
    except _BROKEN as error:
        if "allow_pickle" in str(error):
            raise fail(
                "data",
                f"{what} holds Python objects, which are never loaded: they could run any code",
                hint="save numbers or text: `np.save(path, array.astype(float))`",
            ) from None
        raise _broken(what, error) from None
    return loaded


def _broken(what: str, error: BaseException) -> ProgramError:
    reason = " ".join(str(error).split()) or type(error).__name__
    return fail("data", f"{what} is broken, or was not written to its end: {reason}", hint="write or copy it again")


def _member(members: Mapping[str, str], name: str, file: str) -> str:
    if name not in members:
        known = f"it has {', '.join(f'`{member}`' for member in members)}"
        raise fail("data", f"`{file}` has no array `{name}`", hint=did_you_mean(name, members, known))
    return members[name]


def _table(found: Mapping[str, Array], file: str) -> Table:
    sizes = {name: len(array) for name, array in found.items() if array.ndim}
    if len(set(sizes.values())) > 1:
        shown = ", ".join(f"`{name}` has {size}" for name, size in sizes.items())
        first = next(iter(sizes))
        together = ", ".join(f'"{name}"' for name, size in sizes.items() if size == sizes[first])
        raise fail(
            "data",
            f"the arrays of `{file}` differ in their rows: {shown}",
            hint=f"name those that belong together: `arrays=[{together}]`",
        )
    return Table.of(found, file)
