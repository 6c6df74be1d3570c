"""What the tests of the session share: an empty folder, a session in this process, and scripts."""

from __future__ import annotations

import contextlib
import io
import sys
from pathlib import Path

import pytest
from sessions import Script, Spoken, Tell, type_into

from dsl.app.main import run
from dsl.app.repl.session import Session


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder that is the current one, and no other state than what is there."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("COLUMNS", "120")
    return tmp_path


@pytest.fixture
def script(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Script:
    """Carry out a script as `nn repl < script` does, in this process."""

    def carry_out(text: str, *options: str) -> Spoken:
        everything, out = io.StringIO(), io.StringIO()
        monkeypatch.setattr(sys, "stdin", io.StringIO(text))
        with contextlib.redirect_stdout(_Both(everything, out)), contextlib.redirect_stderr(everything):
            status = run(["repl", *options])
        return Spoken(status, everything.getvalue(), out.getvalue())

    return carry_out


class _Both(io.StringIO):
    def __init__(self, *streams: io.StringIO) -> None:
        super().__init__()
        self._streams = streams

    def write(self, text: str) -> int:
        for stream in self._streams:
            stream.write(text)
        return len(text)


@pytest.fixture
def session() -> Session:
    return Session()


@pytest.fixture
def say(session: Session, capsys: pytest.CaptureFixture[str]) -> Tell:
    """Enter something into the session; what it prints."""

    def enter(text: str) -> str:
        tried = type_into(session, text)
        said = capsys.readouterr()
        assert "internal error" not in said.err, said.err
        assert tried.wrong or tried.failed or not said.err
        return said.out + said.err

    return enter
