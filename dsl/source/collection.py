"""Garbage collection switched off for a while."""

from __future__ import annotations

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def without_garbage_collection() -> Generator[None]:
    """Do not look for garbage inside, for work that makes many objects and next to none that are cyclic garbage.

    The collector looks through all that is there again and again while it grows: half the time of reading and checking a
    program of 100,000 lines.
    """
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
