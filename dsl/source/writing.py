"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

from dsl.source.diagnostic import fail


@contextmanager
def written_whole(path: Path) -> Generator[Path]:
    """A path beside `path` to write to; at the end it takes the place of `path`, and on an exception it is removed.

    Raises ProgramError, of kind `file`, where nothing can be written.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield beside
        with beside.open("rb+") as file:
            os.fsync(file.fileno())
        os.replace(beside, path)
    except OSError as error:
        hint = "" if path.parent.is_dir() else f"make the folder `{path.parent}` first"
        raise fail("file", f"`{path}` cannot be written: {error.strerror or error}", hint=hint) from error
    finally:
        beside.unlink(missing_ok=True)
