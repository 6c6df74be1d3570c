"""The bytes of a data file, and what is wrong when there are none."""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path

from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import nearest

_GZIP = b"\x1f\x8b"
_SIGNATURES = (
    (b"\x93NUMPY", "a NumPy array", "npy"),
    (b"PK\x03\x04", "a zip archive of NumPy arrays, or a spreadsheet", "npz"),
    (b"PAR1", "a Parquet file", "parquet"),
    (b"\x00\x00\x08", "an IDX file", "idx"),
)


def read_bytes(path: Path) -> bytes:
    """The content of a file, decompressed when it is gzip.

    Raises ProgramError when there is no such file (with the nearest name beside it), and when it is a directory,
    unreadable, empty, or broken gzip.
    """
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        raise _not_found(path) from None
    except IsADirectoryError:
        raise fail("data", f"`{path}` is a directory, not a data file", hint=_files_in(path)) from None
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise fail("data", f"`{path}` cannot be read: {reason or error}") from None
    if content.startswith(_GZIP):
        content = _decompressed(content, path.name)
    if not content:
        raise fail("data", f"`{path.name}` is empty", hint="was it written to the end?")
    return content


def looks_like(content: bytes) -> str:
    """A hint that says what a file really is, by its first bytes; empty when they say nothing."""
    for signature, description, reader in _SIGNATURES:
        if content.startswith(signature):
            return f"it looks like {description}: try `{reader}(...)`"
    return ""


def _decompressed(content: bytes, name: str) -> bytes:
    try:
        return gzip.decompress(content)
    except EOFError:
        raise fail("data", f"`{name}` ends in the middle of its gzip data", hint="copy the file again") from None
    except (OSError, zlib.error) as error:
        raise fail("data", f"`{name}` is broken gzip: {error}", hint="copy the file again") from None


def _not_found(path: Path) -> ProgramError:
    """The error for a path that leads nowhere: the first folder that is missing, or else the file."""
    missing = path
    while not missing.parent.exists() and missing.parent != missing:
        missing = missing.parent
    kind = "file" if missing == path else "folder"
    try:
        beside = [entry.name for entry in missing.parent.iterdir() if entry.is_dir() is (kind == "folder")]
    except OSError:
        beside = []
    found = nearest(missing.name, sorted(beside))
    hint = f"did you mean `{missing.with_name(found)}`?" if found else "a path is relative to the program's own folder"
    return fail("data", f"there is no {kind} `{missing}`", hint=hint)


def _files_in(folder: Path) -> str:
    try:
        names = sorted(entry.name for entry in folder.iterdir() if entry.is_file())
    except OSError:
        return ""
    if not names:
        return "there are no files in it"
    shown = ", ".join(f"`{name}`" for name in names[:5])
    return f"in it are {shown}{' and others' if len(names) > 5 else ''}"
