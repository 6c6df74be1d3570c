"""The user's own folders: for what takes long to make and can be made again at any time, and for what is to stay."""

from __future__ import annotations

import os
from pathlib import Path

from dsl.source.diagnostic import ProgramError
from dsl.source.writing import written_whole


def cache_folder() -> Path | None:
    """Where this program keeps files between processes, whether it is there or not; None for a user without a home.

    It is `nn-lang` in `$XDG_CACHE_HOME`, or in `~/.cache` where that is no absolute path (XDG Base Directory Specification).
    """
    return _folder("XDG_CACHE_HOME", ".cache")


def state_folder() -> Path | None:
    """Where this program keeps what it is to remember, such as what was typed, whether it is there or not.

    It is `nn-lang` in `$XDG_STATE_HOME`, or in `~/.local/state` where that is no absolute path; None for a user without a home.
    """
    return _folder("XDG_STATE_HOME", ".local/state")


def _folder(variable: str, otherwise: str) -> Path | None:
    base = Path(os.environ.get(variable, ""))
    if not base.is_absolute():
        try:
            base = Path.home() / otherwise
        except RuntimeError:
            return None
    return base / "nn-lang"


def keep(file: Path, text: str) -> bool:
    """Write a file of the cache, so that no other process ever reads half of it; whether that was possible."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with written_whole(file) as draft:
            draft.write_text(text, encoding="utf-8")
    except (OSError, ProgramError):
        return False
    return True
