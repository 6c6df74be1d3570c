"""Recorded sessions: the same through a pipe, and typed key by key into a real terminal."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from session_terminal import Terminal
from sessions import GOLDENS, NEURON, STOP, Script, entries_of, same_session

RECORDED = sorted(path.stem for path in GOLDENS.glob("*.txt"))
_BAR = re.compile(r"^.*━.*\n( .*\n)?", re.MULTILINE)
"""The bar of a training, and what it has come to in the line below."""


def recorded(name: str) -> str:
    return (GOLDENS / f"{name}.txt").read_text(encoding="utf-8")


def stops(name: str) -> bool:
    """Whether Ctrl-C is pressed in a session, which only a terminal can show."""
    return f"\n{STOP}\n" in recorded(name)


@pytest.fixture
def rewrites(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--rewrite-goldens"))


@pytest.mark.parametrize("name", [name for name in RECORDED if not stops(name)])
def test_a_session_through_a_pipe(name: str, script: Script, rewrites: bool) -> None:
    text = "\n".join(entry for entry, _ in entries_of(recorded(name))) + "\n"
    spoken = script(text, "--echo", "--keep-going", "--quiet")
    assert "internal error" not in spoken.all
    assert "\x1b" not in spoken.all
    if rewrites:
        (GOLDENS / f"{name}.txt").write_text(spoken.all, encoding="utf-8")
    same_session(spoken.all, recorded(name))


@pytest.mark.parametrize("name", RECORDED)
def test_a_session_in_a_terminal(name: str, folder: Path, rewrites: bool) -> None:
    Path("neuron.nn").write_text(NEURON)
    terminal = Terminal(*([] if stops(name) else ["--quiet"]), state=folder / "state")
    terminal.prompt()
    *entries, (last, _) = entries_of(recorded(name))
    for entry, stop in entries:
        if stop:
            terminal.interrupt(entry, when="steps/s")
        else:
            terminal.enter(entry)
    terminal.type(last)
    assert terminal.ended() == 0
    greeting, _, said = terminal.screen.text.partition("\n")
    assert greeting.startswith("nn-lang ")
    end = said.index(f"nn> {last}") + len(f"nn> {last}")
    said = said[:end] + "\n"
    if stops(name):
        said = _BAR.sub("", said).replace("\ninterrupted ", f"\n{STOP}\ninterrupted ")
    if rewrites and stops(name):
        (GOLDENS / f"{name}.txt").write_text(said, encoding="utf-8")
    same_session(said, recorded(name))
