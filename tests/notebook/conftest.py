"""What the tests of notebooks share: a shell in this process with the extension loaded."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from notebook_cells import Notebook, open_notebook


@pytest.fixture
def notebook(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Notebook]:
    """A notebook in an empty folder."""
    monkeypatch.chdir(tmp_path)
    with open_notebook() as notebook:
        yield notebook
