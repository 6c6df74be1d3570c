"""What all tests share: golden files and the flag that rewrites them, one thread for matrix products, examples that repeat.

Properties are tested with the same examples in every run; `--hypothesis-profile=default` draws new ones.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")

Compare = Callable[[Path, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--rewrite-goldens", action="store_true", help="write the golden files anew from what the code says, for review"
    )


def pytest_configure(config: pytest.Config) -> None:
    # The matrices here are small. With as many threads as cores, those of the linear algebra library wait for each other by
    # spinning, and when anything else runs beside the tests they take many times as long. NumPy is not imported yet.
    for variable in ("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "OMP_NUM_THREADS"):
        os.environ.setdefault(variable, "1")
    # What is compiled or worked out here is kept from run to run, but not among the user's own files.
    cache = getattr(config, "cache", None)
    if cache is not None:
        os.environ["XDG_CACHE_HOME"] = os.environ["XDG_STATE_HOME"] = str(cache.mkdir("user"))


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Compare:
    """Compare a text byte for byte with a golden file, or with `--rewrite-goldens` write the file."""
    rewrite = bool(request.config.getoption("--rewrite-goldens"))

    def compare(path: Path, text: str) -> None:
        if rewrite:
            path.write_bytes(text.encode())
            return
        assert path.exists(), f"there is no {path.name} yet: `pytest {path.parent.name} --rewrite-goldens`"
        assert text == path.read_bytes().decode()

    return compare
