"""Files that a user names on the command line or from Python: there to be read, or fit to be written."""

from __future__ import annotations

import os
from pathlib import Path

from dsl.source.diagnostic import ProgramError, fail
from dsl.source.nearest import nearest


def unreadable(path: str | Path, error: OSError | UnicodeDecodeError) -> ProgramError:
    """The error of a program file that cannot be read."""
    if isinstance(error, UnicodeDecodeError):
        return fail("file", f"`{path}` is not UTF-8 text", hint="a program is a text file, usually named *.nn")
    reason = error.strerror or str(error)
    return fail("file", f"cannot read `{path}`: {reason.lower()}", hint=_beside(Path(path), "*.nn"))


def existing(path: Path) -> Path:
    """The path itself. Raises ProgramError, with the nearest name beside it, when nothing is there."""
    if not path.exists():
        raise fail("file", f"there is no file `{path}`", hint=_beside(path, "*"))
    return path


def check_writable(path: str | Path) -> None:
    """Raise ProgramError when a file cannot be written here, before hours are spent on what would be written."""
    path = Path(path)
    if path.is_dir():
        raise fail("file", f"`{path}` cannot be written: it is a folder", hint=f"name a file: `{path / 'model'}`")
    if not path.parent.is_dir():
        raise fail("file", f"`{path}` cannot be written: there is no folder `{path.parent}`", hint="make it first")
    if not os.access(path.parent, os.W_OK):
        raise fail("file", f"`{path}` cannot be written: the folder `{path.parent}` is not yours to write in")


def _beside(path: Path, pattern: str) -> str:
    """A hint with the nearest name in the folder, or with what is the matter with the folder."""
    if not path.parent.is_dir():
        return f"there is no folder `{path.parent}`"
    names = sorted(entry.name for entry in path.parent.glob(pattern) if entry.is_file())
    found = nearest(path.name, names)
    return f"did you mean `{path.with_name(found)}`?" if found else ""
