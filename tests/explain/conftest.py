"""Golden explanations: words byte for byte, numbers as closely as another machine's linear algebra computes them."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

Compare = Callable[[str, str], None]
GOLDENS = Path(__file__).parent / "goldens"
_NUMBER = re.compile(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[-+]?\d+| \\cdot 10\^\{-?\d+\})?(?![\w])")


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Compare:
    """Compare a text with the golden file of a name, or with `--rewrite-goldens` write the file."""
    rewrite = bool(request.config.getoption("--rewrite-goldens"))

    def compare(name: str, text: str) -> None:
        path = GOLDENS / name
        if rewrite:
            path.write_bytes(text.encode())
            return
        assert path.exists(), f"there is no {name} yet: `pytest tests/explain --rewrite-goldens`"
        expected = path.read_bytes().decode()
        assert words(text) == words(expected)
        for found, wanted in zip(numbers(text), numbers(expected), strict=True):
            assert found == pytest.approx(wanted, rel=2e-3, abs=1e-5)

    return compare


def words(text: str) -> list[str]:
    """The text without its numbers and without its line breaks, which depend on how many digits those have.

    The line below the title is as long as the path of the program, which is another one in another checkout.
    """
    return re.sub("═+", "═", _NUMBER.sub("#", text)).split()


def numbers(text: str) -> list[float]:
    """The numbers in a text, powers of ten in LaTeX included."""
    return [float(re.sub(r" \\cdot 10\^\{(-?\d+)\}", r"e\1", match)) for match in _NUMBER.findall(text)]
