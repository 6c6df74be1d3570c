"""Generated modules in the user's cache folder, where numba keeps the machine code that it makes of them.

A module is a file with the hash of its text and of the versions in its name. The folder is used only where no other user can
write to it, since what lies in it is run. Where nothing can be written, nothing is kept.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from dsl.source.cache import cache_folder, keep

_MOST_MODULES = 200
"""Modules that are kept; beyond that, the oldest go."""


def import_kept(text: str, versions: str) -> ModuleType | None:
    """The module with this text, imported from the cache folder; None where it cannot be kept there.

    `versions` are those of what compiles it.
    """
    folder = _folder()
    if folder is None:
        return None
    digest = hashlib.sha256(f"{sys.version}\n{versions}\n{text}".encode()).hexdigest()[:32]
    file = folder / f"nn_loop_{digest}.py"
    if not _holds(file, text):
        _make_room(folder)
        if not keep(file, text):
            return None
    return sys.modules.get(file.stem) or _imported(file)


def forget_compiled(module: ModuleType) -> None:
    """Remove what was compiled of a module that `import_kept` gave."""
    assert module.__file__ is not None
    _remove_compiled(Path(module.__file__))


def _folder() -> Path | None:
    """The folder for modules, made where it is missing; None where it cannot be, or is open to others."""
    base = cache_folder()
    if base is None:
        return None
    folder = base / "loops"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        status = folder.stat()
    except OSError:
        return None
    if hasattr(os, "getuid") and (status.st_uid != os.getuid() or status.st_mode & 0o022):
        return None
    return folder if os.access(folder, os.W_OK) else None


def _holds(file: Path, text: str) -> bool:
    try:
        return file.read_text(encoding="utf-8") == text
    except (OSError, ValueError):
        return False


def _make_room(folder: Path) -> None:
    """Remove the oldest modules, and what was compiled of them."""
    with suppress(OSError):
        modules = sorted(folder.glob("nn_loop_*.py"), key=lambda file: file.stat().st_mtime)
        for old in modules[: max(0, len(modules) - _MOST_MODULES + 1)]:
            old.unlink(missing_ok=True)
            _remove_compiled(old)


def _remove_compiled(file: Path) -> None:
    for made in file.parent.glob(f"__pycache__/{file.stem}.*"):
        with suppress(OSError):
            made.unlink()


def _imported(file: Path) -> ModuleType | None:
    """The module in a file, which numba finds by its name when it loads the machine code."""
    found = importlib.util.spec_from_file_location(file.stem, file)
    if found is None or found.loader is None:
        return None
    module = sys.modules[file.stem] = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module
