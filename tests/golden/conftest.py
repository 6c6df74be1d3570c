"""Golden files: what the code says, kept beside the program it says it of, compared byte for byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

Compare = Callable[[Path, str], None]


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Compare:
    """Compare a text with a golden file, or with `--rewrite-goldens` write the file."""
    rewrite = bool(request.config.getoption("--rewrite-goldens"))

    def compare(path: Path, text: str) -> None:
        if rewrite:
            path.write_bytes(text.encode())
            return
        assert path.exists(), f"there is no {path.name} yet: `pytest {Path(__file__).parent.name} --rewrite-goldens`"
        assert text == path.read_bytes().decode()

    return compare
